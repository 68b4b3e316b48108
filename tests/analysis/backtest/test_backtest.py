"""Back-tests: what would have been otherwise is told, what was the same is not."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
import pytest

from crmflow.analysis.backtest import Backtest, Case, Difference, Kind, backtest
from crmflow.config import Overlay
from crmflow.core.errors import UnknownEntityError, UnknownMachineError
from crmflow.core.form import Text
from crmflow.core.people import Person
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from tests.analysis.cases import (
    BOSS,
    CHIEF,
    CLERK,
    STAFF,
    bound,
    chain,
    engine,
    opened,
    rows,
    scheme,
)
from tests.engine.machines import ADMIN, SALES
from tests.engine.machines import engine as sales
from tests.engine.test_messages import deal_in_contracting
from tests.policies.sla_desk import CASE, on


def judged(desk: Engine, config: Overlay, **how: object) -> Case:
    """Return what would have been otherwise of the only case."""
    (case,) = backtest(desk, bound(config), **how)  # type: ignore[arg-type]
    return case


def kinds(case: Case) -> dict[Kind, Difference]:
    """Return one difference of each kind."""
    return {one.kind: one for one in case.differences}


def due(difference: Difference) -> tuple[datetime, datetime]:
    """Return when a deadline was due, and when it would be."""
    assert difference.then is not None
    assert difference.now is not None
    then, now = difference.then["due_at"], difference.now["due_at"]
    return datetime.fromisoformat(str(then)), datetime.fromisoformat(str(now))


def solved(config: Overlay, day: int = 2, hour: int = 16) -> Engine:
    """Return an engine with a case that was opened at nine and solved at some hour."""
    desk = engine(config)
    case = opened(desk)
    desk.fire(case, "work", actor=CLERK, at=on(2, 10)).require()
    desk.fire(case, "solve", actor=CLERK, at=on(day, hour)).require()
    return desk


def test_a_tighter_deadline_is_missed_at_its_own_instant() -> None:
    """With when it was due then and would be now; the event it fires, and the task's promise."""
    case = judged(solved(rows()), rows(target="2wh"))
    found = kinds(case)
    breach = found[Kind.NEW_BREACH]
    assert due(breach) == (on(2, 18), on(2, 11))
    assert breach.at == on(2, 11)
    assert not breach.conditional
    assert found[Kind.NEW_EVENT].name == "miss"
    assert found[Kind.OTHER_TASK].name == "handle"
    assert Kind.VANISHED_BREACH not in found
    assert case.diverged_at == on(2, 11) + timedelta(microseconds=1)


def test_a_looser_deadline_is_kept_after_all() -> None:
    """The breach and what it fired are gone; what came later is conditional."""
    case = judged(solved(rows(target="2wh")), rows())
    found = kinds(case)
    assert due(found[Kind.VANISHED_BREACH]) == (on(2, 11), on(2, 18))
    assert found[Kind.VANISHED_EVENT].name == "miss"
    assert case.unknown.afterwards == 1


def test_a_deadline_that_would_not_be_there_and_one_that_would() -> None:
    """A row that is switched off promises nothing, a new one begins with the first event."""
    first = {
        "name": "first", "machine": "case", "kind": "first_response", "target": "9h",
        "start": [{"events": ["ask"]}], "stop": [{"states": ["working"]}],
    }  # fmt: skip
    found = kinds(judged(solved(rows()), rows(first, enabled=False)))
    assert found[Kind.VANISHED_DEADLINE].name == "resolve"
    assert found[Kind.VANISHED_DEADLINE].now is None
    assert found[Kind.NEW_DEADLINE].name == "first"


def test_an_event_that_would_be_held() -> None:
    """By whom is told; nobody voted on it, and what came after is only supposed."""
    desk = solved(rows())
    desk.fire(("case", "K-1"), "close", actor=CLERK, at=on(3)).require()
    case = judged(desk, rows(chains=[chain("boss", "chief")]))
    found = kinds(case)
    assert found[Kind.NEW_HOLD].name == "solve"
    assert found[Kind.NEW_HOLD].now == {
        "at": on(2, 16).isoformat(), "answer": "held", "state": "working",
    }  # fmt: skip
    asked = found[Kind.NEW_APPROVAL].now
    assert asked is not None
    assert asked["asked"] == ["boss", "deputy"]
    assert not found[Kind.NEW_HOLD].conditional
    assert case.unknown.unvoted == 0  # closed, it waits for nothing any more
    assert case.unknown.afterwards == 1
    assert kinds(judged(solved(rows()), rows(chains=[chain("boss")])))[Kind.OTHER_STATE]
    assert judged(solved(rows()), rows(chains=[chain("boss")])).unknown.unvoted == 1


