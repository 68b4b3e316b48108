"""Models of Django for the ticket; imported once Django has its settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import models, transaction
from django_fsm import GET_STATE, ConcurrentTransitionMixin, FSMField, transition

from benchmarks.ticket import (
    FACTS,
    Guard,
    Ticket,
    has_departments,
    has_problem,
    has_solution,
    is_answered,
    is_graded,
    is_grave,
)


def asked(guard: Guard) -> Callable[[models.Model], bool]:
    """Return a guard as Django knows it."""

    def holds(ticket: models.Model) -> bool:
        assert isinstance(ticket, TicketRow), f"{ticket} is no ticket"
        return guard(ticket)

    return holds


class TicketRow(ConcurrentTransitionMixin, models.Model):
    """A ticket; saving it compares its state with that in the database."""

    state = FSMField(default="received")
    problem: models.TextField[str, str] = models.TextField()

    class Meta:
        """Where it belongs."""

        app_label = "rivals"

    def __str__(self) -> str:
        return f"ticket {self.pk}, {self.state}"

    @property
    def facts(self) -> Ticket:
        """What the guards read."""
        return FACTS

    @transition(state, source="received", target="recorded", conditions=[asked(has_problem)])
    def record(self) -> None:
        """Record it."""

    @transition(state, source="recorded", target="graded", conditions=[asked(is_graded)])
    def grade(self) -> None:
        """Grade it."""

    @transition(state, source="graded", target="investigating", conditions=[asked(has_departments)])
    def investigate(self) -> None:
        """Look into it."""

    @transition(
        state, source="investigating", target="solution_ready", conditions=[asked(has_solution)]
    )
    def propose(self) -> None:
        """Propose a solution."""

    @transition(
        state, source="solution_ready", target="investigating", conditions=[asked(has_problem)]
    )
    def reject(self) -> None:
        """Reject it."""

    @transition(
        state,
        source="solution_ready",
        target=GET_STATE(
            lambda self: "investigating" if is_grave(self) else "solved",
            states=["investigating", "solved"],
        ),
        conditions=[asked(has_solution)],
    )
    def solve(self) -> None:
        """Solve it, unless it is grave."""

    @transition(state, source="solved", target="received", conditions=[asked(is_answered)])
    def reopen(self) -> None:
        """Begin again."""


class StepRow(models.Model):
    """A step that a ticket went."""

    ticket: models.ForeignKey[TicketRow, TicketRow] = models.ForeignKey(
        TicketRow, on_delete=models.CASCADE
    )
    event: models.TextField[str, str] = models.TextField()
    source: models.TextField[str, str] = models.TextField()
    target: models.TextField[str, str] = models.TextField()
    at: models.DateTimeField[datetime, datetime] = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Where it belongs."""

        app_label = "rivals"

    def __str__(self) -> str:
        return f"{self.source} -> {self.target}"


def step(alias: str, of: int, event: str) -> str:
    """
    Load a ticket, fire, save it and note the step, in one transaction.

    Args:
        alias: Name of the database.
        of: Key of the ticket.
        event: Name of the event.

    Returns:
        The state it is in.
    """
    with transaction.atomic(using=alias):
        ticket = TicketRow.objects.using(alias).get(pk=of)
        source = ticket.state
        getattr(ticket, event)()
        ticket.save(using=alias)
        StepRow.objects.using(alias).create(
            ticket=ticket, event=event, source=source, target=ticket.state
        )
    return str(ticket.state)
