"""The Chinese of the command line's own texts; labels of machines are in the locale tables."""

from __future__ import annotations

from collections.abc import Mapping

from crmflow.cli.words.exploring import EXPLORING
from crmflow.cli.words.headings import HEADINGS
from crmflow.cli.words.help import HELP
from crmflow.cli.words.judging import JUDGING
from crmflow.cli.words.messages import MESSAGES
from crmflow.cli.words.operating import OPERATING
from crmflow.cli.words.simulating import SIMULATING
from crmflow.cli.words.working import WORKING

ZH: Mapping[str, str] = {
    **EXPLORING,
    **JUDGING,
    **OPERATING,
    **WORKING,
    **SIMULATING,
    **HELP,
    **MESSAGES,
    **HEADINGS,
}


def said(text: str, lang: str) -> str:
    """Return an English text in a language, unchanged where it has no other."""
    return ZH.get(text, text) if lang == "zh" else text
