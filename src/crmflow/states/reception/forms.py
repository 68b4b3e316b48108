"""What is known of a visit to the company, and what its events must bring."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.dealing import VisitorClass
from crmflow.core.form import Count, Names, Some, Text


class ReceptionState(StrEnum):
    """Where a visit is."""

    REQUESTED = "requested"
    CLASSIFIED = "classified"
    BOOKED = "booked"
    PLAN_REPORTED = "plan_reported"
    PASS_ISSUED = "pass_issued"  # noqa: S105 - no password
    PREPARING = "preparing"
    RECEIVING = "receiving"
    FINISHED = "finished"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class BreachKind(StrEnum):
    """What was done without permission (RCP-020, RCP-021)."""

    INVITATION = "invitation"
    PHOTOGRAPHY = "photography"


class SessionKind(StrEnum):
    """How a key account's visit is prepared beforehand (RCP-010)."""

    BRIEFING = "briefing"
    TRAINING = "training"


class Meal(StrEnum):
    """Meals with company leaders (RCP-013)."""

    LUNCH = "lunch"
    DINNER = "dinner"


@attrs.frozen
class Breach:
    """
    Something done without permission.

    Attributes:
        kind: What.
        person: Who did it.
        details: What happened.
        reported_at: Aware UTC instant of the report.
    """

    kind: BreachKind
    person: str
    details: str
    reported_at: datetime


@attrs.frozen
class Session:
    """A briefing or a training session that was held beforehand."""

    kind: SessionKind
    topic: Text


@attrs.frozen
class VisitRequest:
    """
    Who invites whom, and when.

    Attributes:
        invited_by: The person who invites.
        group: The visiting group.
        visitors: How many they are.
        purpose: What they come for.
        visit_at: Aware UTC instant at which they are expected.
        customer: Id of the customer record, where they are a customer's.
        plants: Plants they would like to see.
        officials: Whether government officials or celebrities are among them (RCP-015).
    """

    invited_by: Text
    group: Text
    visitors: Some
    purpose: Text
    visit_at: datetime
    customer: Text | None = None
    plants: tuple[Text, ...] = ()
    officials: bool = False


@attrs.frozen
class Classification:
    """
    The class of the visitors.

    Attributes:
        visitor_class: One of the four.
        treated_alike: Checklist: courtesy does not depend on status or dress (RCP-023),
            whatever a class is offered (AMB-37).
        reason: Why a small group is taken all the same (AMB-27).
    """

    visitor_class: VisitorClass
    treated_alike: bool
    reason: Text | None = None


@attrs.frozen
class Reservation:
    """
    The reservation form 预订申请表 (RCP-006).

    Attributes:
        contact: Whom to call about it.
        phone: Under which number.
        visitors: How many come.
        visit_at: Aware UTC instant at which they come.
        wishes: What they would like to see or talk about.
        guide: Who accompanies and explains (RCP-007).
    """

    contact: Text
    phone: Text
    visitors: Some
    visit_at: datetime
    wishes: Text | None = None
    guide: Text | None = None


@attrs.frozen
class VisitPlan:
    """The plan of the visit and the departments that are told of it (RCP-016)."""

    departments: Names
    programme: Text


@attrs.frozen
class VisitPass:
    """
    The visit pass 探访凭证 (RCP-017).

    Attributes:
        valid_from, valid_until: Aware UTC instants between which it lets in.
        photography: Whether photographs are asked for on it.
        number: Its number; left out, one is made.
    """

    valid_from: datetime
    valid_until: datetime
    photography: bool = False
    number: Text | None = None


@attrs.frozen
class Preparation:
    """
    What is ready before the visitors come.

    Attributes:
        catering: Refreshments (RCP-008); pastries and drinks for key accounts (RCP-011).
        souvenirs: Number of company souvenirs, one for each visitor (RCP-008).
        tour: Plants on the guided tour.
        guide: Who accompanies and explains (RCP-007, RCP-014).
        informed_by: Department whose information started the preparation (RCP-009).
        needs: The customer's aims and needs, as analysed (RCP-010).
        sessions: Briefings and training sessions held beforehand (RCP-010).
        companion: The senior member of staff who accompanies (RCP-012).
        meals: Meals with company leaders (RCP-013).
        handed_over: What the administration department takes over (RCP-015).
    """

    catering: Names
    souvenirs: Count
    tour: tuple[Text, ...] = ()
    guide: Text | None = None
    informed_by: Text | None = None
    needs: Text | None = None
    sessions: tuple[Session, ...] = ()
    companion: Text | None = None
    meals: tuple[Meal, ...] = ()
    handed_over: Text | None = None


@attrs.frozen
class Welcome:
    """
    How the visitors are received.

    Attributes:
        photographs: Whether they will take photographs; it needs special permission (RCP-021).
        rule_explained: Checklist: the rule on photography was explained (RCP-022).
        greeted: Checklist: they were greeted at once (RCP-024).
        excused: Checklist: whoever had to leave signalled an apology (RCP-026).
        traits: What is worth remembering of them (RCP-025).
    """

    photographs: bool
    rule_explained: bool
    greeted: bool
    excused: bool
    traits: Text | None = None


@attrs.frozen
class BreachReport:
    """Who did what without permission."""

    kind: BreachKind
    person: Text
    details: Text


@attrs.frozen
class MoneyClaim:
    """The expense claim of this visit; left out once it has ended before the visit."""

    claim: Text | None = None


@attrs.frozen
class ReceptionFacts:
    """
    What is known of a visit.

    Attributes:
        invited_by, group, visitors, purpose, visit_at, customer, plants, officials: The request.
        standards: The company's reception standard it goes by (RCP-027).
        visitor_class: Class of the visitors (RCP-002).
        authorised_by: Ids of those who permitted the invitation (RCP-020).
        closed_plants: Plants that are not shown to these visitors (RCP-004).
        reservation: The reservation form.
        booked_at: Aware UTC instant of the booking.
        guide: Who accompanies and explains.
        departments, programme: The plan and who was told of it.
        pass_number, valid_from, valid_until, photography: The visit pass; after the welcome
            whether they take photographs.
        pass_issued_by, photographs_permitted_by: Ids of those who issued and permitted it.
        preparation: What is ready.
        received_at, finished_at: Aware UTC instants.
        traits: What is worth remembering of the visitors.
        breaches: What was done without permission.
        claim: Id of the expense claim that has not ended.
        reason: Why it is a small group, or why it was refused or cancelled.
    """

    invited_by: str
    group: str
    visitors: int
    purpose: str
    visit_at: datetime
    standards: str
    customer: str | None = None
    plants: tuple[str, ...] = ()
    officials: bool = False
    visitor_class: VisitorClass | None = None
    authorised_by: tuple[str, ...] = ()
    closed_plants: tuple[str, ...] = ()
    reservation: Reservation | None = None
    booked_at: datetime | None = None
    guide: str | None = None
    departments: tuple[str, ...] = ()
    programme: str | None = None
    pass_number: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    photography: bool = False
    pass_issued_by: tuple[str, ...] = ()
    photographs_permitted_by: tuple[str, ...] = ()
    preparation: Preparation | None = None
    received_at: datetime | None = None
    finished_at: datetime | None = None
    traits: str | None = None
    breaches: tuple[Breach, ...] = ()
    claim: str | None = None
    reason: str | None = None
