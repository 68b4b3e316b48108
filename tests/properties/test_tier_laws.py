"""Laws of tiers: total and disjoint, monotone, calm within margins, exact for any population."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crmflow.core.entity import NOTHING, PolicyState, Snapshot
from crmflow.core.event import Cause, Event
from crmflow.core.journal import Entry, attach
from crmflow.core.money import Money
from crmflow.core.policy import Evolved, Occurrence
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.core.timer import Timer
from crmflow.policies.tiers import (
    Band,
    Criteria,
    Measuring,
    Series,
    Span,
    Tally,
    Tier,
    TierPolicy,
    TierState,
    Window,
    criteria_of,
    measure_population,
    place,
    policies_for,
    scheme_faults,
    tier_population,
)
from crmflow.policies.tiers.bands import holds, regions, samples
from crmflow.policies.tiers.forms import OVERRIDE, TICK, Overriding
from crmflow.policies.tiers.population import Dated
from tests.policies.tiers.shop import AT, BUYER, CHIEF, CLERK, DAY, Buyer, ready, scheme, tier

D = Decimal
numbers = st.decimals(-2000, 2000, allow_nan=False, allow_infinity=False, places=2)
cuts = st.lists(st.integers(-20, 20).map(D), min_size=1, max_size=4, unique=True).map(sorted)


def stairs(limits: list[Decimal], metric: str) -> list[dict[str, Any]]:
    """Return bands of one metric, the highest first, as a file has them."""
    edges = [None, *map(str, limits), None]
    found = []
    for low, high in reversed(list(pairwise(edges))):
        band = {"at_least": low, "below": high}
        found.append({metric: {key: value for key, value in band.items() if value is not None}})
    return found


@st.composite
def monotone(draw: st.DrawFn) -> Criteria:
    """Return a scheme of two metrics whose tiers get better with more of either."""
    first, second = draw(cuts), draw(cuts)
    count = len(first) + len(second) + 1
    boxes: list[list[dict[str, Any]]] = [[] for _ in range(count)]
    for i, one in enumerate(stairs(first, "turnover")):
        for j, other in enumerate(stairs(second, "potential")):
            boxes[i + j].append({**one, **other})
    names = [tier(f"t{n}", when=when) for n, when in enumerate(boxes)]
    margins = {"turnover": {"up": draw(st.sampled_from(["0", "3", "10%"])), "down": "2"}}
    metrics = [{"name": "turnover"}, {"name": "potential"}]
    return ready(tiers=names, metrics=metrics, hysteresis=margins)


def both(turnover: Decimal, potential: Decimal) -> dict[str, Decimal]:
    """Return two metrics."""
    return {"turnover": turnover, "potential": potential}


@given(monotone(), numbers, numbers, st.data())
def test_exactly_one_tier(
    criteria: Criteria, turnover: Decimal, potential: Decimal, data: st.DataObject
) -> None:
    """A scheme without fault has one tier for every input, whatever tier is held."""
    present = data.draw(st.sampled_from([None, *criteria.scheme.names]))
    found = place(criteria, both(turnover, potential), present)
    assert found.tier in criteria.scheme.names
    owners = {
        one.name
        for one in criteria.scheme.tiers
        for box in one.when
        if holds(box, both(turnover, potential))
    }
    assert {place(criteria, both(turnover, potential)).tier} == owners


bands = st.builds(
    lambda low, high, closed: Band(
        at_least=low if closed[0] else None,
        above=None if closed[0] else low,
        at_most=high if closed[1] else None,
        below=None if closed[1] else high,
    ),
    st.none() | st.integers(-3, 0).map(D),
    st.none() | st.integers(1, 3).map(D),
    st.tuples(st.booleans(), st.booleans()),
)
boxes = st.dictionaries(st.sampled_from("xy"), bands, max_size=2)


@given(st.lists(st.tuples(st.sampled_from("abc"), boxes), min_size=1, max_size=5))
def test_gaps_and_overlaps_are_found_exactly(found: list[tuple[str, Mapping[str, Band]]]) -> None:
    """Who may claim a point together, or nobody, is what a fine grid of points shows."""
    grid = [D(n) / 2 for n in range(-9, 10)]
    owners = [
        {owner for owner, box in found if holds(box, {"x": x, "y": y})} for x in grid for y in grid
    ]
    told = {frozenset(region.owners) for region in regions(found)}
    assert told == {frozenset(one) for one in owners}
    for region in regions(found):
        named = {owner for owner, box in found if holds(box, region.point)}
        assert set(region.owners) <= named


@given(st.lists(boxes, min_size=1, max_size=4), st.none() | numbers, st.none() | numbers)
def test_ordered_tiers_are_first_matches(
    found: list[Mapping[str, Band]], x: Decimal | None, y: Decimal | None
) -> None:
    """The first tier that fits is taken; with something missing, only where nothing else can be."""
    names = [tier(f"t{n}", when=[box]) for n, box in enumerate(found)] + [tier("rest", when=[{}])]
    row = scheme(tiers=[], metrics=[{"name": "x"}, {"name": "y"}], ordered=True)
    tiers = tuple(Tier(**{**one, "when": tuple(one["when"])}) for one in names)
    criteria = criteria_of(attrs.evolve(row, tiers=tiers))
    every = [
        {one.name for one in tiers if holds(one.when[0], {"x": a, "y": b})}
        for a in ([D(n) / 2 for n in range(-9, 10)] if x is None else [x])
        for b in ([D(n) / 2 for n in range(-9, 10)] if y is None else [y])
    ]
    first = {min(one, key=lambda name: criteria.order[name]) for one in every}
    placed = place(criteria, {"x": x, "y": y})
    if placed.lacking:
        assert x is None or y is None
    else:
        assert {placed.tier} == first


@given(st.lists(bands, max_size=4), numbers)
def test_samples_stand_for_every_value(some: list[Band], value: Decimal) -> None:
    """For any value one of the samples lies in the same bands."""
    shape = [band.holds(value) for band in some]
    assert any([band.holds(sample) for band in some] == shape for sample in samples(some))


@given(monotone(), numbers, numbers, st.decimals(0, 500, places=2), st.data())
def test_monotone_in_each_metric(
    criteria: Criteria, turnover: Decimal, potential: Decimal, more: Decimal, data: st.DataObject
) -> None:
    """More of a metric never gives a worse tier, from the same tier held."""
    present = data.draw(st.sampled_from([None, *criteria.scheme.names]))
    low = place(criteria, both(turnover, potential), present)
    for better in (both(turnover + more, potential), both(turnover, potential + more)):
        assert not criteria.better(low.tier, place(criteria, better, present).tier)


@given(
    st.sampled_from(["gold", "silver"]),
    st.lists(st.decimals("90", "119.99", places=2), min_size=1, max_size=30),
)
def test_no_flapping_within_the_margin(start: str, values: list[Decimal]) -> None:
    """While a value stays within the margins of its limit, the tier never changes."""
    pair = [
        tier("gold", when=[{"turnover": {"at_least": "100"}}]),
        tier("silver", when=[{"turnover": {"below": "100"}}]),
    ]
    criteria = ready(tiers=pair, hysteresis={"turnover": {"up": "20", "down": "10%"}})
    present: str | None = start
    for value in values:
        present = place(criteria, {"turnover": value}, present).tier
        assert present == start


@given(monotone(), st.lists(numbers, min_size=1, max_size=12), numbers)
def test_the_same_value_twice_moves_once(
    criteria: Criteria, values: list[Decimal], potential: Decimal
) -> None:
    """Placing again by the same metrics changes nothing."""
    present: str | None = None
    for value in values:
        present = place(criteria, both(value, potential), present).tier
        assert place(criteria, both(value, potential), present).tier == present


@st.composite
def shared(draw: st.DrawFn) -> Criteria:
    """Return a scheme of shares of one, two or three tiers above the rest."""
    parts = draw(st.lists(st.integers(1, 30), min_size=1, max_size=3))
    named = [tier(f"t{n}", share=str(D(part) / 100)) for n, part in enumerate(parts)]
    better = draw(st.sampled_from(["more", "less"]))
    return ready(
        kind="shares",
        ranked_by="turnover",
        tiers=[*named, tier("rest")],
        metrics=[{"name": "turnover", "better": better}],
    )


values = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-D("1E+20"), max_value=D("1E+20")),
    st.integers(-3, 3).map(D),
    st.sampled_from(["1.0", "1.00", "-0", "0E+3", "100E-2", "1E+2"]).map(D),
)
members = st.dictionaries(st.text(min_size=1, max_size=4), values, max_size=30)


@given(shared(), members.flatmap(lambda found: st.permutations(sorted(found.items()))))
def test_a_population_is_placed_as_in_memory(
    criteria: Criteria, given_members: list[tuple[str, Decimal]]
) -> None:
    """Whatever the order of the input, the result is that of sorting it in memory."""
    sign = 1 if criteria.scheme.metrics[0].better == "less" else -1
    order = sorted(given_members, key=lambda member: (member[1] * sign, member[0]))
    total, lasts = D(0), []
    for one in criteria.scheme.tiers[:-1]:
        total += one.share or 0
        lasts.append((one.name, ceil(total * len(order))))
    lasts.append((criteria.scheme.names[-1], len(order)))
    expected = [
        (name, next(t for t, last in lasts if rank <= last), rank)
        for rank, (name, _) in enumerate(order, 1)
    ]
    rows = ((name, {"turnover": value}) for name, value in given_members)
    assert [(one.id, one.tier, one.rank) for one in tier_population(criteria, rows)] == expected


@given(shared(), st.integers(0, 500))
def test_shares_take_what_they_say(criteria: Criteria, population: int) -> None:
    """The best tiers together hold their shares of the population, rounded up."""
    rows = ((f"{n:03}", {"turnover": D(n)}) for n in range(population))
    found = [one.tier for one in tier_population(criteria, rows)]
    total = D(0)
    for place_, one in enumerate(criteria.scheme.tiers[:-1], 1):
        total += one.share or 0
        names = criteria.scheme.names[:place_]
        assert sum(name in names for name in found) == ceil(total * population)


days = st.integers(0, 400).map(lambda n: date(2025, 1, 1) + timedelta(days=n))
lines = st.lists(
    st.tuples(days, st.decimals(-50, 50, places=2), st.booleans()), min_size=1, max_size=25
)
spans = st.sampled_from([None, "1d", "30d", "1mo", "12mo", "1y"])


@given(lines, st.lists(spans, min_size=1, max_size=3), st.integers(0, 60))
def test_windows_are_the_same_step_by_step_and_at_once(
    given_lines: list[tuple[date, Decimal, bool]], overs: list[str | None], later: int
) -> None:
    """What a customer's events add up to one by one is what a pass over them adds up to."""
    ordered = sorted(given_lines, key=lambda line: line[0])
    on = ordered[-1][0] + timedelta(days=later)
    windows = {
        f"{measure} {over}": Window(measure=measure, events=("buy",), over=over)
        for measure in Measuring
        for over in overs
    }
    keep = tuple({Span.parse(over) for over in overs if over})
    series, tally = Series("sales"), Tally(windows, on)
    for day, amount, counts in ordered:
        series = series.added(day, amount, keep=keep, count=int(counts))
    for day, amount, counts in given_lines:
        tally.add(day, amount, count=int(counts))
    found = {name: series.read(window, on) for name, window in windows.items()}
    assert found == tally.metrics()
    dated = [Dated("a", day, amount, None, counts) for day, amount, counts in given_lines]
    assert list(measure_population(dated, windows, on)) == [("a", found)]


