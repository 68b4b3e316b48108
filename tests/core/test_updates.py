"""Updates that are put together from parts."""

from __future__ import annotations

from crmflow.core.updates import both, copied, counted, stamped
from tests.core.samples import Note, asked, attempt, received


def test_copied_keeps_what_the_form_leaves_out() -> None:
    """Fields of the form become facts; None changes nothing."""
    ticket = received()
    update = copied("problem")
    assert update(attempt(ticket, asked("note", Note("noise")))) == {"problem": "noise"}
    assert update(attempt(ticket, asked("note", Note()))) == {}


def test_both_lets_the_last_win() -> None:
    """All updates are made, the last one winning."""
    update = both(copied("problem"), lambda _attempt: {"problem": "late", "notes": 1})
    assert update(attempt(received(), asked("note", Note("early")))) == {
        "problem": "late",
        "notes": 1,
    }
    assert both()(attempt(received(), asked("ask"))) == {}


def test_stamped_and_counted_say_when_and_how_often() -> None:
    """The event's instant, and one more than before."""
    ticket = received()
    asking = attempt(ticket, asked("ask"))
    assert stamped("seen_at")(asking) == {"seen_at": asking.at}
    assert counted("notes")(asking) == {"notes": ticket.facts.notes + 1}
