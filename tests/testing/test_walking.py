"""Walks: what they do to a machine, and that each law they hold can be broken."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from msgspec.structs import replace

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.claim import Claim
from crmflow.core.entity import Snapshot
from crmflow.core.machine import Guard, Machine, Send
from crmflow.core.people import Person
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Because
from crmflow.engine.engine import Engine
from crmflow.hookspecs import hookimpl
from crmflow.storage.commit import Commit, Outcome
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store
from crmflow.storage.rows import TimerRow
from crmflow.testing.bench import Bench
from crmflow.testing.strategies import Strategies
from crmflow.testing.walking import Town, Walk, walk
from crmflow.testing.walking.asking import asked
from crmflow.testing.walking.drawing import Drawing
from crmflow.testing.walking.lateness import same_however_late
from crmflow.testing.walking.laws import hold
from crmflow.testing.walking.life import Life
from crmflow.testing.walking.steps import Ask, Crash
from crmflow.testing.walking.town import TOP
from tests.policies.approvals.desk import NOW as AT
from tests.policies.approvals.desk import PURCHASE
from tests.policies.approvals.test_engine import Purchases
from tests.testing.noted import Shelf

SHORT = settings(
    max_examples=8,
    stateful_step_count=12,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

PAYMENT = {
    "customer": "C-1",
    "contract": "K-1",
    "amount": "5 CNY",
    "signed_at": "2026-03-02T09:00Z",
}


class Shop:
    """Purchases and their chains, with a machine changed for a test."""

    def __init__(self, machine: Machine = PURCHASE, when: str | None = None) -> None:
        self.machine, self.when = machine, when

    @hookimpl
    def machines(self) -> Sequence[Machine]:
        """Bring the machine."""
        return [self.machine]

    @hookimpl
    def table_rows(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """Bring its chains, that of the state for some purchases only where that is said."""
        orders, review = Purchases().table_rows()["chains"]
        if self.when is not None:
            review = {**review, "when": self.when, "otherwise": "none"}
        return {"chains": [orders, review]}


def walked(machine: Machine = PURCHASE, **options: Any) -> type[Walk]:  # noqa: ANN401 - passed on
    """Return a walk of purchases."""
    return walk("purchase", plugins=[Shop(machine)], profile="demo", **options)


def changed(event: str, **columns: object) -> Machine:
    """Return the machine with columns of an event's rows changed."""
    rows = [
        attrs.evolve(row, **columns) if row.event == event else row  # type: ignore[arg-type]
        for row in PURCHASE.rows
    ]
    return attrs.evolve(PURCHASE, rows=tuple(rows))


def run(machine: type[Walk], examples: int = 8) -> None:
    """Take a few short walks."""
    run_state_machine_as_test(machine, settings=settings(SHORT, max_examples=examples))


def test_a_sound_machine_is_walked() -> None:
    """Through rows of every kind; samples take it through guards, links tell it how they are."""
    told = Send("payment", "expect", lambda _attempt: {}, link="payment")
    machine = changed("reopen", send=(told,))
    walks = walked(machine, samples={"order": [{"supplier": "acme"}]})
    run(walks)
    # Which of them few walks take depends on what else was imported: it is drawn from too.
    further = {
        "draft --submit-> reviewing",
        "reviewing --agree-> agreed",
        "draft, agreed --order-> ordered",
    }
    assert further & walks.reached
    assert walks.__name__ == "PurchaseWalk"


def test_an_author_states_more() -> None:
    """An invariant asserts, or returns whether it holds; it is named where it does not."""

    def is_never_dropped(_engine: Engine, snapshot: Snapshot[Any]) -> bool:
        return snapshot.state != "dropped"

    with pytest.raises(AssertionError, match="is_never_dropped does not hold"):
        run(walked(invariants=[is_never_dropped]))


def test_an_invariant_may_be_anything_that_is_called() -> None:
    """One without a name is told as it is."""
    never = functools.partial(lambda _word, _engine, _snapshot: False, "odd")
    with pytest.raises(AssertionError, match=r"functools\.partial.*'odd'\) does not hold"):
        run(walked(invariants=[never]), 1)


