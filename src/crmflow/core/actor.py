"""Who acts."""

from __future__ import annotations

from collections.abc import Iterable

import attrs


def _as_set(values: Iterable[str]) -> frozenset[str]:
    if isinstance(values, str):
        message = f"a set of names is needed, not the text {values!r}: write {{{values!r}}}"
        raise TypeError(message)
    return frozenset(values)


@attrs.frozen
class Actor:
    """
    Who asks for an event.

    Args:
        id: Name of the person or program, as the host knows it.
        roles: Role names of the catalogue's part 7 (`customer_service`, ...).
        departments: Departments the actor belongs to.
    """

    id: str
    roles: frozenset[str] = attrs.field(default=frozenset(), converter=_as_set)
    departments: frozenset[str] = attrs.field(default=frozenset(), converter=_as_set, kw_only=True)

    def may(self, roles: Iterable[str]) -> bool:
        """Say whether the actor has one of the roles; the system is asked for none."""
        return self is SYSTEM or not self.roles.isdisjoint(roles)


SYSTEM = Actor("system", {"system"})
"""Fires timers and delivers messages: no role is asked of it, all guards are."""
