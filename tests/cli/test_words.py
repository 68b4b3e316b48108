"""The Chinese of the command line."""

from __future__ import annotations

from crmflow.cli.words import ZH
from crmflow.cli.words.exploring import EXPLORING
from crmflow.cli.words.headings import HEADINGS
from crmflow.cli.words.help import HELP
from crmflow.cli.words.judging import JUDGING
from crmflow.cli.words.messages import MESSAGES
from crmflow.cli.words.operating import OPERATING
from crmflow.cli.words.simulating import SIMULATING
from crmflow.cli.words.working import WORKING


def test_no_english_text_has_two_chinese_ones() -> None:
    """What one part says of a word would be lost to the part that is read after it."""
    parts = EXPLORING, HEADINGS, HELP, JUDGING, MESSAGES, OPERATING, SIMULATING, WORKING
    assert sum(map(len, parts)) == len(ZH)
