"""What is logged: failures by their names, and never a value."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.errors import DeliveryRejectedError
from crmflow.core.message import Parcel
from crmflow.engine.engine import Engine
from crmflow.hookspecs import hookimpl
from tests.engine.machines import AT, CALL, SALES
from tests.engine.test_sealing import MILL, MOBILE


@attrs.frozen
class Bell:
    """A handler that fails once, and then refuses; what it says tells a number."""

    calls: list[Parcel] = attrs.field(factory=list)

    @hookimpl
    def handlers(self) -> dict[str, object]:
        """Deliver to `bell`."""
        return {"bell": self._ring}

    def _ring(self, parcel: Parcel) -> None:
        self.calls.append(parcel)
        if len(self.calls) == 1:
            raise RuntimeError(MOBILE)
        raise DeliveryRejectedError("bell", f"no such number: {MOBILE}")


def lines(caplog: pytest.LogCaptureFixture) -> Sequence[str]:
    """Return what was logged."""
    return [
        f"{one.levelname} {one.getMessage()}" for one in caplog.records if one.name == "crmflow"
    ]


def test_failures_are_logged_by_name(caplog: pytest.LogCaptureFixture) -> None:
    """A message that failed, and one that was parked; no value of either, nor what was said."""
    caplog.set_level(logging.DEBUG)
    with Engine("memory:", machines=[MILL, CALL], plugins=[Bell()], clock=ManualClock(AT)) as mills:
        known = {"name": "Harbour Mill", "mobile": MOBILE}
        mills.create("mill", known, actor=SALES, id="M-1").require()
        mills.run_due()
        mills.retry_outbox()
        (message,) = mills.outbox()
    about = f"message mill/M-1/1/0 to {message.target}"
    assert lines(caplog)[:2] == [
        f"WARNING {about} failed and is tried again: PolicyFailedError",
        f"WARNING {about} is parked",
    ]
    assert MOBILE not in caplog.text
    assert "Harbour" not in caplog.text


def test_a_backup_that_fails_is_logged(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """By the class of its error."""
    row = {"name": "daily", "folder": str(tmp_path / "nowhere")}
    own = Overlay({"company.zone": "UTC"}, {"backups": [row]})
    with Engine("memory:", machines=[CALL], config=own, clock=ManualClock(AT)) as calls:
        calls.run_due()
    assert lines(caplog) == ["WARNING a backup failed and is tried again: BackupError"]


def test_a_program_without_logging_hears_nothing() -> None:
    """As every library of good manners does."""
    assert any(
        isinstance(one, logging.NullHandler) for one in logging.getLogger("crmflow").handlers
    )
