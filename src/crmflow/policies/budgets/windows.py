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

Since = Expression[datetime | None] | Expression[date | None]


@attrs.frozen
class BoundWindow:
    """A window as its event sees it."""

    row: Window
    since: Since
    calendar: WorkingCalendar
    tables: Tables

    def verdict(self, view: View) -> Verdict | None:
        """Return why the event is too late, or None; what never began is never too late."""
        began = view.value(self.since)
        if began is None:
            return None
        due_at = self.row.within.due_at(moment_of(self.tables.zone, began), self.calendar)
        if view.at <= due_at:
            return None
        row = self.row
        if row.late is Late.REASON and view.text(row.reason):
            return None
        reason = "late_needs_reason" if row.late is Late.REASON else "too_late"
        told = {"due_at": due_at.isoformat(), "within": str(row.within)}
        return row.verdict(POLICY, Answer.REFUSE, reason, values=told)


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
    since = since_in(scope_of(machine, row.event, tables), row.since)
    return BoundWindow(row, since, tables.calendar(row.calendar), tables)
