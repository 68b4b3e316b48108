"""Held events: asked for, approved or not, applied or ended, with every reason told."""

from datetime import date
from decimal import Decimal

import attrs
import pytest

from crmflow.core.journal import Entry
from crmflow.core.machine import Row
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer
from crmflow.expressions import Scope
from crmflow.policies.approvals.binding import read
from tests.policies.approvals.desk import PURCHASE, Desk, chain, registry_of, step


def test_event_waits_and_is_applied_with_its_approvers_named() -> None:
    """The hold shows who is awaited; the approved event keeps its actor and form."""
    desk = Desk.of(chain(rules=["CON-011"], version="v7"))
    held = desk.fire("order", "ann", supplier="acme")
    assert held.held
    (verdict,) = held.verdicts
    assert (verdict.answer, verdict.reason, verdict.people) == (
        Answer.HOLD,
        "needs_approval",
        ("bob",),
    )
    assert (verdict.row, verdict.version, verdict.rules) == ("orders", "v7", ("CON-011",))
    assert desk.waits_for == {"approve:order:bob": "bob"}
    assert desk.snapshot.state == "draft"
    approved = desk.fire("$approve", "bob", comment="fine")
    (caused,) = approved.caused
    assert (caused.event.name, caused.event.actor.id) == ("order", "ann")
    assert caused.event.cause is not None
    assert caused.event.cause.approved_by == ("bob",)
    assert (desk.snapshot.state, desk.snapshot.facts.supplier) == ("ordered", "acme")
    assert (desk.snapshot.holds, desk.waits_for, desk.ended) == ((), {}, "approved")
    assert desk.state.ended[0].approved_by == ("bob",)


def test_refused_request_leaves_the_entity_as_it_is() -> None:
    """The hold is dropped, the reason is kept and journaled, and one may ask again."""
    desk = Desk.of(chain())
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$refuse", "bob", reason="too dear")
    (ended,) = desk.state.ended
    assert (ended.reason, ended.by, ended.comment) == ("approval_refused", "bob", "too dear")
    assert (desk.snapshot.state, desk.snapshot.holds, desk.waits_for) == ("draft", (), {})
    assert "approval_refused" in desk.reasons
    assert desk.fire("order", "ann", supplier="other").held


def test_row_that_leaves_the_state_voids_the_request() -> None:
    """What became of the hold is the row's to say; the request ends with it."""
    desk = Desk.of(chain())
    desk.fire("order", "ann", supplier="acme")
    desk.fire("submit", "guy")
    assert (desk.ended, desk.waits_for) == ("hold_voided", {})


def test_of_two_requests_one_passes_and_ends_the_other() -> None:
    """An approved event that ends the entity takes what else was asked with it."""
    desk = Desk.of(chain(event="drop"), chain(name="second"))
    desk.fire("drop", "ann")
    desk.fire("order", "ann", supplier="acme")
    assert desk.denied("$approve", "bob") == "which_request"
    desk.fire("$approve", "bob", request="drop")
    assert (desk.snapshot.state, desk.snapshot.holds) == ("dropped", ())
    ended = {one.key: one.reason.value for one in desk.state.ended}
    assert ended == {"drop": "approved", "order": "hold_voided"}


def test_approved_event_that_guards_refuse_ends_the_request() -> None:
    """The form is as the requester corrected it; a guard that refuses it is told."""
    desk = Desk.of(chain())
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$return", "bob", reason="who?")
    desk.fire("$resubmit", "ann", payload={"supplier": "nobody"})
    desk.fire("$approve", "bob")
    assert desk.records[-1].entry is Entry.RAISE_REFUSED
    assert (desk.ended, desk.snapshot.holds) == ("approved_event_refused", ())
    assert "no_supplier" in desk.reasons


def test_second_request_for_the_same_event_is_refused() -> None:
    """There is one request per entity and event."""
    desk = Desk.of(chain())
    desk.fire("order", "ann", supplier="acme")
    assert desk.denied("order", "guy", supplier="other") == "needs_approval"


def test_event_without_need_of_approval_ends_the_request_of_the_same_event() -> None:
    """An event that passes by another chain's `none` voids what was asked before."""
    desk = Desk.of(
        chain(when="actor.id != 'guy'", otherwise="none", covers=[]),
    )
    desk.fire("order", "ann", supplier="acme")
    assert desk.fire("order", "guy", supplier="other").record is not None
    assert (desk.snapshot.state, desk.ended) == ("ordered", "hold_voided")


def test_stated_none_lets_the_event_pass() -> None:
    """An empty chain is stated, and then nobody approves (CON-011)."""
    desk = Desk.of(chain(roles="none"))
    assert not desk.fire("order", "ann", supplier="acme").held
    assert desk.snapshot.state == "ordered"


