"""The mill comes to see the works, twice: the money of one visit is settled late."""

from __future__ import annotations

import attrs

from crmflow.analysis.story.first_contact import CUSTOMER, MILL
from crmflow.analysis.story.lines import Said
from crmflow.analysis.story.teller import Teller
from crmflow.core.ref import EntityRef

TITLE = Said("Receptions", "来访接待")

PRESS = Said("see the press hall", "参观压机车间")
READY = {
    "catering": ["refreshments"],
    "souvenirs": 6,
    "tour": ["press"],
    "guide": "host-1",
    "meals": ["lunch"],
}
WELCOME = {"rule_explained": True, "greeted": True, "excused": True}
IN_ORDER = {"effective": True, "complete": True}


@attrs.frozen
class Visit:
    """A visit and the claim for its money, with who applies for it."""

    reception: EntityRef
    claim: EntityRef
    by: str


def play(tell: Teller) -> None:
    """Tell it."""
    tell.on("2026-08-06", "09:00")
    tell.say(
        "The mill will send six people. manager-1 permits the invitation; service and finance "
        "approve the money.",
        "造纸厂将派六人来访。manager-1 批准邀请；客服与财务批准费用。",
    )
    first = invited(tell, "2026-08-12", by="service-1")
    came(tell, first, "2026-08-12", photographs=True)
    tell.on("2026-08-20", "10:00")
    tell.say(
        "Vouchers after eight days, checked, signed, settled.", "八天后交票据，审核签字，完成报销。"
    )
    settled(tell, first)
    second = invited(tell, "2026-08-26", by="service-2")
    came(tell, second, "2026-08-26", photographs=False)
    tell.on("2026-09-14", "10:00")
    tell.say(
        "The vouchers of the second visit come after nineteen days, and need a reason.",
        "第二次来访的票据十九天后才交，须说明原因。",
    )
    tell.try_to(second.claim, "submit", second.by, **vouchers())
    settled(tell, second, reason=Said("the printer was out of order", "打印机故障"))


def vouchers() -> dict[str, object]:
    """Return the papers that are handed in."""
    return {"slip": "S-17", "vouchers": ["B-1", "B-2"], "receipts": ["R-1"]}


def invited(tell: Teller, day: str, by: str) -> Visit:
    """A visit is permitted, booked and prepared, and money is drawn for it."""
    visit_at = f"{day}T09:00+08:00"
    reception = tell.open(
        "reception", "host-1", invited_by="sales-1", group=MILL, visitors=6, purpose=PRESS,
        visit_at=visit_at, customer=CUSTOMER, plants=["press"],
    )  # fmt: skip
    classes = {"visitor_class": "important", "treated_alike": True}
    tell.do(reception, "classify", "host-1", **classes)
    tell.do(reception, "$approve", "manager-1")
    claim = tell.open(
        "expense_claim_reception", by, reception=reception.id, purpose=PRESS, guests=6,
        amount="900", visitor_class="important", visit_at=visit_at, customer=CUSTOMER,
    )  # fmt: skip
    tell.do(claim, "approve_service", "manager-1")
    tell.do(claim, "approve_finance", "money-1")
    tell.do(claim, "draw", by, amount="800")
    contact = {"contact": Said("the buyer", "采购负责人"), "phone": "13900139000"}
    tell.do(reception, "book", "host-1", visitors=6, visit_at=visit_at, guide="host-1", **contact)
    return Visit(reception, claim, by)


def came(tell: Teller, visit: Visit, day: str, *, photographs: bool) -> None:
    """The guests get their pass, see the works and go; what was spent is noted."""
    ref = visit.reception
    programme = Said("tour, then talks", "参观后座谈")
    tell.do(ref, "report_plan", "host-1", departments=["production"], programme=programme)
    valid = {"valid_from": tell.now, "valid_until": f"{day}T23:00+08:00"}
    tell.do(ref, "issue_pass", "host-1", photography=photographs, **valid)
    tell.do(ref, "$approve", "office-1")
    tell.do(ref, "prepare", "host-1", **READY)
    tell.on(day, "09:00")
    if photographs:
        tell.say(
            "They would take photographs: gm-1 permits it. A lunch, a tour.",
            "来宾希望拍照，经 gm-1 批准。参观并用午餐。",
        )
    else:
        tell.say("A second group comes.", "第二批来宾到访。")
    tell.do(ref, "receive", "host-1", photographs=photographs, **WELCOME)
    if photographs:
        tell.do(ref, "$approve", "gm-1")
    tell.on(day, "16:00")
    tell.do(ref, "finish", "host-1")
    lunch = {"item": Said("lunch", "午餐"), "amount": "700", "purpose": Said("talks", "洽谈")}
    tell.do(visit.claim, "spend", visit.by, expenses=[lunch])


def settled(tell: Teller, visit: Visit, **reason: Said) -> None:
    """Vouchers are handed in, checked by somebody else, signed and paid."""
    tell.do(visit.claim, "submit", visit.by, **vouchers(), **reason)
    checker = {"service-1": "service-2", "service-2": "service-1"}[visit.by]
    for signer in (checker, "manager-1"):
        tell.do(visit.claim, "sign", signer, **IN_ORDER)
    tell.do(visit.claim, "settle", "finance-1", amount="700")
