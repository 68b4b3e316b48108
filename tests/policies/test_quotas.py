"""Quotas and windows in an engine: how often something may happen, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import ConfigurationError
from crmflow.core.refusal import Because
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting
from crmflow.policies.budgets.quotas import QuotaState
from tests.policies.trips import ALICE, AT, DAY, engine, engine_of

ONCE: Mapping[str, object] = {
    "name": "once",
    "machine": "trip",
    "event": "apply",
    "per": ["form.person", "month"],
    "released_on": ["cancelled"],
    "rules": ["EXP-010"],
}
"""One trip a month for each person; a further one needs a reason."""


def apply(trips: Engine, id_: str, person: str = "alice", reason: str | None = None) -> Decision:
    """Return the decision on an application."""
    given = {"person": person, **({} if reason is None else {"reason": reason})}
    return trips.create("trip", given, actor=ALICE, id=id_)


def lines(trips: Engine, id_: str) -> list[tuple[str, str]]:
    """Return what the quotas have to say of a trip: code and reason."""
    snapshot = trips.get(("trip", id_))
    return [
        (line.code, str(line.values["reason"]))
        for policy in trips.registry.policies["trip"]
        for line in policy.explain(snapshot.policy(policy.name), snapshot)
    ]


def test_one_a_month_for_each_person() -> None:
    """EXP-010: the second is refused by the name of the quota and of who has the place."""
    with engine(quotas=[ONCE]) as trips:
        assert apply(trips, "T-1").accepted
        refused = apply(trips, "T-2")
        assert refused.refusal is not None
        assert refused.refusal.because is Because.CLAIM
        assert refused.refusal.detail == "quota.once 'alice:2026-03' is held by trip T-1"
        assert apply(trips, "T-3", "bob").accepted
        assert lines(trips, "T-1") == [("quota_taken", "")]


def test_a_further_one_needs_a_reason_and_warns() -> None:
    """AMB-29: who approves it sees that it is a further one, and why."""
    with engine(quotas=[ONCE]) as trips:
        assert apply(trips, "T-1").accepted
        for id_ in ("T-2", "T-3"):
            assert apply(trips, id_, reason="two fairs").accepted
            assert lines(trips, id_) == [("quota_further", "two fairs")]
        assert apply(trips, "T-4", reason=" ").refusal is not None


def test_a_further_one_may_come_first() -> None:
    """Without a reason there is one a month at most, in whatever order they come."""
    with engine(quotas=[ONCE]) as trips:
        assert apply(trips, "T-1", reason="two fairs").accepted
        assert apply(trips, "T-2").accepted
        assert apply(trips, "T-3").refusal is not None


def test_a_hard_quota_takes_no_reason() -> None:
    """How hard it is, is configuration."""
    with engine(quotas=[{**ONCE, "hard": True}]) as trips:
        assert apply(trips, "T-1").accepted
        assert apply(trips, "T-2", reason="two fairs").refusal is not None


def test_another_month_is_another_place() -> None:
    """By the company's calendar, not by UTC."""
    clock = ManualClock(AT)
    with engine(clock=clock, quotas=[ONCE]) as trips:
        assert apply(trips, "T-1").accepted
        clock.advance(29 * DAY + timedelta(hours=6, minutes=59))
        assert apply(trips, "T-2").refusal is not None
        clock.advance(timedelta(minutes=1))
        assert apply(trips, "T-2").accepted


def test_what_is_cancelled_frees_the_month_and_what_is_paid_does_not() -> None:
    """A final state frees claims, but not a place in a quota."""
    with engine(quotas=[ONCE]) as trips:
        first = apply(trips, "T-1").require().entity
        trips.fire(first, "refuse", {"reason": "no money"}, actor=ALICE).require()
        assert apply(trips, "T-2").refusal is not None
        third = apply(trips, "T-3", "bob").require().entity
        trips.fire(third, "note", actor=ALICE).require()
        trips.fire(third, "cancel", actor=ALICE).require()
        assert lines(trips, "T-3") == []
        assert apply(trips, "T-4", "bob").accepted


def test_an_adoption_keeps_the_place() -> None:
    """No way past the rules frees a month."""
    with engine(quotas=[ONCE]) as trips:
        ref = apply(trips, "T-1").require().entity
        admin = Actor("admin", {"administrator"})
        adopting = Adopting(ref, "paid", {"person": "alice"}, reason="paid by hand")
        trips.adopt(adopting, actor=admin).require()
        assert apply(trips, "T-2").refusal is not None


