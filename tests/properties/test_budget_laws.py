"""Laws of money: never overspent, every reservation ends, sums exact, whatever comes when."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.core.errors import ConflictError
from crmflow.core.money import Money
from crmflow.core.ref import EntityRef
from crmflow.policies.budgets.ledger_facts import LedgerFacts, Reserve, grant
from crmflow.policies.budgets.state import Stage
from crmflow.policies.budgets.suggesting import suggested_limit
from tests.policies.trips import ALICE, AT, DAY, FINANCE, TRAVEL, engine
from tests.policies.world import World

LEDGER = EntityRef("main", "ledger", "travel:2026-03")
LIMIT = Money(1000)
NOTHING = Money(0)

Rows = tuple[Mapping[str, object], ...]
SHORT: Mapping[str, object] = {**TRAVEL, "expires": "3d"}
ROWS: Mapping[str, Rows] = {
    "refuse": (SHORT,),
    "bear": ({**SHORT, "over": "bear", "spent": "form.amount", "spent_on": ["pay"]},),
    "beyond": ({**SHORT, "spent": "form.amount", "spent_on": ["pay"], "released_on": ["refuse"]},),
    "state": ({**TRAVEL, "spent_on": ["approved"]},),
    "both": (SHORT, {**TRAVEL, "name": "second", "ledger": "second", "limit": "800 CNY"}),
}

TRIPS = [EntityRef("main", "trip", f"T-{n}") for n in range(3)]
cents = st.integers(30_000, 60_000).map(lambda n: str(Money(Decimal(n).scaleb(-2))))
moves = st.tuples(
    st.sampled_from(["act"] * 8 + ["deliver"] * 12 + ["wait"] * 2 + ["adjust"]),
    st.integers(0, 30),
    st.integers(0, 30),
    cents,
)
three = st.lists(cents, min_size=3, max_size=3)
Move = tuple[str, int, int, str]
worlds = {name: engine(budgets=rows).registry for name, rows in ROWS.items()}


def begun(name: str, amounts: Sequence[str]) -> World:
    """Return a world in which three trips are applied for."""
    world = World(worlds[name], AT)
    for ref, amount in zip(TRIPS, amounts, strict=True):
        world.fire(ref, "apply", {"person": "alice", "amount": amount}, ALICE)
    return world


def payload(event: str, amount: str) -> dict[str, object]:
    """Return what an event of a trip brings."""
    if event in ("correct", "claim", "pay"):
        return {"amount": amount}
    return {"reason": "a reason"} if event == "refuse" else {}


def step(world: World, move: Move) -> None:
    """Do one thing in a world: an event its trip has, a message that waits, or time that passes."""
    what, which, choice, amount = move
    if what == "act":
        ref = TRIPS[which % len(TRIPS)]
        possible = world.registry.machine("trip").possible(world.get(ref).state)
        # What goes on stands first, ends stand last and are rarer: a life is to be lived.
        event = (*possible, "note")[max(0, choice - 20) % (len(possible) + 1)]
        world.fire(ref, event, payload(event, amount), ALICE)
    elif what == "deliver":
        for _ in range(choice % 4 + 1):
            pairs = sorted(world.underway)
            if pairs:
                assert world.deliver(pairs[which % len(pairs)]).refusal is None
    elif what == "wait":
        world.pass_time(world.now + timedelta(days=which % 4))
    elif what == "adjust" and LEDGER in world.entities:
        limit = {"limit": amount, "reason": "more guests"}
        world.fire(LEDGER, "adjust", limit, FINANCE)


def within(world: World) -> None:
    """Check that no ledger is overspent, and that what it has is exact."""
    for ref, snapshot in world.entities.items():
        if ref.machine == "ledger":
            facts: LedgerFacts = snapshot.facts
            assert facts.committed <= facts.limit
            assert all(one.amount > NOTHING for one in facts.reserved)
            assert facts.available == facts.limit - facts.committed


def seen_in(world: World) -> Iterator[str]:
    """Yield what a world has come to: states, stages, what was borne, denied and spent."""
    for ref, snapshot in world.entities.items():
        if ref.machine == "ledger":
            yield "spent" if snapshot.facts.spent > NOTHING else "unspent"
            continue
        yield snapshot.state
        state = snapshot.policy("budgets")
        if state is not None:
            yield from (str(one.stage) for one in state.reservations)
            yield from ("borne" for _ in state.borne)
            yield from ("denied" for _ in state.refused)


def test_the_moves_are_those_of_lives() -> None:
    """What the laws below are tried on is everything that can happen, not luck."""
    counted: Counter[str] = Counter()

    @settings(max_examples=100, database=None, derandomize=True)
    @given(st.sampled_from(sorted(ROWS)), three, st.lists(moves, min_size=40, max_size=60))
    def live(name: str, amounts: Sequence[str], doing: Sequence[Move]) -> None:
        world = begun(name, amounts)
        for move in doing:
            step(world, move)
        counted.update(seen_in(world))

    live()
    wanted = {"drafted", "approved", "travelled", "claimed", "paid", "refused", "cancelled"}
    wanted |= {"asked", "kept", "expired", "borne", "denied", "spent"}
    assert wanted <= set(counted)


def end_all(world: World) -> None:
    """Let every trip end, by whatever is possible, and every message arrive."""
    world.settle()
    for ref, snapshot in list(world.entities.items()):
        if ref.machine == "trip" and snapshot.state not in ("paid", "refused", "cancelled", "-"):
            assert world.fire(ref, "cancel", {}, ALICE).accepted
    world.settle()


@settings(max_examples=80)
@given(st.sampled_from(sorted(ROWS)), three, st.lists(moves, min_size=40, max_size=60))
def test_no_interleaving_overspends_and_every_reservation_ends(
    name: str, amounts: Sequence[str], doing: Sequence[Move]
) -> None:
    """Messages in any order between pairs, trips in any order: the limit holds at each step."""
    world = begun(name, amounts)
    for move in doing:
        step(world, move)
        within(world)
    end_all(world)
    within(world)
    for ref, snapshot in world.entities.items():
        if ref.machine == "ledger":
            assert snapshot.facts.reserved == ()
            assert snapshot.timers == ()
        elif snapshot.state != "-":
            state = snapshot.policy("budgets")
            assert state is None or state.reservations == ()
            assert snapshot.holds == ()


@settings(max_examples=60)
@given(three, st.lists(moves, min_size=30, max_size=40))
def test_ledger_and_trips_agree_once_all_is_told(
    amounts: Sequence[str], doing: Sequence[Move]
) -> None:
    """What trips keep is what ledgers have set aside, request by request."""
    world = begun("beyond", amounts)
    for move in doing:
        step(world, move)
    world.settle()
    kept = {
        one.request: one.amount
        for ref, snapshot in world.entities.items()
        if ref.machine == "trip" and snapshot.policy("budgets") is not None
        for one in snapshot.policy("budgets").reservations
        if one.stage is not Stage.EXPIRED
    }
    reserved = {
        one.request: one.amount
        for ref, snapshot in world.entities.items()
        if ref.machine == "ledger"
        for one in snapshot.facts.reserved
    }
    assert kept == reserved


amounts = st.decimals("0", "1e12", places=7, allow_nan=False, allow_infinity=False).map(Money)


@given(amounts, amounts, amounts, st.booleans())
def test_a_grant_never_takes_more_than_there_is(
    limit: Money, spent: Money, asked: Money, partial: bool
) -> None:
    """All of it or nothing, or what there is where less will do."""
    facts = LedgerFacts(max(limit, spent), spent)
    form = Reserve("r", "trip", "T-1", asked, limit, partial)
    granted = grant(facts, form)
    if granted is None:
        assert facts.available < asked
        assert not partial
    else:
        assert granted == min(asked, facts.available)
        assert facts.spent + granted <= facts.limit


@given(st.lists(amounts, min_size=1, max_size=20))
def test_an_average_lies_between_the_least_and_the_most(spent: list[Money]) -> None:
    """And is exact to its step: a cent unless said otherwise."""
    found = suggested_limit(spent, step=Decimal("1e-7"))
    assert min(spent) <= found <= max(spent)
    assert suggested_limit(spent).amount == suggested_limit(spent).amount.quantize(Decimal("0.01"))


@pytest.fixture(params=["memory:", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty store."""
    url: str = request.param
    return f"sqlite:///{tmp_path / 'trips.db'}" if url == "sqlite" else url


