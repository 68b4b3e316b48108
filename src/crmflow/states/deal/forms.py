"""What is known of a deal, and what its events must bring."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import attrs

from crmflow.core.dealing import Channel
from crmflow.core.form import Names, Text
from crmflow.core.goods import Agreement, Products
from crmflow.core.money import Money


class DealState(StrEnum):
    """Where a deal is."""

    NEEDS_ANALYSIS = "needs_analysis"
    PLAN_READY = "plan_ready"
    PROPOSED = "proposed"
    NEGOTIATING = "negotiating"
    AGREED = "agreed"
    CONTRACTING = "contracting"
    WON = "won"
    EXECUTING = "executing"
    IN_SERVICE = "in_service"
    EVALUATED = "evaluated"
    LOST = "lost"
    TERMINATED = "terminated"


@attrs.frozen
class DealFacts:
    """
    What is known of a deal.

    Attributes:
        customer: Id of the customer record; empty where an adopted deal's file has none.
        lead: Id of the lead it comes from; None for an existing customer's.
        owner: Who looks after it.
        needs, expectations, goals: Result of the needs analysis (DEA-007).
        assessment, plan: The request assessed, and the service plan (DEA-002).
        client_proposal: The document put to the client (DEA-006).
        products: What would be bought; a contract needs one at least (CON-003).
        accepted_by: Who accepted for the client.
        refusal: Why the client last did not accept.
        topics: Where the negotiation stands.
        agreement: The cooperation agreement.
        contracts: Number of contracts opened.
        last_feedback: The customer's last word on the service.
        evaluations: Number of evaluations.
        evaluated_at: Aware UTC instant of the last one.
        satisfaction: What it found.
        strategy: How the relationship is to be kept (DEA-014).
        evaluation_missed_at: Aware UTC instant at which an evaluation was found missing.
        reason: Why it was finished, lost, terminated or last handed over.
        value: What it is worth.
        engaged_on: Day on which talks began.
        closed_on: Day on which it was won or lost.
    """

    customer: str = ""
    lead: str | None = None
    owner: str | None = None
    needs: str | None = None
    expectations: str | None = None
    goals: str | None = None
    assessment: str | None = None
    plan: str | None = None
    client_proposal: str | None = None
    products: tuple[str, ...] = ()
    accepted_by: str | None = None
    refusal: str | None = None
    topics: str | None = None
    agreement: Agreement | None = None
    contracts: int = 0
    last_feedback: str | None = None
    evaluations: int = 0
    evaluated_at: datetime | None = None
    satisfaction: str | None = None
    strategy: str | None = None
    evaluation_missed_at: datetime | None = None
    reason: str | None = None
    value: Money | None = None
    engaged_on: date | None = None
    closed_on: date | None = None


@attrs.frozen
class DealRequest:
    """The customer of a converted lead, or an existing one, and what is known of its needs."""

    customer: Text
    lead: Text | None = None
    owner: Text | None = None
    needs: Text | None = None
    expectations: Text | None = None
    goals: Text | None = None


@attrs.frozen
class ServicePlan:
    """The service plan 服务方案, and whether it is what the customer asked for (DEA-003)."""

    assessment: Text
    plan: Text
    matches_requirements: bool
    matches_expectations: bool
    needs: Text | None = None
    expectations: Text | None = None
    goals: Text | None = None


@attrs.frozen
class ClientProposal:
    """The client proposal 提案: the service or product that meets the need (DEA-006)."""

    client_proposal: Text
    products: Products


@attrs.frozen
class Acceptance:
    """Who accepted for the client (DEA-008)."""

    accepted_by: Text


@attrs.frozen
class Negotiation:
    """Where topics stand, and why the client did not accept, where it did not (DEA-009)."""

    topics: Text | None = None
    refusal: Text | None = None


@attrs.frozen
class Feedback:
    """The customer's word on the service, and what it means (DEA-011)."""

    feedback: Text
    analysis: Text


@attrs.frozen
class ServiceRequest:
    """A request after delivery, and how it came in (DEA-012)."""

    request: Text
    channel: Channel


@attrs.frozen
class NewNeed:
    """A latent need of the customer (DEV-018)."""

    need: Text


@attrs.frozen
class Evaluation:
    """Satisfaction, results and indicators; how the relationship goes on (DEA-014, DEA-015)."""

    satisfaction: Text
    results: Text
    indicators: Names
    strategy: Text | None = None


@attrs.frozen
class Finishing:
    """Why it ends here, and that no request or complaint of the customer is open."""

    reason: Text
    nothing_open: bool


@attrs.frozen
class ContractEnd:
    """Why the contract was terminated; sent by the contract."""

    reason: Text
    contract: Text | None = None
