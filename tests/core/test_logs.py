"""What is logged: names alone, in one sentence each."""

from __future__ import annotations

import logging

import pytest

from crmflow.core import logs
from tests.core.samples import REF


def test_each_sentence_names_what_it_is_about(caplog: pytest.LogCaptureFixture) -> None:
    """Entities, messages, events and classes of errors; never what an error says."""
    with caplog.at_level(logging.DEBUG, "crmflow"):
        logs.failed("a backup of ticket T-1", ValueError("of Ann"))
        logs.parked("main/lead/L-1/2/0", REF)
        logs.lost(REF, "solve", 3)
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [
        ("WARNING", "a backup of ticket T-1 failed and is tried again: ValueError"),
        ("WARNING", f"message main/lead/L-1/2/0 to {REF} is parked"),
        ("DEBUG", f"'solve' on {REF} lost a race, attempt 3"),
    ]
