"""Machines drawn at random, as our table and as a stock machine that shares no code with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import attrs
import transitions
from hypothesis import strategies as st

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.compiled import Basis, Candidate, Compiled, Interpreter, build, derive
from crmflow.core.machine import ANY, KEEP, Asked, Guard, Kind, Machine, Row, State
from crmflow.core.ref import UNBORN

ACTORS = (Actor("clerk-1"), Actor("boss-1", {"boss"}), SYSTEM)
COUNTS: dict[str, Callable[[int], bool]] = {
    "always": lambda _count: True,
    "never": lambda _count: False,
    "even": lambda count: count % 2 == 0,
    "early": lambda count: count < 3,
    "divides": lambda count: 6 % (count % 3) == 0,
    "found": lambda count: {1: True, 2: False}[count % 4],
}
"""What guards claim of the counter; the last two raise for some of its values."""


@attrs.frozen
class Counter:
    """What is known: how many rows have counted."""

    count: int


@attrs.frozen
class Drawn:
    """One row as drawn: sources and target by number; no source is `ANY`, no target `KEEP`."""

    sources: frozenset[int]
    event: int
    to: int | None
    guards: tuple[str, ...]
    who: bool
    counts: bool


@attrs.frozen
class Blueprint:
    """A whole machine as drawn; the last states are final."""

    states: int
    finals: int
    events: int
    rows: tuple[Drawn, ...]

    def names(self, *, lasting: bool = False) -> list[str]:
        """Return the names of all states, or of those that are not final."""
        return [f"s{number}" for number in range(self.states - (self.finals if lasting else 0))]


def _drawn(number: int, states: int, events: int) -> Drawn:
    """Return the row that a number stands for: one draw a row is several times faster."""
    number, counts = divmod(number, 2)
    number, who = divmod(number, 3)
    number, event = divmod(number, 5)
    number, to = divmod(number, 7)
    guards = []
    for _ in range(3):
        number, guard = divmod(number, 1 + len(COUNTS))
        guards += sorted(COUNTS)[guard - 1 : guard] if guard else []
    # A fifth of the rows leave any state; the others' sources are the bits of what is left.
    sources = frozenset(bit for bit in range(states) if number >= 16 and (number - 16) >> bit & 1)
    target = None if to == 0 else (to - 1) % states
    return Drawn(sources, event % events, target, tuple(guards), who == 2, bool(counts))


ROWS = 2 * 3 * 5 * 7 * (1 + len(COUNTS)) ** 3 * (16 + 2**6)


@st.composite
def blueprints(draw: st.DrawFn) -> Blueprint:
    """Draw a machine of 2-6 states, 1-5 events and 1-14 rows; many would be refused as a table."""
    states, events = draw(st.integers(2, 6)), draw(st.integers(1, 5))
    finals = draw(st.integers(0, min(2, states - 1)))
    count = draw(st.integers(1, 14))
    numbers = draw(st.lists(st.integers(0, ROWS - 1), min_size=count, max_size=count))
    rows = tuple(_drawn(number, states, events) for number in numbers)
    return Blueprint(states, finals, events, rows)


def steps(blueprint: Blueprint) -> st.SearchStrategy[list[tuple[str, Actor]]]:
    """Draw who asks for which event, one after the other; one event is in no table."""
    pairs = [(f"e{event}", actor) for event in range(blueprint.events + 1) for actor in ACTORS]
    return st.lists(st.sampled_from(pairs), min_size=1, max_size=12)


def walks() -> st.SearchStrategy[tuple[Blueprint, list[tuple[str, Actor]]]]:
    """Draw a machine and a way to go through it."""
    return blueprints().flatmap(lambda drawn: st.tuples(st.just(drawn), steps(drawn)))


def _guard(name: str) -> Guard:
    holds = COUNTS[name]
    return Guard(lambda attempt: holds(attempt.facts.count), name)


def _counted(attempt: Asked) -> dict[str, object]:
    return {"count": attempt.facts.count + 1}


def _row(drawn: Drawn) -> Row:
    guards = tuple(_guard(name) for name in drawn.guards)
    return Row(
        [f"s{number}" for number in sorted(drawn.sources)] or ANY,
        f"e{drawn.event}",
        KEEP if drawn.to is None else f"s{drawn.to}",
        guards=guards,
        who="boss" if drawn.who else "",
        sets=_counted if drawn.counts else None,
    )


def declared(blueprint: Blueprint) -> Machine:
    """Return the machine as a table of ours."""
    lasting = blueprint.names(lasting=True)
    states = tuple(
        State(name, name, name, Kind.OPEN if name in lasting else Kind.FINAL)
        for name in blueprint.names()
    )
    born = Row(UNBORN, "create", "s0", sets=lambda _attempt: {"count": 0})
    rows = (born, *(_row(drawn) for drawn in blueprint.rows))
    return Machine("counter", Counter, states, rows, zh="计数", en="counter")


def unchecked(machine: Machine, interpreter: Interpreter = "table") -> Compiled:
    """Return a machine ready to run, though its table may contradict itself."""
    stock = build(machine)
    final = frozenset(state.name for state in machine.states if state.kind is Kind.FINAL)
    return Compiled(
        machine,
        stock,
        table=derive(stock),
        events=dict.fromkeys(machine.events),
        final=final,
        basis=Basis("counter 1"),
        interpreter=interpreter,
    )


@attrs.define
class Walker:
    """What the directly declared machine moves: it keeps its own state and count."""

    state: str = "s0"
    count: int = 0
    actor: Actor = ACTORS[0]
    taken: int | None = None


def direct(blueprint: Blueprint) -> transitions.Machine:
    """Return the machine as one writes it with transitions alone: plain lambdas, no table."""
    names, lasting = blueprint.names(), blueprint.names(lasting=True)
    stock = transitions.Machine(
        model=None, states=names, initial=None, auto_transitions=False, send_event=True
    )
    for number, drawn in enumerate(blueprint.rows):
        stock.add_transition(
            f"e{drawn.event}",
            [*(names[source] for source in sorted(drawn.sources))] or [*lasting],
            None if drawn.to is None else names[drawn.to],
            conditions=[
                *((lambda data: data.model.actor in ACTORS[1:],) if drawn.who else ()),
                *(
                    lambda data, holds=COUNTS[guard]: holds(data.model.count)
                    for guard in drawn.guards
                ),
            ],
            after=_after(number, drawn),
        )
    return stock


def _after(number: int, drawn: Drawn) -> Callable[[transitions.EventData], None]:
    def after(data: transitions.EventData) -> None:
        walker = cast("Walker", data.model)
        walker.taken = number
        walker.count += drawn.counts

    return after


def walk(stock: transitions.Machine, walker: Walker, event: str) -> int | None:
    """Fire an event on the directly declared machine; return the row taken, or None."""
    walker.taken = None
    known = stock.events.get(event)
    if known is not None and walker.state in known.transitions:
        known.trigger(walker)
    return walker.taken


def number_of(compiled: Compiled, candidate: Candidate | None) -> int | None:
    """Return the drawn row behind a candidate; the creating row comes first in the table."""
    if candidate is None:
        return None
    return next(n for n, row in enumerate(compiled.machine.rows, -1) if row is candidate.row)
