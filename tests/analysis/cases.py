"""Cases of a desk under policy sets of one's own: deadlines, a chain, a scheme of tiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crmflow.analysis.source import Policies
from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.people import Person
from crmflow.core.ref import EntityRef
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.flow.registry import Registry
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store
from tests.policies.sla_desk import CASE, RESOLVE, on

CLERK = Actor("clerk", {"customer_service"})
BOSS = Actor("boss", {"boss"})
CHIEF = Actor("chief", {"chief"})
DEPUTY = Actor("deputy", {"boss"})
ADMIN = Actor("admin", {"administrator"})
STAFF = ListedDirectory(
    tuple(Person(one.id, tuple(one.roles)) for one in (CLERK, BOSS, CHIEF, DEPUTY))
)
OFFICE: Mapping[str, object] = {
    "name": "office",
    **dict.fromkeys(
        ("monday", "tuesday", "wednesday", "thursday", "friday"), "09:00-12:00 13:00-18:00"
    ),
}
SETTINGS: Mapping[str, object] = {"company": {"zone": "Asia/Shanghai"}}
END = on(30)
"""When the tests look back."""

BOUND: dict[str, Registry] = {}
"""Policy sets by what they say; binding one takes most of the time."""

Row = Mapping[str, object]


def chain(*roles: str, event: str = "solve") -> Row:
    """Return a chain of roles, one step each."""
    steps = [{"name": role, "approvers": [{"role": role}]} for role in roles]
    return {"name": event, "machine": "case", "event": event, "steps": steps}


def scheme(least: int) -> Row:
    """Return a scheme by which a case with so many notes is a long one."""
    return {
        "name": "length",
        "machine": "case",
        "ordered": True,
        "metrics": [{"name": "notes", "fact": "notes"}],
        "tiers": [
            {"name": "long", "zh": "长", "en": "long", "when": [{"notes": {"at_least": least}}]},
            {"name": "short", "zh": "短", "en": "short", "when": [{"notes": {"below": least}}]},
        ],
    }


def rows(
    *deadlines: Row,
    target: str = "8wh",
    chains: Sequence[Row] = (),
    schemes: Sequence[Row] = (),
    **columns: object,
) -> Overlay:
    """Return a company's own rows: the deadline `resolve` with some columns changed, and others."""
    resolve = {**RESOLVE, "machine": "case", "target": target, **columns}
    tables: dict[str, Any] = {
        "calendars": [OFFICE],
        "deadlines": [resolve, *deadlines],
        "chains": chains,
        "schemes": schemes,
    }
    return Overlay(SETTINGS, {name: found for name, found in tables.items() if found})


def engine(config: Overlay, store: str | Store | None = None, **others: Any) -> Engine:  # noqa: ANN401 - as `Engine` takes it
    """Return an engine of cases, whose clock stands at the end of the month."""
    given = {"directory": STAFF, "clock": ManualClock(END), **others}
    return Engine(store or MemoryStore(), machines=[CASE], config=config, **given)


def bound(config: Overlay, **others: Any) -> Registry:  # noqa: ANN401 - as `Policies` takes it
    """Return another policy set of the same machine and people."""
    named = repr((config, others))
    if named not in BOUND:
        given = {"machines": [CASE], "directory": STAFF, **others}
        BOUND[named] = Policies(config=config, **given).bound()
    return BOUND[named]


def opened(desk: Engine, id_: str = "K-1", hour: int = 9, **facts: object) -> EntityRef:
    """Open a case on Monday morning."""
    asked = desk.create("case", facts, actor=CLERK, id=id_, at=on(2, hour))
    return asked.require().entity
