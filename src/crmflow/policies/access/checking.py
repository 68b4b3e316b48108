"""Checks of the tables of access: every fault, at its place."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from crmflow.core.checking import all_known
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.reading import FieldError
from crmflow.core.tables import MachineRow, TableRow, Tables
from crmflow.policies.access.rows import ALL, Asking, Limit, Posts, Right
from crmflow.policies.access.rules import compiled

Check = Callable[[Sequence[TableRow], Tables, Mapping[str, Machine]], Iterator[Fault]]

_ASKED_OF_PEOPLE = frozenset({"actor.id", "actor.roles", "actor.departments"})


@functools.cache
def checked(table: str) -> Check:
    """Return the check of a table of access whose rows are about machines."""

    def check(
        rows: Sequence[TableRow], tables: Tables, machines: Mapping[str, Machine]
    ) -> Iterator[Fault]:
        for index, row in enumerate(rows):
            machine = machines.get(row.machine) if isinstance(row, MachineRow) else None
            if isinstance(row, MachineRow) and machine is not None:
                for fault in _row(row, machine, tables):
                    yield attrs.evolve(fault, path=f"$.{table}[{index}]{fault.path}")

    return check


def check_posts(
    rows: Sequence[TableRow], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """Yield every fault of the rights per post; machines that are off are left alone."""
    for index, row in enumerate(rows):
        found = row.posts.items() if isinstance(row, Posts) else ()
        for post, rights in found:
            for name, right in rights.items():
                path = f"$.access_posts[{index}].posts.{post}.{name}"
                if name in machines:
                    machine = machines[name]
                    facts = kinds_of(machine.facts)
                    yield from all_known(f"{path}.fields", right.fields, (*facts, ALL))
                    yield from all_known(f"{path}.events", right.events, (*machine.events, ALL))


def _row(row: MachineRow, machine: Machine, tables: Tables) -> Iterator[Fault]:
    facts = kinds_of(machine.facts)
    yield from all_known(".fields", getattr(row, "fields", ()), (*facts, ALL))
    yield from all_known(".events", getattr(row, "events", ()), (*machine.events, ALL))
    yield from all_known(".owners", getattr(row, "owners", ()), facts)
    yield from _expression(row, machine, tables)
    if isinstance(row, Right) and not (row.events or row.fields):
        yield Fault("", "empty", "events or fields that it opens")
    if isinstance(row, Limit):
        yield from _limit(row)
    if isinstance(row, Asking) and bool(row.approvers) == (row.through is not None):
        yield Fault(".approvers", "empty", "approvers, or through: a machine of requests")


def _limit(row: Limit) -> Iterator[Fault]:
    if not (row.when or row.linked or row.qualified):
        yield Fault("", "empty", "when, linked or qualified: what it is about")
    if row.linked and [bool(part) for part in row.linked.split(".")] != [True, True]:
        yield Fault(".linked", "type", "a link and a fact of what is linked, as 'customer.tier'")
    if bool(row.linked) != bool(row.values):
        yield Fault(".values", "empty", "linked and values together")
    if row.qualified and row.reads:
        yield Fault(".qualified", "reads", "reads = false: of a reader nothing is asked but rights")


def _expression(row: MachineRow, machine: Machine, tables: Tables) -> Iterator[Fault]:
    try:
        found = compiled(row, machine, tables)
    except FieldError as fault:
        yield Fault(".when", fault.code, fault.expected)
        return
    # What asks for a role could take something away from who has more of them.
    if found is not None and not _ASKED_OF_PEOPLE.isdisjoint(found.names):
        yield Fault(".when", "actor", "nothing about the actor: use roles, departments or owners")
