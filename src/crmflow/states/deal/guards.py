"""What a deal's rows ask, change and tell."""

from __future__ import annotations

from crmflow.core.dealing import Source, first_owner
from crmflow.core.link import Link
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.updates import copied


def contract(attempt: Asked) -> Link | None:
    """Return the newest contract as last heard of, or None where it has not told yet."""
    links = attempt.linked("contract")
    return links[-1] if links and len(links) >= attempt.facts.contracts else None


def contract_is(attempt: Asked, *states: str) -> bool:
    """Say whether the newest contract was last heard of in one of *states*."""
    link = contract(attempt)
    return link is not None and link.state in states


def _is_terminated(attempt: Asked) -> bool:
    cause, link = attempt.event.cause, contract(attempt)
    source = None if cause is None else cause.source
    if link is None:
        return source is not None and source.machine == "contract"
    # The contract's word comes before the mirror of its state.
    return source == link.ref or link.state == "terminated"


def _knows_needs(attempt: Asked) -> bool:
    facts = attempt.facts
    return None not in (facts.needs, facts.expectations, facts.goals)


def _all_closed(attempt: Asked) -> bool:
    cases = (*attempt.linked("service_request"), *attempt.linked("complaint"))
    return all(case.state in ("closed", "withdrawn") for case in cases)


PLAN_FITS = Guard(
    lambda attempt: attempt.form.matches_requirements and attempt.form.matches_expectations,
    "plan_does_not_match", needs="form", rules="DEA-003",
)  # fmt: skip
NEEDS_KNOWN = Guard(_knows_needs, "no_needs_analysis", rules="DEA-007")
CLIENT_REFUSED = Guard(
    lambda attempt: attempt.form.refusal is not None, "no_client_refusal", needs="form"
)
HAS_PRODUCTS = Guard(
    lambda attempt: bool(attempt.form.products or attempt.facts.products),
    "no_products", needs="form", rules="CON-003",
)  # fmt: skip
AGREED = Guard(lambda attempt: attempt.facts.agreement is not None, "no_agreement")
CANCELLED = Guard(lambda attempt: contract_is(attempt, "cancelled"), "contract_not_cancelled")
SIGNED = Guard(
    lambda attempt: contract_is(attempt, "signed", "executing", "settling", "completed"),
    "contract_not_signed", rules="DEA-010",
)  # fmt: skip
EXECUTING = Guard(
    lambda attempt: contract_is(attempt, "executing", "settling", "completed"),
    "contract_not_executing", rules="CON-010",
)  # fmt: skip
DELIVERED = Guard(
    lambda attempt: contract_is(attempt, "settling", "completed"), "orders_not_delivered"
)
TERMINATED = Guard(_is_terminated, "contract_not_terminated")
EVALUATED = Guard(lambda attempt: attempt.facts.evaluations > 0, "not_evaluated")
CASES_CLOSED = Guard(_all_closed, "open_cases")
NOTHING_OPEN = Guard(lambda attempt: attempt.form.nothing_open, "open_cases", needs="form")


def opened(attempt: Asked) -> Changes:
    """Return the facts a deal begins with."""
    form = attempt.form
    given = ("customer", "lead", "needs", "expectations", "goals")
    return {name: getattr(form, name) for name in given} | {"owner": first_owner(attempt)}


def settled(attempt: Asked) -> Changes:
    """Return the agreement, and the products where it changes them."""
    form = attempt.form
    return {"agreement": form, "products": form.products or attempt.facts.products}


def negotiated_anew(attempt: Asked) -> Changes:
    """Return what no longer holds once a contract was cancelled."""
    return {"agreement": None, "accepted_by": None}


def contract_opened(attempt: Asked) -> Changes:
    """Return the count of contracts with one more."""
    return {"contracts": attempt.facts.contracts + 1}


def evaluated(attempt: Asked) -> Changes:
    """Return the facts that change with an evaluation."""
    changes = copied("satisfaction", "strategy")(attempt)
    count = attempt.facts.evaluations + 1
    return {**changes, "evaluations": count, "evaluated_at": attempt.at}


def contract_request(attempt: Asked) -> Changes:
    """Return what a contract is opened with."""
    facts, deal = attempt.facts, attempt.snapshot.ref.id
    return {
        "customer": facts.customer,
        "deal": deal,
        "products": facts.products,
        "agreement": facts.agreement,
    }


def new_lead(attempt: Asked) -> Changes:
    """Return what a lead for a new need of the customer is found with (DEV-018)."""
    facts = attempt.facts
    return {
        "name": facts.customer,
        "customer": facts.customer,
        "source": Source.TRANSACTIONS,
        "need": attempt.form.need,
        "owner": facts.owner,
    }


def service_request(attempt: Asked) -> Changes:
    """Return what a service request is raised with."""
    form, customer = attempt.form, attempt.facts.customer
    return {
        "kind": "after_sales",
        "channel": form.channel,
        "customer": customer,
        "request": form.request,
    }
