"""A registry of customer files: the machine, its rows of access, and who asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import attrs

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.entity import Attached, PolicyState, Snapshot
from crmflow.core.form import Text, structure
from crmflow.core.link import Link
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.tables import TableRow, Tables
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine
from crmflow.hookspecs import hookimpl
from crmflow.policies import access
from crmflow.policies.access.state import AccessState, Request
from crmflow.storage.memory import MemoryStore

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
REF = EntityRef("main", "file", "F-1")

OWNER = Actor("olga", {"salesperson"})
OTHER = Actor("otto", {"salesperson"})
SERVICE = Actor("sara", {"customer_service"})
CHIEF = Actor("cleo", {"marketing_manager"})
GUEST = Actor("gus", departments={"purchasing"})


@attrs.frozen
class File:
    """What is known of a customer."""

    name: str | None = None
    phone: str | None = None
    owner: str | None = None
    team: tuple[str, ...] = ()
    file_class: str | None = None
    credit: Money | None = None
    score: Decimal | None = None
    last_contact: str | None = None


@attrs.frozen
class Filled:
    """What a file is opened or changed with."""

    name: Text | None = None
    phone: Text | None = None
    owner: Text | None = None
    team: tuple[Text, ...] = ()
    file_class: Text | None = None
    credit: Money | None = None
    last_contact: Text | None = None


FILL = copied("name", "phone", "owner", "team", "file_class", "credit", "last_contact")
FILE = Machine(
    "file",
    File,
    zh="档案",
    en="file",
    states=(
        State("open", "在用", "open", Kind.INITIAL),
        State("archived", "归档", "archived"),
        State("closed", "注销", "closed", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "collect", "open", form=Filled, sets=FILL),
        Row(ANY, "edit", KEEP, form=Filled, sets=FILL),
        Row("open", "archive", "archived"),
        Row(ANY, "close", "closed"),
    ),
)

ANNA = File(
    name="Anna Bell",
    phone="13800138000",
    owner="olga",
    team=("tom",),
    file_class="B",
    credit=Money(5000),
    last_contact="called on Monday",
)

Rows = Mapping[str, Sequence[Mapping[str, object]]]

ROWS: Rows = {
    "access": [
        {"name": "sales", "roles": ["salesperson"], "events": ["collect", "edit"]},
        {"name": "own", "owners": ["owner", "team"], "events": ["*"], "fields": ["*"]},
        {"name": "chief", "roles": ["marketing_manager"], "events": ["*"], "fields": ["*"]},
        {"name": "service", "roles": ["customer_service"], "fields": ["name", "last_contact"]},
    ],
    "access_limits": [
        {
            "name": "class_a",
            "when": "file_class == 'A'",
            "roles": ["marketing_manager"],
            "owners": ["owner"],
            "rules": ["ACC-003"],
        }
    ],
    "access_masks": [
        {"name": "phone", "fields": ["phone"], "mask": "last4", "owners": ["owner"]},
        {"name": "credit", "fields": ["credit"], "mask": "hidden", "roles": ["finance"]},
    ],
    "access_requests": [
        {
            "name": "other_departments",
            "fields": ["name", "phone"],
            "approvers": ["customer_service", "service_manager"],
            "longest": "30d",
            "rules": ["ACC-004"],
        },
        {
            "name": "sensitive",
            "fields": ["phone", "credit"],
            "approvers": ["service_manager"],
            "longest": "2d",
            "unmasked": True,
        },
    ],
}


def with_machine(rows: Rows) -> Rows:
    """Return rows as a company's file has them, those about a machine with its name."""
    return {
        table: [row if table == "access_posts" else {"machine": "file", **row} for row in given]
        for table, given in rows.items()
    }


def tables_of(rows: Rows = ROWS) -> Tables:
    """Return rows read into their classes."""
    classes = {table.name: table.row for table in access.tables()}
    found: dict[str, tuple[TableRow, ...]] = {}
    for table, given in with_machine(rows).items():
        read = [structure(classes[table], row) for row in given]
        assert not [faults for _, faults in read if faults], read
        found[table] = tuple(row for row, _ in read if isinstance(row, TableRow))
    return Tables(found)


def snapshot(
    facts: File | None = ANNA,
    state: str = "open",
    requests: Sequence[Request] = (),
    links: Sequence[Link] = (),
) -> Snapshot[File | None]:
    """Return a file as it is stored."""
    kept = PolicyState("access", 1, AccessState(tuple(requests)))
    attached = Attached(policies=(kept,) if requests else (), links=tuple(links))
    return Snapshot(REF, state, 3, AT, AT, facts, attached)


@attrs.frozen
class Company:
    """A plugin that brings a company's rows."""

    rows: Rows

    @hookimpl
    def table_rows(self) -> Rows:
        """Bring the rows, as a profile's file has them."""
        return with_machine(self.rows)


def engine(rows: Rows = ROWS, clock: ManualClock | None = None) -> Engine:
    """Return an engine of files under rows of access."""
    return Engine(
        MemoryStore(),
        machines=[FILE],
        plugins=[access, Company(rows)],
        clock=clock or ManualClock(AT),
    )
