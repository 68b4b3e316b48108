"""The table `rewards`: what a suggestion is worth to who made it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import attrs

from crmflow.core.form import Text
from crmflow.core.money import Money
from crmflow.core.tables import MachineRow


class Outcome(StrEnum):
    """What became of a suggestion (SUG-023)."""

    ACCEPTED = "accepted"
    HELD = "held"
    REJECTED = "rejected"


class Year(StrEnum):
    """What 'in one year' means (AMB-07)."""

    CALENDAR_YEAR = "calendar_year"
    ROLLING = "rolling"


class PrizeKind(StrEnum):
    """What a reward is; material ones come first (SUG-025)."""

    MATERIAL = "material"
    MORAL = "moral"


@attrs.frozen(kw_only=True)
class Prize:
    """The reward of a grade."""

    amount: Money
    kind: PrizeKind = PrizeKind.MATERIAL


@attrs.frozen(kw_only=True)
class Grade:
    """
    A band of the suggestion's value (AMB-06).

    Attributes:
        name: Name of the grade, a `reward_grade` and no other A, B or C (AMB-38).
        min: Least value of it, included.
        max: Value at which the next grade begins; None for the highest.
    """

    name: Text
    min: Money
    max: Money | None = None

    def holds(self, value: Money) -> bool:
        """Say whether a value lies in the band."""
        return self.min <= value and (self.max is None or value < self.max)


@attrs.frozen(kw_only=True)
class Scheme(MachineRow):
    """
    How suggestions are rewarded.

    Attributes:
        event: Event by which the reward is settled.
        value: Expression for the value of the suggestion.
        outcome: Expression for what became of it: `accepted`, `held` or `rejected`.
        earlier: Fact, or `form.<field>`, with the earlier suggestions of the same customer;
            each has `at`, `outcome` and, where a repeat reward was paid for it, `repeated`.
        grades: Bands of the value.
        prizes: Reward of each grade.
        below: Reward of an accepted suggestion under the lowest grade, where there may be one.
        not_accepted: Reward of one that was rejected or held.
        repeat_not_accepted: Reward for several in one year, none accepted.
        repeat_held: Reward for several in one year that were held.
        repeat_count: What counts as several.
        window: What one year means.
        stack: Whether a repeat reward adds to the single one; else the greater is paid.
        outputs: What is due whatever became of it (SUG-033).
        needed_by: Events that are refused until a reward was settled.
    """

    event: Text
    value: Text
    outcome: Text
    earlier: Text | None = None
    grades: tuple[Grade, ...]
    prizes: Mapping[str, Prize]
    below: Money | None = None
    not_accepted: Money
    repeat_not_accepted: Money
    repeat_held: Money
    repeat_count: int
    window: Year
    stack: bool
    outputs: tuple[Text, ...] = ()
    needed_by: tuple[Text, ...] = ()

    @property
    def currency(self) -> str:
        """The currency of all its amounts."""
        return self.not_accepted.currency
