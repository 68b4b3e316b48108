"""What a back-test says of one entity, and of all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Self

import attrs

from crmflow.analysis.backtest.difference import Difference, Kind
from crmflow.analysis.backtest.past import Untested
from crmflow.core.ref import EntityRef

__all__ = ["Backtest", "Case", "Unknown"]


@attrs.frozen(kw_only=True)
class Unknown:
    """
    What cannot be known: how often.

    Attributes:
        afterwards: Records after the entity has gone another way: whether they had come about.
        unvoted: Events that would be held still: what those who were never asked had said.
        impossible: Recorded inputs that would be refused: what people had done in their place.
        messages: Messages that differ: what those told had become. They are judged by what they
            were really told.
        unanswered: Questions to the directory, or to what was looked up, that no journal answers.
    """

    afterwards: int = 0
    unvoted: int = 0
    impossible: int = 0
    messages: int = 0
    unanswered: int = 0

    def __add__(self, other: Unknown) -> Unknown:
        both = (attrs.astuple(self), attrs.astuple(other))
        sums = [mine + more for mine, more in zip(*both, strict=True)]
        return Unknown(**dict(zip(attrs.fields_dict(Unknown), sums, strict=True)))


@attrs.frozen
class Case:
    """
    What would have been different of one entity.

    Attributes:
        ref: The entity.
        records: How many of its records were given anew.
        diverged_at: Aware UTC instant at which it goes another way; None where it never does.
        differences: What differs, in order of time.
        unknown: What cannot be known.
        untested: Why it is left out, or None.
    """

    ref: EntityRef
    records: int = 0
    diverged_at: datetime | None = None
    differences: tuple[Difference, ...] = ()
    unknown: Unknown = Unknown()
    untested: Untested | None = None

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        left_out = self.untested
        return {
            "machine": self.ref.machine,
            "id": self.ref.id,
            "records": self.records,
            "untested": None if left_out is None else left_out.why.value,
            "detail": "" if left_out is None else left_out.detail,
            "diverged_at": None if self.diverged_at is None else self.diverged_at.isoformat(),
            "differences": [one.to_dict() for one in self.differences],
            "unknown": attrs.asdict(self.unknown),
        }


@attrs.define
class Backtest:
    """
    What would have been different in all; grows with the kinds of differences, not with entities.

    Attributes:
        entities: How many there are.
        tested: How many of them were lived again.
        differing: How many of those differ in anything.
        diverged: How many go another way.
        records: How many records were given anew.
        found: How often a kind of difference of a name is certain, and how often conditional.
        untested: How many were left out, by reason.
        unknown: What cannot be known.
    """

    entities: int = 0
    tested: int = 0
    differing: int = 0
    diverged: int = 0
    records: int = 0
    found: Counter[tuple[Kind, str, str, bool]] = attrs.field(factory=Counter)
    untested: Counter[str] = attrs.field(factory=Counter)
    unknown: Unknown = Unknown()

    @classmethod
    def of(cls, cases: Iterable[Case]) -> Self:
        """Return the sum of cases."""
        found = cls()
        for case in cases:
            found.add(case)
        return found

    def add(self, case: Case) -> None:
        """Take one more entity."""
        self.entities += 1
        self.records += case.records
        if case.untested is not None:
            self.untested[case.untested.why.value] += 1
            return
        self.tested += 1
        self.differing += bool(case.differences)
        self.diverged += case.diverged_at is not None
        self.unknown += case.unknown
        for one in case.differences:
            self.found[one.kind, case.ref.machine, one.name, one.conditional] += 1

    def count(self, kind: Kind) -> int:
        """Return how many differences there are of a kind, conditional ones too."""
        return sum(n for (one, *_), n in self.found.items() if one is kind)

    def rows(self) -> list[dict[str, object]]:
        """Return the differences in sum: kind, machine, name, how many, how many conditional."""
        order = list(Kind)
        keys = {key[:3] for key in self.found}
        return [
            {
                "kind": kind.value,
                "machine": machine,
                "name": name,
                "certain": self.found[kind, machine, name, False],
                "conditional": self.found[kind, machine, name, True],
            }
            for kind, machine, name in sorted(keys, key=lambda key: (order.index(key[0]), *key[1:]))
        ]

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "entities": self.entities,
            "tested": self.tested,
            "differing": self.differing,
            "diverged": self.diverged,
            "records": self.records,
            "differences": self.rows(),
            "untested": dict(sorted(self.untested.items())),
            "unknown": attrs.asdict(self.unknown),
        }