@given(lines, st.integers(1, 40))
def test_a_window_is_the_sum_of_its_days(
    given_lines: list[tuple[date, Decimal, bool]], length: int
) -> None:
    """A window of so many days holds the amounts of just those days."""
    on = max(day for day, _, _ in given_lines)
    window = Window(measure=Measuring.TOTAL, events=("buy",), over=f"{length}d")
    tally = Tally({"turnover": window}, on)
    for day, amount, counts in given_lines:
        tally.add(day, amount, count=int(counts))
    expected = sum((a for day, a, _ in given_lines if 0 <= (on - day).days < length), D(0))
    assert tally.metrics() == {"turnover": expected}


# The stateful policy, driven by hand: what it puts is what it is shown the next time.


@attrs.define
class Life:
    """One buyer, its policy, and all that was ever held."""

    policy: TierPolicy
    snapshot: Snapshot[Any]
    held: list[tuple[str | None, Any]]

    @classmethod
    def begin(cls, **columns: Any) -> Life:  # noqa: ANN401 - columns of a row
        """Return a buyer of whom nothing is known yet."""
        row = scheme(keep=1000, **columns)
        assert list(scheme_faults(row)) == []
        (policy,) = policies_for(BUYER, Tables({"schemes": (row,)}))
        assert isinstance(policy, TierPolicy)
        ref = EntityRef("main", "buyer", "B-1")
        life = cls(policy, Snapshot(ref, "known", 0, AT, AT, Buyer("Ann")), [])
        life.turn(AT, None)
        return life

    @property
    def state(self) -> TierState:
        """What the policy remembers."""
        found = self.snapshot.policy("tiers")
        assert isinstance(found, TierState)
        return found

    def until(self, at: Any) -> None:  # noqa: ANN401 - an instant
        """Fire what is due."""
        while due := [t for t in self.snapshot.timers if t.due_at <= at]:
            first = min(due, key=lambda t: (t.due_at, t.name))
            self._step(Event(TICK, CHIEF, first.due_at, None, cause=Cause(timer=first.name)))

    def turn(self, at: Any, turnover: Decimal | None) -> None:  # noqa: ANN401 - an instant
        """Learn a turnover."""
        self.until(at)
        money = None if turnover is None else Money(turnover)
        facts = attrs.evolve(self.snapshot.facts, turnover=money)
        self._step(Event("learn", CLERK, at, None), facts)

    def override(self, at: Any, name: str, days_: int) -> None:  # noqa: ANN401 - an instant
        """Set a tier for some days."""
        self.until(at)
        form = Overriding(scheme="value", tier=name, reason="why", until=at + days_ * DAY)
        self._step(Event(OVERRIDE, CHIEF, at, form))

    def _step(self, event: Event[Any], facts: Any = None) -> None:  # noqa: ANN401 - the facts
        before = self.snapshot
        after = before if facts is None else self._with(before, facts=facts)
        entry = Entry.POLICY if facts is None else Entry.DECISION
        evolve = self.policy.evolve_for(event.name)
        assert evolve is not None
        seen = Occurrence(before, after, event, entry)
        answer = evolve(before.policy("tiers"), seen)
        attached = after.attached
        fired = event.cause.timer if event.cause else None
        kept = tuple(timer for timer in attached.timers if timer.name != fired)
        attached = replace(attached, timers=kept)
        if isinstance(answer, Evolved):
            attached = attach(attached, answer.effects)
            attached = replace(
                attached, policies=(PolicyState("tiers", 1, answer.state),) if answer.state else ()
            )
        self.snapshot = self._with(after, attached=attached, at=event.at, version=after.version + 1)
        held = self.state.standing("value")
        now = None if held is None else held.held
        if not self.held or self.held[-1][0] != now:
            self.held.append((now, event.at))

    @staticmethod
    def _with(snapshot: Snapshot[Any], **changes: Any) -> Snapshot[Any]:  # noqa: ANN401 - its fields
        fields = {name: getattr(snapshot, name) for name in snapshot.__struct_fields__}
        return Snapshot(**{**fields, **changes})


