"""Adoption and observation: foreign entities brought in, with their gaps said and kept."""

from datetime import UTC, datetime

import pytest

from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import KeyReusedError
from crmflow.core.journal import Entry
from crmflow.core.refusal import Because
from crmflow.engine.values import Adopting, Observed
from tests.engine.machines import ADMIN, AT, CALL, CONTRACT, HOUR, SALES, engine

OLD = datetime(2020, 5, 1, tzinfo=UTC)
DEAL = {"customer": "C-1", "owner": "sales-1"}


def faults(decision: Decision) -> list[str]:
    """Return the faults of a refused adoption."""
    assert decision.refusal is not None
    return [f"{fault.path} {fault.code}" for fault in decision.refusal.faults]


def test_adoption_needs_a_right() -> None:
    """Only an administrator places entities, and the refusal says so."""
    with engine() as sales:
        adopting = Adopting(("deal", "D-1"), "lost", {**DEAL, "reason": "price"}, reason="old CRM")
        refused = sales.adopt(adopting, actor=SALES)
        assert refused.refusal is not None
        assert (refused.refusal.because, refused.refusal.roles) == (
            Because.ROWS,
            ("administrator",),
        )
        adopted = sales.adopt(adopting, actor=ADMIN).require()
        assert (adopted.snapshot.state, adopted.snapshot.facts.customer) == ("lost", "C-1")


def test_adoption_says_every_fault_at_once() -> None:
    """Unknown states and facts, wrong values and an empty reason are all told."""
    with engine() as sales:
        facts = {"customer": "", "colour": "red"}
        refused = sales.adopt(Adopting(("deal", "D-1"), "gone", facts, reason=" "), actor=ADMIN)
        assert {"$.state choice", "$.reason blank", "$.facts.colour unknown"} <= set(
            faults(refused)
        )
        assert list(sales.find()) == []


def test_adoption_asks_for_what_the_state_requires() -> None:
    """What is missing is refused, or kept as a gap with a task where that is allowed."""
    with engine() as sales:
        adopting = Adopting(("deal", "D-1"), "won", {"customer": "C-1"}, reason="old CRM")
        assert faults(sales.adopt(adopting, actor=ADMIN)) == ["$.facts.products missing"]
        gaps = Adopting(
            ("deal", "D-1"), "won", {"customer": "C-1"}, reason="old CRM", incomplete=True
        )
        sales.adopt(gaps, actor=ADMIN).require()
        assert [task.name for task in sales.tasks("administrator")] == ["complete_facts"]
        lost = Adopting(("deal", "D-2"), "lost", {"customer": "C-1"}, reason="x", incomplete=True)
        sales.adopt(lost, actor=ADMIN).require()
        assert len(sales.tasks("administrator")) == 1


def test_adoption_of_our_own_is_an_override() -> None:
    """An existing entity is placed too: its timers end, unnamed facts stay, watchers hear."""
    with engine("memory:", CALL) as calls:
        call = calls.create("call", {"number": "400"}, actor=SALES).require().entity
        back = Adopting(call, "answered", {"rings": 7}, reason="the log was wrong")
        placed = calls.adopt(back, actor=ADMIN).require().snapshot
        assert (placed.state, placed.facts.rings, placed.facts.number) == ("answered", 7, "400")
        assert (placed.timers, list(calls.tasks())) == ((), [])
        assert [record.entry for record in calls.journal(call)] == [Entry.DECISION, Entry.ADOPTION]


def test_adoption_tells_those_who_watch() -> None:
    """A contract that is placed by hand is seen by its deal."""
    with engine() as sales:
        deal = sales.create("deal", {"customer": "C-1"}, actor=SALES).require().entity
        adopted = Adopting(
            deal, "agreed", {"products": ["crane"]}, reason="agreed on paper", incomplete=True
        )
        sales.adopt(adopted, actor=ADMIN).require()
        agreement = {"content": "c", "price": "9 CNY", "delivery_time": "d", "after_sales": "a"}
        fixed = Adopting(deal, "agreed", {"agreement": agreement}, reason="agreed on paper")
        sales.adopt(fixed, actor=ADMIN).require()
        sales.fire(deal, "to_contract", actor=SALES).require()
        (contract,) = [row.ref for row in sales.find("contract")]
        sales.adopt(
            Adopting(contract, "signed", {}, reason="signed on paper"), actor=ADMIN
        ).require()
        assert sales.get(deal).links[0].state == "signed"


def test_adoption_is_harmless_to_repeat() -> None:
    """A key makes resending an adoption harmless, both for new and for known entities."""
    with engine("memory:", CALL) as calls:
        one = Adopting(("call", "c"), "answered", {"number": "1"}, reason="r", key="k")
        assert not calls.adopt(one, actor=ADMIN).require().repeated
        assert calls.adopt(one, actor=ADMIN).require().repeated
        two = Adopting(("call", "c"), "ringing", {}, reason="r", key="l")
        assert not calls.adopt(two, actor=ADMIN).require().repeated
        assert calls.adopt(two, actor=ADMIN).require().repeated
        other = Adopting(("call", "c"), "ended", {}, reason="r", key="l")
        with pytest.raises(KeyReusedError):
            calls.adopt(other, actor=ADMIN)


def test_observations_keep_the_logs_own_word() -> None:
    """Rows become records with their instants and actors; no guard or timer is asked."""
    with engine("memory:", CALL) as calls:
        rows = [
            Observed(("call", "c"), "INCOMING", "ringing", OLD, "desk", {"number": "400"}),
            Observed(("call", "c"), "TALK", "answered", OLD + HOUR, "desk", {"number": "400"}),
            Observed(("call", "c"), "NOTE", "answered", OLD, "desk", {"rings": 2}),
            Observed(("call", "c"), "HANGUP", "ended", OLD + 2 * HOUR, "robot"),
            Observed(("call", "d"), "TALK", "answered", OLD, "desk", {"rings": "many"}),
        ]
        answers = calls.observe_many(rows)
        assert [isinstance(a, Decision) and a.accepted for a in answers] == [True] * 4 + [False]
        records = list(calls.journal(("call", "c")))
        assert {record.entry for record in records} == {Entry.OBSERVATION}
        assert [record.event.actor for record in records] == [Actor("desk")] * 3 + [Actor("robot")]
        # The third row goes back in time: its record does not, its own instant is kept.
        assert [record.event.at for record in records] == [
            OLD,
            OLD + HOUR,
            OLD + HOUR,
            OLD + 2 * HOUR,
        ]
        assert records[2].event.form.seen_at == OLD
        after = calls.get(("call", "c"))
        assert (after.state, after.facts.number, after.facts.rings) == ("ended", "400", 2)
        assert [row.ref.id for row in calls.find()] == ["c"]


def test_an_adopted_entity_goes_on_by_its_events() -> None:
    """What was brought in lives on like any other."""
    with engine("memory:", CONTRACT) as contracts:
        facts = {"customer": "C-1", "deal": "D-1"}
        old = Adopting(("contract", "K-1"), "signed", facts, reason="old CRM", at=OLD)
        contracts.adopt(old, actor=ADMIN).require()
        started = contracts.fire(("contract", "K-1"), "start", actor=SALES).require()
        assert (started.snapshot.state, started.snapshot.at) == ("executing", AT)
