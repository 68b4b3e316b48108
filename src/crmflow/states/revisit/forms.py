"""What is known of a revisit, and what its events must bring."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import attrs

from crmflow.core.form import Text


class RevisitState(StrEnum):
    """Where a revisit is."""

    LISTED = "listed"
    PLANNED = "planned"
    APPOINTED = "appointed"
    PREPARED = "prepared"
    IN_PROGRESS = "in_progress"
    RECORDED = "recorded"
    REPORTED = "reported"
    REVIEWED = "reviewed"
    FILED = "filed"
    CANCELLED = "cancelled"


class RevisitKind(StrEnum):
    """How the customer is revisited: 电话回访, 上门拜访, 面对面回访 (REV-001)."""

    PHONE = "phone"
    ON_SITE = "on_site"
    FACE_TO_FACE = "face_to_face"


class Basis(StrEnum):
    """Why this customer is visited in this way (REV-005, REV-009)."""

    STRATEGIC_CUSTOMER = "strategic_customer"
    KEY_PROJECT = "key_project"
    REGULAR = "regular"
    SPECIAL_PRODUCT = "special_product"


@attrs.frozen
class RevisitFacts:
    """
    What is known of a revisit.

    Attributes:
        customer: Id of the customer record.
        kind: Call or visit.
        purpose: What it is for, one of its own for each customer (REV-012).
        basis: Why the customer is visited in this way.
        project, product: The key cooperation project, or the product kind, it is about.
        origin: What asked for it, such as a complaint.
        due_at: Aware UTC instant by when it is asked for.
        listed_by: Who listed it; nobody where a rule did (REV-010).
        planned_at, particulars: The revisit plan (REV-013).
        meet_at, place, agreed_with: The appointment (REV-014).
        outline: Outline of a call: cooperation experience and changed needs (REV-002).
        basics, service_records, consumption_traits: Material on the customer (REV-016).
        cooperation_summary, next_steps: Material for the customer of an on-site visit (REV-007).
        company_material: What is taken along and handed back (REV-019).
        started_at, ended_at: Aware UTC instants.
        call_length: How long a call lasted; 10 to 15 minutes are usual (REV-003).
        person, details: The follow-up record of a call (REV-004).
        needs, opinions: The revisit record of a visit (REV-018).
        result: What came of it.
        satisfied: Whether the customer is satisfied, where that was asked (CMP-034).
        thanked_at: Aware UTC instant of the thank-you mail (REV-008).
        returned, kept_because: What was handed back, and why something was not (REV-020).
        material_settled: Whether nothing of the material is open.
        course, evaluation: With `result` the report form (REV-021).
        guidance: What the supervisor said (REV-022).
        summary: What is filed and used for sales strategy (REV-023, REV-024).
        answer: What the customer was answered to needs and opinions (REV-030).
        reason: Why it was last rescheduled or cancelled.
    """

    customer: str
    kind: RevisitKind
    purpose: str
    basis: Basis
    project: str | None = None
    product: str | None = None
    origin: str | None = None
    due_at: datetime | None = None
    listed_by: str | None = None
    planned_at: datetime | None = None
    particulars: str | None = None
    meet_at: datetime | None = None
    place: str | None = None
    agreed_with: str | None = None
    outline: str | None = None
    basics: str | None = None
    service_records: str | None = None
    consumption_traits: str | None = None
    cooperation_summary: str | None = None
    next_steps: str | None = None
    company_material: tuple[str, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    call_length: timedelta | None = None
    person: str | None = None
    details: str | None = None
    needs: str | None = None
    opinions: str | None = None
    result: str | None = None
    satisfied: bool | None = None
    thanked_at: datetime | None = None
    returned: tuple[str, ...] = ()
    kept_because: str | None = None
    material_settled: bool = True
    course: str | None = None
    evaluation: str | None = None
    guidance: str | None = None
    summary: str | None = None
    answer: str | None = None
    reason: str | None = None


@attrs.frozen
class Listing:
    """
    A line of the list of customers to visit 拜访客户名单 (REV-011, REV-012).

    Attributes:
        kind: Call or visit.
        purpose: What it is for.
        customer: Id of the customer record.
        origin: What asked for it.
        due_at: Aware UTC instant by when it is asked for.
        basis: Left out, a strategic customer for visits on site, else the regular revisit.
        project: The key project, where it is the basis.
        product: The product kind, where it is the basis.
    """

    kind: RevisitKind
    purpose: Text
    customer: Text
    origin: Text | None = None
    due_at: datetime | None = None
    basis: Basis | None = None
    project: Text | None = None
    product: Text | None = None


@attrs.frozen
class RevisitPlan:
    """The plan 回访计划: approximate time and particulars (REV-013)."""

    planned_at: datetime
    particulars: Text


@attrs.frozen
class Appointment:
    """Time and place agreed with the customer, and that they fit (REV-014, REV-015)."""

    meet_at: datetime
    place: Text
    agreed_with: Text
    fits_customer: bool


@attrs.frozen
class CallOutline:
    """The outline of a call: cooperation experience and changed needs (REV-002)."""

    cooperation_experience: Text
    changed_needs: Text


@attrs.frozen
class Material:
    """
    What a visit is prepared with (REV-007, REV-016).

    Attributes:
        basics: Customer basics, such as name and age.
        service_records: Services given so far.
        consumption_traits: How the customer buys.
        cooperation_summary: The cooperation so far; needed on site.
        next_steps: Next-step plan; needed on site.
        company_material: What is taken along and has to come back.
    """

    basics: Text
    service_records: Text
    consumption_traits: Text
    cooperation_summary: Text | None = None
    next_steps: Text | None = None
    company_material: tuple[Text, ...] = ()


@attrs.frozen
class Arrival:
    """Of a visit the place and when one came there; late, why (REV-017)."""

    place: Text | None = None
    happened_at: datetime | None = None
    reason: Text | None = None


@attrs.frozen
class RevisitRecord:
    """
    Of a call the follow-up record, of a visit the revisit record (REV-004, REV-018; AMB-34).

    Attributes:
        result: What came of it.
        person: Who was spoken to; needed for calls.
        details: What was talked about; needed for calls.
        needs: What the customer needs; needed for visits.
        opinions: What the customer says of the service after the sale; needed for visits.
        satisfied: Whether the customer is satisfied; needed for call-backs.
        happened_at: Aware UTC instant it ended; left out, the event's own.
    """

    result: Text
    person: Text | None = None
    details: Text | None = None
    needs: Text | None = None
    opinions: Text | None = None
    satisfied: bool | None = None
    happened_at: datetime | None = None


@attrs.frozen
class MaterialReturn:
    """What was handed back; an exception says why something stays (REV-019, REV-020)."""

    returned: tuple[Text, ...] = ()
    exception: bool = False
    reason: Text | None = None


@attrs.frozen
class RevisitReport:
    """The report form 客户回访报告表: course, result, evaluation (REV-021, AMB-33)."""

    course: Text
    result: Text
    evaluation: Text


@attrs.frozen
class Guidance:
    """What the supervisor says of it (REV-022)."""

    guidance: Text


@attrs.frozen
class Filing:
    """
    What is filed, and handed to market development (REV-023, REV-024).

    Attributes:
        summary: What the revisit showed.
        answer: What the customer was answered; needed where it said opinions (REV-030).
    """

    summary: Text
    answer: Text | None = None
