"""Until when: an event that is too late some time after something."""

from __future__ import annotations

from datetime import date, datetime

import attrs

from crmflow.core.local_time import moment_of
from crmflow.core.machine import Machine
from crmflow.core.reading import FieldError
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.core.working_time import WorkingCalendar
from crmflow.expressions import Expression, Scope
from crmflow.policies.budgets.binding import View, scope_of
from crmflow.policies.budgets.rows import Late, Window

POLICY = "windows"

_REASONS = {
    (False, Late.REFUSE): "too_late",
    (False, Late.REASON): "late_needs_reason",
    (True, Late.REFUSE): "too_early",
    (True, Late.REASON): "early_needs_reason",
}

Since = Expression[datetime | None] | Expression[date | None]


@attrs.frozen
class BoundWindow:
    """A window as its event sees it."""

    row: Window
    when: Expression[bool] | None
    since: Since
    at: Since | None
    calendar: WorkingCalendar
    tables: Tables

    def verdict(self, view: View) -> Verdict | None:
        """Return why the event is not in time, or None; what never began is always in time."""
        asked = self.when is None or view.value(self.when)
        began = view.value(self.since) if asked else None
        if began is None:
            return None
        came = view.at if self.at is None else view.value(self.at) or view.at
        due_at = self.row.within.due_at(moment_of(self.tables.zone, began), self.calendar)
        came_at, row = moment_of(self.tables.zone, came), self.row
        if due_at <= came_at if row.apart else came_at <= due_at:
            return None
        if row.late is Late.REASON and view.text(row.reason):
            return None
        told = {"due_at": due_at.isoformat(), "within": str(row.within)}
        return row.verdict(POLICY, Answer.REFUSE, _REASONS[row.apart, row.late], values=told)


def since_in(scope: Scope, text: str) -> Since:
    """
    Return what gives the instant, or the day, a window counts from.

    Raises:
        FieldError: The text gives neither.
    """
    try:
        return scope.compile(text, datetime)
    except FieldError as error:
        try:
            return scope.compile(text, date)
        except FieldError:
            raise error from None


def bind_window(row: Window, machine: Machine, tables: Tables) -> BoundWindow:
    """Return a window as its event sees it; its check has found nothing."""
    scope = scope_of(machine, row.event, tables)
    return BoundWindow(
        row,
        scope.maybe(row.when),
        since_in(scope, row.since),
        None if row.at is None else since_in(scope, row.at),
        tables.calendar(row.calendar),
        tables,
    )