def approved(config: Overlay) -> Engine:
    """Return an engine with a case whose solution was approved an hour later."""
    desk = solved(config)
    vote = {"request": "solve"}
    desk.fire(("case", "K-1"), "$approve", vote, actor=BOSS, at=on(2, 17)).require()
    return desk


def test_an_event_that_would_not_be_held() -> None:
    """It happens when it was asked for; the votes on it are for nothing."""
    desk = approved(rows(chains=[chain("boss")]))
    case = judged(desk, rows())
    found = kinds(case)
    assert found[Kind.VANISHED_HOLD].now == {
        "at": on(2, 16).isoformat(), "answer": "decision", "state": "solved",
    }  # fmt: skip
    assert found[Kind.VANISHED_APPROVAL].name == "solve"
    refused = found[Kind.NEW_REFUSAL]
    assert (refused.name, refused.conditional) == ("$approve", True)
    assert case.unknown.impossible == 1


def test_other_approvers() -> None:
    """Who was asked then, and who would be."""
    desk = approved(rows(chains=[chain("boss")]))
    found = kinds(judged(desk, rows(chains=[chain("chief")])))
    other = found[Kind.OTHER_APPROVAL]
    assert other.then is not None
    assert other.now is not None
    assert (other.then["asked"], other.now["asked"]) == (["boss", "deputy"], ["chief"])


def test_tiers_that_move_otherwise() -> None:
    """At another time, or not at all."""
    desk = engine(rows(schemes=[scheme(2)]))
    case = opened(desk)
    for hour in (10, 11):
        desk.fire(case, "note", actor=CLERK, at=on(2, hour)).require()
    found = judged(desk, rows(schemes=[scheme(1)]), until=on(2, 12))
    assert kinds(found)[Kind.OTHER_TIER].then == {
        "at": on(2, 11).isoformat(), "before": "short", "tier": "long", "cause": "raised",
    }  # fmt: skip
    assert found.diverged_at is None
    gone = judged(desk, rows(schemes=[scheme(9)]), until=on(2, 12))
    assert kinds(gone).keys() == {Kind.VANISHED_TIER}


def test_a_refusal_that_would_not_have_been() -> None:
    """Only those of timers and policies are in journals."""
    rung = {"name": "solve", "at": "1wh", "action": "fire", "event": "reopen"}
    desk = engine(rows(target="1wh", ladder=[rung]))
    opened(desk)
    desk.run_due(on(3))
    case = judged(desk, rows(target="40wh"), until=on(3))
    assert kinds(case)[Kind.VANISHED_REFUSAL].name == "reopen"


def test_the_same_policies_make_no_difference() -> None:
    """Holds, votes, breaches and tiers come about again as they were."""
    config = rows(target="1wh", chains=[chain("boss", "chief")], schemes=[scheme(1)])
    desk = approved(config)
    desk.fire(
        ("case", "K-1"), "$approve", {"request": "solve"}, actor=CHIEF, at=on(2, 18)
    ).require()
    case = judged(desk, config)
    assert case.differences == ()
    assert (case.records, case.diverged_at) == (len(list(desk.journal(case.ref))), None)


def test_what_people_were_then_is_taken_from_the_journal() -> None:
    """Who has left since is asked all the same; whom nobody knows cannot be known."""
    config = rows(chains=[chain("boss")])
    desk = approved(config)
    (case,) = backtest(desk, bound(config, directory=None))
    assert case.differences == ()
    assert case.unknown.unanswered == 0
    (other,) = backtest(desk, bound(rows(chains=[chain("chief")]), directory=None))
    assert other.unknown.unanswered > 0
    assert STAFF.person("boss", on(2)) is not None


def test_a_department_then_is_taken_from_the_journal() -> None:
    """As roles and persons are."""
    people = ListedDirectory((*STAFF.people, Person("lawyer", ("legal",), ("law",))))
    steps = [{"name": "law", "approvers": [{"department": "law"}]}]
    config = rows(chains=[{**chain("boss"), "steps": steps}])
    desk = engine(config, directory=people)
    case = opened(desk)
    desk.fire(case, "solve", actor=CLERK, at=on(2, 10)).require()
    (same,) = backtest(desk, bound(config, directory=None))
    assert (same.differences, same.unknown.unanswered) == ((), 0)
    (other,) = backtest(solved(rows()), bound(config, directory=None))
    assert other.unknown.unanswered == 1
    (known,) = backtest(solved(rows()), bound(config, directory=people))
    assert kinds(known)[Kind.NEW_APPROVAL].now is not None


