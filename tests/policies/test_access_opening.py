"""Grants that are opened and closed by requests of another machine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import attrs
import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.event import Cause, Event
from crmflow.core.form import structure
from crmflow.core.journal import Entry
from crmflow.core.policy import Denied, Evolved, Occurrence
from crmflow.core.ref import EntityRef
from crmflow.policies import access
from crmflow.policies.access import Access
from crmflow.policies.access.policy import AccessPolicy
from crmflow.policies.access.state import AccessOpened, AccessState, Request
from tests.policies.files import ANNA, AT, CHIEF, DAY, FILE, GUEST, ROWS, File, Rows, snapshot
from tests.policies.files import tables_of as tables_with

PAPER = EntityRef("main", "paper", "P-1")
KIND = {"name": "by_paper", "fields": ["name", "phone"], "through": "paper", "longest": "30d"}
OPEN = {"reader": "gus", "purpose": "an order", "until_at": AT + DAY, "departments": ["purchasing"]}


def with_kinds(*kinds: Mapping[str, object]) -> Rows:
    """Return the rows with other kinds of requests."""
    return {**ROWS, "access_requests": [*kinds]}


PAPERS = with_kinds(KIND, {**KIND, "name": "bare", "unmasked": True})


def fire(
    event: str,
    payload: Mapping[str, object] | None = None,
    *requests: Request,
    source: EntityRef | None = PAPER,
    rows: Rows = PAPERS,
    facts: File = ANNA,
    actor: Actor = SYSTEM,
) -> Evolved | Denied:
    """Tell a file something by message, or as a caller where there is no source."""
    (policy,) = access.policies_for(FILE, tables_with(rows))
    assert isinstance(policy, AccessPolicy)
    kind = policy.reserved[event]
    form, faults = (None, ()) if kind is None else structure(kind, payload or {})
    assert not faults
    cause = None if source is None else Cause(source=source, version=3)
    found = snapshot(facts, "open", requests)
    seen = Occurrence(found, found, Event(event, actor, AT, form, None, cause), Entry.POLICY)
    evolve = policy.evolve_for(event)
    assert evolve is not None
    answer = evolve(found.policy("access"), seen)
    assert answer is not None
    return answer


def grants(answer: Evolved | Denied) -> tuple[Request, ...]:
    """Return the grants after an accepted event."""
    assert isinstance(answer, Evolved), answer
    assert isinstance(answer.state, AccessState)
    return answer.state.requests


def reason(answer: Evolved | Denied) -> str:
    """Return why an event was denied."""
    assert isinstance(answer, Denied), answer
    (verdict,) = answer.verdicts
    return verdict.reason


def test_a_grant_is_opened_by_message() -> None:
    """It is named by the request it comes from, and its reader may read (ACC-010)."""
    [grant] = grants(fire("$open_access", OPEN))
    assert (grant.name, grant.row, grant.granted_by) == ("paper P-1", "by_paper", "paper P-1")
    reading = Access.of(tables_with(PAPERS), FILE).read(snapshot(ANNA, "open", (grant,)), GUEST, AT)
    assert dict(reading.facts) == {"name": "Anna Bell", "phone": "***8000"}
    assert reading.grant == "paper P-1"
    assert reading.note is not None


def test_a_grant_of_sensitive_facts_shows_them_as_they_are() -> None:
    """Where the request was one for sensitive facts (ACC-008)."""
    [grant] = grants(fire("$open_access", {**OPEN, "unmasked": True}))
    reading = Access.of(tables_with(PAPERS), FILE).read(snapshot(ANNA, "open", (grant,)), GUEST, AT)
    assert reading.facts["phone"] == "13800138000"


def test_it_is_closed_by_the_same_request() -> None:
    """What others opened stays."""
    [grant] = grants(fire("$open_access", OPEN))
    other = attrs.evolve(grant, name="paper P-2")
    assert grants(fire("$close_access", None, grant, other)) == (other,)
    assert grants(fire("$close_access", None, other)) == (other,)


def test_opening_again_replaces() -> None:
    """One request is one grant."""
    [first] = grants(fire("$open_access", OPEN))
    [again] = grants(fire("$open_access", {**OPEN, "until_at": AT + 2 * DAY}, first))
    assert again.until_at == AT + 2 * DAY


@pytest.mark.parametrize(
    ("source", "unmasked", "rows"),
    [
        (None, False, PAPERS),
        (EntityRef("main", "note", "N-1"), False, PAPERS),
        (PAPER, True, with_kinds(KIND)),
        (PAPER, False, with_kinds({**KIND, "roles": ["finance"]})),
        (PAPER, False, with_kinds({**KIND, "when": "file_class == 'C'"})),
    ],
    ids=["caller", "machine", "sensitive", "reader", "entity"],
)
def test_nothing_else_opens_one(source: EntityRef | None, unmasked: bool, rows: Rows) -> None:
    """Only the machine a row names, for whom and what the row is about (ACC-004)."""
    asked = {**OPEN, "unmasked": unmasked}
    found = fire("$open_access", asked, source=source, rows=rows, actor=CHIEF)
    assert reason(found) == "access_not_opened_so"


def test_a_caller_closes_nothing() -> None:
    """Not even who reads; the request is given back instead."""
    [grant] = grants(fire("$open_access", OPEN))
    assert reason(fire("$close_access", None, grant, source=None)) == "access_not_opened_so"
    ended = {"request": grant.name, "reason": "done"}
    for actor in (GUEST, CHIEF):
        found = fire("$revoke_access", ended, grant, source=None, actor=actor)
        assert reason(found) == "no_access_grant"


def test_ranks_come_first() -> None:
    """Class A is opened for who has the rank, and for nobody else (ACC-003, AMB-28)."""
    secret = attrs.evolve(ANNA, file_class="A")
    assert reason(fire("$open_access", OPEN, facts=secret)) == "limited"
    chief = {**OPEN, "reader": "cleo", "roles": ["marketing_manager"]}
    assert len(grants(fire("$open_access", chief, facts=secret))) == 1
    owner = {**OPEN, "reader": "olga"}
    assert len(grants(fire("$open_access", owner, facts=secret))) == 1


def test_a_grant_lasts_no_longer_than_its_kind() -> None:
    """However long was asked (ACC-010)."""
    [grant] = grants(fire("$open_access", {**OPEN, "until_at": AT + 99 * DAY}))
    assert grant.until_at == AT + 30 * DAY
    late = fire("$open_access", {**OPEN, "until_at": AT - timedelta(seconds=1)})
    assert reason(late) == "access_ends_before"
    assert isinstance(late, Denied)
    assert late.verdicts[0].row == "by_paper"


def test_the_file_itself_is_not_asked() -> None:
    """A kind of request that has a machine is asked there (ACC-004)."""
    asked = {"row": "by_paper", "purpose": "an order", "until_at": AT + DAY}
    found = fire("$request_access", asked, source=None, actor=GUEST)
    assert reason(found) == "no_such_access_request"


def test_a_message_says_who_reads() -> None:
    """Nobody in particular is nobody."""
    _, faults = structure(AccessOpened, {**OPEN, "reader": " "})
    assert [fault.path for fault in faults] == ["$.reader"]
