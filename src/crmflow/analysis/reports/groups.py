"""Entities counted and added up by their facts, or ranked by a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs

from crmflow.analysis.reports.told import Told, rounded
from crmflow.core.entity import Snapshot
from crmflow.core.machine import Machine
from crmflow.core.plain import plain
from crmflow.core.tables import Tables
from crmflow.expressions import Expression, Scope
from crmflow.policies.kpi import Report


@attrs.frozen
class Counted:
    """
    A report's expressions, ready for the entities of its machine.

    Attributes:
        report: The row.
        where: Which entities count.
        value: The number that is added up or ranked by.
    """

    report: Report
    where: Expression[bool] | None
    value: Expression[Decimal | None] | None

    @classmethod
    def of(cls, report: Report, machine: Machine, tables: Tables) -> Counted:
        """Return a report ready for its machine."""
        scope = Scope.about(machine, None, tables)
        return cls(report, scope.maybe(report.where), scope.maybe(report.value, Decimal))

    def counts(self, snapshot: Snapshot[Any]) -> bool:
        """Say whether an entity counts."""
        return self.where is None or bool(self._of(self.where, snapshot))

    def number(self, snapshot: Snapshot[Any]) -> Fraction | None:
        """Return an entity's number; None where it has none."""
        found = None if self.value is None else self._of(self.value, snapshot)
        return Fraction(found) if isinstance(found, Decimal) else None

    def _of(self, expression: Expression[Any], snapshot: Snapshot[Any]) -> object:
        found: object = expression(
            snapshot.facts, state=snapshot.state, at=snapshot.at, links=snapshot.links
        )
        return found


def groups(counted: Counted, entities: Iterable[Snapshot[Any]]) -> Told:
    """
    Return entities counted by facts, and their numbers added up (ANA-001).

    Args:
        counted: The report.
        entities: Any number; read once, one line is kept per group.
    """
    by, found = counted.report.by, dict[tuple[str, ...], tuple[int, Fraction]]()
    for snapshot in entities:
        if counted.counts(snapshot):
            key = tuple(_shown(snapshot, name) for name in by)
            count, total = found.get(key, (0, Fraction(0)))
            found[key] = count + 1, total + (counted.number(snapshot) or 0)
    whole = sum(count for count, _ in found.values())
    summing = counted.value is not None
    rows = [
        {
            **dict(zip(by, key, strict=True)),
            "group": " / ".join(part or "-" for part in key),
            "entities": count,
            "share": rounded(Fraction(count * 100, whole)),
            **({"total": rounded(total), "mean": rounded(total / count)} if summing else {}),
        }
        for key, (count, total) in sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
    ]
    columns = (*by, "entities", "share", *(("total", "mean") if summing else ()))
    return Told(columns, tuple(rows), "group", ("total",) if summing else ("entities",))


def _shown(snapshot: Snapshot[Any], name: str) -> str:
    known = snapshot.state if name == "state" else plain(getattr(snapshot.facts, name))
    if isinstance(known, list):
        return ", ".join(map(str, known))
    return "" if known is None else str(known)


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
