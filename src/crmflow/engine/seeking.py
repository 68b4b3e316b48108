"""The part of an engine that finds: entities, tasks and deadlines, whole or page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from crmflow.engine.asking import PAGE, Asking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from crmflow.core.actor import Actor
    from crmflow.engine.paging import Page
    from crmflow.engine.promising import Deadline
    from crmflow.engine.wanting import Asked, Wanted
    from crmflow.storage.query import Alike
    from crmflow.storage.rows import DueRow, EntityRow, TaskRow


class Seeking(Asking):
    """Questions about many entities; an index leads to every answer."""

    def find(self, machine: str | None = None, **wanted: Unpack[Wanted]) -> Iterator[EntityRow]:
        """
        Return the rows of entities in order of (machine, id), read a page at a time.

        Args:
            machine: Of one machine only, or of all.
            wanted: What they must be: `state`, `owner`, `tier`, `link`, `where`; see `Wanted`.

        Raises:
            UnknownMachineError: The machine is not switched on.
            UnknownStateError: There is no such state.
            NotSearchableError: The machine is not searched by a fact, or none is named.
            IndexOutOfDateError: Not all its entities are indexed so: see `reindex`.

        Rules: REC-049 STO-007
        """
        from crmflow.engine.wanting import found

        return found(self._asked(machine, wanted))

    def find_page(
        self,
        machine: str | None = None,
        *,
        limit: int = PAGE,
        after: str | None = None,
        **wanted: Unpack[Wanted],
    ) -> Page[EntityRow]:
        """
        Return a page of what `find` returns.

        Args:
            machine: Of one machine only, or of all.
            limit: Rows of a page.
            after: The cursor that the page before gave, or None for the first.
            wanted: What they must be, the same for all pages.

        Raises:
            CursorError: The cursor is none of this list; else as `find`.
        """
        from crmflow.engine.paging import ENTITIES, fitting
        from crmflow.engine.wanting import found_page

        rows = found_page(self._asked(machine, wanted), fitting(limit), ENTITIES.place(after))
        return ENTITIES.page(rows, limit, lambda row: (row.ref.machine, row.ref.id))

    def find_due(
        self,
        until: datetime,
        machine: str | None = None,
        *,
        limit: int = PAGE,
        after: str | None = None,
        **wanted: Unpack[Wanted],
    ) -> Page[DueRow]:
        """
        Return a page of entities of which a timer or a task is due, those due first in front.

        Args:
            until: Aware instant by which it is due.
            machine: Of one machine only, or of all.
            limit: Rows of a page.
            after: The cursor that the page before gave, or None for the first.
            wanted: What they must be, the same for all pages: see `Wanted`.

        Returns:
            Rows with the instant at which the first of their timers and tasks is due.

        Raises:
            ValueError: The instant is naive.
            CursorError: The cursor is none of this list; else as `find`.
        """
        from crmflow.codec import micros
        from crmflow.engine.paging import DUE, fitting
        from crmflow.engine.wanting import found_due

        by, place = micros(self._flow.moment(until)), DUE.place(after)
        rows = found_due(self._asked(machine, wanted), by, fitting(limit), place)
        return DUE.page(rows, limit, lambda row: row.place)

    def _asked(self, machine: str | None, wanted: Wanted) -> Asked:
        from crmflow.engine.wanting import Asked

        return Asked(self.registry, self.store, machine, wanted)

    def counts(self, machine: str | None = None) -> Mapping[tuple[str, str], int]:
        """
        Return how many entities there are per (machine, state), those that are there, in order.

        They are counted along an index, one by one.

        Raises:
            UnknownMachineError: The machine is not switched on.
        """
        if machine is not None:
            self.registry.machine(machine)
        found = self.store.counts(self.registry.tenant)
        return {place: found[place] for place in sorted(found) if machine in {None, place[0]}}

    def alike(
        self, machine: str, values: Mapping[str, object], *, limit: int = 20
    ) -> Sequence[Alike]:
        """
        Return the entities that are most like some values, for people to look at.

        Args:
            machine: Whose.
            values: By fact, of those the machine is searched by. A fact that is searched as
                `text` is compared part by part, others as a whole.
            limit: At most so many.

        Returns:
            Refs with the number of terms they share, most in front, then by id.

        Raises:
            NotSearchableError: The machine is not searched by a fact.
            IndexOutOfDateError: Not all its entities are indexed so: see `reindex`.

        Rules: REC-002 REC-049
        """
        from crmflow.engine.paging import fitting
        from crmflow.engine.searching import searching_in

        searching = searching_in(self.registry, self.store, machine)
        tenant, terms = self.registry.tenant, searching.like(values)
        return self.store.alike(tenant, machine, terms, limit=fitting(limit))

    def reindex(self) -> Mapping[str, int]:
        """
        Index anew what entities are searched by, and return how many there are by machine.

        Machines without entities are left out. Needed once where a machine is searched by other
        facts than before. Others may go on with their work meanwhile, by the same release and
        configuration.

        Rule: REC-049
        """
        from crmflow.engine.searching import reindex

        return {name: count for name, count in reindex(self.registry, self.store) if count}

    def tasks(self, *roles: str, limit: int = PAGE) -> Sequence[TaskRow]:
        """Return open tasks of these roles, or of all, those due first in front."""
        from crmflow.engine.paging import fitting

        return self.store.tasks(self.registry.tenant, roles=roles, limit=fitting(limit))

    def queue(self, *roles: str, limit: int = PAGE) -> list[TaskRow]:
        """
        Return open tasks of these roles, or of all, those for important customers first.

        How important a customer is, its tier of the care scheme says (`gets.priority`);
        tasks for customers of one tier, and for nobody's, come by their due instants.

        Args:
            roles: Roles, or `@` and the id of one person.
            limit: So many, of those that are due first.

        Rule: TIE-037
        """
        from crmflow.engine.queueing import queued

        tables = self.registry.tables
        rows = self.tasks(*roles, limit=limit)
        return queued(rows, self.get, tables, tables.day(self.clock.now()))

    def task_page(self, *roles: str, limit: int = PAGE, after: str | None = None) -> Page[TaskRow]:
        """
        Return a page of what `tasks` returns.

        Args:
            roles: Of these roles, or `@` and the id of one person; or of all.
            limit: Rows of a page.
            after: The cursor that the page before gave, or None for the first.

        Raises:
            CursorError: The cursor is none of this list.
        """
        from crmflow.engine.paging import TASKS, fitting

        tenant, place = self.registry.tenant, TASKS.place(after)
        rows = self.store.tasks(tenant, roles=roles, after=place, limit=fitting(limit))
        return TASKS.page(rows, limit, lambda row: row.place)

    def tasks_for(
        self, actor: Actor | str, *, limit: int = PAGE, after: str | None = None
    ) -> Page[TaskRow]:
        """
        Return a page of the open tasks that somebody may do: their own, and those of their roles.

        Args:
            actor: An `Actor`, or an id that the directory knows.
            limit: Rows of a page.
            after: The cursor that the page before gave, or None for the first.

        Raises:
            UnknownActorError: Nobody knows the id.
            CursorError: The cursor is none of this list.
        """
        who = self.actor(actor, self.clock.now())
        return self.task_page(f"@{who.id}", *sorted(who.roles), limit=limit, after=after)

    def deadlines(
        self,
        machine: str | None = None,
        *,
        overdue: bool = False,
        limit: int = PAGE,
        after: str | None = None,
    ) -> Page[Deadline]:
        """
        Return a page of the deadlines that are neither met nor cancelled, those due first in front.

        One that stands still is left out, unless it was missed before.

        Args:
            machine: Of one machine only, or of all.
            overdue: Only those that are missed.
            limit: So many are read; those that ended meanwhile are left out.
            after: The cursor that the page before gave, or None for the first.

        Raises:
            UnknownMachineError: The machine is not switched on.
            IndexOutOfDateError: Not all entities are indexed: see `reindex`.
            CursorError: The cursor is none of this list.
        """
        from crmflow.engine.paging import DEADLINES, Page, fitting
        from crmflow.engine.promising import deadlines, promised

        now, place = self.clock.now(), DEADLINES.place(after)
        until = now if overdue else None
        found = promised(self.registry, self.store, machine, until, place, fitting(limit))
        cut = DEADLINES.page(found, limit, lambda one: (one.term, one.id))
        return Page(tuple(deadlines(self.registry, self.store, found, now)), cut.after)