def test_an_event_that_comes_again_keeps_its_place() -> None:
    """A place is the entity's; taking it twice changes nothing."""
    row = {**ONCE, "event": "note", "per": ["person"], "hard": True}
    with engine(quotas=[row]) as trips:
        ref = apply(trips, "T-1").require().entity
        for _ in range(2):
            trips.fire(ref, "note", actor=ALICE).require()
        state = trips.get(ref).policy("quotas")
        assert isinstance(state, QuotaState)
        assert [one.claim for one in state.taken] == ["alice"]
        assert [claim.value for claim in trips.get(ref).attached.claims] == ["alice"]


def test_an_event_that_frees_and_takes_at_once_holds_the_place() -> None:
    """The new place counts."""
    row = {**ONCE, "event": "note", "per": ["person"], "hard": True, "released_on": ["note"]}
    with engine(quotas=[row]) as trips:
        ref = apply(trips, "T-1").require().entity
        for _ in range(2):
            trips.fire(ref, "note", actor=ALICE).require()
        assert [claim.value for claim in trips.get(ref).attached.claims] == ["alice"]


def test_whom_it_counts_by_must_be_known() -> None:
    """A part that is missing is told, and no row out of force asks for it."""
    missing = {**ONCE, "per": ["form.visitors"]}
    with engine(quotas=[missing]) as trips:
        refused = apply(trips, "T-1")
        (verdict,) = refused.verdicts
        assert (verdict.reason, verdict.values) == ("budget_no_scope", {"part": "form.visitors"})
    with engine(quotas=[{**missing, "from_on": "2027-01-01"}]) as trips:
        assert apply(trips, "T-1").accepted
        assert trips.get(("trip", "T-1")).policy("quotas") is None


def test_what_a_quota_was_is_still_told() -> None:
    """Also where its row is gone, which the state outlives."""
    with engine(quotas=[ONCE]) as trips:
        apply(trips, "T-1").require()
        snapshot = trips.get(("trip", "T-1"))
        (policy,) = engine(quotas=[{**ONCE, "name": "other"}]).registry.policies["trip"]
        (line,) = policy.explain(snapshot.policy("quotas"), snapshot)
        assert (line.row, line.rules) == ("once", ())


VOUCHERS: Mapping[str, object] = {
    "name": "vouchers",
    "machine": "trip",
    "event": "claim",
    "since": "ended_at",
    "within": "through 15d",
    "rules": ["EXP-014"],
}


def claim(
    days: float, row: Mapping[str, object], end: Mapping[str, object], **more: str
) -> Decision:
    """Return the decision on a claim so many days after a trip is applied for and ends."""
    clock = ManualClock(AT)
    with engine(clock=clock, windows=[row]) as trips:
        ref = apply(trips, "T-1").require().entity
        trips.fire(ref, "waive", actor=ALICE).require()
        trips.fire(ref, "travel", end, actor=ALICE).require()
        clock.advance(timedelta(days=days))
        return trips.fire(ref, "claim", {"amount": "1 CNY", **more}, actor=ALICE)


ENDED = {"ended_at": AT.isoformat()}