def test_roles_are_a_short_way_to_write_steps() -> None:
    """Roles in order are steps of one role each."""
    desk = Desk.of(chain(roles="head director"))
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$approve", "bob")
    assert desk.waits_for == {"approve:order:cleo": "cleo"}
    desk.fire("$approve", "cleo")
    assert desk.snapshot.state == "ordered"


@pytest.mark.parametrize(("amount", "who"), [(100, "bob"), (1000, "cleo"), (5000, None)])
def test_first_chain_whose_condition_holds_is_taken(amount: int, who: str | None) -> None:
    """Chains of one event are chosen by the data; the last is for all the rest."""
    desk = Desk.of(
        chain(name="small", when="amount < 500", steps=[step("one", "bob")]),
        chain(name="large", when="amount < 2000", steps=[step("one", "cleo")], otherwise="none"),
        amount=Decimal(amount),
    )
    held = desk.fire("order", "ann", supplier="acme")
    assert held.held is (who is not None)
    assert list(desk.waits_for.values()) == ([] if who is None else [who])


def test_chain_is_in_force_by_the_events_day() -> None:
    """A chain that ended yesterday holds nothing today."""
    old = chain(name="old", until_on=date(2026, 3, 1))
    new = chain(name="new", from_on=date(2026, 3, 2), steps=[step("one", "cleo")])
    desk = Desk.of(old, new)
    desk.fire("order", "ann", supplier="acme")
    assert desk.state.open[0].chain == "new"
    assert not Desk.of(old).fire("order", "ann", supplier="acme").held


def test_step_is_chosen_by_conditions() -> None:
    """Of steps of one name the first whose condition holds is taken; others are skipped."""
    steps = [
        step("money", "dan", when="amount >= 1000"),
        step("money", "bob"),
        step("top", "cleo", when="form.supplier == 'secret'", otherwise="skip"),
    ]
    desk = Desk.of(chain(steps=steps), amount=Decimal(1000))
    desk.fire("order", "ann", supplier="secret")
    desk.fire("$approve", "dan")
    assert desk.waits_for == {"approve:order:cleo": "cleo"}
    desk = Desk.of(chain(steps=steps))
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$approve", "bob")
    assert desk.snapshot.state == "ordered"
    assert "step_not_needed" in desk.reasons


def test_chain_whose_steps_are_all_not_needed_passes_and_says_so() -> None:
    """Nobody approves, and the journal tells why."""
    steps = [
        step("top", "cleo", when="amount > 500", otherwise="skip"),
        {"name": "none", "approvers": [{"role": "none"}]},
    ]
    desk = Desk.of(chain(steps=steps))
    desk.fire("order", "ann", supplier="acme")
    assert desk.snapshot.state == "ordered"
    assert desk.reasons.count("step_not_needed") == 2


def test_change_of_covered_facts_voids_the_request() -> None:
    """What the conditions read is covered by default; other facts may change."""
    desk = Desk.of(chain(when="amount < 500", otherwise="none"))
    desk.fire("order", "ann", supplier="acme")
    desk.fire("change", "ann", remark="soon")
    assert desk.snapshot.holds
    desk.fire("change", "ann", amount=Decimal(900))
    assert (desk.snapshot.holds, desk.waits_for, desk.ended) == ((), {}, "facts_changed")
    assert "facts_changed" in desk.reasons


def test_change_of_covered_facts_may_restart_the_chain() -> None:
    """All steps are walked again on the facts of now."""
    steps = [step("one", "bob"), step("two", "cleo")]
    desk = Desk.of(chain(steps=steps, covers=["amount"], on_change="restart"))
    desk.fire("order", "ann", supplier="acme")
    desk.fire("$approve", "bob")
    desk.fire("change", "guy", amount=Decimal(900))
    assert desk.waits_for == {"approve:order:bob": "bob"}
    assert desk.reasons[-2:] == ["facts_changed", "restarted"]
    desk.fire("$approve", "bob")
    desk.fire("$approve", "cleo")
    assert desk.snapshot.state == "ordered"


def test_restart_chooses_the_chain_anew() -> None:
    """A larger amount needs the larger chain; a small one may need none any more."""
    small = chain(
        name="small", when="amount < 500", steps=[step("one", "bob")], on_change="restart"
    )
    large = chain(
        name="large",
        when="amount < 5000",
        steps=[step("one", "cleo")],
        otherwise="none",
        on_change="restart",
    )
    desk = Desk.of(small, large)
    desk.fire("order", "ann", supplier="acme")
    desk.fire("change", "ann", amount=Decimal(900))
    assert desk.waits_for == {"approve:order:cleo": "cleo"}
    assert desk.state.open[0].chain == "large"
    desk.fire("change", "ann", amount=Decimal(9000))
    assert desk.snapshot.state == "ordered"
    assert desk.reasons[-2:] == ["approval_not_needed", "approved"]


