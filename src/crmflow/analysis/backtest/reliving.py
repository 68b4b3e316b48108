"""
A life lived again: recorded inputs under a policy set, timers at instants of their own.

What people and other entities asked is taken from the journal, in its order and at its instants.
What follows by itself (timers, events that policies raise, migrations) is not: it comes about
anew, or does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import attrs

from crmflow.analysis.backtest.observed import followed
from crmflow.analysis.backtest.past import Past, is_input
from crmflow.analysis.backtest.remembered import Remembered
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.errors import UnknownEventError
from crmflow.core.event import Event
from crmflow.core.journal import JournalRecord
from crmflow.core.plain import plain
from crmflow.core.refusal import Because, Refusal
from crmflow.core.reserved import FORMS
from crmflow.directory import lookup_question
from crmflow.flow.answer import answer, caught_up
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request

Ask = Callable[[Registry, Snapshot[Any], JournalRecord], Iterator[Decision]]
"""Asks again what a record asked; yields the decisions that come of it, in order."""


@attrs.define
class Reliving:
    """
    One entity's life under a policy set.

    Attributes:
        registry: The policy set.
        past: What is lived again.
        people: The directory as it was asked.
        snapshot: The entity as it is by now.
        unlooked: Lookups whose answers the journal does not have.
    """

    registry: Registry
    past: Past
    people: Remembered = attrs.field(init=False)
    snapshot: Snapshot[Any] = attrs.field(init=False)
    unlooked: int = 0

    def __attrs_post_init__(self) -> None:
        self.people = Remembered.of(self.past.records, self.registry.directory)
        self.registry = attrs.evolve(self.registry, directory=self.people)
        self.snapshot = self.past.start

    def decisions(self, until: datetime) -> Iterator[Decision]:
        """
        Yield every decision in order, refusals of recorded inputs included.

        Args:
            until: Aware UTC instant until which what is due comes about.

        Raises:
            GuardFailedError: A function of the machine raised.
            PolicyFailedError: A plugin raised.
        """
        ask = followed if self.past.observed else self._asked
        for record in self.past.records:
            if is_input(record):
                for decision in ask(self.registry, self.snapshot, record):
                    yield from _chain(decision)
                    self.snapshot = decision.snapshot
        if self.snapshot.version:
            compiled = self.registry.machine(self.past.ref.machine)
            for decision in caught_up(self.registry, compiled, self.snapshot, until):
                yield decision
                self.snapshot = decision.snapshot

    def _asked(
        self, registry: Registry, snapshot: Snapshot[Any], record: JournalRecord
    ) -> Iterator[Decision]:
        self._note_lookups(record)
        yield asked(registry, snapshot, record)

    def _note_lookups(self, record: JournalRecord) -> None:
        wanted = self.registry.lookups.get((record.ref.machine, record.event.name), ())
        known = record.reads or {}
        self.unlooked += sum(lookup_question(one.name) not in known for one in wanted)


def asked(registry: Registry, snapshot: Snapshot[Any], record: JournalRecord) -> Decision:
    """Return the decision on what a record asked, with what came before and after it."""
    event = record.event
    form = event.form
    if event.name not in FORMS and form is not None:
        form = _form_of(registry, record)
    request = Request(
        snapshot.ref, event.name, form, event.actor, event.at, None, event.key, None, event.cause
    )
    try:
        return answer(registry, snapshot, request, _looked(record))
    except UnknownEventError:
        # Its policy is not of this set.
        refusal = Refusal(Because.NO_ROW, snapshot.state)
        return Decision(event, snapshot, refusal=refusal)


def _form_of(registry: Registry, record: JournalRecord) -> Any:  # noqa: ANN401 - any form
    """Return the form as this set's machines have it; those of its own plugins may differ."""
    event: Event[Any] = record.event
    try:
        form = registry.form(record.ref.machine, event.name)
    except UnknownEventError:
        return event.form
    if form is None or isinstance(event.form, form):
        return event.form
    return plain(event.form)


def _looked(record: JournalRecord) -> dict[str, object] | None:
    """Return what was looked up for a record, or None where nothing was."""
    start = lookup_question("")
    found = {name: known for name, known in (record.reads or {}).items() if name.startswith(start)}
    return found or None


def _chain(decision: Decision) -> Iterator[Decision]:
    """Yield a decision with those of its commit, in order."""
    yield from decision.fired
    yield decision
    yield from decision.caused
