"""The machine `member_event`, catalogue 3.26."""

import pytest

from crmflow.core.actor import Actor
from tests.states.case import Case, declared, legal, pairs, walk_of

PAYLOADS: dict[str, dict[str, object]] = {
    "plan": {
        "occasion": "holiday", "shop": "shop-1", "cadence": "holiday_event",
        "due_on": "2026-10-01", "until_at": "2026-10-01T18:00:00+08:00",
    },
    "plan:season": {"occasion": "interval", "activity": "draw"},
    "invite": {"club": "Pump Friends", "members": ["C-1", "C-2"], "activity": "show"},
    "hold": {"attended": ["C-2"]},
    "record": {"needs": "two want quieter pumps"},
    "cancel": {"reason": "storm"},
}  # fmt: skip
TABLE = (
    "plan: - -> planned",
    "invite: planned -> invited",
    "hold: invited -> held",
    "record: held -> recorded",
    "cancel: planned, invited -> cancelled",
)
PATHS = {
    "-": (),
    "planned": ("plan",),
    "invited": ("plan", "invite"),
    "held": ("plan", "invite", "hold"),
}


def event(*steps: str) -> Case:
    """Return a member event that has taken these steps."""
    return Case("member_event", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("member_event") == pairs(TABLE)


@pytest.mark.parametrize(("source", "step", "to"), legal(PATHS, TABLE))
def test_a_row_is_legal(source: str, step: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = event(*PATHS[source], step)
    assert case.state == to
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "step", "changes", "why"),
    [
        ((), "plan", {"occasion": "rain"}, "$.occasion"),
        ((), "plan", {"due_on": None}, "no_day_named"),
        ((), "plan", {"occasion": "anniversary", "due_on": None}, "no_day_named"),
        (("plan",), "invite", {"club": None}, "$.club"),
        (("plan",), "invite", {"members": []}, "$.members"),
        (PATHS["invited"], "hold", {"attended": ["C-9"]}, "not_invited"),
        (PATHS["held"], "record", {"needs": ""}, "$.needs"),
        (PATHS["held"], "cancel", {}, "no_row"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], step: str, changes: dict[str, object], why: str
) -> None:
    """LOY-003 wants a club and chosen members, LOY-004 a day, LOY-006 what was learnt."""
    case = event(*steps)
    assert case.why_not(step, payload=case.but(step, **changes)) == {why}


def test_a_season_needs_no_day() -> None:
    """Once a quarter or half-year is no day of its own (LOY-005)."""
    assert event("plan:season").facts.activity == "draw"


def test_what_is_learnt_is_told_to_those_who_came() -> None:
    """LOY-006: each record of a guest hears it, nobody else's."""
    case = event(*PATHS["held"])
    [message] = case.fire("record").require().messages
    assert (message.machine, message.event, message.id) == ("customer", "note_dealing", "C-2")
    assert message.payload["detail"] == "two want quieter pumps"
    assert message.payload["kind"] == "member_event"


def test_marketing_does_the_work() -> None:
    """One task at a time says what comes next."""
    case = event("plan")
    assert case.tasks == {"invite_members": "marketing_department"}
    then = [list(case.go(step).tasks) for step in ("invite", "hold", "record")]
    assert then == [["hold_event"], ["note_needs"], []]
    assert event("plan").why_not("invite", Actor("clerk-1", {"finance"})) == {"role"}


TestMemberEventWalk = walk_of("member_event", PAYLOADS)
