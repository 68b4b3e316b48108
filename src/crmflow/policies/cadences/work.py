"""Care that applies: rows bound to a machine, what they open and what they close again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Drop, Effect, Put
from crmflow.core.message import MessageKind
from crmflow.core.policy import Evolved, Occurrence, Outgoing, Raised
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.core.working_time import WorkingCalendar
from crmflow.expressions import Expression
from crmflow.policies.cadences.rows import Care
from crmflow.policies.cadences.state import CareState

NAME = "cadences"
TIMER = "$cadences"
CROWDED = "care_crowded"


C = TypeVar("C", bound=Care)


@attrs.frozen
class Bound(Generic[C]):
    """
    A row of care, ready for one machine.

    Attributes:
        row: The row.
        calendar: Its working calendar.
        when: Its expression, or None.
        hours: The calendar as plans are made by it.
    """

    row: C
    calendar: WorkingCalendar
    when: Expression[bool] | None = None
    hours: WorkingCalendar = attrs.field(init=False)

    @hours.default
    def _hours(self) -> WorkingCalendar:
        return self.calendar.planning()

    @property
    def timer(self) -> str:
        """Name of its timer."""
        return f"{NAME}:{self.row.name}"

    @property
    def task(self) -> str:
        """Name of its task; the part before the colon is the code of the work."""
        return f"{self.row.task}:{self.row.name}"

    @property
    def link(self) -> str:
        """Name of the link to what it opened."""
        return f"care:{self.row.name}"

    def day(self, at: datetime) -> date:
        """Return the local day of an instant."""
        return self.hours.day(at)

    def is_open(self, at: datetime) -> bool:
        """
        Say whether an instant is one of work.

        Raises:
            ConfigurationError: The days of that year are still not known.
        """
        return self.calendar.is_open(at)

    def applies(self, seen: Occurrence) -> bool:
        """Say whether it is for an entity as it is after an event."""
        row, state = self.row, seen.after.state
        dated = row.from_on is not None or row.until_on is not None
        over = dated and not row.in_force(self.day(seen.event.at))
        if over or (row.states and state not in row.states):
            return False
        return self.when is None or self.when.after(seen)


@attrs.define
class Added:
    """What a step adds, gathered in its order."""

    seen: Occurrence
    effects: list[Effect] = attrs.field(factory=list)
    messages: list[Outgoing] = attrs.field(factory=list)
    raises: list[Raised] = attrs.field(factory=list)

    def start(self, bound: Bound[Any], due_at: datetime) -> None:
        """Start the timer of a row, in place of the one it has."""
        self.effects.append(Put("timers", Timer(bound.timer, TIMER, due_at, self.seen.version)))

    def stop(self, bound: Bound[Any]) -> None:
        """Stop the timer of a row."""
        self.effects.append(Drop("timers", bound.timer))

    def open(self, bound: Bound[Any], due_at: datetime, brings: Mapping[str, object]) -> None:
        """Open what a row asks for; what it opened before and nobody did makes room."""
        row, after = bound.row, self.seen.after
        self.messages += _cancelled(bound, after, "superseded")
        if row.task is not None:
            self.put_task(bound.task, bound, due_at)
        if row.opens is not None:
            opens, known = row.opens, {"kind": row.kind, "channels": row.channels, "role": row.role}
            payload = {
                opens.whom: getattr(after.facts, opens.whom, None) or after.ref.id,
                "cadence": row.name,
                **{name: value for name, value in known.items() if value},
                **brings,
                **opens.brings,
            }
            opening = Outgoing(opens.machine, opens.event, payload, link=bound.link)
            self.messages.append(opening)
        if row.raises is not None:
            self.raises.append(Raised(row.raises))

    def put_task(self, name: str, bound: Bound[Any], due_at: datetime) -> None:
        """Open a task for the role of a row, and for the person a fact names."""
        row, at = bound.row, self.seen.event.at
        person = None if row.assignee is None else getattr(self.seen.after.facts, row.assignee)
        task = Task(f"{name}.{self.seen.version}", name, row.role or "", at, due_at, person)
        self.effects.append(Put("tasks", task))

    def close(self, bound: Bound[Any], reason: str) -> None:
        """Close what a row has opened, unless it stays (AMB-12)."""
        after = self.seen.after
        if not bound.row.stays:
            if any(task.name == bound.task for task in after.tasks):
                self.effects.append(Drop("tasks", bound.task))
            self.messages += _cancelled(bound, after, reason)

    def evolved(self, state: CareState) -> Evolved:
        """Return all of it, with the policy's state."""
        return Evolved(state, tuple(self.effects), tuple(self.messages), tuple(self.raises))


def _cancelled(bound: Bound[Any], after: Snapshot[Any], reason: str) -> Iterator[Outgoing]:
    """Yield what ends the entities a row has opened and nobody has dealt with yet."""
    opens = bound.row.opens
    if opens is None or opens.cancel is None:
        return
    for link in after.links:
        if link.name == bound.link and link.state in opens.while_in:
            payload = {"reason": reason}
            # It may have been done meanwhile: then there is nothing to cancel.
            tell = MessageKind.TELL
            yield Outgoing(link.ref.machine, opens.cancel, payload, link.ref.id, tell)