def fails(_engine: Engine, _snapshot: Snapshot[Any]) -> bool:
    """Hold of nothing."""
    return False


@pytest.mark.parametrize("invariants", [(), (fails,)])
def test_the_stores_of_a_walk_are_closed(invariants: Sequence[Callable[..., bool]]) -> None:
    """Those of each life and of the lives that are lived anew, also where a law does not hold."""
    shelf = Shelf()
    with pytest.raises(AssertionError, match="fails") if invariants else nullcontext():
        run(walked(stores=shelf, invariants=invariants), 2)
    assert shelf.made
    assert not shelf.open


class Calls:
    """Counts calls, as no guard may."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _attempt: object) -> bool:
        """Say something else each time."""
        self.count += 1
        return self.count % 2 == 0


def test_a_guard_that_is_no_function_of_its_attempt_is_found() -> None:
    """What was foreseen does not come true."""
    machine = changed("drop", guards=(Guard(Calls(), "odd"),))
    with pytest.raises(BaseException, match=r"it was said to be|two|distinct|repeat|late worker"):
        run(walked(machine), 30)


class Forgetful(MemoryStore):
    """A store that forgets timers."""

    def due(self, tenant: str, until: int, *, limit: int) -> Sequence[TimerRow]:
        """Know of none."""
        return ()


def test_a_store_that_forgets_timers_is_found() -> None:
    """The stored timers are not those of the snapshot."""
    with pytest.raises(AssertionError, match="stored timers are not those"):
        run(walked(stores=Forgetful), 30)


class Deaf(MemoryStore):
    """A store that forgets keys."""

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Write without the keys."""
        return super().commit([replace(one, keys={}) for one in batch])


def test_a_store_that_forgets_keys_is_found() -> None:
    """What is asked twice is done twice."""
    with pytest.raises((AssertionError, Exception), match=r"twice|exists already|the key did not"):
        run(walked(stores=Deaf))


def test_a_failure_is_told_as_a_story(capsys: pytest.CaptureFixture[str]) -> None:
    """Who asked what, when, and what came of it."""
    with pytest.raises(AssertionError) as caught:
        run(walked(invariants=[lambda _engine, snapshot: snapshot.version < 2]), 30)
    notes = "\n".join(getattr(caught.value, "__notes__", ())) + capsys.readouterr().out
    assert "2026-03-02 09:00:00.000000" in notes
    assert re.search(r": \w+ v[2-9]", notes)


def test_a_town_has_two_of_each_role() -> None:
    """Everybody is named after a role, and the general manager stands above all."""
    town = Town()
    assert town.holders("clerk", AT) == town.members("clerk", AT) == ["clerk-1", "clerk-2"]
    clerk, top, guest = (town.person(id_, AT) for id_ in ("clerk-1", TOP, "ann"))
    assert clerk == Person("clerk-1", ("clerk",), (), TOP)
    assert top == Person(TOP, ("general_manager",))
    assert guest == Person("ann", (), (), TOP)


Said = tuple[str, str, Mapping[str, object]]
"""Who asks, for what, with what."""


def life(*plugins: object, stores: Callable[[], Store] = MemoryStore) -> Life:
    """Return the life of a purchase, not yet begun."""
    bench = Bench(["purchase"], "demo", plugins=plugins or [Shop()], directory=Town())
    return Life(bench, "purchase", ManualClock(AT), stores=stores)


def take(one: Life, *steps: Said) -> None:
    """Let people ask, one after another; all of it is accepted, and every law holds."""
    for who, event, payload in steps:
        creates = not one.born
        key = f"key-{len(one.story)}"
        assert asked(one, Ask(event, payload, Actor(who), key, creates)) is None
        hold(one)
    same_however_late(one)


OPENED: Said = ("ann-x", "open", {})
VOTES: tuple[Said, Said] = (("bob", "agree", {}), ("cleo", "agree", {}))


def test_what_is_approved_is_sound() -> None:
    """A held event and a state that is left by votes."""
    take(
        life(), OPENED, ("ann-x", "submit", {}), *VOTES,
        ("ann-x", "order", {"supplier": "acme"}), ("general_manager-1", "$approve", {}),
        ("finance-1", "$approve", {}), ("finance-2", "$approve", {}),
    )  # fmt: skip


