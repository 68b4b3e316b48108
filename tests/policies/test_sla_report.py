"""What is said of deadlines: explanations of one entity, reports over many."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import attrs

from crmflow.core.ref import EntityRef
from crmflow.core.working_index import SpecialDays
from crmflow.policies.sla.explaining import shown
from crmflow.policies.sla.report import Compliance, compliance, spent
from crmflow.policies.sla.run import Deadlines, Lapse, Status, Tally
from tests.policies.sla_desk import (
    DAY,
    HOUR,
    OFFICE,
    REF,
    SHANGHAI,
    TABLES,
    Desk,
    definition,
    desk,
    on,
    resolving,
)


def asked(taken: Desk, at: datetime, **facts: object) -> Desk:
    """Return a desk after a case was asked."""
    taken.do("ask", at, facts).require()
    return taken


def test_a_running_deadline_explains_itself() -> None:
    """State, target, calendar, what was used and what comes next, each with row and rules."""
    row = resolving(version="2026.1", rules=["CMP-007"], warnings=["50%", "90%"], fire=None)
    taken = asked(desk(row), on(2, 10))
    taken.do("wait", on(2, 11))
    taken.do("work", on(2, 14))
    taken.wait(on(3, 9))
    taken.do("note", on(3, 9))
    assert taken.explained() == [
        ("deadline_running", {"deadline": "resolve", "overrun": "0s", "due_at": on(3, 12)}),
        (
            "deadline_target",
            {"deadline": "resolve", "target": "8wh", "number": 1, "start_at": on(2, 10)},
        ),
        ("deadline_calendar", {"deadline": "resolve", "calendar": "office", "version": "1"}),
        ("deadline_pauses", {"deadline": "resolve", "paused": "2h"}),
        ("deadline_remaining", {"deadline": "resolve", "used": "5h", "left": "3h"}),
        ("deadline_given", {"deadline": "resolve", "given": "50%"}),
        (
            "deadline_next_warning",
            {"deadline": "resolve", "name": "90%", "at": on(3, 11, 12)},
        ),
    ]
    (policy,) = taken.registry.policies["case"]
    line = next(iter(policy.explain(taken.state, taken.snapshot)))
    assert (line.rules, line.row) == (("CMP-007",), "resolve 2026.1")


def test_a_missed_deadline_explains_what_comes() -> None:
    """The breach, and the rungs still to be climbed."""
    rung = {"name": "boss", "at": "8wh", "action": "notify", "role": "general_manager"}
    taken = asked(desk(resolving(ladder=[rung])), on(2, 10))
    taken.wait(on(4, 9))
    lines = dict(taken.explained())
    assert lines["deadline_breached"]["breached_at"] == on(3, 10)
    assert lines["deadline_next_rung"] == {"deadline": "resolve", "name": "boss", "at": on(4, 10)}


def test_a_paused_deadline_explains_since_when() -> None:
    """It tells the beginning of the pause, and no due instant."""
    taken = asked(desk(resolving()), on(2, 10))
    taken.do("wait", on(2, 11))
    lines = dict(taken.explained())
    assert lines["deadline_paused"] == {
        "deadline": "resolve",
        "overrun": "0s",
        "paused_at": on(2, 11),
    }
    assert lines["deadline_remaining"] == {"deadline": "resolve", "used": "1h", "left": "7h"}


def test_an_estimate_is_told_as_one() -> None:
    """Where the days of a calendar are not known yet, the explanation says which year's."""
    guessing = attrs.evolve(
        OFFICE,
        estimates=True,
        special=lambda year: SpecialDays(unknown_from=date(year, 3, 1) if year == 2026 else None),
    )
    tables = attrs.evolve(TABLES, calendars={"office": guessing})
    taken = asked(desk(resolving(), tables=tables), on(2, 10))
    assert dict(taken.explained())["deadline_estimated"]["year"] == 2026


def test_extensions_and_proration_are_told() -> None:
    """Who granted what and why; and a time that is no row's own."""
    row = resolving(
        target="24wh", limit="48wh", on_change="prorate",
        targets=[{"match": {"severity": "high"}, "target": "8wh"}],
        extension=[{"to": "96wh", "event": "allow_longer"}],
    )  # fmt: skip
    taken = asked(desk(row), on(2, 10))
    assert dict(taken.explained())["deadline_target"]["target"] == "24wh - 48wh"
    taken.do("grade", on(2, 11), {"severity": "high"})
    assert dict(taken.explained())["deadline_prorated"]["total"] == "8h 50min"
    taken.do("allow_longer", on(2, 12), {"reason": "parts"})
    extended = dict(taken.explained())["deadline_extended"]
    assert (extended["to"], extended["by"], extended["reason"]) == ("96wh", "clerk-1", "parts")
    taken.do("solve", on(2, 13))
    codes = [code for code, _ in taken.explained()]
    assert codes[0] == "deadline_met"
    assert "deadline_remaining" not in codes


def test_a_deadline_by_the_clock_names_no_calendar() -> None:
    """Where none counts, none is told; what is still to begin has no estimate either."""
    row = resolving(target="48h", calendar=None, since="asked_at")
    taken = asked(desk(row), on(2, 10), asked_at=on(4, 10))
    codes = [code for code, _ in taken.explained()]
    assert codes == ["deadline_running", "deadline_target", "deadline_remaining"]
    (policy,) = taken.registry.policies["case"]
    assert {line.row for line in policy.explain(taken.state, taken.snapshot)} == {"resolve"}
    calendared = asked(desk(resolving(since="asked_at")), on(2, 10), asked_at=on(4, 10))
    calendared.do("wait", on(2, 11))
    codes = [code for code, _ in calendared.explained()]
    assert "deadline_calendar" in codes
    assert "deadline_estimated" not in codes


