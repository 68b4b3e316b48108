"""Care of the customer and its file: a return, a visit, changes, access, training, an event."""

from __future__ import annotations

from crmflow.analysis.story.first_contact import CONTACT, CUSTOMER
from crmflow.analysis.story.lines import Said
from crmflow.analysis.story.sale import HOSE, PUMP
from crmflow.analysis.story.teller import Teller
from crmflow.core.ref import EntityRef

TITLE = Said("In good hands", "悉心照料")

RIGHT = {
    "normal_use": True,
    "packaging_complete": True,
    "quantity_correct": True,
    "resaleable": True,
}
BACK = {
    "packaging_complete": True,
    "quantity_correct": True,
    "resaleable": True,
    "invoice_returned": True,
    "papers": Said("invoice and warranty card", "发票和保修卡"),
}


def play(tell: Teller) -> None:
    """Tell it."""
    returned(tell)
    visited(tell)
    changed(tell)
    lent(tell)
    trained(tell)
    celebrated(tell)


def returned(tell: Teller) -> None:
    """A return within seven days, and one that comes too late."""
    tell.say(
        "A hose of last week fits nowhere. It comes back within seven days, unused, and is paid "
        "back.",
        "上周的一根软管不合用，七天内完好退回，予以退款。",
    )
    back = asked_back(tell, HOSE, "2026-03-03")
    tell.do(back, "approve", "service-1", **RIGHT)
    tell.do(back, "receive_goods", "desk-1", **BACK)
    freight = {"freight_by_customer": True, "freight": "20 CNY"}
    tell.do(back, "settle", "desk-1", refund="480 CNY", **freight)
    tell.on("2026-03-10", "09:30")
    tell.say(
        "The mill would give a pump of February back too. The engine says: too late.",
        "造纸厂还想退二月购买的水泵。系统答复：已超期。",
    )
    late = asked_back(tell, PUMP, "2026-02-02")
    tell.try_to(late, "approve", "service-1", **RIGHT)
    reason = Said("bought five weeks ago", "购买已五周")
    tell.do(late, "refuse", "service-1", condition="in_time", reason=reason)


def asked_back(tell: Teller, product: Said, day: str) -> EntityRef:
    """Ask for a return of what was bought on a day."""
    return tell.open("return", "service-1", customer=CUSTOMER, product=product, purchased_on=day)


def visited(tell: Teller) -> None:
    """A strategic customer is visited every month by somebody of rank."""
    tell.on("2026-03-11", "14:00")
    tell.say(
        "This month's visit to a strategic customer is made by gm-1, in its window.",
        "本月对战略客户的拜访由 gm-1 在期限内完成。",
    )
    (visit,) = [
        row.ref
        for row in tell.engine.find("care_task", state="due")
        if tell.facts(row.ref).cadence == "strategic_visit"
    ]
    result = Said("content; thinks of a third pump", "满意；考虑购买第三台水泵")
    tell.do(visit, "do", "gm-1", result=result)


def changed(tell: Teller) -> None:
    """A change is entered within a day; an older one waits for weeks."""
    customer = tell.known["customer"]
    tell.on("2026-03-12", "09:00")
    tell.say(
        "The buyer has a new number. It is reported and entered the same day.",
        "采购负责人更换手机号，当天报告并更新档案。",
    )
    contact = {**CONTACT, "mobile": "13900139000"}
    change = Said("a new number", "更换手机号")
    tell.do(
        customer, "report_change", "service-1", kind="contact", change=change,
        reported_by="customer", values={"contacts": [contact]},
    )  # fmt: skip
    update = tell.newest("record_update")
    tell.on("2026-03-12", "15:00")
    tell.do(update, "apply", "keeper-1")
    tell.say(
        "keeper-1 finds the change of January, which nobody has entered: the double's address.",
        "keeper-1 发现一月的变更（重复记录中的地址）至今未更新，予以补录。",
    )
    for row in tell.engine.find("record_update", state="overdue"):
        tell.do(row.ref, "apply", "keeper-1")


def lent(tell: Teller) -> None:
    """Another department borrows the file, with an approval and until a day."""
    tell.on("2026-03-13", "10:00")
    tell.say(
        "purchasing-1 borrows the file for a day; manager-1 approves, and it comes back.",
        "purchasing-1 经 manager-1 批准借阅档案一天并归还。",
    )
    purpose = Said("to plan stocks", "安排备货")
    request = tell.open(
        "access_request", "purchasing-1", customer=CUSTOMER, use="borrow", purpose=purpose,
        until_at=tell.ahead(days=1),
    )  # fmt: skip
    tell.do(request, "approve", "manager-1")
    tell.do(request, "use", "purchasing-1", internal=True)
    tell.later(hours=3)
    tell.do(request, "return", "purchasing-1")


def trained(tell: Teller) -> None:
    """A newcomer is trained and passes."""
    tell.on("2026-03-16", "10:00")
    tell.say(
        "service-2 is new: manners on the phone, then the general manager's talk. Passed.",
        "service-2 为新员工：学习电话礼仪，总经理讲话结业。考核合格。",
    )
    training = tell.open("training", "trainer-1", kind="newcomer", qualification="sales")
    manners = {"topic": "phone_manners", "lecturer": "marketing-1", "form": "course"}
    talk = {"topic": "general_managers_talk", "lecturer": "gm-1", "form": "lecture"}
    lessons = [
        {**manners, "lecturer_role": "marketing_manager"},
        {**talk, "lecturer_role": "general_manager"},
    ]
    tell.do(
        training, "schedule", "trainer-1", starts_on="2026-03-17", invited=["service-2"],
        lessons=lessons,
    )  # fmt: skip
    tell.on("2026-03-18", "16:00")
    tell.do(training, "hold", "trainer-1", attended=["service-2"])
    passed = {"person": "service-2", "passed": True, "score": "92.5", "exams": ["company"]}
    tell.do(training, "assess", "trainer-1", assessments=[passed])
    tell.do(training, "close", "trainer-1")


def celebrated(tell: Teller) -> None:
    """The shop invites its members."""
    tell.on("2026-03-19", "10:00")
    tell.say(
        "The shop invites its members to a show of pumps. The buyer comes, and buys nothing.",
        "门店邀请会员参观水泵展示。采购负责人到场，未购买。",
    )
    activity, club = Said("a show of pumps", "水泵展示"), Said("Pump Friends", "水泵之友")
    event = tell.open("member_event", "news-1", occasion="interval", activity=activity)
    tell.do(event, "invite", "news-1", club=club, members=[CUSTOMER], activity=activity)
    tell.later(days=5)
    tell.do(event, "hold", "news-1", attended=[CUSTOMER])
    tell.do(event, "record", "news-1", needs=Said("quieter pumps still", "希望水泵更安静"))
