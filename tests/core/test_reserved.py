"""The forms of the events that every machine has."""

import pytest

from crmflow.core.form import structure
from crmflow.core.pause import PauseScope
from crmflow.core.plain import plain
from crmflow.core.reserved import (
    FORMS,
    Adoption,
    Asking,
    Attachment,
    MessageRefused,
    Migrated,
    Mirrored,
    Observation,
    Pausing,
    Retirement,
)
from tests.core.samples import AT, DEAL

VALUES = (
    Adoption("solved", {"problem": "noise", "notes": 3}, "moved from the old system"),
    Observation("Solved", "solved", {"notes": 1}, AT),
    Mirrored("deal", DEAL, 3, "won", {"amount": "12 CNY"}),
    Asking("customer"),
    MessageRefused(DEAL, "advance", ("no_row",)),
    Attachment("sla"),
    Retirement("sla", "the plugin was given up"),
    Migrated(1, 3),
    Pausing("stocktaking", PauseScope.MACHINE),
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_reserved_forms_read_back(value: object) -> None:
    """What goes into a message as one of these forms comes out as the same value."""
    assert structure(type(value), plain(value)) == (value, ())  # type: ignore[arg-type]


def test_reserved_events_are_no_names_of_rows() -> None:
    """A machine cannot declare an event of these names: they begin with a dollar."""
    assert set(FORMS.values()) == {type(value) for value in VALUES}
    assert all(name.startswith("$") for name in FORMS)


def test_adoption_needs_a_reason() -> None:
    """Nobody places an entity without saying why."""
    _, faults = structure(Adoption, {"state": "solved", "facts": {}, "reason": " "})
    assert [str(fault) for fault in faults] == ["$.reason: blank, expected text that is not blank"]
