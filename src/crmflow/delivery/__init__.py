"""
Delivery: messages that leave for other systems, by webhooks and brokers, as rows of data.

A row of `deliveries` is a handler that outputs and connectors name; with machines of its own
it also carries their events. What leaves is a CloudEvent whose id is the message's key, so
receivers drop doubles (INT-001, INT-002). Confidential entities are told of to the company's
own systems alone (ACC-011).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmflow.core.machine import Machine
from crmflow.core.message import Handler
from crmflow.core.policy import Policy
from crmflow.core.tables import Table, Tables
from crmflow.delivery.checks import check
from crmflow.delivery.events import EventPolicy
from crmflow.delivery.handler import handler_of
from crmflow.delivery.rows import Delivery
from crmflow.hookspecs import hookimpl

__all__ = ["Delivery"]


@hookimpl
def tables() -> Sequence[Table]:
    """Return the table of deliveries."""
    return (Table("deliveries", Delivery, check),)


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Return what sends a machine's events to the outside, none where no row names it."""
    rows = tuple(
        row
        for row in tables.of("deliveries", Delivery)
        if row.enabled and machine.name in row.machines
    )
    return (EventPolicy(machine, rows, tables),) if rows else ()


@hookimpl
def handlers(tables: Tables) -> Mapping[str, Handler]:
    """Return a handler for each row, by its name."""
    return {row.name: handler_of(row) for row in tables.of("deliveries", Delivery) if row.enabled}
