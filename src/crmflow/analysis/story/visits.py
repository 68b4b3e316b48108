"""Revisits: two on site, one of them followed up in time, and one by arrangement elsewhere."""

from __future__ import annotations

from crmflow.analysis.story.first_contact import BUYER, CUSTOMER
from crmflow.analysis.story.lines import Said
from crmflow.analysis.story.suggestions import decided_late
from crmflow.analysis.story.teller import Teller
from crmflow.core.ref import EntityRef

TITLE = Said("Visits", "客户回访")

WORKS = Said("the mill", "造纸厂")
TALK = Said("a talk at the mill", "到厂交流")
BASICS = {
    "basics": Said("head of purchasing", "采购部主管"),
    "service_records": Said("two repairs", "两次维修"),
    "consumption_traits": Said("buys in spring", "春季采购"),
    "cooperation_summary": Said("half a year", "合作半年"),
    "next_steps": Said("a third pump", "第三台水泵"),
}
FOUND = {
    "result": Said("a third pump next year", "明年购买第三台"),
    "needs": Said("a third pump", "第三台水泵"),
    "opinions": Said("quick service", "服务及时"),
}
REPORT = {
    "course": Said("as planned", "按计划进行"),
    "result": Said("a lead", "有新线索"),
    "evaluation": Said("very good", "很好"),
}
GUIDANCE, SUMMARY = Said("offer it in January", "一月报价"), Said("wants a third", "需第三台")
ANSWER = Said("an offer comes in January", "一月送上报价")


def play(tell: Teller) -> None:
    """Tell it."""
    prompt(tell)
    claimed(tell)
    slow(tell)
    decided_late(tell)
    elsewhere(tell)


def started(tell: Teller, day: str, kind: str = "on_site", **taken: object) -> EntityRef:
    """Plan a visit, appoint it, prepare it and make it on its day; what came of it is recorded."""
    visit = tell.open("revisit", "service-1", kind=kind, purpose=TALK, customer=CUSTOMER)
    tell.do(visit, "plan", "service-1", planned_at=tell.ahead(days=4), particulars=TALK)
    appointed = {"place": WORKS, "agreed_with": BUYER, "fits_customer": True}
    tell.do(visit, "appoint", "service-1", meet_at=f"{day}T10:00+08:00", **appointed)
    tell.do(visit, "prepare_visit", "service-1", **BASICS, **taken)
    tell.on(day, "09:55")
    tell.do(visit, "start", "service-1", place=WORKS)
    tell.later(hours=2)
    tell.do(visit, "record", "service-1", **FOUND)
    return visit


def filed(tell: Teller, visit: EntityRef) -> None:
    """The supervisor reads the report, then it is filed."""
    tell.do(visit, "review", "supervisor-1", guidance=GUIDANCE)
    tell.do(visit, "file", "service-1", summary=SUMMARY, answer=ANSWER)


def prompt(tell: Teller) -> None:
    """Thanked the same day, reported the next."""
    tell.on("2026-07-20", "09:00")
    tell.say(
        "service-1 appoints a visit at the mill, three days ahead, and takes drawings along.",
        "service-1 提前三天预约到厂拜访，并携带图纸。",
    )
    drawings = Said("drawings", "图纸")
    visit = tell.known["visit"] = started(tell, "2026-07-23", company_material=[drawings])
    tell.say("The visit is made. Thanks are sent the same day.", "完成拜访，当天致谢。")
    tell.later(hours=3)
    tell.do(visit, "thank", "service-1")
    tell.on("2026-07-24", "11:00")
    tell.say("The report is in the next day; the drawings are back.", "次日提交报告，图纸已归还。")
    tell.do(visit, "report", "service-1", **REPORT)
    tell.do(visit, "return_material", "service-1", returned=[drawings])
    filed(tell, visit)


def claimed(tell: Teller) -> None:
    """What the visit cost is over the limit: the rest is borne by who spent it."""
    visit = tell.known["visit"]
    tell.say(
        "The visit cost 340 yuan; 300 are paid, the rest is the specialist's own.",
        "拜访费用 340 元；报销 300 元，超出部分自理。",
    )
    claim = tell.open(
        "expense_claim_revisit", "service-1", revisit=visit.id, amount="340", vouchers=["B-1"],
        customer=CUSTOMER,
    )  # fmt: skip
    tell.do(claim, "sign", "supervisor-1")
    tell.try_to(claim, "pay", "finance-1", amount="340")
    tell.do(claim, "pay", "finance-1", amount="300")


def slow(tell: Teller) -> None:
    """Thanks and report come days later; the sample stays at the mill, as an exception."""
    tell.on("2026-07-27", "09:00")
    tell.say(
        "A second visit, with a sample of the steel seal.", "第二次到厂拜访，携带钢制密封件样品。"
    )
    sample = Said("a sample", "样品")
    visit = started(tell, "2026-07-30", company_material=[sample])
    tell.on("2026-08-03", "10:00")
    tell.say(
        "Four days later somebody thanks and reports. The sample may stay: supervisor-1 agrees.",
        "四天后才致谢并提交报告。经 supervisor-1 同意，样品留厂。",
    )
    tell.do(visit, "thank", "service-1")
    tell.do(visit, "report", "service-1", **REPORT)
    reason = Said("the mill tests it", "造纸厂试用")
    tell.do(visit, "return_material", "service-1", exception=True, reason=reason)
    tell.do(visit, "$approve", "supervisor-1")
    filed(tell, visit)


def elsewhere(tell: Teller) -> None:
    """A meeting face to face, not on site: no thanks are due, the report is."""
    tell.on("2026-08-04", "14:00")
    tell.say("A short meeting at the fair is reported in time.", "展会短暂会面，按时提交报告。")
    visit = started(tell, "2026-08-05", "face_to_face")
    tell.do(visit, "report", "service-1", **REPORT)
    filed(tell, visit)
