"""The part of an engine that runs what is due, and looks after what cannot be delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmflow.engine.asking import PAGE
from crmflow.engine.driving import drive
from crmflow.engine.operating import Operating

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from crmflow.core.errors import CrmflowError
    from crmflow.core.ref import EntityRef
    from crmflow.engine.values import Due
    from crmflow.storage.query import Backlog
    from crmflow.storage.rows import MessageRow, MessageStatus


class Running(Operating):
    """What an engine does by itself, once: see `Worker` for what goes on and on."""

    def run_due(self, until: datetime | None = None) -> Due:
        """
        Fire every timer due by *until*, hand over every waiting message; see also `upkeep`.

        Messages that a worker has, or that failed and wait for their next attempt, are left.

        Args:
            until: Aware instant, or None for now; backups and journals are due by now in any case.
        """
        import attrs

        from crmflow.engine.values import Due
        from crmflow.flow.due import fire_due

        now = self._flow.near(until)
        due = Due()
        stuck: set[EntityRef] = set()
        failures: dict[object, CrmflowError] = {}
        while True:
            touched = drive(fire_due(self._flow, now, PAGE, stuck))
            handed = drive(self._outbox.hand_over(now))
            stuck.update(touched.failures)
            for found in (touched.failures, handed.failures):
                failures.update(found.items())
            due = Due(
                (*due.fired, *touched.fired),
                (*due.applied, *handed.applied),
                (*due.parked, *handed.parked),
                handed.waiting,
                tuple(failures.values()),
            )
            if not (touched.fired or touched.failures or handed.applied):
                break
        kept = self.upkeep()
        errors = (*due.errors, *kept.errors)
        return attrs.evolve(due, errors=errors, backups=kept.backups, pruned=kept.pruned)

    def backlog(self) -> Backlog:
        """Return how much is due and waits, for workers to do."""
        from crmflow.codec import micros

        return self.store.backlog(self.registry.tenant, micros(self.clock.now()))

    def retry_outbox(self, names: Collection[str] = (), *, target: str | None = None) -> Due:
        """
        Let messages be tried at once, parked ones too, and run what is due.

        Args:
            names: Those of these names only (`MessageRow.name`), or all.
            target: Those to this machine or handler only, or all.

        Raises:
            UnknownMessageError: There is none of a name.
        """
        from crmflow.storage.rows import MessageStatus

        rows = self._picked(None, names, target)
        stuck = [one for one in rows if one.attempts or one.status is MessageStatus.PARKED]
        drive(self._outbox.release(stuck))
        return self.run_due()

    def drop_outbox(
        self, names: Collection[str] = (), *, target: str | None = None
    ) -> tuple[MessageRow, ...]:
        """
        Take parked messages out of the outbox for good; their sources were told already.

        Args:
            names: Those of these names only (`MessageRow.name`), or all.
            target: Those to this machine or handler only, or all.

        Returns:
            The messages. Those behind them are handed over next.

        Raises:
            UnknownMessageError: None of a name is parked.
        """
        from crmflow.storage.rows import MessageStatus

        rows = self._picked(MessageStatus.PARKED, names, target)
        drive(self._outbox.drop(rows))
        return tuple(rows)

    def _picked(
        self, status: MessageStatus | None, names: Collection[str], target: str | None
    ) -> list[MessageRow]:
        from crmflow.engine.values import UnknownMessageError

        rows = drive(self._outbox.picked(status, names, target))
        unknown = sorted(set(names) - {one.name for one in rows})
        if unknown:
            raise UnknownMessageError(tuple(unknown))
        return rows
