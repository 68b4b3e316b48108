"""The table of deadlines: what a company promises, to whom, and what follows where it fails."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction

import attrs

from crmflow.core.form import Text
from crmflow.core.measure import Measure
from crmflow.core.reading import FieldError
from crmflow.core.tables import MachineRow


class Kind(StrEnum):
    """What a deadline promises; a wait promises nothing: `fire` says that it is over."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    PERIODIC_UPDATE = "periodic_update"
    RESOLUTION = "resolution"
    TIME_IN_STATE = "time_in_state"
    HAND_OVER = "hand_over"
    FOLLOW_UP = "follow_up"
    WAIT = "wait"


class OnChange(StrEnum):
    """What becomes of a running deadline whose target or calendar is another one now."""

    KEEP = "keep"
    RECOMPUTE = "recompute"
    RESTART = "restart"
    PRORATE = "prorate"


class Action(StrEnum):
    """What a rung of an escalation does."""

    NOTIFY = "notify"
    TASK = "task"
    REASSIGN = "reassign"
    RAISE_SEVERITY = "raise_severity"
    ASK_APPROVAL = "ask_approval"
    FIRE = "fire"


@attrs.frozen(kw_only=True)
class Condition:
    """
    When something holds; what is left out does not restrict.

    Attributes:
        states: It is in one of these states after the event.
        events: The event was one of these.
        match: Values of facts, each one value or a list of them.
        when: An expression about facts, state, event, actor and, where `events` names one
            event alone, its `form`.
    """

    states: tuple[Text, ...] = ()
    events: tuple[Text, ...] = ()
    match: Mapping[str, object] = attrs.field(factory=dict)
    when: Text | None = None


@attrs.frozen(kw_only=True)
class Target:
    """
    A row of a table of targets; the first that fits is taken, one that names nothing always fits.

    Attributes:
        match: Values of facts, each one value or a list of them.
        when: An expression about facts and state.
        target: The time promised; with a `limit` it is where the warning comes.
        limit: The end of a range (24-48 h): where the breach is (AMB-20).
        warnings: Warnings before the breach; left out, those of the definition.
    """

    target: Measure
    limit: Measure | None = None
    match: Mapping[str, object] = attrs.field(factory=dict)
    when: Text | None = None
    warnings: tuple[Text, ...] | None = None

    @property
    def end(self) -> Measure:
        """The time after which it is a breach."""
        return self.target if self.limit is None else self.limit


@attrs.frozen(kw_only=True)
class Rung:
    """
    One step of an escalation.

    Attributes:
        name: Unique in its ladder.
        at: A part of the target (`80%`, `3/2`), or a measure after the breach (`4wh`).
        action: What it does.
        role: Whom it notifies, or whose task or tasks it becomes.
        superior_of: Fact, or `link.fact`, that names a person: their superior is the one who
            is told or gets the task; anybody of the role, where nobody stands above.
        task: Name of the task it opens.
        event: Event it fires: one that raises the severity, asks for an approval or acts.
        payload: What the event's form needs.
        cancelled_by: Events that make it pointless before it is reached.
    """

    name: Text
    at: Text
    action: Action
    role: Text | None = None
    superior_of: Text | None = None
    task: Text | None = None
    event: Text | None = None
    payload: Mapping[str, object] = attrs.field(factory=dict)
    cancelled_by: tuple[Text, ...] = ()


@attrs.frozen(kw_only=True)
class Step:
    """
    One longer limit a deadline can be extended to.

    Attributes:
        to: The limit, counted from where the deadline counts.
        role: Role whose holder may grant it; an approval that was given serves too.
        event: Event of the machine that grants it, with guards and approvals of its own.
        match: Values of facts that must be, each one value or a list of them.
        when: An expression about facts and state that must hold.
    """

    to: Measure
    role: Text | None = None
    event: Text | None = None
    match: Mapping[str, object] = attrs.field(factory=dict)
    when: Text | None = None


@attrs.frozen(kw_only=True)
class Definition(MachineRow):
    """
    One deadline of a machine.

    Attributes:
        kind: What it promises.
        start, pause, resume, stop, cancel, reset: Conditions, of which one is enough. Where
            `resume` is left out, the count goes on as soon as `pause` no longer holds.
        since: Fact with the instant it counts from; left out, the event's.
        cutoff: Last time of the day, such as `16:00`, at which a start counts for that day;
            a later one counts from the beginning of the next day (DLV-001).
        target, limit: The time promised, where one row says it all.
        targets: Rows by attributes; the last one is the default, unless `target` is.
        calendar: Name of the calendar; needed for working time.
        calendar_from: Fact with the name of the calendar; `calendar` where it is empty.
        warnings: Parts of the time to the breach (`80%`), or measures after the start.
        notify: Role that is warned.
        ladder: What follows a breach, or comes before it.
        on_change: What becomes of it when another target or calendar applies.
        repeat: Whether it starts anew once met, while `start` still holds.
        tasks: Tasks of the machine whose due instant is this deadline's.
        fire: Event of the machine fired at the breach.
        holder: Fact with who works on it, for attribution.
        tier: Fact by which reports tell the deadlines apart.
        extension: Longer limits, each granted by somebody, in order.
    """

    kind: Kind
    start: tuple[Condition, ...]
    pause: tuple[Condition, ...] = ()
    resume: tuple[Condition, ...] = ()
    stop: tuple[Condition, ...] = ()
    cancel: tuple[Condition, ...] = ()
    reset: tuple[Condition, ...] = ()
    since: Text | None = None
    cutoff: Text | None = None
    target: Measure | None = None
    limit: Measure | None = None
    targets: tuple[Target, ...] = ()
    calendar: Text | None = None
    calendar_from: Text | None = None
    warnings: tuple[Text, ...] = ()
    notify: Text | None = None
    ladder: tuple[Rung, ...] = ()
    on_change: OnChange = OnChange.RECOMPUTE
    repeat: bool = False
    tasks: tuple[Text, ...] = ()
    fire: Text | None = None
    holder: Text | None = None
    tier: Text | None = None
    extension: tuple[Step, ...] = ()

    @property
    def rows(self) -> tuple[Target, ...]:
        """All targets, the definition's own one last."""
        if self.target is None:
            return self.targets
        return (*self.targets, Target(target=self.target, limit=self.limit))

    @property
    def promises(self) -> bool:
        """Whether something is promised by it, rather than waited for."""
        return self.kind is not Kind.WAIT

    def warned(self, row: Target) -> tuple[str, ...]:
        """Return the points of a target at which is warned, the lower end of a range first."""
        given = self.warnings if row.warnings is None else row.warnings
        return given if row.limit is None else (str(row.target), *given)


Point = Fraction | Measure
"""A place in the course of a deadline: a part of its target, or a time."""


@functools.cache
def point(text: str) -> Point:
    """
    Return what `80%`, `4/5` or `4wh` says, exactly.

    Raises:
        FieldError: It says neither a part nor a measure.
    """
    part = text.strip().removesuffix("%")
    try:
        found = Fraction(part.replace(" ", ""))
    except (ValueError, ZeroDivisionError):
        return _measure(text)
    return found / 100 if text.strip().endswith("%") else found


def _measure(text: str) -> Measure:
    try:
        return Measure.parse(text)
    except FieldError as error:
        raise FieldError(error.code, f"a part such as '80%', or {error.expected}") from error


def follows(rung: Rung) -> bool:
    """Say whether a rung comes with the breach (at 100%) or after it."""
    at = point(rung.at)
    return not isinstance(at, Fraction) or at >= 1
