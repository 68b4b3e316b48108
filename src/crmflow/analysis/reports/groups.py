"""Entities counted and added up by their facts, or ranked by a number."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

import attrs

from crmflow.analysis.reports.told import Told, joined, rounded, with_groups
from crmflow.core.entity import Snapshot
from crmflow.core.machine import Machine
from crmflow.core.money import Money
from crmflow.core.plain import plain
from crmflow.core.tables import Tables
from crmflow.expressions import Expression, Scope
from crmflow.policies.kpi import Report
from crmflow.texts import Texts


@attrs.frozen
class Counted:
    """
    A report's expressions, ready for the entities of its machine.

    Attributes:
        report: The row.
        machine: Whose entities.
        texts: What states, facts and choices are called.
        where: Which entities count.
        value: The number that is added up or ranked by.
        zone: The company's zone, by which days are told.
        today: The day on which ages are told.
    """

    report: Report
    machine: Machine
    texts: Texts
    where: Expression[bool] | None
    value: Expression[Decimal | None] | None
    zone: tzinfo
    today: date

    @classmethod
    def of(
        cls, report: Report, machine: Machine, tables: Tables, texts: Texts, at: datetime
    ) -> Counted:
        """Return a report ready for its machine, as it is told at an aware instant."""
        scope = Scope.about(machine, None, tables)
        where, value = scope.maybe(report.where), scope.maybe(report.value, Decimal)
        return cls(report, machine, texts, where, value, tables.zone, tables.day(at))

    def counts(self, snapshot: Snapshot[Any]) -> bool:
        """Say whether an entity counts."""
        return self.where is None or bool(self._of(self.where, snapshot))

    def number(self, snapshot: Snapshot[Any]) -> Fraction | None:
        """Return an entity's number; None where it has none."""
        found = None if self.value is None else self._of(self.value, snapshot)
        return Fraction(found) if isinstance(found, Decimal) else None

    def shown(self, snapshot: Snapshot[Any], name: str) -> str:
        """Return in which group a fact puts an entity; empty where it is not known."""
        known = snapshot.state if name == "state" else getattr(snapshot.facts, name)
        if known is None:
            return ""
        if name in self.report.bands:
            return band(self.report.bands[name], self._counted(known))
        plainly = plain(known)
        return ", ".join(map(str, plainly)) if isinstance(plainly, list) else str(plainly)

    def label(self, snapshot: Snapshot[Any], name: str) -> str:
        """Return what people read in place of the group in which a fact puts an entity."""
        if name == "state":
            return self.texts.state(self.machine.state(snapshot.state))
        known = getattr(snapshot.facts, name)
        if isinstance(known, tuple) and known and name not in self.report.bands:
            return ", ".join(map(self._said, known))
        return self._said(known) if isinstance(known, Enum) else self.shown(snapshot, name)

    def _said(self, known: object) -> str:
        if isinstance(known, Enum):
            return self.texts.text("choices", str(known.value), self.machine.name)
        return str(plain(known))

    def _counted(self, known: object) -> Decimal:
        """Return the number of a fact; of a day, how many whole years ago it is."""
        if isinstance(known, datetime):
            known = known.astimezone(self.zone).date()
        if isinstance(known, date):
            had = (self.today.month, self.today.day) >= (known.month, known.day)
            return Decimal(self.today.year - known.year - (not had))
        return known.amount if isinstance(known, Money) else Decimal(str(known))

    def _of(self, expression: Expression[Any], snapshot: Snapshot[Any]) -> object:
        found: object = expression(
            snapshot.facts, state=snapshot.state, at=snapshot.at, links=snapshot.links
        )
        return found


def band(begins: Sequence[Decimal], number: Decimal) -> str:
    """
    Return into which group a number falls: `< 18`, `18 - < 30` or `>= 30`.

    Args:
        begins: Where each further group begins; they rise.
        number: The number.
    """
    place = bisect.bisect_right(begins, number)
    if place == 0:
        return f"< {begins[0]}"
    if place == len(begins):
        return f">= {begins[-1]}"
    return f"{begins[place - 1]} - < {begins[place]}"


def groups(counted: Counted, entities: Iterable[Snapshot[Any]]) -> Told:
    """
    Return entities counted by facts, and their numbers added up (ANA-001).

    Args:
        counted: The report.
        entities: Any number; read once, one line is kept per group.
    """
    by, found = counted.report.by, dict[tuple[str, ...], tuple[int, Fraction]]()
    labels: dict[str, dict[str, str]] = {name: {} for name in by}
    for snapshot in entities:
        if counted.counts(snapshot):
            key = tuple(counted.shown(snapshot, name) for name in by)
            for name, shown in zip(by, key, strict=True):
                if shown not in labels[name]:
                    labels[name][shown] = counted.label(snapshot, name)
            count, total = found.get(key, (0, Fraction(0)))
            found[key] = count + 1, total + (counted.number(snapshot) or 0)
    whole = sum(count for count, _ in found.values())
    summing = counted.value is not None
    rows = [
        {
            **dict(zip(by, key, strict=True)),
            "group": joined(key),
            "entities": count,
            "share": rounded(Fraction(count * 100, whole)),
            **({"total": rounded(total), "mean": rounded(total / count)} if summing else {}),
        }
        for key, (count, total) in sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
    ]
    columns = (*by, "entities", "share", *(("total", "mean") if summing else ()))
    return Told(
        columns,
        tuple(rows),
        "group",
        ("total",) if summing else ("entities",),
        headings={name: counted.texts.text("fields", name, counted.machine.name) for name in by},
        labels=with_groups(rows, by, labels),
    )


def ranking(counted: Counted, entities: Iterable[Snapshot[Any]]) -> Told:
    """
    Return entities by a number, the greatest in front, with their share and that of all down
    to them: who the main customers are (TIE-004).

    Args:
        counted: The report; entities without the number are not ranked.
        entities: Any number.
    """
    numbers = {
        snapshot.ref.id: number
        for snapshot in entities
        if counted.counts(snapshot) and (number := counted.number(snapshot)) is not None
    }
    whole, run = sum(numbers.values(), Fraction(0)), Fraction(0)
    rows: list[Mapping[str, object]] = []
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    for place, (id_, number) in enumerate(ordered[: counted.report.top], 1):
        run += number
        share, down_to = (number * 100 / whole, run * 100 / whole) if whole else (None, None)
        rows.append(
            {
                "rank": place,
                "id": id_,
                "value": rounded(number),
                "share": rounded(share),
                "down_to": rounded(down_to),
            }
        )
    return Told(("rank", "id", "value", "share", "down_to"), tuple(rows), "id", ("value",))
