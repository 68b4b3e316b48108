"""The tables of access: rights, limits, masks, requests, journals and posts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

import attrs

from crmflow.core.form import Names, Text
from crmflow.core.machine import Machine
from crmflow.core.tables import MachineRow, TableRow

ALL = "*"
"""In place of the names of events or facts: every one."""


class MaskKind(StrEnum):
    """What is left of a value that is masked, the strictest first."""

    HIDDEN = "hidden"
    FULL = "full"
    INITIAL = "initial"
    LAST4 = "last4"


@attrs.frozen
class WhoRow(MachineRow):
    """
    A row about people: those with any of what it names.

    Attributes:
        roles: Roles, which are posts and ranks too.
        departments: Departments.
        owners: Facts that name a person, or several; who they name.
    """

    roles: tuple[Text, ...] = attrs.field(default=(), kw_only=True)
    departments: tuple[Text, ...] = attrs.field(default=(), kw_only=True)
    owners: tuple[Text, ...] = attrs.field(default=(), kw_only=True)

    @property
    def names_somebody(self) -> bool:
        """Whether it names any people; a right that names none is everybody's."""
        return bool(self.roles or self.departments or self.owners)


@attrs.frozen
class Right(WhoRow):
    """
    A right (`[[access]]`); one row turns access control on for its machine.

    Attributes:
        events: Events its people may fire, or `*`.
        fields: Facts they may read, or `*`.
        when: Expression about the entity; where it does not hold, the row gives nothing.
        journaled: Whether a read by this right is journaled.
    """

    events: tuple[Text, ...] = ()
    fields: tuple[Text, ...] = ()
    when: str = ""
    journaled: bool = False

    def lets_fire(self, event: str) -> bool:
        """Say whether it is about an event."""
        return ALL in self.events or event in self.events


@attrs.frozen
class Limit(WhoRow):
    """
    A limit (`[[access_limits]]`): where it holds only its people pass; nothing opens it.

    Attributes:
        when: Expression about the entity.
        linked: Fact of a linked entity, as `link.fact`.
        values: What that fact is where the limit holds.
        events: Events it is about, or `*`.
        reads: Whether it is about reading.
        qualified: Qualifications of which one lets somebody pass too, as the directory says:
            people know the work before they take part (TRN-013). About events only.
    """

    when: str = ""
    linked: str = ""
    values: tuple[Text, ...] = ()
    events: tuple[Text, ...] = (ALL,)
    reads: bool = True
    qualified: tuple[Text, ...] = ()

    def bars(self, event: str) -> bool:
        """Say whether it is about an event."""
        return ALL in self.events or event in self.events


@attrs.frozen
class Mask(WhoRow):
    """
    A mask (`[[access_masks]]`): only its people see these facts as they are.

    Attributes:
        fields: Facts.
        mask: What is left of them for the others.
    """

    fields: Names
    mask: MaskKind


@attrs.frozen(kw_only=True)
class Asking(WhoRow):
    """
    A kind of request (`[[access_requests]]`) its people may make, or anybody.

    Attributes:
        fields: Facts that a grant opens, or `*`.
        approvers: Roles of which one grants it.
        through: Machine whose entities are the requests, in place of approvers: it opens the
            grant and closes it by message, and nobody asks the entity itself.
        longest: How long a grant lasts at most.
        unmasked: Whether a grant shows the facts without masks.
        when: Expression about the entity; where it does not hold it cannot be asked.
    """

    fields: Names
    approvers: tuple[Text, ...] = ()
    through: Text | None = None
    longest: timedelta
    unmasked: bool = False
    when: str = ""


@attrs.frozen
class Journaling(MachineRow):
    """
    Confidential entities (`[[access_journals]]`): every read of them is journaled.

    Attributes:
        when: Expression about the entity; left out, all of them.
    """

    when: str = ""


@attrs.frozen
class PostRight:
    """What a post may do with one machine's entities: events and facts, or `*`."""

    events: tuple[Text, ...] = ()
    fields: tuple[Text, ...] = ()


@attrs.frozen
class Posts(TableRow):
    """
    Rights per post (`[[access_posts]]`), as a company lists them (ACC-005).

    Attributes:
        posts: By post, then by machine.
    """

    posts: Mapping[str, Mapping[str, PostRight]]

    def rights(self, machine: Machine) -> tuple[Right, ...]:
        """Return its rights to a machine's entities as rows."""
        return tuple(
            Right(
                name=f"{self.name} {post}",
                machine=machine.name,
                rules=self.rules,
                from_on=self.from_on,
                until_on=self.until_on,
                version=self.version,
                origin=self.origin,
                roles=(post,),
                events=found[machine.name].events,
                fields=found[machine.name].fields,
            )
            for post, found in self.posts.items()
            if machine.name in found
        )
