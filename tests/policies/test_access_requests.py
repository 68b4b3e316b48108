"""Requests to read: who may ask what, who decides, how a grant ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import attrs
import pytest

from crmflow.core.actor import Actor
from crmflow.core.event import Event
from crmflow.core.form import structure
from crmflow.core.journal import Drop, Entry, Put
from crmflow.core.policy import Denied, Evolved, Line, Occurrence
from crmflow.core.verdict import Verdict
from crmflow.policies import access
from crmflow.policies.access.policy import AccessPolicy
from crmflow.policies.access.state import FORMS, AccessState, Request
from tests.policies.files import (
    ANNA,
    AT,
    CHIEF,
    DAY,
    FILE,
    GUEST,
    OTHER,
    ROWS,
    SERVICE,
    File,
    Rows,
    snapshot,
    tables_of,
)

BOSS = Actor("bea", {"service_manager"})
ASKING = {"row": "other_departments", "purpose": "an order", "until_at": AT + DAY}
ASKED = Request(
    "r4", "other_departments", "gus", "an order", AT + DAY, ("name", "phone"),
    ("customer_service", "service_manager"), unmasked=False, asked_at=AT,
)  # fmt: skip
GRANTED = attrs.evolve(ASKED, granted_by="bea", granted_at=AT)


def policy(rows: Rows = ROWS) -> AccessPolicy:
    """Return the policy bound to files."""
    (found,) = access.policies_for(FILE, tables_of(rows))
    assert isinstance(found, AccessPolicy)
    return found


def fire(
    event: str,
    payload: Mapping[str, object],
    actor: Actor,
    *requests: Request,
    facts: File = ANNA,
    state: str = "open",
    rows: Rows = ROWS,
    after: timedelta = timedelta(0),
) -> Evolved | Denied:
    """Fire a reserved event of the policy."""
    form_class = FORMS[event]
    assert form_class is not None
    form, faults = structure(form_class, payload)
    assert not faults
    found = snapshot(facts, state, requests)
    seen = Occurrence(found, found, Event(event, actor, AT + after, form), Entry.POLICY)
    evolve = policy(rows).evolve_for(event)
    assert evolve is not None
    answer = evolve(found.policy("access"), seen)
    assert answer is not None
    return answer


def granted(answer: Evolved | Denied) -> tuple[Request, ...]:
    """Return the requests after an accepted event."""
    assert isinstance(answer, Evolved), answer
    assert isinstance(answer.state, AccessState)
    return answer.state.requests


def denied(answer: Evolved | Denied) -> Verdict:
    """Return why an event was denied."""
    assert isinstance(answer, Denied), answer
    (verdict,) = answer.verdicts
    return verdict


def test_asking_is_remembered_and_opens_a_task() -> None:
    """A request has a purpose, an end, what it opens and who decides, and a task for them."""
    answer = fire("$request_access", ASKING, GUEST)
    assert granted(answer) == (ASKED,)
    assert isinstance(answer, Evolved)
    (put,) = answer.effects
    assert isinstance(put, Put)
    assert put.of == "approve_access:r4"


def test_an_ended_entity_keeps_no_task() -> None:
    """In a final state a request is remembered without a task."""
    answer = fire("$request_access", ASKING, GUEST, state="closed")
    assert isinstance(answer, Evolved)
    assert answer.effects == ()
    assert len(granted(answer)) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"row": "sensative"}, "no_such_access_request"),
        ({"until_at": AT}, "access_ends_before"),
        ({"until_at": AT + timedelta(days=30, seconds=1)}, "access_too_long"),
    ],
)
def test_faulty_requests_are_denied(change: dict[str, object], reason: str) -> None:
    """An unknown kind, an end that is past or too far off are refused."""
    assert denied(fire("$request_access", {**ASKING, **change}, GUEST)).reason == reason


def test_reasons_say_what_would_be_right() -> None:
    """The refusal of an unknown kind names the kinds, that of a long one its bound."""
    unknown = denied(fire("$request_access", {**ASKING, "row": "all"}, GUEST))
    assert unknown.values == {"row": "all", "known": "other_departments, sensitive"}
    early = denied(fire("$request_access", {**ASKING, "until_at": AT}, GUEST))
    assert (early.row, early.rules) == ("other_departments", ("ACC-004",))
    long = denied(fire("$request_access", {**ASKING, "until_at": AT + 31 * DAY}, GUEST))
    assert (long.values, long.row, long.rules) == (
        {"hours": 720},
        "other_departments",
        ("ACC-004",),
    )


def test_the_same_is_not_asked_twice() -> None:
    """While a request is asked or granted its reader does not ask it again; others may."""
    for one in (ASKED, GRANTED):
        assert denied(fire("$request_access", ASKING, GUEST, one)).reason == "access_asked_already"
    assert len(granted(fire("$request_access", ASKING, OTHER, ASKED))) == 2
    other = {**ASKING, "row": "sensitive"}
    assert len(granted(fire("$request_access", other, GUEST, ASKED))) == 2


def test_ranks_come_first() -> None:
    """Who is kept out by a limit cannot even ask (AMB-28)."""
    found = fire("$request_access", ASKING, GUEST, facts=File(file_class="A"))
    assert denied(found).reason == "limited"
    assert granted(fire("$request_access", ASKING, CHIEF, facts=File(file_class="A")))


def test_kinds_of_requests_are_for_their_people() -> None:
    """A kind of request may be for some departments, and about some entities, alone."""
    kind = {**ROWS["access_requests"][0], "departments": ["purchasing"], "when": "credit < 9000"}
    rows: Rows = {**ROWS, "access_requests": [kind]}
    assert granted(fire("$request_access", ASKING, GUEST, rows=rows))
    assert denied(fire("$request_access", ASKING, OTHER, rows=rows)).values["known"] == ""
    none = fire("$request_access", ASKING, GUEST, rows=rows, facts=File())
    assert denied(none).reason == "no_such_access_request"


@pytest.mark.parametrize("approver", [SERVICE, BOSS])
def test_any_of_the_approving_roles_grants(approver: Actor) -> None:
    """A grant says who gave it and when, and closes the task."""
    answer = fire("$grant_access", {"request": "r4"}, approver, ASKED, after=timedelta(hours=1))
    (given,) = granted(answer)
    assert (given.granted_by, given.granted_at) == (approver.id, AT + timedelta(hours=1))
    assert isinstance(answer, Evolved)
    assert answer.effects == (Drop("tasks", "approve_access:r4"),)


@pytest.mark.parametrize("event", ["$grant_access", "$refuse_access"])
def test_nobody_decides_on_their_own_request(event: str) -> None:
    """Who asks never decides, whatever roles they have."""
    own = attrs.evolve(ASKED, reader="bea")
    reason = {} if event == "$grant_access" else {"reason": "why not"}
    found = denied(fire(event, {"request": "r4", **reason}, BOSS, own))
    assert (found.reason, found.roles) == (
        "own_access_request",
        ("customer_service", "service_manager"),
    )


@pytest.mark.parametrize("event", ["$grant_access", "$refuse_access"])
def test_others_do_not_decide(event: str) -> None:
    """A decision needs one of the approving roles and a request that waits."""
    payload: dict[str, object] = {"request": "r4"}
    if event == "$refuse_access":
        payload["reason"] = "why not"
    assert denied(fire(event, payload, CHIEF, ASKED)).reason == "no_access_approver"
    assert denied(fire(event, payload, BOSS, GRANTED)).reason == "no_access_request"
    assert denied(fire(event, payload, BOSS)).reason == "no_access_request"
    over = denied(fire(event, payload, BOSS, ASKED, after=DAY))
    assert over.reason == "no_access_request"


def test_a_refused_request_is_gone() -> None:
    """A refusal forgets the request and closes its task; the journal has its reason."""
    answer = fire("$refuse_access", {"request": "r4", "reason": "no need"}, BOSS, ASKED)
    assert granted(answer) == ()
    assert isinstance(answer, Evolved)
    assert answer.effects == (Drop("tasks", "approve_access:r4"),)


@pytest.mark.parametrize("actor", [BOSS, GUEST])
def test_a_grant_is_revoked_or_returned(actor: Actor) -> None:
    """An approver takes a grant back, and its reader returns it (ACC-010)."""
    payload = {"request": "r4", "reason": "done"}
    assert granted(fire("$revoke_access", payload, actor, GRANTED)) == ()


def test_only_grants_are_revoked_by_who_may() -> None:
    """Others do not revoke, and what is not granted is not revoked."""
    payload = {"request": "r4", "reason": "done"}
    assert denied(fire("$revoke_access", payload, CHIEF, GRANTED)).reason == "no_access_approver"
    assert denied(fire("$revoke_access", payload, BOSS, ASKED)).reason == "no_access_grant"
    assert denied(fire("$revoke_access", payload, BOSS)).reason == "no_access_grant"


def test_what_is_over_is_forgotten() -> None:
    """The next event about requests forgets those that are over, with their tasks."""
    later = {**ASKING, "until_at": AT + 3 * DAY}
    answer = fire("$request_access", later, OTHER, ASKED, GRANTED, after=2 * DAY)
    assert [one.reader for one in granted(answer)] == ["otto"]
    assert isinstance(answer, Evolved)
    assert answer.effects[0] == Drop("tasks", "approve_access:r4")


def test_machine_events_do_not_concern_it() -> None:
    """The policy runs after its own events alone."""
    assert policy().evolve_for("edit") is None


def test_without_a_kind_of_request_there_is_no_policy() -> None:
    """A machine without kinds of requests has none of the reserved events."""
    assert access.policies_for(FILE, tables_of({"access": ROWS["access"]})) == ()


def test_it_explains_who_asks_and_who_may() -> None:
    """Each request is one line: who, what for, until when, and by whom."""
    other = attrs.evolve(GRANTED, name="r5", reader="otto")
    lines = list(policy().explain(AccessState((ASKED, other)), snapshot()))
    assert [line.code for line in lines] == ["access_asked", "access_granted"]
    assert lines[1] == Line(
        "access_granted",
        {"request": "r5", "reader": "otto", "purpose": "an order", "until": AT + DAY, "by": "bea"},
        row="other_departments",
    )
    assert lines[0].values["by"] == "customer_service, service_manager"


def test_its_state_has_had_one_shape() -> None:
    """An older state is taken as it is."""
    assert policy().upgraded(1, {"requests": []}) == {"requests": []}
