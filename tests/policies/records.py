"""A small record of a customer, for the tests of data quality."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import attrs

from crmflow import Actor, Engine, ManualClock, Overlay
from crmflow.core.form import Text
from crmflow.core.machine import Kind, Machine, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLERK = Actor("clerk-1", {"clerk"})


@attrs.frozen
class Person:
    """Somebody to call."""

    name: str | None = None
    mobile: str | None = None
    email: str | None = None


@attrs.frozen
class Card:
    """What is known of a customer."""

    name: str | None = None
    kind: str | None = None
    industry: str | None = None
    tax_id: str | None = None
    people: tuple[Person, ...] = ()
    further: Mapping[str, str] | None = None


@attrs.frozen
class Entry:
    """What is entered, and what was looked at."""

    name: Text | None = None
    kind: Text | None = None
    industry: Text | None = None
    note: Text | None = None
    not_duplicates: tuple[Text, ...] = ()


CARD = Machine(
    "card",
    Card,
    states=(
        State("taken", "已采集", "Taken", Kind.INITIAL),
        State("entered", "已录入", "Entered"),
        State("gone", "作废", "Gone", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "take", "taken", form=Card,
            sets=copied("name", "kind", "industry", "tax_id", "people", "further")),
        Row("taken", "enter", "entered", form=Entry, sets=copied("name", "kind", "industry")),
        Row("entered", "correct", "entered", form=Entry, sets=copied("name", "kind", "industry")),
        Row(("taken", "entered"), "drop", "gone"),
    ),
    zh="卡片",
    en="Card",
    searchable="name:text tax_id",
)  # fmt: skip


def desk(**tables: object) -> Engine:
    """Return an engine whose rows are these, each about cards where it says nothing else."""
    rows = {
        table: [{"machine": "card", **row} for row in found]
        for table, found in tables.items()
        if isinstance(found, list)
    }
    config = Overlay({"company.zone": "UTC"}, rows)
    added = [one] if (one := tables.get("plugins")) else []
    clock = ManualClock(AT)
    return Engine("memory:", machines=[CARD], config=config, clock=clock, plugins=added)
