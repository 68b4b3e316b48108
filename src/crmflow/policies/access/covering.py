"""Covers: what is left of facts where nobody is known who may see them as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import attrs

from crmflow.core.plain import leaves, plain
from crmflow.core.tables import Tables
from crmflow.policies.access.masks import STARS, masked, strictest
from crmflow.policies.access.rows import Mask, MaskKind

_SHORT = 3
"""A shorter text is covered only where it stands alone: else half of all words would be."""


@attrs.frozen
class Cover:
    """
    The strictest masks there are, whoever they let see.

    Attributes:
        masks: By fact.
    """

    masks: Mapping[str, MaskKind]

    @classmethod
    def of(cls, tables: Tables, machine: str, on: date) -> Cover:
        """Return the cover of a machine's facts on a day of the company."""
        found: dict[str, list[MaskKind]] = {}
        for row in tables.of("access_masks", Mask):
            if row.machine == machine and row.enabled and row.in_force(on):
                for name in row.fields:
                    found.setdefault(name, []).append(row.mask)
        return cls({name: kind for name, kinds in found.items() if (kind := strictest(kinds))})

    def facts(self, known: Mapping[str, object]) -> dict[str, object]:
        """Return plain facts with the masked ones covered, the hidden ones left out."""
        return {
            name: masked(value, self.masks[name]) if name in self.masks else value
            for name, value in known.items()
            if self.masks.get(name) is not MaskKind.HIDDEN
        }

    def secrets(self, facts: object) -> frozenset[str]:
        """Return the texts that stand in the masked facts of an entity, or of an attrs class."""
        known = plain(facts)
        if not isinstance(known, dict):
            return frozenset()
        return frozenset(
            leaf
            for name, value in known.items()
            if name in self.masks
            for leaf in leaves(value)
            if isinstance(leaf, str) and leaf
        )


def without(value: object, secrets: Iterable[str]) -> object:
    """Return plain values without the texts that nobody is to see, however deep they stand."""
    hidden = sorted(set(secrets), key=len, reverse=True)
    if isinstance(value, Mapping):
        return {name: without(one, hidden) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [without(one, hidden) for one in value]
    if not isinstance(value, str):
        return value
    if value in hidden:
        return STARS
    for text in hidden:
        if len(text) >= _SHORT:
            value = value.replace(text, STARS)
    return value
