"""The request of an approval state: open, or opened anew where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.people import People
from crmflow.core.plain import plain
from crmflow.policies.approvals.binding import Bound, Case, Chains
from crmflow.policies.approvals.request import Approvals, Request
from crmflow.policies.approvals.walking import opened

UNKNOWN = Actor("")
"""Who asked, where an entity was in its approval state before there was a chain."""


def form_of(form: object) -> Mapping[str, object]:
    """Return a form as plain values, as requests keep it."""
    return {} if form is None else cast("Mapping[str, object]", plain(form))


def reopened(
    chains: Chains, state: Approvals, snapshot: Snapshot[Any], at: datetime, people: People
) -> tuple[Request | None, Bound | None]:
    """
    Return the request of the entity's state and its chain.

    Where none is open (the chain is newer than the entity, or it was stopped) it is opened,
    for who asked the last time; nothing where it is stated that nobody approves.
    """
    key = snapshot.state
    request = state.find(key)
    if request is not None:
        return request, chains.of(key, request.chain, request.version)
    last = state.last(key)
    requester = UNKNOWN if last is None else last.requester
    case = Case(snapshot, key, requester, {}, at, people)
    bound = chains.chosen(case)
    return (None, None) if bound is None else (opened(bound, case, event="").request, bound)
