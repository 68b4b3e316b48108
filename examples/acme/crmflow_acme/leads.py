"""What Acme adds to the shipped machine `lead`: a row, and a judge without a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from crmflow import (
    ANY,
    KEEP,
    Answer,
    Attempt,
    Extension,
    Money,
    Proposal,
    Row,
    Send,
    Snapshot,
    Text,
    Verdict,
)


@attrs.frozen
class Offer:
    """What somebody who is no customer yet may try."""

    product: Text
    worth: Money


def _loan(attempt: Attempt[Any, Offer]) -> Mapping[str, object]:
    """Return the form of the sample; who has no customer record is known by the lead's name."""
    lead, offer = attempt.facts, attempt.form
    customer = lead.customer or lead.name
    return {"customer": customer, "product": offer.product, "worth": offer.worth}


OFFERS = Extension(
    rows=(
        Row(
            ANY, "offer_sample", KEEP, form=Offer, who="salesperson",
            send=(Send("sample", "request", _loan, link="sample"),), rules="ACM-005",
        ),
    ),
)  # fmt: skip
"""A lead keeps its state, and mirrors what becomes of the sample as its link `sample`."""


def keep_customers(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
    """Leave it to the business supervisor to drop the lead of a known customer (ACM-004)."""
    if before.facts.customer is None or "business_supervisor" in proposal.event.actor.roles:
        return None
    return Verdict(
        "acme_leads",
        Answer.REFUSE,
        "known_customer",
        rules="ACM-004",
        roles="business_supervisor",
    )
