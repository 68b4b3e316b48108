"""
The space of what conditions are asked about, and examples of everything they tell apart.

Each name has an axis of values: all choices of an enum, both truths, of numbers and times one
value at each cut and one between each two, and none where it may be missing. On the grid of all
axes a condition that is piecewise constant says everything it can ever say.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Self

import attrs

from crmflow.analysis.checking.values import ITEMS, Allowed, allowed_in, values_of
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.expressions import Expression, Scope
from crmflow.expressions.cuts import Cuts, cuts_of
from crmflow.expressions.kinds import Base, Named, of_key

__all__ = ["Grid", "Point", "Space"]

MOST = 20_000
"""So many points of a grid are looked at; a larger one is not decided."""

Point = Mapping[str, object]
"""A value for each name; None where it is missing."""


@attrs.frozen
class Grid:
    """
    What conditions say at examples of everything.

    Attributes:
        rows: (point, what each condition says there; None of one that is not decided).
        decided: Whether each condition is.
    """

    rows: tuple[tuple[Point, tuple[bool | None, ...]], ...]
    decided: tuple[bool, ...]


@attrs.frozen
class Space:
    """
    The names that conditions may use, and the values they can have.

    Attributes:
        scope: Names of a mapping, such as a point is.
        allowed: What each name may be.
    """

    scope: Scope
    allowed: Mapping[str, Allowed]

    @classmethod
    def about(
        cls, machine: Machine, tables: Tables, form: type | None, states: Iterable[str] = ()
    ) -> Self:
        """
        Return the space of a machine's entities.

        Args:
            machine: The machine.
            tables: Tell of every machine what it shares.
            form: Form of the event, or None.
            states: States the entity can be in; left out, all.
        """
        inside = tuple(states) or tuple(one.name for one in machine.states)
        allowed = {
            **allowed_in(machine.facts),
            **(allowed_in(form, "form.") if form is not None else {}),
            **dict.fromkeys(("at", "actor.id", "actor.roles", "actor.departments"), Allowed()),
            "state": Allowed(values=tuple(sorted(inside))),
            "event": Allowed(values=machine.events),
        }
        return cls(_of_points(Scope.about(machine, form, tables).names, tables.zone), allowed)

    @classmethod
    def of(cls, scope: Scope) -> Self:
        """Return the space of a scope whose names may all be told, such as metrics."""
        return cls(_of_points(scope.names, scope.zone), dict.fromkeys(scope.names, Allowed()))

    def grid(self, conditions: Sequence[str | None]) -> Grid:
        """
        Return what conditions say, all on one grid; no condition always holds.

        Args:
            conditions: Texts that compile in the scope of the machine.
        """
        cuts = [None if text is None else cuts_of(text, self.scope.names) for text in conditions]
        exact = [one is None or self._tells(one) for one in cuts]
        axes = self._axes([one for one, told in zip(cuts, exact, strict=True) if one and told])
        small = math.prod(len(values) for values in axes.values()) <= MOST
        decided = tuple(
            one is None or (told and small) for one, told in zip(cuts, exact, strict=True)
        )
        asked = [
            self.scope.maybe(text) if known else _UNKNOWN
            for text, known in zip(conditions, decided, strict=True)
        ]
        return Grid(tuple(_said(asked, _points(axes) if small else ({},))), decided)

    def _tells(self, cuts: Cuts) -> bool:
        """Say whether examples are enough: few enough of a list's items are told apart."""
        kinds = {name: self.scope.names[name].kind.base for name in cuts.values}
        lists = (set(cuts.values[name]) for name, base in kinds.items() if base is Base.LIST)
        return cuts.exact and all(len(items) <= ITEMS for items in lists)

    def _axes(self, cuts: Iterable[Cuts]) -> Mapping[str, tuple[object, ...]]:
        held: dict[str, dict[object, None]] = {}
        for one in cuts:
            for name, values in one.values.items():
                held.setdefault(name, {}).update(dict.fromkeys(values))
        return {
            name: values_of(self.scope.names[name].kind, self.allowed.get(name), values)
            for name, values in held.items()
        }


class _Unknown:
    """Stands for a condition that is not decided."""


_UNKNOWN = _Unknown()


def _of_points(names: Mapping[str, Named], zone: tzinfo) -> Scope:
    return Scope({name: of_key(name, named.kind) for name, named in names.items()}, zone)


def _points(axes: Mapping[str, tuple[object, ...]]) -> Iterator[Point]:
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def _said(
    asked: Sequence[Expression[bool] | _Unknown | None], points: Iterable[Point]
) -> Iterator[tuple[Point, tuple[bool | None, ...]]]:
    for point in points:
        yield point, tuple(_says(one, point) for one in asked)


def _says(one: Expression[bool] | _Unknown | None, point: Point) -> bool | None:
    if isinstance(one, _Unknown):
        return None
    return one is None or one(point)