def test_threads_on_one_store_never_overspend(place: str) -> None:
    """Of ten trips at once, each for 300 of 1000, three are approved."""
    with engine(place, budgets=[TRAVEL]) as trips_of:
        refs = [
            trips_of.create(
                "trip", {"person": "alice", "amount": "300 CNY"}, actor=ALICE, id=f"T-{n}"
            ).require().entity
            for n in range(10)
        ]  # fmt: skip
        gate = threading.Barrier(len(refs))

        def approve(ref: EntityRef) -> None:
            gate.wait()
            for _ in range(50):
                try:
                    trips_of.fire(ref, "approve", actor=ALICE)
                except ConflictError:
                    continue
                return

        threads = [threading.Thread(target=approve, args=(ref,)) for ref in refs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        trips_of.run_due()
        approved = [ref for ref in refs if trips_of.get(ref).state == "approved"]
        facts: LedgerFacts = trips_of.get(LEDGER).facts
        assert len(approved) == 3
        assert facts.committed == Money(900)
        assert {one.id for one in facts.reserved} == {ref.id for ref in approved}
        assert all(trips_of.get(ref).holds == () for ref in refs)


def test_a_month_has_a_ledger_of_its_own() -> None:
    """What is asked on the first local day of April counts for April, though it is March by UTC."""
    world = World(worlds["refuse"], AT + 29 * DAY + timedelta(hours=8))
    ref = EntityRef("main", "trip", "T-1")
    world.fire(ref, "apply", {"person": "alice", "amount": "900 CNY"}, ALICE)
    world.fire(ref, "approve", {}, ALICE)
    world.settle()
    assert EntityRef("main", "ledger", "travel:2026-04") in world.entities
