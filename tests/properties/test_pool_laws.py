"""Laws of the public pool: holdings, picks of a day, cooling-off, exemption; choosing people."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from crmflow.core.actor import Actor
from crmflow.core.ref import EntityRef
from crmflow.policies import assignment
from crmflow.policies.assignment import Pool, Strategy, tries
from crmflow.policies.assignment.choice import chosen
from tests.policies.clients import MONDAY, ZONE, Company, row

HOLDINGS, PER_DAY, COOLING, WITHIN = 2, 3, timedelta(days=4), timedelta(days=10)
PEOPLE = [Actor(name, {"salesperson"}) for name in ("ann", "ben", "cat")]
POOL = row(
    Pool,
    name="pool",
    through="hand_over",
    limits=[{"name": "no_follow_up", "since": ["last_contact_at"], "within": "10d"}],
    exempt='tier == "strategic"',
    warn_days=2,
    role="business_supervisor",
    pickers=["salesperson"],
    holdings=HOLDINGS,
    per_day=PER_DAY,
    cooling="4d",
)
WHO, WHICH = st.sampled_from(PEOPLE), st.integers(0, 5)


class Pools(RuleBasedStateMachine):
    """Three salespeople and six clients, whatever they do."""

    def __init__(self) -> None:
        super().__init__()
        self.at = Company(assignment, {"pools": [POOL]})
        self.clients = [self.at.client(f"C-{n}", owner="public_pool") for n in range(6)]

    @rule(who=WHO, which=WHICH, place=st.integers(1, HOLDINGS), pick=st.integers(1, PER_DAY))
    def pick_up(self, who: Actor, which: int, place: int, pick: int) -> None:
        """Try to take a client from the pool."""
        self.at.fire(self.clients[which], "$pick_up", who, holding=place, pick=pick)

    @rule(who=WHO, which=WHICH)
    def put_back(self, who: Actor, which: int) -> None:
        """Try to give a client back."""
        self.at.fire(self.clients[which], "$put_back", who, reason="no interest")

    @rule(who=WHO, which=WHICH, to=WHO)
    def hand_over(self, who: Actor, which: int, to: Actor) -> None:
        """Try to pass a client to a colleague past the pool."""
        self.at.fire(self.clients[which], "hand_over", who, owner=to.id, reason="holiday")

    @rule(which=WHICH, event=st.sampled_from(["call", "look", "buy"]))
    def deal(self, which: int, event: str) -> None:
        """Deal with a client."""
        self.at.fire(self.clients[which], event)

    @rule(which=WHICH, tier=st.sampled_from(["strategic", "ordinary"]))
    def learn(self, which: int, tier: str) -> None:
        """Learn the tier of a client; strategic ones are exempt."""
        self.at.fire(self.clients[which], "learn", tier=tier)

    @rule(hours=st.integers(1, 120))
    def wait(self, hours: int) -> None:
        """Let time pass."""
        self.at.until(self.at.clock.now() + timedelta(hours=hours))

    @invariant()
    def no_place_is_taken_twice(self) -> None:
        """Each person holds what the places allow, and a place is had by its owner alone."""
        values: list[str] = []
        for client in self.clients:
            snapshot = self.at.get(client)
            owned = [c for c in snapshot.attached.claims if c.scope == "pool.holdings"]
            assert all(claim.value.endswith(f":{snapshot.facts.owner}") for claim in owned)
            values += [claim.value for claim in owned]
        assert len(values) == len(set(values))
        assert len(values) <= HOLDINGS * len(PEOPLE)

    def teardown(self) -> None:
        """Hold the laws over everything that has happened."""
        picked: dict[tuple[str, str], int] = {}
        for client in self.clients:
            self._hold(client, picked)
        assert all(count <= PER_DAY for count in picked.values())

    def _hold(self, client: EntityRef, picked: dict[tuple[str, str], int]) -> None:
        left: dict[str, datetime] = {}
        owner, tier, since = "public_pool", "ordinary", MONDAY
        heard = warned = MONDAY
        for record in self.at.engine.journal(client):
            at, form = record.event.at, record.event.form
            tier = str(record.facts.get("tier", tier))
            heard = at if record.event.name == "call" else heard
            if any(effect.of == "pool_warning" for effect in record.effects):
                warned = at
            to = str(record.facts.get("owner", owner))
            if to == owner:  # also who hands over to the same person gains no time
                continue
            if getattr(form, "reason", "") == "picked_up":
                day = (to, str(at.astimezone(ZONE).date()))
                picked[day] = picked.get(day, 0) + 1
                assert owner == "public_pool"
                assert at - left.get(to, MONDAY - COOLING) >= COOLING
            if getattr(form, "reason", "") == "no_follow_up":
                # Exempt ones are never taken, nobody too early, and nobody unwarned.
                assert tier != "strategic"
                assert at - max(since, heard) >= WITHIN
                assert warned > since
            left = {owner: at} if to == "public_pool" else {}
            owner, since = to, at


Pools.TestCase.settings = settings(max_examples=15, stateful_step_count=30)
TestPools = Pools.TestCase


@given(st.integers(1, 50), st.text(max_size=8), st.text(max_size=8))
def test_every_place_is_tried_once(limit: int, client: str, person: str) -> None:
    """After the last try all places are known to be taken."""
    order = tries(limit, EntityRef("main", "client", client), person)
    assert sorted(order) == list(range(1, limit + 1))


IDS = st.sets(st.text(min_size=1, max_size=4), min_size=1, max_size=8)


@given(IDS, st.text(max_size=6), st.sampled_from(list(Strategy)), st.data())
def test_a_choice_depends_on_nobodys_order(
    people: set[str], client: str, strategy: Strategy, data: st.DataObject
) -> None:
    """The same people in any order give the same one of them."""
    ref = EntityRef("main", "client", client)
    turn = data.draw(st.none() | st.integers(0, 100))
    loads = data.draw(st.none() | st.dictionaries(st.sampled_from(sorted(people)), st.integers(0)))
    found = chosen(strategy, sorted(people), ref, turn, loads)
    assert found in people
    assert found == chosen(strategy, sorted(people, reverse=True), ref, turn, loads)
    if strategy is Strategy.LEAST_LOADED and loads:
        assert loads.get(found, 0) == min(loads.get(one, 0) for one in people)


@given(IDS, st.text(max_size=6), st.data())
def test_who_leaves_moves_no_one_elses(people: set[str], client: str, data: st.DataObject) -> None:
    """When somebody goes, only what that person would have had is spread anew."""
    ref = EntityRef("main", "client", client)
    found = chosen(Strategy.SPREAD, sorted(people), ref)
    gone = data.draw(st.sampled_from(sorted(people)))
    rest = sorted(people - {gone})
    if rest and gone != found:
        assert chosen(Strategy.SPREAD, rest, ref) == found


@given(st.integers(1, 6), st.text(max_size=6))
def test_turns_go_round(count: int, client: str) -> None:
    """As many turns as people give everybody one."""
    people = [f"p{n}" for n in range(count)]
    ref = EntityRef("main", "client", client)
    turns = [chosen(Strategy.ROUND_ROBIN, people, ref, turn) for turn in range(count)]
    assert sorted(turns) == people
