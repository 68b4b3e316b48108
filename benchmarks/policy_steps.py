"""Steps under policies: the three phases, and what the shipped mechanisms add to each."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from benchmarks.crmflow_machine import TICKET, full_step
from benchmarks.harness import Contender, Plan, measure
from benchmarks.machines import LAPS, STOCK
from benchmarks.report import Bar, Section
from benchmarks.ticket import CYCLE, Lap
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.event import Event
from crmflow.engine.engine import Engine
from crmflow.flow.steps import formed, settle

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
APART = timedelta(minutes=2)
DESK = Actor("service-1", {"customer_service", "business_supervisor", "business_department"})

Asked: TypeAlias = tuple[str, Mapping[str, object] | None]
"""(event, payload)."""

ROWS: Mapping[str, Sequence[Mapping[str, object]]] = {
    "deadlines": (
        {
            "name": "ticket_first_response",
            "machine": "ticket",
            "kind": "first_response",
            "start": [{"events": ["receive"]}],
            "stop": [{"events": ["record"]}],
            "target": "30min",
        },
        {
            "name": "ticket_limit",
            "machine": "ticket",
            "kind": "resolution",
            "start": [{"events": ["grade"]}],
            "pause": [{"match": {"answered": False}}],
            "stop": [{"events": ["solve"]}],
            "targets": [{"match": {"grade": 2}, "target": "4wh"}, {"target": "1wd"}],
            "calendar": "office",
            "tier": "grade",
        },
    ),
    "chains": (
        {"name": "withdrawal", "machine": "ticket", "event": "withdraw", "roles": "deputy_gm"},
        {
            "name": "grave_solution",
            "machine": "ticket",
            "event": "solve",
            "when": "grave",
            "otherwise": "none",
            "roles": "general_manager",
        },
    ),
    "access": (
        {"name": "ticket_events", "machine": "ticket", "events": ["*"]},
        {
            "name": "ticket_service",
            "machine": "ticket",
            "roles": ["customer_service"],
            "fields": ["*"],
        },
    ),
    "access_limits": (
        {
            "name": "grave_tickets",
            "machine": "ticket",
            "when": "grave",
            "roles": ["general_manager"],
            "events": ["solve", "withdraw"],
        },
    ),
    "cadences": (
        {
            "name": "ticket_care",
            "machine": "ticket",
            "every": "1mo",
            "within": 5,
            "kind": "call",
            "task": "care_call",
            "role": "customer_service",
            "calendar": "office",
        },
    ),
    "quotas": (
        {
            "name": "one_withdrawal",
            "machine": "ticket",
            "event": "withdraw",
            "per": ["actor.id", "month"],
            "hard": True,
        },
    ),
    "retention": ({"name": "tickets", "machine": "ticket", "keep": "12mo"},),
}
"""Every mechanism on the ticket, each as the default profile has it on its own machines."""


def ticket_step() -> Lap:
    """Return the lap of the ticket that the rivals step, every mechanism bound to it."""
    engine = Engine("memory:", machines=[TICKET], profile="demo", config=Overlay(tables=ROWS))
    ref = engine.create("ticket", {"problem": "broken"}, actor=DESK, at=AT).require().entity
    return _lap(engine, engine.get(ref), [(name, None) for name in CYCLE])


def loaded_step() -> Lap:
    """Return the same lap with the default profile alone, which says nothing of tickets."""
    engine = Engine("memory:", machines=[TICKET], profile="demo")
    ref = engine.create("ticket", {"problem": "broken"}, actor=DESK, at=AT).require().entity
    return _lap(engine, engine.get(ref), [(name, None) for name in CYCLE])


BEFORE: Sequence[Asked] = (
    ("record", {"problem_type": "quality", "demand": "refund", "mood": "angry"}),
    ("grade", {"grade": "serious"}),
    ("investigate", {"departments": ["quality"]}),
)
HANDLING = {"cause": "bearing", "corrective": "new", "preventive": "test", "solution": "swap"}
ROUND: Sequence[Asked] = (
    ("propose_solution", HANDLING),
    ("attend", {}),
    ("reject_solution", {"reason": "wants money"}),
    ("chase", None),
    ("inform_delay", {"reason": "part is late"}),
)
"""From `investigating` back to it."""


def complaint_step() -> Lap:
    """Return the lap of a serious complaint, as the default profile has it (demo's calendar)."""
    engine = Engine("memory:", machines=["complaint"], profile="demo")
    given = {"customer": "C-1", "channel": "phone"}
    ref = engine.create("complaint", given, actor=DESK, at=AT).require().entity
    for name, payload in BEFORE:
        engine.fire(ref, name, payload, actor=DESK, at=AT).require()
    return _lap(engine, engine.get(ref), ROUND)


def _lap(engine: Engine, start: Snapshot[Any], asked: Sequence[Asked]) -> Lap:
    """Return the lap of an entity from where it is, its events some minutes apart."""
    registry, machine = engine.registry, start.ref.machine
    compiled = registry.machine(machine)
    events: list[Event[Any]] = []
    for place, (name, payload) in enumerate(asked, 1):
        form, faults = formed(registry, machine, name, payload)
        if faults:
            raise RuntimeError(f"{name}: {faults}")
        events.append(Event(name, DESK, start.at + place * APART, form))

    def lap() -> str:
        now = start
        for one in events:
            decision, _ = settle(registry, compiled, now, one)
            now = decision.snapshot
        return now.state

    return lap


NONE, LOADED = "crmflow, full step, no policy", "crmflow, ticket beside the default profile"
AT_WORK = "crmflow, ticket under every mechanism"
COMPLAINT = "crmflow, complaint under the default profile"
OURS: Mapping[str, tuple[Callable[[], Lap], str, int]] = {
    STOCK: (LAPS[STOCK], "received", len(CYCLE)),
    NONE: (full_step, "received", len(CYCLE)),
    LOADED: (loaded_step, "received", len(CYCLE)),
    AT_WORK: (ticket_step, "received", len(CYCLE)),
    COMPLAINT: (complaint_step, "investigating", len(ROUND)),
}
"""Name -> (what builds the lap, the state it begins and ends in, its steps)."""


def contenders() -> list[Contender]:
    """
    Return a lap of each as a contender.

    Raises:
        RuntimeError: A lap does not end where it began, so it is no lap.
    """
    found = []
    for name, (build, where, steps) in OURS.items():
        lap = build()
        ended = lap()
        if ended != where:
            raise RuntimeError(f"a lap of {name} ends in {ended!r}, not where it began")
        found.append(Contender(name, lap, steps=steps))
    return found


def section(plan: Plan) -> Section:
    """Return the steps and the bar of ours."""
    rows = measure(contenders(), plan, STOCK)
    ratio = {row.name: row.ratio or 0 for row in rows}
    return Section(
        name="policy_steps",
        title="One step with every mechanism loaded, ratio of time to stock transitions",
        rows=rows,
        baseline=STOCK,
        bars=(
            Bar(
                name="full step, all default policies loaded, of stock transitions",
                value=ratio[LOADED],
                limit=1.0,
                note="the default profile has no row about tickets, so nothing is asked",
            ),
            Bar(
                name="full step, every mechanism at work, of stock transitions",
                value=ratio[AT_WORK],
                limit=1.0,
                note="in 5 of the 8 steps a deadline starts, stops or tells its time by state",
            ),
        ),
    )
