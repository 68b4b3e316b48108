"""What several machines share of dealings with customers."""

from __future__ import annotations

from datetime import datetime

import attrs
import pytest

from crmflow.core.actor import SYSTEM
from crmflow.core.dealing import (
    HAPPENED,
    Channel,
    FollowUp,
    approved_by,
    first_owner,
    followed_up,
    raise_update,
    tell_customer,
)
from crmflow.core.entity import Snapshot
from crmflow.core.event import Attempt, Cause, Event
from crmflow.core.machine import Asked
from tests.core.samples import AT, CLERK, HOUR, REF


@attrs.frozen
class Contacts:
    """What is known of the contacts with a customer."""

    contacts: int = 0
    last_contact_at: datetime | None = None
    last_result: str = ""


@attrs.frozen
class Owned:
    """A form that may name an owner."""

    owner: str | None = None


def attempt(form: object, *, by_itself: bool = False) -> Asked:
    """Return what a guard sees of a form."""
    known = Contacts(contacts=2)
    event = Event("follow", SYSTEM if by_itself else CLERK, AT, form)
    return Attempt(Snapshot(REF, "open", 1, AT, AT, known), event, {}, known)


def record(happened_at: datetime | None) -> FollowUp:
    """Return a follow-up record."""
    return FollowUp(Channel.PHONE, "buyer", "interested", "asked for a price", happened_at)


@pytest.mark.parametrize(
    ("happened_at", "happened"), [(None, True), (AT, True), (AT - HOUR, True), (AT + HOUR, False)]
)
def test_what_is_recorded_has_happened(happened_at: datetime | None, happened: bool) -> None:
    """A contact in the future is refused; one without an instant is the event's own."""
    assert HAPPENED.fn(attempt(record(happened_at))) is happened


@attrs.frozen
class Dealt:
    """What is known of something that a customer has."""

    customer: str | None = None


def test_a_change_of_the_record_is_raised_where_a_customer_is_known() -> None:
    """Whose record it is, what became known, and where it comes from (REC-028)."""
    send = raise_update("need", lambda one: {"change": one.facts}, lambda one: one.form is None)
    assert (send.machine, send.event, send.courtesy) == ("record_update", "raise", True)

    def tried(customer: str | None, form: object = None) -> Asked:
        known = Dealt(customer)
        event = Event("follow", CLERK, AT, form)
        return Attempt(Snapshot(REF, "open", 1, AT, AT, known), event, {}, known)

    assert send.payload(tried("C-1")) == {
        "customer": "C-1", "kind": "need", "reported_by": "staff", "change": Dealt("C-1"),
        "origin": str(REF),
    }  # fmt: skip
    assert [send.when(one) for one in (tried("C-1"), tried(None), tried("C-1", "form"))] == [
        True, False, False,
    ]  # fmt: skip


def test_a_customer_record_is_told_by_courtesy() -> None:
    """Where it is kept; what it is told says where it comes from."""
    send = tell_customer("note_purchase", lambda one: {"what": one.facts.customer})
    assert (send.machine, send.event, send.courtesy) == ("customer", "note_purchase", True)
    for customer, target in (("C-1", "C-1"), (None, None), ("", None)):
        known = Dealt(customer)
        snapshot = Snapshot(REF, "open", 1, AT, AT, known)
        asked = Attempt(snapshot, Event("follow", CLERK, AT, None), {}, known)
        assert send.to is not None
        assert send.to(asked) == target
        assert send.payload(asked) == {"what": customer, "origin": str(REF)}


def test_who_approved_an_event_is_known_where_it_was_held() -> None:
    """Else nobody was asked."""
    direct, known = attempt(None), Contacts()
    cause = Cause(policy="approvals", approved_by=("bob", "cleo"))
    event = Event("follow", CLERK, AT, None, None, cause)
    held = Attempt(Snapshot(REF, "open", 1, AT, AT, known), event, {}, known)
    assert (approved_by(direct), approved_by(held)) == ((), ("bob", "cleo"))


def test_a_follow_up_counts() -> None:
    """The number of contacts, the last instant and the last result are known."""
    assert followed_up(attempt(record(AT - HOUR))) == {
        "contacts": 3,
        "last_contact_at": AT - HOUR,
        "last_result": "interested",
    }
    assert followed_up(attempt(record(None)))["last_contact_at"] == AT


def test_the_first_owner() -> None:
    """The owner a form names, else who asks; nobody where a program asks."""
    assert first_owner(attempt(Owned("sales-2"))) == "sales-2"
    assert first_owner(attempt(Owned())) == "clerk-1"
    assert first_owner(attempt(Owned(), by_itself=True)) is None
