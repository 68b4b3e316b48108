"""What waits for whose approval, found by the tasks that say so, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.ref import EntityRef
from crmflow.flow.registry import Registry
from crmflow.policies.approvals import Waiting, is_approval, waiting
from crmflow.storage.port import Store
from crmflow.storage.rows import TaskPlace, TaskRow


@attrs.frozen
class Approving:
    """
    The approvals of one tenant.

    Attributes:
        registry: What the engine runs; entities of machines that are off are left out.
        store: Where tasks are.
        get: Reads an entity.
        now: Aware UTC instant by which due instants are judged.
    """

    registry: Registry
    store: Store
    get: Callable[[EntityRef], Snapshot[Any]]
    now: datetime

    def found(
        self, person: str | None, role: str | None, limit: int, after: TaskPlace | None
    ) -> list[tuple[TaskRow, Waiting]]:
        """
        Return what waits, what is due first in front, each with its task.

        Args:
            person: Id of who is to vote, or None for everybody.
            role: Only of those found by this role, or None for any.
            limit: At most so many.
            after: Place of the task seen last.
        """
        tasks = self._tasks(() if person is None else (f"@{person}",), limit, after)
        pairs = ((task, one) for task in tasks for one in self._of(task))
        asked = (pair for pair in pairs if role in (None, pair[1].role))
        return list(islice(asked, limit))

    def _tasks(
        self, whose: tuple[str, ...], limit: int, after: TaskPlace | None
    ) -> Iterator[TaskRow]:
        """Yield tasks about approvals, read a page at a time: others may be due before them."""
        while True:
            rows = self.store.tasks(self.registry.tenant, roles=whose, after=after, limit=limit)
            yield from (row for row in rows if is_approval(row.name))
            if len(rows) < limit:
                return
            after = rows[-1].place

    def _of(self, task: TaskRow) -> list[Waiting]:
        """Return what a task says, nothing where it was done meanwhile."""
        if task.ref.machine not in self.registry.machines:
            return []
        return [one for one in waiting(self.get(task.ref), self.now) if one.task == task.name]
