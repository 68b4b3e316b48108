"""The machine `access_request`, catalogue 3.24."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from crmflow.core.actor import Actor
from tests.states.case import AT, DAY, EVERYBODY, Case, Payload, declared, legal, pairs, walk_of

UNTIL = AT + 10 * DAY
PAYLOADS: Mapping[str, Payload] = {
    "request": {
        "customer": "C-1", "use": "borrow", "purpose": "offer 17", "until_at": UNTIL.isoformat(),
    },
    "approve": {},
    "deny": {"reason": "no business reason"},
    "use": {"internal": True},
    "return": {},
    "expire": {},
}  # fmt: skip
TABLE = (
    "request: - -> requested",
    "approve: requested -> approved",
    "deny: requested -> denied",
    "use: approved -> in_use",
    "return: in_use -> returned",
    "expire: approved, in_use -> expired",
)
PATHS = {
    "-": (),
    "requested": ("request",),
    "approved": ("request", "approve"),
    "in_use": ("request", "approve", "use"),
}
LEGAL = legal(PATHS, TABLE)
BUYER = Actor("buyer-1", departments={"purchasing"})


def request(*steps: str) -> Case:
    """Return a request that has taken these steps."""
    return Case("access_request", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("access_request") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = request(*PATHS[source], event)
    assert case.state == to
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "request", {"purpose": " "}, "$.purpose"),
        ((), "request", {"use": "sell"}, "$.use"),
        ((), "request", {"until_at": AT.isoformat()}, "loan_ends_before"),
        (("request",), "deny", {"reason": None}, "$.reason"),
        (("request",), "use", {}, "no_row"),
        (("request", "approve"), "use", {"internal": False}, "not_for_outside"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason; use is internal (ACC-011)."""
    case = request(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == {why}


@pytest.mark.parametrize(
    ("actor", "other"),
    [
        (BUYER, True),
        (Actor("sales-1", {"salesperson"}), True),
        (Actor("service-1", {"customer_service"}), False),
        (Actor("keeper-1", {"file_keeper"}), False),
    ],
)
def test_who_is_of_another_department(actor: Actor, other: bool) -> None:
    """All but customer service and the file keeper (ACC-004, AMB-53)."""
    case = Case("access_request", PAYLOADS)
    case.fire("request", actor).require()
    facts = case.facts
    assert (facts.requester, facts.other_department) == (actor.id, other)
    assert facts.requester_roles == tuple(sorted(actor.roles))


def test_only_who_asked_uses_what_was_approved() -> None:
    """Use and borrowing are set rights of a person (ACC-010)."""
    case = request("request", "approve")
    assert case.why_not("use", BUYER) == {"not_the_requester"}


def test_use_opens_the_record_and_its_end_closes_it() -> None:
    """The grant is the record's own; who, what for and until when are told (ACC-010)."""
    case = request("request", "approve")
    [opened] = case.fire("use").require().messages
    assert (opened.machine, opened.id, opened.event) == ("customer", "C-1", "$open_access")
    told = opened.payload
    assert (told["reader"], told["purpose"]) == (EVERYBODY.id, "offer 17")
    assert (told["until_at"], told["unmasked"]) == (UNTIL.isoformat(), False)
    [closed] = case.fire("return").require().messages
    assert (closed.id, closed.event) == ("C-1", "$close_access")
    assert case.facts.returned_at == case.at


@pytest.mark.parametrize(
    ("actor", "why"),
    [(BUYER, {"not_the_requester"}), (Actor("keeper-1", {"file_keeper"}), None)],
)
def test_who_returns(actor: Actor, why: set[str] | None) -> None:
    """The reader, or the file keeper who takes it back (ACC-009, ACC-010)."""
    case = request(*PATHS["in_use"])
    if why is None:
        assert case.fire("return", actor).accepted
    else:
        assert case.why_not("return", actor) == why


@pytest.mark.parametrize(("state", "messages"), [("approved", 0), ("in_use", 1)])
def test_a_loan_ends_by_itself(state: str, messages: int) -> None:
    """At its instant the access is removed, where there was one (ACC-010)."""
    case = request(*PATHS[state])
    case.wait(10 * DAY - timedelta(seconds=1))
    assert case.state == state
    assert case.wait(timedelta(seconds=1)) == ["expire"]
    assert len(case.journal[-1].messages) == messages
    assert case.journal[-1].event.at == UNTIL


def test_what_would_be_over_is_not_approved() -> None:
    """An approval that comes too late approves nothing."""
    case = request("request")
    case.wait(10 * DAY)
    assert case.why_not("approve") == {"loan_is_over"}
    assert case.fire("deny").accepted


TestAccessRequestWalk = walk_of("access_request", PAYLOADS)
