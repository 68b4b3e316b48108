"""
Access: who may fire which event, read which entity and see which fact.

Where a machine has at least one row of `[[access]]`, everything is refused that no row
allows. Limits bind everybody but whom they name, and neither a right nor a grant opens
them. What lies outside one's rights is opened by a granted request with a purpose and an
end. Reads of confidential entities, and all reads by a grant, are noted in `access_log`.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.tables import Table, Tables
from crmflow.hookspecs import hookimpl
from crmflow.policies.access.checking import check_posts, checked
from crmflow.policies.access.covering import Cover, without
from crmflow.policies.access.judging import is_on, judge_of
from crmflow.policies.access.log import ACCESS_LOG, LogFacts, Note, log_id
from crmflow.policies.access.policy import AccessPolicy
from crmflow.policies.access.reading import Access, Reading
from crmflow.policies.access.rows import Asking, Journaling, Limit, Mask, Posts, Right
from crmflow.policies.access.rules import Rules

__all__ = [
    "ACCESS_LOG",
    "Access",
    "Cover",
    "LogFacts",
    "Note",
    "Reading",
    "is_on",
    "log_id",
    "without",
]


@hookimpl
def tables() -> Sequence[Table]:
    """Bring the tables of access."""
    rows: dict[str, type] = {
        "access": Right,
        "access_limits": Limit,
        "access_masks": Mask,
        "access_requests": Asking,
        "access_journals": Journaling,
    }
    found = [Table(name, row, checked(name)) for name, row in rows.items()]
    return [*found, Table("access_posts", Posts, check_posts)]


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the log of reads."""
    return (ACCESS_LOG,)


@hookimpl
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Refuse events that the actor has no right to."""
    return judge_of(tables, machine, event)


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Bring the requests to read, where the machine has a kind of them."""
    rules = Rules.of(tables, machine)
    return (AccessPolicy(rules),) if rules.askings else ()