def test_what_is_dropped_needs_no_votes() -> None:
    """A state that is left by votes may be left by other rows."""
    take(life(), OPENED, ("ann-x", "submit", {}), ("ann-x", "drop", {}))


def test_where_nobody_is_asked_a_state_may_be_left() -> None:
    """Its chain is for other purchases."""
    take(life(Shop(when="amount > 1000")), OPENED, ("ann-x", "submit", {}), VOTES[0])


def unapproved(*steps: Said) -> Life:
    """Return a purchase that was made while nobody had to approve anything."""
    store = MemoryStore()

    class Bare:
        """Purchases without chains."""

        @hookimpl
        def machines(self) -> Sequence[Machine]:
            """Bring the machine."""
            return [PURCHASE]

    before = life(Bare(), stores=lambda: store)
    for who, event, payload in steps:
        before.take(Ask(event, payload, Actor(who), f"key-{event}", not before.born))
    return life(stores=lambda: store)


def test_what_nobody_approved_is_found() -> None:
    """An event that was never held, a state that was left without a word of anybody."""
    with pytest.raises(AssertionError, match="order was never held"):
        hold(unapproved(OPENED, ("ann-x", "order", {"supplier": "acme"})))
    with pytest.raises(AssertionError, match="reviewing was left and nobody was asked"):
        hold(unapproved(OPENED, ("ann-x", "submit", {}), VOTES[0]))


def test_a_claim_that_another_has_is_a_refusal_nobody_foresees() -> None:
    """It is known only when it is taken; each is listed by its owner."""
    named = changed("change", claims=lambda attempt: (Claim("remark", attempt.form.remark),))
    one = life(Shop(named))
    other = one.engine.create("purchase", {}, actor=Actor("eve"), id="P-2").require().entity
    one.engine.fire(other, "change", {"remark": "x"}, actor=Actor("eve")).require()
    take(one, OPENED, ("ann-x", "change", {"remark": "y"}))
    refusal = asked(one, Ask("change", {"remark": "x"}, Actor("ann"), "key-9"))
    assert refusal is not None
    assert refusal.because is Because.CLAIM
    hold(one)


def test_what_no_store_keeps_changes_nothing() -> None:
    """It is raised, not refused; a walk goes on."""
    one = life()
    assert asked(one, Ask("open", {}, Actor("ann"), "\0", creates=True)) is None
    assert isinstance(Crash(Ask("open", {}, Actor("ann"), "\0", True), True).take(one), Exception)
    assert not one.born
    hold(one)


def test_what_others_tell_may_come_later() -> None:
    """From the first message of another entity on journals are not compared."""
    told = Send("payment", "expect", lambda _attempt: PAYMENT, link="payment")
    shop = Shop(changed("change", send=(told,)))
    bench = Bench(["purchase", "payment"], "demo", plugins=[shop], directory=Town())
    one = Life(bench, "purchase", ManualClock(AT))
    take(one, OPENED, ("ann-x", "change", {}))
    assert one.snapshot.links


class Stubborn(MemoryStore):
    """A store that has a timer of nobody."""

    def due(self, tenant: str, until: int, *, limit: int) -> Sequence[TimerRow]:
        """Show it again and again."""
        nobody = EntityRef(tenant, "purchase", "nobody")
        return (*super().due(tenant, until, limit=limit), TimerRow(nobody, "due", 1, 1))


def test_a_timer_that_never_fires_keeps_nobody() -> None:
    """A worker who gets no further leaves it."""
    one = life(stores=Stubborn)
    one.take(Ask("open", {}, Actor("ann"), "key", creates=True))
    same_however_late(one)
    assert one.snapshot.state == "draft"


def test_wrong_payloads_need_forms() -> None:
    """Where nothing that can be asked for has one, none is drawn."""
    plain = changed("open", form=None, sets=None)
    one = life(Shop(plain))
    assert Drawing.over(one, Strategies(), {}).wrong(one, lambda _values: None) is None
