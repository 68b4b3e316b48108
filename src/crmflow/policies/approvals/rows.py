"""The table `[[chains]]`: whose approval an event or a state needs, in which steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Literal

import attrs

from crmflow.core.form import Names, Text
from crmflow.core.measure import Measure
from crmflow.core.tables import MachineRow

NONE = "none"
"""In place of a role: it is stated that nobody approves (CON-011)."""


class Mode(StrEnum):
    """How the votes of a step come to its outcome."""

    ONE = "one"  # the first vote decides
    ALL = "all"  # 会签
    ANY = "any"  # 或签
    SEQUENCE = "sequence"  # 依次
    VOTE = "vote"  # 票签


class Refusal(StrEnum):
    """What one refusal means: the end, or a vote that counts against."""

    AT_ONCE = "at_once"
    COUNTS = "counts"


class Empty(StrEnum):
    """What happens where a step finds no approver; never a silent pass."""

    REFUSE = "refuse"
    PASS = "pass"  # noqa: S105 - no password
    FALLBACK = "fallback"


class OwnRequest(StrEnum):
    """What happens where the requester would approve."""

    FORBID = "forbid"
    SUPERIOR = "superior"
    ALLOW = "allow"


class SamePerson(StrEnum):
    """For which later steps an approval counts again."""

    ONCE = "once"
    CONSECUTIVE = "consecutive"
    EACH = "each"


class OnTimeOut(StrEnum):
    """What happens when a step's time limit passes."""

    REMIND = "remind"
    ESCALATE = "escalate"
    TRANSFER = "transfer"
    REFUSE = "refuse"
    PASS = "pass"  # noqa: S105 - no password


class OnChange(StrEnum):
    """What a change of the covered facts does to a request."""

    VOID = "void"
    RESTART = "restart"


@attrs.frozen
class Approver:
    """
    One way to find approvers; exactly one of the ways is given.

    Attributes:
        person: Id of a person.
        role: All who have the role; `none` states that nobody approves.
        department: All members of the department.
        department_of: Fact that names a department: its members; with `role` only those
            who have it.
        superior: The requester's n-th superior.
        superiors_up_to: The requester's superiors up to the first who has this role.
        chosen: Field of the form with the ids the requester chose.
        fact: Fact with one id or several.
        owner: Whether it is the owner, the fact `owner`.
    """

    person: Text | None = None
    role: Text | None = None
    department: Text | None = None
    department_of: Text | None = None
    superior: int | None = None
    superiors_up_to: Text | None = None
    chosen: Text | None = None
    fact: Text | None = None
    owner: bool = False

    @property
    def ways(self) -> tuple[str, ...]:
        """Names of the ways that are given; a role of a department counts as one way."""
        given = attrs.asdict(self)
        if self.department_of is not None:
            given["role"] = None
        return tuple(name for name, value in given.items() if value not in (None, False))


@attrs.frozen
class StepRow:
    """
    One step of a chain; steps of one name that follow each other are alternatives.

    Attributes:
        name: Its name in the chain.
        approvers: Who approves.
        mode: How their votes come to an outcome.
        refusal: What one refusal means; left out: it counts in `any` and `vote`, else ends.
        ratio: For `vote`: share of all votes that must approve, such as `2/3` or `0.6`.
        count: For `vote`: so many votes must approve, instead of a ratio.
        weights: For `vote`: votes of a person or role that has more than one.
        when: Condition on facts and form; of alternatives the first that holds is taken.
        otherwise: `skip` where no alternative holds; else the last one has no `when`.
        empty: What happens where no approver is found.
        fallback: Who approves then.
        own_request: What happens where the requester would approve.
        limit: Time the step may take.
        calendar: Working calendar of the limit; needed where it is in working time.
        on_time_out: What happens when it passes.
        to: Who takes over by `transfer`, or by `escalate` in place of the superiors.
    """

    name: Text
    approvers: tuple[Approver, ...] = ()
    mode: Mode = Mode.ONE
    refusal: Refusal | None = None
    ratio: Text | None = None
    count: int | None = None
    weights: Mapping[str, int] = attrs.field(factory=dict)
    when: Text | None = None
    otherwise: Literal["skip"] | None = None
    empty: Empty = Empty.REFUSE
    fallback: tuple[Approver, ...] = ()
    own_request: OwnRequest = OwnRequest.FORBID
    limit: Measure | None = None
    calendar: Text | None = None
    on_time_out: OnTimeOut = OnTimeOut.REMIND
    to: tuple[Approver, ...] = ()

    @property
    def refuses(self) -> Refusal:
        """What one refusal means, the mode's own meaning where none is given."""
        counts = self.mode in {Mode.ANY, Mode.VOTE}
        return self.refusal or (Refusal.COUNTS if counts else Refusal.AT_ONCE)


@attrs.frozen
class Chain(MachineRow):
    """
    Whose approval an event needs, or what a state waits for.

    Attributes:
        event: The event that is held until the chain passes.
        state: The state whose rows with a `vote` are its votes, in place of an event.
        when: Condition; of the chains of one event the first that holds is taken.
        otherwise: `none` where it is stated that nobody approves when no chain holds.
        roles: In place of steps: roles in order, one step each, or `none`: stated that
            nobody approves.
        steps: The steps in order.
        same_person: For which later steps an approval counts again.
        covers: Facts whose change ends the request; left out: those the conditions read.
        on_change: What such a change does: `void` it or `restart` the chain. In an approval
            state there is nothing to void, it always restarts.
        remind_every: Shortest time between two reminders.
        administrators: Roles that may stop requests, hand them over and remove signers.
    """

    event: Text | None = None
    state: Text | None = None
    when: Text | None = None
    otherwise: Literal["none"] | None = None
    roles: Text | None = None
    steps: tuple[StepRow, ...] = ()
    same_person: SamePerson = SamePerson.EACH
    covers: tuple[Text, ...] | None = None
    on_change: OnChange = OnChange.VOID
    remind_every: timedelta = timedelta(hours=4)
    administrators: Names = ("administrator",)

    @property
    def key(self) -> str:
        """Name of the event or state: what a request is called."""
        return self.event or self.state or ""

    @property
    def is_none(self) -> bool:
        """Whether it is stated that nobody approves."""
        return self.roles == NONE

    @property
    def walk(self) -> tuple[StepRow, ...]:
        """The steps, those of `roles` written out."""
        if self.roles is None or self.is_none:
            return self.steps
        return tuple(StepRow(role, (Approver(role=role),)) for role in self.roles.split())
