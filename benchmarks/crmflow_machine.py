"""The ticket of `benchmarks.ticket` in crmflow's words: the same rows and guards."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import attrs
from msgspec.structs import replace

from benchmarks.ticket import CYCLE, FACTS, ROWS, STATES, Guard, Lap, Ticket
from crmflow.core.actor import Actor
from crmflow.core.compiled import Compiled, compile_machine
from crmflow.core.decision import decide
from crmflow.core.entity import Snapshot
from crmflow.core.event import Attempt, Event
from crmflow.core.judging import BoundJudge, judge
from crmflow.core.machine import Guard as Checked
from crmflow.core.machine import Kind, Machine, Row, State
from crmflow.core.proposal import propose
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.refusal import Refusal
from crmflow.core.updates import copied

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
ACTOR = Actor("sales-1", {"customer_service"})
KINDS: Mapping[str, Kind] = MappingProxyType(
    {"received": Kind.INITIAL, "withdrawn": Kind.FINAL},
)


@attrs.frozen
class Intake:
    """What opens a ticket."""

    problem: str


def _row(source: str, event: str, target: str, guard: Guard) -> Row:
    return Row(source, event, target, guards=(Checked(guard, guard.__name__),))


TICKET = Machine(
    "ticket",
    facts=Ticket,
    states=[State(name, name, name, KINDS.get(name, Kind.OPEN)) for name in STATES],
    rows=[
        Row(UNBORN, "receive", "received", form=Intake, sets=copied("problem")),
        *(_row(*row) for row in ROWS),
    ],
    zh="工单",
    en="ticket",
)


def snapshot(state: str, version: int = 1) -> Snapshot[Ticket]:
    """Return the ticket in *state* with the facts that let every move pass."""
    return Snapshot(
        ref=EntityRef("", "ticket", "T-1"),
        state=state,
        version=version,
        at=AT,
        entered_at=AT,
        facts=FACTS,
    )


def event(name: str) -> Event[None]:
    """Return the event of that name, as a caller's event arrives."""
    return Event(name, ACTOR, AT, None)


def bare_step() -> Lap:
    """
    Return the lap of the compiled table alone.

    The events stand ready; a step makes the attempt, finds the row and enters its
    state, as the other libraries do when told an event's name.
    """
    compiled = compile_machine(TICKET)
    events = [event(name) for name in CYCLE]
    entered = {state: snapshot(state) for state in STATES}
    return _lap(compiled, events, entered)


def _lap(
    compiled: Compiled,
    events: list[Event[None]],
    entered: Mapping[str, Snapshot[Ticket]],
) -> Lap:
    def lap() -> str:
        now = entered["received"]
        step = compiled.step
        settings = compiled.settings
        for one in events:
            found = step(Attempt(now, one, settings, now.facts))
            if found is not None and found.to is not None:
                now = entered[found.to]
        return now.state

    return lap


def table_step() -> Lap:
    """Return the lap of finding rows and asking guards alone, every attempt standing ready."""
    compiled = compile_machine(TICKET)
    attempts, now = [], snapshot("received")
    for name in CYCLE:
        attempts.append(Attempt(now, event(name), compiled.settings, now.facts))
        found = compiled.step(attempts[-1])
        assert found is not None, f"{name} finds no row"
        now = snapshot(found.to or now.state)

    def lap() -> str:
        step = compiled.step
        for one in attempts:
            found = step(one)
        return (found and found.to) or ""

    return lap


def stock_step() -> Lap:
    """Return the same lap through the real transitions executor."""
    compiled = compile_machine(TICKET, interpreter="stock")
    events = [event(name) for name in CYCLE]
    return _lap(compiled, events, {state: snapshot(state) for state in STATES})


def full_step() -> Lap:
    """
    Return the lap of the three pure phases, each ending in a Decision.

    A step picks the row, asks a judge, and gives the new snapshot with its journal
    record. The judge allows, as most do.
    """
    compiled = compile_machine(TICKET)
    events = [event(name) for name in CYCLE]
    judges = (BoundJudge("bench", lambda _before, _proposal: None),)

    def lap() -> str:
        now = snapshot("received")
        for one in events:
            proposal = propose(compiled, now, one)
            if isinstance(proposal, Refusal):
                return now.state
            now = decide(compiled, proposal, judge(judges, proposal)).snapshot
        return now.state

    return lap


def why_not() -> Lap:
    """Return as many refusals as a lap has steps, each with every reason why not."""
    compiled = compile_machine(TICKET)
    asked = event("solve")
    ready = replace(snapshot("solution_ready"), facts=Ticket(solution=""))

    def lap() -> str:
        for _ in CYCLE:
            found = propose(compiled, ready, asked)
        return "received" if isinstance(found, Refusal) else "moved"

    return lap
