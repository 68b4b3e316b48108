"""Refusals: every reason why an event cannot happen now."""

from __future__ import annotations

from enum import StrEnum

import attrs

from crmflow.core.compiled import Candidate, Compiled, allowed
from crmflow.core.form import Fault
from crmflow.core.machine import Asked
from crmflow.core.verdict import Verdict


class Because(StrEnum):
    """The kind of a refusal."""

    FINAL = "final"
    NO_ROW = "no_row"
    FORM = "form"
    ROWS = "rows"
    POLICY = "policy"
    HELD = "held"
    CLAIM = "claim"
    EARLIER = "earlier"
    PAUSED = "paused"
    NOT_PAUSED = "not_paused"
    NO_CALENDAR = "no_calendar"


@attrs.frozen
class Reason:
    """
    Why one row was not taken.

    Attributes:
        code: Reason code of the guard, `role`, or `needs_form`.
        roles: Roles of which the actor would need one; empty where it is no matter of roles.
        rules: Rule ids.
    """

    code: str
    roles: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@attrs.frozen
class Tried:
    """A row that was tried, with each guard's answer; `reasons` is empty where it passed."""

    row: str
    to: str | None
    reasons: tuple[Reason, ...]
    passed: tuple[str, ...]
    rules: tuple[str, ...]


@attrs.frozen
class Refusal:
    """
    Why an event is refused; nothing was changed and no key was used up.

    Attributes:
        because: The kind.
        state: State the entity is in.
        tried: Every row tried, in order.
        faults: Every fault of the form.
        verdicts: Every verdict, where a policy refused.
        detail: What there is to say besides: the holder of a claim, the instant.
        possible: Events the state has rows for.
    """

    because: Because
    state: str
    tried: tuple[Tried, ...] = ()
    faults: tuple[Fault, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    detail: str = ""
    possible: tuple[str, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles that could do it, as far as roles are what is missing."""
        missing = [set(reason.roles) for tried in self.tried for reason in tried.reasons]
        missing += [set(verdict.roles) for verdict in self.verdicts]
        return tuple(sorted(set().union(*missing)))

    @property
    def people(self) -> tuple[str, ...]:
        """Ids of people who could do it, as far as policies know them."""
        return tuple(sorted({person for one in self.verdicts for person in one.people}))


def try_row(candidate: Candidate, attempt: Asked, *, formed: bool) -> Tried:
    """
    Return how a row fares, asking every guard.

    Args:
        candidate: The row.
        attempt: Snapshot, event and settings.
        formed: Whether the event brings its form; without it guards that need it are not asked.
    """
    row = candidate.row
    reasons, passed = [], []
    if not allowed(row, attempt):
        reasons.append(Reason("role", tuple(sorted(row.who)), row.rules))
    for guard in row.guards:
        if guard.needs == "form" and not formed:
            reasons.append(Reason("needs_form", (), guard.rules or row.rules))
        elif guard.fn(attempt):
            passed.append(guard.reason)
        else:
            roles = tuple(sorted(guard.roles))
            reasons.append(Reason(guard.reason, roles, guard.rules or row.rules))
    return Tried(row.name, candidate.to, tuple(reasons), tuple(passed), row.rules)


def refuse(compiled: Compiled, attempt: Asked, faults: tuple[Fault, ...] = ()) -> Refusal:
    """
    Return why the attempt finds no row.

    Args:
        compiled: The machine.
        attempt: Snapshot, event and settings.
        faults: Faults of the form, where it has any.
    """
    state, name = attempt.snapshot.state, attempt.event.name
    tried = tuple(
        try_row(candidate, attempt, formed=not faults)
        for candidate in compiled.candidates(state, name)
    )
    if faults:
        because = Because.FORM
    elif tried:
        because = Because.ROWS
    elif state in compiled.final:
        because = Because.FINAL
    else:
        because = Because.NO_ROW
    return Refusal(because, state, tried, faults, possible=compiled.possible(state))
