"""
Access request (查询/借用申请): to query, use or borrow customer data (catalogue 3.24).

It is the paper; what opens the record is a grant the record itself keeps from `use` to the
end, with the fields, masks and longest time of the rows of `[[access_requests]]`. Class A is
a matter of rank first, and no approval opens it (AMB-28): the condition `access_class_a` says
so here, and a limit of the record itself wherever it is read.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.dealing import KNOW_CUSTOMER, Reason
from crmflow.core.form import Text
from crmflow.core.machine import (
    Asked,
    Changes,
    Guard,
    Kind,
    Machine,
    Open,
    Row,
    Send,
    Start,
    State,
)
from crmflow.core.ref import UNBORN
from crmflow.core.timer import Elapsed
from crmflow.core.updates import copied, stamped

__all__ = ["ACCESS_REQUEST", "AccessFacts", "AccessRequestState", "Application"]

KEEPER = "file_keeper"
OWN_DEPARTMENT = frozenset(
    {KEEPER, "customer_service", "service_supervisor", "service_manager", "service_head"}
)
"""Who is of no other department: customer service and the file keeper (AMB-53)."""


class AccessRequestState(StrEnum):
    """Where a request is."""

    REQUESTED = "requested"
    APPROVED = "approved"
    IN_USE = "in_use"
    RETURNED = "returned"
    DENIED = "denied"
    EXPIRED = "expired"


S = AccessRequestState


class Use(StrEnum):
    """What the data are wanted for (ACC-004, ACC-010)."""

    QUERY = "query"
    USE = "use"
    BORROW = "borrow"


@attrs.frozen
class AccessFacts:
    """
    What is known of a request: the record of queries and loans 查询/借用记录 (ACC-010).

    Attributes:
        customer: Id of the customer record.
        use: What is wanted: to query, use or borrow.
        purpose: The business reason.
        until_at: Aware UTC instant by which the loan ends.
        requester: Who asks.
        requester_roles: Roles of who asks, then.
        other_department: Whether who asks is of another department (ACC-004).
        sensitive: Whether sensitive data are wanted, without masks (ACC-008).
        used_at, returned_at: Aware UTC instants.
        reason: Why it was denied.
    """

    customer: str
    use: Use
    purpose: str
    until_at: datetime
    requester: str
    requester_roles: tuple[str, ...] = ()
    other_department: bool = True
    sensitive: bool = False
    used_at: datetime | None = None
    returned_at: datetime | None = None
    reason: str | None = None


@attrs.frozen
class Application:
    """
    Who wants what, and why.

    Attributes:
        customer: Id of the customer record.
        use: What is wanted.
        purpose: The business reason.
        until_at: Aware UTC instant by which the loan ends.
        sensitive: Whether sensitive data are wanted.
    """

    customer: Text
    use: Use
    purpose: Text
    until_at: datetime
    sensitive: bool = False


@attrs.frozen
class InternalUse:
    """That what is seen stays in the company (ACC-011)."""

    internal: bool


def _is_ahead(attempt: Asked) -> bool:
    return bool(attempt.form.until_at > attempt.at)


ENDS_LATER = Guard(_is_ahead, "loan_ends_before", needs="form")
NOT_OVER = Guard(lambda attempt: attempt.facts.until_at > attempt.at, "loan_is_over")
IS_REQUESTER = Guard(
    lambda attempt: attempt.actor.id == attempt.facts.requester, "not_the_requester",
    rules="ACC-010",
)  # fmt: skip
INTERNAL = Guard(
    lambda attempt: attempt.form.internal, "not_for_outside", needs="form", rules="ACC-011"
)
RETURNS = Guard(
    lambda attempt: (
        attempt.actor.id == attempt.facts.requester or KEEPER in attempt.actor.roles
    ),
    "not_the_requester", rules="ACC-009 ACC-010", roles=KEEPER,
)  # fmt: skip


def requested(attempt: Asked) -> Changes:
    """Return the facts a request begins with."""
    roles = attempt.actor.roles
    return {
        **copied("customer", "use", "purpose", "until_at", "sensitive")(attempt),
        "requester": attempt.actor.id,
        "requester_roles": tuple(sorted(roles)),
        "other_department": roles.isdisjoint(OWN_DEPARTMENT),
    }


def loan(attempt: Asked) -> Changes:
    """Return the grant that the customer record is to keep."""
    facts, actor = attempt.facts, attempt.actor
    return {
        "reader": facts.requester,
        "roles": sorted(actor.roles),
        "departments": sorted(actor.departments),
        "purpose": facts.purpose,
        "until_at": facts.until_at,
        "unmasked": facts.sensitive,
    }


def _customer(attempt: Asked) -> str:
    found: str = attempt.facts.customer
    return found


LOAN_END = Start("loan_end", "expire", lambda attempt: Elapsed(attempt.facts.until_at - attempt.at))
OPEN = Send("customer", "$open_access", loan, _customer)
CLOSE = Send(
    "customer", "$close_access", lambda _attempt: {}, _customer, courtesy=True,
    when=lambda attempt: attempt.snapshot.state == S.IN_USE,
)  # fmt: skip

KNOWN = ("customer", "use", "purpose", "until_at", "requester")

ACCESS_REQUEST = Machine(
    "access_request",
    AccessFacts,
    zh="查询/借用申请",
    en="access request",
    searchable="customer requester",
    states=(
        State(S.REQUESTED, "已申请", "requested", Kind.INITIAL, requires=KNOWN),
        State(S.APPROVED, "已批准", "approved", requires=KNOWN),
        State(S.IN_USE, "使用中", "in use", requires=(*KNOWN, "used_at")),
        State(
            S.RETURNED, "已归还", "returned", Kind.FINAL,
            requires=(*KNOWN, "used_at", "returned_at"),
        ),
        State(S.DENIED, "已驳回", "denied", Kind.FINAL, requires=(*KNOWN, "reason")),
        State(S.EXPIRED, "已到期", "expired", Kind.FINAL, requires=KNOWN),
    ),
    rows=(
        Row(
            UNBORN, "request", S.REQUESTED, form=Application, guards=(ENDS_LATER,),
            sets=requested, send=(KNOW_CUSTOMER,),
            rules="ACC-004 ACC-008 ACC-010",
        ),
        Row(
            S.REQUESTED, "approve", S.APPROVED, guards=(NOT_OVER,), start=(LOAN_END,),
            tasks=(Open("lend", KEEPER),), vote="approve",
            rules="ACC-003 ACC-004 ACC-008",
        ),
        Row(
            S.REQUESTED, "deny", S.DENIED, form=Reason, sets=copied("reason"), vote="refuse",
            rules="ACC-004",
        ),
        Row(
            S.APPROVED, "use", S.IN_USE, form=InternalUse, guards=(IS_REQUESTER, INTERNAL),
            sets=stamped("used_at"), done="lend", send=(OPEN,),
            rules="ACC-010 ACC-011",
        ),
        Row(
            S.IN_USE, "return", S.RETURNED, guards=(RETURNS,), sets=stamped("returned_at"),
            send=(CLOSE,),
            rules="ACC-010",
        ),
        Row((S.APPROVED, S.IN_USE), "expire", S.EXPIRED, who="system", send=(CLOSE,)),
    ),
)  # fmt: skip
"""The machine `access_request`."""