def test_an_entity_that_would_not_have_come_about() -> None:
    """All that was asked of it is refused, and nothing comes of it by itself."""
    config = rows()
    right = {"name": "desk", "machine": "case", "roles": ["chief"], "events": ["*"]}
    other = attrs.evolve(config, tables={**config.tables, "access": [right]})
    case = judged(solved(config), other)
    assert case.unknown.impossible == 3
    assert {Kind.NEW_REFUSAL, Kind.VANISHED_DEADLINE, Kind.OTHER_STATE} <= kinds(case).keys()


def test_a_form_of_another_class_is_read_anew() -> None:
    """The same plugin, loaded twice, has classes of its own each time."""

    @attrs.frozen
    class Handing:
        holder: Text

    changed = [attrs.evolve(one, form=Handing) if one.event == "hand" else one for one in CASE.rows]
    machine = attrs.evolve(CASE, rows=tuple(changed))
    desk = engine(rows())
    desk.fire(opened(desk), "hand", {"holder": "ann"}, actor=CLERK, at=on(2, 10)).require()
    (case,) = backtest(desk, bound(rows(), machines=[machine]))
    assert (case.differences, case.untested) == ((), None)


def test_policies_whose_state_nobody_reads_here_run_along() -> None:
    """Their tasks and messages are compared like any others."""
    every = {
        "name": "care", "machine": "case", "states": ["open"], "every": "1mo", "within": 5,
        "kind": "visit", "role": "customer_service", "calendar": "office", "task": "visit",
    }  # fmt: skip
    config = rows()
    config = attrs.evolve(config, tables={**config.tables, "cadences": [every]})
    assert judged(solved(config), config).differences == ()


def test_messages_and_mirrored_facts_are_inputs_like_any_others() -> None:
    """What one entity tells another comes about again, and is compared where it is no mirror."""
    with sales() as desk:
        deal = deal_in_contracting(desk)
        (contract,) = [row.ref for row in desk.find("contract")]
        desk.fire(contract, "sign", actor=ADMIN).require()
        desk.fire(deal, "win", actor=SALES).require()
        found = Backtest.of(backtest(desk, desk.registry))
    assert (found.tested, found.differing) == (2, 0)


def test_since_leaves_what_came_before_as_it_was() -> None:
    """A deadline that had begun is changed by the next event, as it would really be."""
    desk = solved(rows())
    case = judged(desk, rows(target="2wh"), since=on(2, 10))
    assert case.records == 2
    assert due(kinds(case)[Kind.NEW_BREACH]) == (on(2, 18), on(2, 11))
    assert judged(desk, rows(target="2wh"), since=on(3)).differences == ()


def test_until_leaves_later_records_out() -> None:
    """Who was not there yet is no case; what was due by then is missed by then."""
    desk = solved(rows())
    opened(desk, "K-2", 15)
    found = list(backtest(desk, bound(rows(target="2wh")), until=on(2, 10, 30)))
    assert [case.ref.id for case in found] == ["K-1"]
    assert Kind.NEW_BREACH not in kinds(found[0])
    assert kinds(found[0])[Kind.OTHER_DEADLINE].conditional is False
    breached = judged(desk, rows(target="2wh"), until=on(2, 11))
    assert Kind.NEW_BREACH not in kinds(breached)  # its timer is a moment later


def test_what_is_still_due_is_told_of_both() -> None:
    """An open case that nobody has looked at since is no difference by itself."""
    desk = engine(rows())
    opened(desk)
    assert judged(desk, rows()).differences == ()
    assert due(kinds(judged(desk, rows(target="2wh")))[Kind.OTHER_DEADLINE]) == (
        on(2, 18),
        on(2, 11),
    )


def test_one_entity_or_one_machine() -> None:
    """What is not there is an error."""
    desk = solved(rows())
    other = opened(desk, "K-2")
    assert [one.ref for one in backtest(desk, bound(rows()), entity=other)] == [other]
    assert len(list(backtest(desk, bound(rows()), machines=["case"]))) == 2
    with pytest.raises(UnknownEntityError):
        list(backtest(desk, bound(rows()), entity=desk.ref(("case", "K-9"))))
    with pytest.raises(UnknownMachineError):
        list(backtest(desk, bound(rows()), machines=["cases"]))


def test_in_sum() -> None:
    """Certain and conditional differences apart, by kind, machine and name."""
    desk = solved(rows())
    opened(desk, "K-2")
    found = Backtest.of(backtest(desk, bound(rows(target="2wh"))))
    assert (found.entities, found.tested, found.differing, found.diverged) == (2, 2, 2, 2)
    assert found.count(Kind.NEW_BREACH) == 1
    row = found.rows()[0]
    assert row == {
        "kind": "new_breach", "machine": "case", "name": "resolve", "certain": 1, "conditional": 0,
    }  # fmt: skip
    assert found.to_dict()["differences"] == found.rows()
    assert found.to_dict()["untested"] == {}
