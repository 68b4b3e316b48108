"""The part of an engine that is about its policies: reading by right, attaching, retiring."""

from __future__ import annotations

import abc
from itertools import zip_longest
from typing import TYPE_CHECKING

from crmflow.engine.asking import PAGE
from crmflow.engine.safekeeping import Safekeeping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from crmflow.core.actor import Actor
    from crmflow.core.decision import Decision
    from crmflow.core.ref import EntityRef
    from crmflow.engine.attaching import Attaching
    from crmflow.engine.doubling import Double
    from crmflow.engine.listing import Listed
    from crmflow.engine.paging import Page
    from crmflow.engine.ranking import Ranking
    from crmflow.engine.values import Entity, Firing
    from crmflow.flow.request import Request
    from crmflow.flow.run import Answered
    from crmflow.policies.access import Access, Reading
    from crmflow.policies.approvals import Waiting


class Policing(Safekeeping):
    """What an engine does with its policies, beside asking them at every step."""

    _access: dict[str, Access]

    def read(self, entity: Entity, *, actor: Actor | str, purpose: str = "") -> Reading:
        """
        Return what somebody may see of an entity, by the rows of access.

        A read that must be noted is in the journal of the entity's `access_log` before
        anything is returned; so is the refusal of one. `get` is for the program itself and
        asks for no right.

        Args:
            entity: Ref, or (machine, id).
            actor: Who reads: an `Actor`, or an id that the directory knows.
            purpose: What for; noted.

        Raises:
            UnknownEntityError: There is no such entity.

        Rules: ACC-001 ACC-010
        """
        now, snapshot = self.clock.now(), self.get(entity)
        access = self._access_to(snapshot.ref.machine)
        reading = access.read(snapshot, self.actor(actor, now), now, purpose)
        self._note((reading,), now)
        return reading

    def listed(self, name: str, *, actor: Actor | str, purpose: str = "") -> Listed:
        """
        Return a list of the table `lists`, with what somebody may see of each entity in it.

        Every entity is read as by `read`, and noted where that must be; what its reader may
        not see is left out. Where access control is off for the machine all of it is shown.

        Args:
            name: Name of the list.
            actor: Who reads: an `Actor`, or an id that the directory knows.
            purpose: What for; noted. Left out, the list itself.

        Raises:
            UnknownRowError: There is no such list in force.

        Rules: REC-050 REC-051 REV-011 ACC-010
        """
        from crmflow.engine.listing import Listed, in_list, list_of, seen_by
        from crmflow.policies.access import is_on

        now = self.clock.now()
        found, who = list_of(self.registry, name, now), self.actor(actor, now)
        bars = is_on(self.registry.tables, found.machine)
        rows, hidden = [], 0
        for page in in_list(found, self.registry, self.store, now):
            readings = [
                self._access_to(found.machine.name).read(one, who, now, purpose or name)
                for one in (page if bars else ())
            ]
            self._note(readings, now)
            for one, reading in zip_longest(page, readings):
                if reading is not None and not reading.allowed:
                    hidden += 1
                else:
                    rows.append(found.row_of(one, seen_by(reading), now))
        return Listed(found, tuple(found.ordered(rows)), hidden)

    def duplicates(
        self,
        machine: str,
        given: Mapping[str, object] | str,
        *,
        actor: Actor | str,
        purpose: str = "",
    ) -> tuple[Double, ...]:
        """
        Return the entities that may be the one given, by the rows of `duplicates`.

        Every one of them is read as by `read`, and noted where that must be; how alike a fact
        is, is shown of facts alone that its reader may see as they are.

        Args:
            machine: Name of the machine.
            given: Values by fact, or the id of an entity.
            actor: Who asks: an `Actor`, or an id that the directory knows.
            purpose: What for; noted.

        Raises:
            UnknownMachineError: The machine is not switched on.
            UnknownEntityError: There is no such entity.
            IndexOutOfDateError: Not all entities are indexed.

        Rule: REC-002
        """
        from crmflow.engine.doubling import doubles
        from crmflow.policies.access import is_on

        now, who = self.clock.now(), self.actor(actor, self.clock.now())
        root = self.get((machine, given)) if isinstance(given, str) else given
        found = doubles(self._flow, machine, root, now)
        bars = is_on(self.registry.tables, self.registry.machine(machine).machine)
        access = self._access_to(machine)
        readings = [access.read(one.snapshot, who, now, purpose) if bars else None for one in found]
        self._note((one for one in readings if one is not None), now)
        return tuple(one.seen_by(reading) for one, reading in zip(found, readings, strict=True))

    def _access_to(self, machine: str) -> Access:
        """Return what reads the entities of a machine, made when it is first asked for."""
        from crmflow.policies.access import Access

        if machine not in self._access:
            declared = self.registry.machine(machine).machine
            self._access[machine] = Access.of(self.registry.tables, declared)
        return self._access[machine]

    def _note(self, readings: Iterable[Reading], now: datetime) -> None:
        """Note what must be noted of reads, before anything of them is shown."""
        from crmflow.core.actor import SYSTEM

        requests = [
            self._flow.request(
                self.registry.ref("access_log", one.log), "note", one.note, SYSTEM, now,
                creates=None,
            )
            for one in readings
            if one.note is not None
        ]  # fmt: skip
        for answered in self._group.ask(requests):
            self._one((answered,)).require()

    def inbox(
        self, *, person: str | None = None, role: str | None = None, limit: int = PAGE
    ) -> list[tuple[EntityRef, Waiting]]:
        """
        Return what waits for approval, what is overdue first, then by due instant.

        Args:
            person: Id of who is to vote, or None for everybody.
            role: Only of those found by this role, or None for any.
            limit: So many, of those that are due first.
        """
        from crmflow.policies.approvals import urgency

        page = self.inbox_page(person=person, role=role, limit=limit)
        return sorted(page.rows, key=lambda pair: (urgency(pair[1]), pair[0]))

    def inbox_page(
        self,
        *,
        person: str | None = None,
        role: str | None = None,
        limit: int = PAGE,
        after: str | None = None,
    ) -> Page[tuple[EntityRef, Waiting]]:
        """
        Return a page of what waits for approval, what is due first in front.

        Args:
            person: Id of who is to vote, or None for everybody.
            role: Only of those found by this role, or None for any.
            limit: Rows of a page.
            after: The cursor that the page before gave, or None for the first.

        Raises:
            CursorError: The cursor is none of this list.
        """
        from crmflow.engine.approving import Approving
        from crmflow.engine.paging import INBOX, Page, fitting

        approving = Approving(self.registry, self.store, self.get, self.clock.now())
        found = approving.found(person, role, fitting(limit), INBOX.place(after))
        cut = INBOX.page(found, limit, lambda pair: pair[0].place)
        return Page(tuple((task.ref, one) for task, one in cut.rows), cut.after)

    def rank(self, scheme: str, *, actor: Actor | str, dry_run: bool = False) -> Ranking:
        """
        Rank all entities of a machine by a scheme of shares, and bring each its place.

        The store is read once, a page at a time, and memory does not grow with the number of
        entities. Each place is a decision of its own (`$place`), with the tier that the
        policy makes of it.

        Args:
            scheme: Name of the scheme.
            actor: Needs the right to place.
            dry_run: Whether to count only.

        Raises:
            UnknownSchemeError: There is no such scheme of shares in force.

        Rules: TIE-035 KAM-009
        """
        from crmflow.engine.ranking import ranked

        now = self.clock.now()
        found, who = ranked(self.registry, scheme, now), self.actor(actor, now)
        fire = None if dry_run else self.fire_many
        return found.bring(found.places(self.store, now), fire, who, now)

    def attach(self, policy: str, *, actor: Actor | str, dry_run: bool = False) -> Attaching:
        """
        Let a policy that came later begin with entities that nobody touches.

        Without this it begins with each at its next event.

        Args:
            policy: Name of the policy.
            actor: Needs one of the machines' `adopters` roles.
            dry_run: Whether to tell only what would be attached.
        """
        from crmflow.core.reserved import ATTACH, Attachment
        from crmflow.engine.attaching import Attaching, attachable

        now, seen = self.clock.now(), 0
        who, found = self.actor(actor, now), []
        for machine, bound in self.registry.policies.items():
            if policy in {one.name for one in bound}:
                for ref, begins in attachable(self.registry, self.store, machine, policy, who, now):
                    seen += 1
                    found += [ref] if begins else []
        for ref in () if dry_run else found:
            self._reserved(ref, ATTACH, Attachment(policy), who).require()
        return Attaching(seen, tuple(found))

    def retire(self, policy: str, reason: str, *, actor: Actor | str) -> tuple[EntityRef, ...]:
        """
        End a policy that is no longer there, and journal it with each entity it has state of.

        Args:
            policy: Name of the policy; the engine was made with it among `retiring`.
            reason: Why; journaled.
            actor: Needs one of the machines' `adopters` roles.

        Returns:
            The entities it had state of.
        """
        from crmflow.core.reserved import RETIRE, Retirement
        from crmflow.engine.attaching import kept_by

        done: list[EntityRef] = []
        tenant = self.registry.tenant
        for machine, name in self.store.enrolled(tenant):
            if name != policy or machine not in self.registry.machines:
                continue
            for snapshot in list(kept_by(self.registry, self.store, machine, policy)):
                form = Retirement(policy, reason)
                self._reserved(snapshot.ref, RETIRE, form, actor).require()
                done.append(snapshot.ref)
            self.store.dismiss(tenant, machine, policy)
        return tuple(done)

    def _reserved(self, ref: EntityRef, event: str, form: object, actor: Actor | str) -> Decision:
        """Fire one of the events that every machine has."""
        now = self.clock.now()
        return self._ask(self._flow.request(ref, event, form, self.actor(actor, now), now))

    @abc.abstractmethod
    def fire_many(self, firings: Iterable[Firing]) -> tuple[Answered, ...]:
        """Fire events in one batch, each for itself."""

    @abc.abstractmethod
    def _one(self, answers: Sequence[Answered]) -> Decision:
        """Return the one decision there is; what was raised instead is raised."""

    @abc.abstractmethod
    def _ask(self, request: Request) -> Decision:
        """Return the decision on a request, committed."""