turns = st.lists(
    st.tuples(
        st.integers(0, 20),
        st.one_of(
            st.none(),
            st.integers(0, 2000).map(D),
            st.tuples(st.sampled_from(["gold", "silver", "bronze"]), st.integers(1, 15)),
        ),
    ),
    min_size=1,
    max_size=12,
)
ROWS: tuple[dict[str, Any], ...] = (
    {},
    {"grace": "10d"},
    {"grace": "10d", "missing": "refuse", "hysteresis": {"turnover": {"up": "5%", "down": "9"}}},
    {"recompute": "7d", "missing": "bronze"},
)


def lived(row: dict[str, Any], given_turns: list[tuple[int, Any]]) -> Life:
    """Return a buyer after some turns, each so many days after the one before."""
    life, at = Life.begin(**row), AT
    for passed, what in given_turns:
        at += passed * DAY
        if isinstance(what, tuple):
            life.override(at, *what)
        else:
            life.turn(at, what)
    life.until(at + 30 * DAY)
    return life


@given(st.sampled_from(ROWS), turns)
def test_the_history_is_exactly_the_moves(
    row: dict[str, Any], given_turns: list[tuple[int, Any]]
) -> None:
    """Moves are chained, dated, and tell every change of the tier held, and nothing else."""
    life = lived(row, given_turns)
    standing = life.state.standing("value")
    assert standing is not None
    told = [(move.tier, move.at) for move in standing.moves]
    seen = life.held if life.held[0][0] is not None else life.held[1:]
    assert told == seen
    befores = [move.before for move in standing.moves]
    assert befores == [None, *(move.tier for move in standing.moves)][: len(befores)]
    assert all(move.before != move.tier for move in standing.moves)


