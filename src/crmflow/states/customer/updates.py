"""What the rows of a customer record change, claim and tell."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from crmflow.core.actor import SYSTEM
from crmflow.core.claim import Claim
from crmflow.core.customer_file import UpdateKind, cleared, identity, said
from crmflow.core.machine import Asked, Changes, Send
from crmflow.core.numbers import number_of
from crmflow.core.updates import copied
from crmflow.states.customer.facts import CustomerFacts
from crmflow.states.customer.guards import measures

PREFIX = "C"
"""What customer numbers begin with."""

KEPT = frozenset({"number", "source", "collected_at"})
"""What is left of a purged record, beside why it was purged."""


def filed(changes: Changes) -> Changes:
    """Return changes of the file with mobile number and e-mail of the first contact."""
    contacts = changes.get("contacts")
    if not isinstance(contacts, tuple):
        return changes
    first = contacts[0] if contacts else None
    reach = {name: getattr(first, name, None) for name in ("mobile", "email")}
    return {**changes, **reach}


def collected(attempt: Asked) -> Changes:
    """Return the facts a record begins with; who registers as a customer owns nobody."""
    form, actor = attempt.form, attempt.actor
    return {
        **filed(said(form)),
        "source": form.source,
        "collected_at": attempt.at,
        "collected_by": None if actor is SYSTEM else actor.id,
        "owner": form.owner or (actor.id if "salesperson" in actor.roles else None),
        "advisory_shop": form.advisory_shop,
    }


def confirmed(attempt: Asked) -> Changes:
    """Return the key data as the customer confirmed them, and who did."""
    form = attempt.form
    told = {"confirmed_with": form.confirmed_with, "confirmed_at": attempt.at}
    return {**filed(said(form.values)), **told}


def entered(attempt: Asked) -> Changes:
    """Return the record as it is entered, type and industry last."""
    return {**filed(said(attempt.form.values)), **copied("customer_type", "industry")(attempt)}


def checked(attempt: Asked) -> Changes:
    """Return the classification, who checked, and the number."""
    form, facts, ref = attempt.form, attempt.facts, attempt.snapshot.ref
    return {
        **copied("region", "needs", "file_class", "owner")(attempt),
        "checked_by": attempt.actor.id,
        "number": form.number or facts.number or number_of(ref, PREFIX),
        "class_measures": measures(attempt).get(form.file_class or facts.file_class or ""),
    }


def claims(attempt: Asked) -> tuple[Claim, ...]:
    """
    Return what no other record may have: number, tax id, name with mobile number, shop.

    A record without a number is not the customer's yet and keeps nobody out.

    Rules: REC-002 REG-002 REC-040
    """
    facts = attempt.facts
    found = {} if facts.advisory_shop is None else {"advisory_group": facts.advisory_shop}
    if facts.number is not None:
        found["customer_number"] = facts.number
        found |= identity(facts.tax_id, facts.name, facts.mobile)
    return tuple(Claim(scope, value) for scope, value in found.items())


def reviewed(attempt: Asked) -> Changes:
    """Return what a review found, and when."""
    return {"review": attempt.form.review, "reviewed_at": attempt.at}


def rested(attempt: Asked) -> Changes:
    """Return the judgement that there is no need, and since when the record is dormant."""
    return {"no_potential_need": True, "dormant_at": attempt.at, "reason": attempt.form.reason}


def revived(attempt: Asked) -> Changes:
    """Return what begins anew with a reactivation: the silence counts from here."""
    return {
        "no_potential_need": False,
        "dormant_at": None,
        "archived_at": None,
        "reactivated_at": attempt.at,
        "reason": attempt.form.reason,
    }


def purged(attempt: Asked) -> Changes:
    """Return the facts of a record of which only its number is left (STO-003)."""
    fields = attrs.fields(CustomerFacts)
    gone = {field.name: field.default for field in fields if field.name not in KEPT}
    return {**gone, "reason": attempt.form.reason}


def updated(attempt: Asked) -> Changes:
    """Return the new values in place of the old ones, which stay in the journal (AMB-10)."""
    form = attempt.form
    changes = filed({**cleared(form.clears), **said(form.values)})
    if "file_class" in changes:
        own = measures(attempt).get(str(changes["file_class"]))
        changes = {**changes, "class_measures": own}
    return {**changes, "changes": attempt.facts.changes + 1, "changed_at": attempt.at}


def contacted(attempt: Asked) -> Changes:
    """Return the last contact."""
    form = attempt.form
    told = " ".join(part for part in (form.channel, form.result) if part)
    return {"last_contact_at": attempt.at, "last_contact": told or form.origin}


def purchased(attempt: Asked) -> Changes:
    """Return one purchase more, which is a dealing too."""
    form = attempt.form
    told = "purchase" if form.amount is None else f"purchase {form.amount}"
    dealt = {"last_dealing_at": attempt.at, "last_dealing": told}
    return {**dealt, "last_purchase_at": attempt.at, "purchases": attempt.facts.purchases + 1}


def dealt(attempt: Asked) -> Changes:
    """Return the last dealing (REC-003, STO-005)."""
    form = attempt.form
    told = form.kind if form.detail is None else f"{form.kind}: {form.detail}"
    return {"last_dealing_at": attempt.at, "last_dealing": told}


def tiered(attempt: Asked) -> Changes:
    """Return the tier, and the channel and priority that come with it (TIE-012, TIE-037)."""
    form = attempt.form
    return {"tier": form.tier, "service_channel": form.channel, "priority": form.priority}


def served(attempt: Asked) -> Changes:
    """Return one personal service more, with its occasion (KAM-045)."""
    form = attempt.form
    told = form.service if form.occasion is None else f"{form.service} ({form.occasion})"
    return {
        "services": attempt.facts.services + 1,
        "service_given": told,
        "last_dealing_at": attempt.at,
        "last_dealing": told,
    }


def key_account(attempt: Asked) -> Changes:
    """Return whether it is a key account; one that is none any more has no grade."""
    form = attempt.form
    return {
        "is_key_account": form.is_key_account,
        "key_account_grade": form.grade if form.is_key_account else None,
        "key_account_manager": form.manager if form.is_key_account else None,
    }


def _own(attempt: Asked) -> str:
    return attempt.snapshot.ref.id


def _proposed(attempt: Asked) -> Changes:
    facts = attempt.facts
    return {
        "customer": facts.duplicate_of,
        "kind": UpdateKind.OTHER,
        "change": f"{attempt.snapshot.ref}: {facts.reason}",
        "values": said(facts),
        "reported_by": "staff",
        "origin": str(attempt.snapshot.ref),
    }


def _reported(attempt: Asked) -> Changes:
    form = attempt.form
    return {
        "customer": _own(attempt),
        "kind": form.kind,
        "change": form.change,
        "values": said(form.values),
        "reported_by": form.reported_by,
        "known_at": form.known_at,
        "origin": str(attempt.snapshot.ref),
    }


def _terminated(attempt: Asked) -> Changes:
    return {
        "customer": _own(attempt),
        "kind": UpdateKind.COOPERATION_STATUS,
        "change": attempt.facts.reason,
        "values": {"cooperation_status": "terminated"},
        "reported_by": "staff",
        "origin": str(attempt.snapshot.ref),
    }


def _raise(payload: Callable[[Asked], Changes], when: Callable[[Asked], bool]) -> Send:
    return Send("record_update", "raise", payload, when=when)


def _is_duplicate(attempt: Asked) -> bool:
    return attempt.facts.duplicate_of is not None


PROPOSE = _raise(_proposed, _is_duplicate)
"""What a duplicate says is proposed as a change of the record that stays (REC-002)."""
RAISE = _raise(_reported, lambda _attempt: True)
END = _raise(_terminated, lambda _attempt: True)
"""A terminated cooperation is entered within 24 hours (REC-029)."""
LOG = Send("record_update", "log", lambda _attempt: {}, lambda attempt: attempt.form.update)
"""Tells the update that its entry is kept with the record (STO-006)."""
STAGE = Send(
    "lifecycle", "enter", lambda attempt: {"customer": _own(attempt)}, _own,
    courtesy=True, ensure=True,
)  # fmt: skip
"""Begins the customer's life, whose id is the customer's own (LIF-001)."""
TELL_STAGE = Send(
    "lifecycle", "note_purchase", lambda attempt: {"origin": attempt.form.origin}, _own,
    courtesy=True,
)  # fmt: skip