def test_a_time_is_shown_in_its_units() -> None:
    """What is nothing is left out, and nothing at all is nought seconds."""
    assert shown(timedelta(hours=26, minutes=30)) == "26h 30min"
    assert shown(timedelta(seconds=61, microseconds=5)) == "1min 1s"
    assert shown(timedelta(microseconds=5)) == "0s"


def _three_cases() -> list[tuple[EntityRef, str, Deadlines]]:
    row = resolving(tier="tier", holder="holder")
    met = asked(desk(row), on(2, 10), tier="gold", holder="ann")
    met.do("solve", on(2, 17))
    late = asked(desk(row), on(2, 10), tier="gold", holder="bob")
    late.do("solve", on(4, 10))
    open_ = asked(desk(row), on(30, 10), holder="ann")
    open_.wait(on(31, 20))
    return [(REF, "case", one.state) for one in (met, late, open_)]


def test_compliance_is_told_by_definition_tier_holder_and_month() -> None:
    """An open breach counts in the month of the breach."""
    lines = compliance(_three_cases(), SHANGHAI)
    assert [(one.tier, one.holder, one.month) for one in lines] == [
        ("gold", "ann", "2026-03"),
        ("gold", "bob", "2026-03"),
        ("ordinary", "ann", "2026-03"),
    ]
    assert [one.kept for one in lines] == [1, 0, 0]
    assert lines[1].overrun == 8 * HOUR


def test_compliance_may_be_told_by_less() -> None:
    """One line for all, and one line for each tier."""
    (line,) = compliance(iter(_three_cases()), SHANGHAI, ["definition"])
    assert (line.met, line.met_late, line.breached, line.kept) == (1, 1, 1, Fraction(1, 3))
    tiers = compliance(_three_cases(), SHANGHAI, ["tier"])
    assert [(one.tier, one.machine) for one in tiers] == [("gold", ""), ("ordinary", "")]


def test_months_are_those_of_the_companys_zone() -> None:
    """Solved at two in the morning on the first of April in Shanghai is April."""
    row = definition(
        name="x", kind="resolution", start=[{"events": ["ask"]}], stop=[{"events": ["solve"]}],
        target="2d",
    )  # fmt: skip
    taken = asked(desk(row), on(31, 10))
    taken.do("solve", datetime(2026, 3, 31, 18, tzinfo=UTC))
    assert [one.month for one in taken.state.tallies] == ["2026-04"]
    (line,) = compliance([(REF, "case", taken.state)], SHANGHAI)
    assert (line.month, line.met) == ("2026-04", 1)


def test_runs_that_ended_alike_are_one_tally() -> None:
    """A life with a hundred deadlines is not stored a hundred times."""
    row = resolving(start=[{"states": ["open", "working"]}])
    taken = asked(desk(row), on(2, 10))
    for hour in range(100):
        taken.do("solve", on(2, 10) + (2 * hour + 1) * timedelta(minutes=1))
        taken.do("reopen", on(2, 10) + (2 * hour + 2) * timedelta(minutes=1))
    (tally,) = taken.state.tallies
    assert (tally.status, tally.count) == (Status.MET, 100)
    assert len(taken.state.runs) == 1
    assert len(taken.state.spendings) == 2


def test_time_is_told_by_holder_and_by_state() -> None:
    """Ended and open runs together, pauses left out."""
    row = resolving(holder="holder", start=[{"states": ["open", "working"]}])
    taken = asked(desk(row), on(2, 10), holder="ann")
    taken.do("solve", on(2, 11))
    taken.do("reopen", on(2, 14))
    taken.do("hand", on(2, 16), {"holder": "bob"})
    taken.do("wait", on(2, 17))
    entities = [(REF, "case", taken.state)]
    holders = spent(entities, "holder")
    assert {one.name: one.spent.working for one in holders} == {"ann": 3 * HOUR, "bob": HOUR}
    states = spent(entities * 2, "state")
    assert {one.name: one.spent for one in states} == {
        "open": Lapse(2 * HOUR, 2 * HOUR),
        "working": Lapse(6 * HOUR, 6 * HOUR),
    }
    assert (states[0].machine, states[0].definition) == ("case", "resolve")


def test_time_before_a_counted_breach_is_told_once() -> None:
    """A run that goes on after a breach keeps its time to itself."""
    row = resolving(targets=[{"match": {"severity": "high"}, "target": "4wh"}])
    taken = asked(desk(row), on(2, 10), severity="high")
    taken.do("work", on(2, 12))
    taken.do("grade", on(2, 17), {"severity": "low"})
    taken.do("solve", on(2, 18))
    assert [(one.status, one.count) for one in taken.state.tallies] == [
        (Status.BREACHED, 1),
        (Status.MET, 1),
    ]
    told = {one.name: one.spent.working for one in spent([(REF, "case", taken.state)], "state")}
    assert told == {"open": 2 * HOUR, "working": 5 * HOUR}


def test_nothing_to_judge_is_no_percentage() -> None:
    """What was only cancelled is neither kept nor broken."""
    tallies = (Tally("x", "", "", "2026-03", Status.CANCELLED, 3, 0 * DAY),)
    (line,) = compliance([(REF, "case", Deadlines((), tallies))], UTC)
    assert (line.cancelled, line.kept, line.reaches(Fraction(0))) == (3, None, False)


def test_goals_are_compared_exactly() -> None:
    """Nearly all is not all."""
    line = Compliance(met=9999, met_late=1)
    assert line.kept == Fraction(9999, 10000)
    assert not line.reaches(Fraction(1))
    assert line.reaches(Fraction("0.9999"))