def test_restarted_step_asks_anew() -> None:
    """The task is a new one: it waits from now on."""
    desk = Desk.of(chain(covers=["amount"], on_change="restart"))
    desk.fire("order", "ann", supplier="acme")
    (asked,) = desk.snapshot.tasks
    desk.wait(hours=1)
    desk.fire("change", "ann", remark="soon")
    assert desk.snapshot.tasks == (asked,)
    desk.fire("change", "ann", amount=Decimal(900))
    (again,) = desk.snapshot.tasks
    assert (again.opened_at, again.name) == (desk.now, asked.name)
    assert again.id != asked.id


def test_facts_that_nothing_covers_do_not_matter() -> None:
    """A chain without conditions covers no facts unless it lists them."""
    desk = Desk.of(chain())
    desk.fire("order", "ann", supplier="acme")
    desk.fire("change", "ann", amount=Decimal(900))
    assert desk.snapshot.holds


@attrs.frozen
class Place:
    """Where something is."""

    city: str = ""


@attrs.frozen
class Placed:
    """What is known of something that is somewhere."""

    place: Place = Place()
    remark: str = ""


def test_a_fact_is_covered_where_a_condition_reads_within_it() -> None:
    """By its own name, in the order of the facts."""
    machine = attrs.evolve(PURCHASE, facts=Placed, rows=())
    scope = Scope.about(machine, None, Tables())
    conditions = [scope.maybe("remark == 'x'"), None, scope.maybe("place.city == 'Bern'")]
    assert read(conditions, machine) == ("place", "remark")


def test_before_its_creation_an_entity_has_no_facts_to_cover() -> None:
    """It waits all the same."""
    desk = Desk(registry_of(chain(event="open", covers=["amount"])))
    desk.fire("open", "ann")
    assert desk.waits_for == {"approve:open:bob": "bob"}


def test_creation_may_wait_too() -> None:
    """A held creation leaves the entity unborn until it is approved."""
    desk = Desk(Desk.of(chain(event="open", when="form.amount > 50", otherwise="none")).registry)
    held = desk.fire("open", "ann", amount=Decimal(100))
    assert (held.held, desk.snapshot.facts) == (True, None)
    desk.fire("$approve", "bob")
    assert (desk.snapshot.state, desk.snapshot.facts.amount) == ("draft", 100)


def test_events_of_the_system_wait_too() -> None:
    """A timer's or a message's event keeps its right when it is let pass."""
    rows = (*(row for row in PURCHASE.rows if row.event != "drop"),)
    machine = attrs.evolve(PURCHASE, rows=(*rows, Row("*", "drop", "dropped", who="clerk")))
    desk = Desk(registry_of(chain(event="drop"), machine=machine))
    desk.fire("open", "ann")
    assert desk.ask("drop", "guy").refusal is not None
    assert desk.fire("drop", "system").held
    desk.fire("$approve", "bob")
    assert (desk.snapshot.state, desk.state.ended[0].requester.id) == ("dropped", "system")


def test_final_state_ends_all_requests() -> None:
    """An entity that has ended waits for nobody."""
    desk = Desk.of(chain())
    desk.fire("order", "ann", supplier="acme")
    desk.fire("drop", "guy")
    assert (desk.state.open, desk.ended, desk.waits_for) == ((), "hold_voided", {})


def test_chain_keeps_its_version_or_says_that_it_changed() -> None:
    """A request goes on by the chain of its version; without it, by that of its name."""
    desk = Desk.of(chain(version="1", steps=[step("one", "bob"), step("two", "cleo")]))
    desk.fire("order", "ann", supplier="acme")
    newer = Desk.of(chain(version="2", steps=[step("one", "dan"), step("two", "eve")]))
    desk.registry = newer.registry
    assert desk.state.open[0].version == "1"
    desk.fire("$approve", "bob")
    assert desk.waits_for == {"approve:order:eve": "eve"}


def test_policy_has_nothing_to_do_with_machines_without_chains() -> None:
    """No judge and no evolve function slows them down."""
    registry = Desk.of(chain()).registry
    assert ("purchase", "note") not in registry.judges
    assert {event for _, event in registry.judges} == {"order"}
    (policy,) = registry.policies["purchase"]
    assert policy.evolve_for("$mirror") is None
    assert policy.upgraded(1, {"open": ()}) == {"open": ()}
