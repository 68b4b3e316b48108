"""The reward of one suggestion: pure, exact, and the same for the same history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

import attrs

from crmflow.core.money import Money
from crmflow.policies.rewards.scheme import Outcome, Prize, PrizeKind, Scheme, Year

ROLLING = timedelta(days=365)


@attrs.frozen
class Past:
    """
    An earlier suggestion of the same customer.

    Attributes:
        at: Aware instant of its result.
        outcome: What became of it.
        repeated: Whether a repeat reward was paid for it.
    """

    at: datetime
    outcome: Outcome
    repeated: bool = False


@attrs.frozen(kw_only=True)
class Reward:
    """
    What a suggestion earns.

    Attributes:
        amount: What is paid in all.
        single: Part for the suggestion itself.
        repeat: Part for having made several in a year, or None.
        kind: Material or moral.
        reward_grade: Its grade; empty where it has none.
        outputs: What is due besides, such as the letter of thanks.
    """

    amount: Money
    single: Money
    repeat: Money | None = None
    kind: PrizeKind = PrizeKind.MATERIAL
    reward_grade: str = ""
    outputs: tuple[str, ...] = ()


def reward(
    scheme: Scheme,
    value: Money | None,
    outcome: Outcome,
    history: Iterable[Past],
    at: datetime,
    zone: tzinfo = UTC,
) -> Reward:
    """
    Return what a suggestion earns.

    Args:
        scheme: A row whose check found nothing.
        value: Value of the suggestion; needed where it was accepted.
        outcome: What became of it.
        history: Earlier suggestions of the same customer, in any order.
        at: Aware instant of the result.
        zone: The company's zone, by which years are told.

    Raises:
        ValueError: An accepted suggestion has no value, a negative one, or one of another
            currency.

    Rules: SUG-025 to SUG-033
    """
    if outcome is Outcome.ACCEPTED:
        name, prize = _graded(scheme, value)
        return Reward(
            amount=prize.amount,
            single=prize.amount,
            kind=prize.kind,
            reward_grade=name,
            outputs=scheme.outputs,
        )
    single = scheme.not_accepted
    repeat = _repeated(scheme, outcome, [p for p in history if _in_year(scheme, p.at, at, zone)])
    amount = single
    if repeat is not None:
        amount = single + repeat if scheme.stack else max(single, repeat)
    return Reward(amount=amount, single=single, repeat=repeat, outputs=scheme.outputs)


def _graded(scheme: Scheme, value: Money | None) -> tuple[str, Prize]:
    """Return the one grade a value has, and its prize."""
    if value is None:
        raise ValueError("an accepted suggestion needs its value to be rewarded by")
    if value < Money(0, scheme.currency):
        raise ValueError(f"the value of a suggestion is zero or more, not {value}")
    for grade in scheme.grades:
        if grade.holds(value):
            return grade.name, scheme.prizes[grade.name]
    return "", Prize(amount=scheme.below or Money(0, scheme.currency))


def _in_year(scheme: Scheme, then: datetime, at: datetime, zone: tzinfo) -> bool:
    """Say whether an earlier instant lies in the same year as a later one."""
    if then > at:
        return False
    if scheme.window is Year.ROLLING:
        return at - then < ROLLING
    return then.astimezone(zone).year == at.astimezone(zone).year


def _repeated(scheme: Scheme, outcome: Outcome, year: list[Past]) -> Money | None:
    """Return the repeat reward, which is paid once in a year; several held are said first."""
    outcomes = [*(past.outcome for past in year), outcome]
    if any(past.repeated for past in year):
        return None
    several_held = outcomes.count(Outcome.HELD) >= scheme.repeat_count
    if outcome is Outcome.HELD and several_held:
        return scheme.repeat_held
    if Outcome.ACCEPTED not in outcomes and len(outcomes) >= scheme.repeat_count:
        return scheme.repeat_not_accepted
    return None


def counted(reward: Reward) -> dict[str, object]:
    """Return a reward as what explanations are filled with."""
    told = attrs.asdict(reward, recurse=False)
    return {name: found for name, found in told.items() if found not in (None, "", ())}