@pytest.mark.parametrize(
    ("row", "end", "days", "reason"),
    [
        (VOUCHERS, ENDED, 15 + 6 / 24, ""),  # 23:00 in Shanghai on the fifteenth day
        (VOUCHERS, ENDED, 15 + 8 / 24, "too_late"),
        (VOUCHERS, {"ended_on": "2026-03-02"}, 99, ""),
        ({**VOUCHERS, "since": "ended_on"}, {"ended_on": "2026-03-01"}, 14 + 6 / 24, ""),
        ({**VOUCHERS, "since": "ended_on"}, {"ended_on": "2026-03-01"}, 14 + 8 / 24, "too_late"),
        ({**VOUCHERS, "until_on": "2026-03-10"}, ENDED, 20, ""),
        ({**VOUCHERS, "late": "reason"}, ENDED, 20, "late_needs_reason"),
        ({**VOUCHERS, "when": "ended_on != null"}, ENDED, 20, ""),
        ({**VOUCHERS, "when": "ended_on == null"}, ENDED, 20, "too_late"),
        ({**VOUCHERS, "at": "ended_at"}, ENDED, 20, ""),
        ({**VOUCHERS, "at": "ended_on"}, ENDED, 20, "too_late"),
        ({**VOUCHERS, "within": "3d", "apart": True}, ENDED, 3, ""),  # RCP-005: booked ahead
        ({**VOUCHERS, "within": "3d", "apart": True}, ENDED, 2.9, "too_early"),
        (
            {**VOUCHERS, "within": "3d", "apart": True, "late": "reason"},
            ENDED,
            2.9,
            "early_needs_reason",
        ),
    ],
)
def test_vouchers_in_time(
    row: Mapping[str, object], end: Mapping[str, object], days: float, reason: str
) -> None:
    """
    EXP-014: to the end of the fifteenth local day; what never ended is never late.

    `when` says where it is asked, `at` what must be in time; missing, it is the event itself.
    """
    decision = claim(days, row, end)
    assert [verdict.reason for verdict in decision.verdicts] == ([reason] if reason else [])


def test_late_with_a_reason() -> None:
    """Overdue, and explained."""
    assert claim(20, {**VOUCHERS, "late": "reason"}, ENDED, reason="in hospital").accepted
    (verdict,) = claim(20, VOUCHERS, ENDED, reason="in hospital").verdicts
    assert (verdict.rules, verdict.values["due_at"]) == (("EXP-014",), "2026-03-17T16:00:00+00:00")


@pytest.mark.parametrize(
    ("table", "row", "change", "path", "told"),
    [
        (
            "quotas",
            ONCE,
            {"name": "once a month"},
            "name",
            "spaces, expected a name without spaces: claims bear it",
        ),
        ("quotas", ONCE, {"event": "aply"}, "event", "unknown. Did you mean 'apply'?"),
        ("quotas", ONCE, {"per": []}, "per", "empty, expected at least one part, such as 'month'"),
        (
            "quotas",
            ONCE,
            {"per": ["month", "form.who"]},
            "per[1]",
            "unknown. Did you mean 'form.reason'? (at character 1)",
        ),
        (
            "quotas",
            ONCE,
            {"released_on": ["gone"]},
            "released_on[0]",
            (
                "unknown. Known: 'apply', 'approve', 'approved', 'cancel', 'cancelled',"
                " 'claim', 'claimed', 'correct', 'drafted', 'note', 'paid', 'pay', "
                "'refuse', 'refused', 'settle', 'travel', 'travelled', 'waive'."
            ),
        ),
        (
            "quotas",
            ONCE,
            {"reason": "why"},
            "reason",
            "unknown. Known: 'amount', 'person', 'reason', 'visitors'.",
        ),
        ("quotas", ONCE, {"event": "note", "per": ["person"]}, "reason", "unknown. None is known."),
        ("windows", VOUCHERS, {"event": "clam"}, "event", "unknown. Did you mean 'claim'?"),
        (
            "windows",
            VOUCHERS,
            {"since": "person"},
            "since",
            ("type, expected an expression that gives an instant, not a text (at character 1)"),
        ),
        (
            "windows",
            VOUCHERS,
            {"within": "3wd"},
            "calendar",
            "missing, expected a working calendar, which 3wd needs",
        ),
        (
            "windows",
            VOUCHERS,
            {"when": "end_on == null"},
            "when",
            "unknown. Did you mean 'ended_on'? (at character 1)",
        ),
        (
            "windows",
            VOUCHERS,
            {"at": "person"},
            "at",
            ("type, expected an expression that gives an instant, not a text (at character 1)"),
        ),
        (
            "windows",
            VOUCHERS,
            {"late": "reason", "reason": "why"},
            "reason",
            "unknown. Known: 'amount', 'reason'.",
        ),
    ],
)
def test_what_is_wrong_with_a_row_is_told_when_loaded(
    table: str, row: Mapping[str, object], change: Mapping[str, object], path: str, told: str
) -> None:
    """Each with its place and what would be right."""
    with pytest.raises(ConfigurationError) as caught:
        engine_of({table: [{**row, **change}]})
    name = {**row, **change}["name"]
    assert f"config: $.{table}[0].{path} ({name}): {told}" in caught.value.faults