@given(st.sampled_from(ROWS), turns)
def test_overrides_and_grace_end(row: dict[str, Any], given_turns: list[tuple[int, Any]]) -> None:
    """A month later no override and no waiting downgrade is left, nor a timer of one."""
    life = lived(row, given_turns)
    standing = life.state.standing("value")
    assert standing is not None
    assert (standing.override, standing.pending) == (None, None)
    names = {timer.name for timer in life.snapshot.timers}
    assert names <= {"tiers:value:recompute"}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2000).map(D)), max_size=12))
def test_nobody_is_lowered_before_grace_is_over(given_turns: list[tuple[int, Decimal]]) -> None:
    """A tier falls only after ten days in which the metrics never gave it again."""
    life = lived({"grace": "10d"}, [(0, D(5000)), *given_turns])
    standing = life.state.standing("value")
    assert standing is not None
    criteria = life.policy.binding.schemes["value"].versions[0]
    at, known = AT, [(AT, place(criteria, {"turnover": D(5000)}).tier)]
    for passed, turnover in given_turns:
        at += passed * DAY
        known.append((at, place(criteria, {"turnover": turnover}).tier))
    for move in standing.moves[1:]:
        if criteria.better(move.before, move.tier):
            within = [t for when, t in known if move.at - 10 * DAY < when < move.at]
            assert all(criteria.better(move.before, name) for name in within)
            start = [t for when, t in known if when <= move.at - 10 * DAY]
            assert criteria.better(move.before, start[-1])


@given(turns, st.randoms(use_true_random=False))
def test_a_late_worker_changes_nothing(
    given_turns: list[tuple[int, Any]],
    random: Any,  # noqa: ANN401 - Hypothesis' own
) -> None:
    """Timers that are fired early and often, or only before the next event, give the same."""
    row = {"grace": "10d", "recompute": "7d"}
    late = lived(row, given_turns)
    prompt, at = Life.begin(**row), AT
    for passed, what in given_turns:
        for _ in range(random.randrange(3)):
            prompt.until(at + passed * DAY * random.random())
        at += passed * DAY
        turn = functools.partial(prompt.override, at, *what) if isinstance(what, tuple) else None
        turn() if turn else prompt.turn(at, what)
    prompt.until(at + 30 * DAY)
    assert prompt.state == late.state
    assert prompt.held == late.held


def test_a_timer_names_its_policy() -> None:
    """What the laws above drive by hand has the shape that an engine asks for."""
    life = lived({"grace": "10d"}, [(0, D(5000)), (1, D(5))])
    assert life.snapshot.attached is not NOTHING
    life = Life.begin(grace="10d")
    life.turn(AT, D(5000))
    life.turn(AT, D(5))
    assert life.snapshot.timers == (Timer("tiers:value:grace", TICK, AT + 10 * DAY, 3),)
