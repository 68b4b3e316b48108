"""Questions and requests after the sale: quick ones, complex ones, and the year's first review."""

from __future__ import annotations

from crmflow.analysis.story.complaints import called
from crmflow.analysis.story.first_contact import CUSTOMER
from crmflow.analysis.story.lines import Said
from crmflow.analysis.story.teller import Teller
from crmflow.core.ref import EntityRef

TITLE = Said("Questions", "客户问题")

CLEANED = {
    "solution": Said("the filter was cleaned", "清洗滤网"),
    "result": Said("it runs", "运行正常"),
    "reply": "phone",
}
TEAM = {"team": ["team-1", "works-1"], "is_complex": True}
MEASURED = Said("measured, parts ordered", "已测量，配件已订购")


def play(tell: Teller) -> None:
    """Tell it."""
    quick(tell)
    slow(tell)
    complex_one(tell)


def promised(tell: Teller, request: EntityRef, **response: Said) -> None:
    """Answer a request for the first time, with a promise."""
    tell.do(request, "respond", "service-1", promised_at=tell.ahead(days=2), **response)


def closed(tell: Teller, request: EntityRef) -> None:
    """Call back and close."""
    called(tell, request, satisfied=True, result=Said("happy", "满意"))
    tell.do(request, "close", "service-1")


def quick(tell: Teller) -> None:
    """Answered in minutes, solved within the day, called back the next."""
    deal = tell.known["deal"]
    tell.on("2026-05-06", "09:30")
    tell.say("A pump hums. The deal's service is asked.", "一台水泵有异响，经商机提出售后请求。")
    hum = Said("a pump hums", "水泵异响")
    tell.do(deal, "request_service", "sales-1", request=hum, channel="phone")
    request = tell.linked(deal, "service_request")
    tell.later(minutes=10)
    tell.say(
        "Ten minutes later there is an answer, by noon a solution.", "十分钟内响应，中午前解决。"
    )
    promised(tell, request, solution=Said("clean the filter", "清洗滤网"))
    tell.do(request, "work", "service-1", owner="service-1")
    tell.later(hours=2)
    tell.do(request, "solve", "service-1", **CLEANED)
    tell.do(request, "call_back", "service-1")
    tell.on("2026-05-07", "09:30")
    tell.say("Called back, closed.", "回访后结案。")
    closed(tell, request)


def raised(tell: Teller, what: Said) -> EntityRef:
    """A complex question is raised."""
    return tell.open(
        "service_request", "service-1", kind="question", channel="self_service",
        customer=CUSTOMER, request=what, is_complex=True,
    )  # fmt: skip


def slow(tell: Teller) -> None:
    """Everything about it is late."""
    tell.on("2026-05-07", "10:00")
    tell.say(
        "How loud will three pumps be? A complex question, and it lies about.",
        "三台水泵会有多吵？复杂问题，被搁置。",
    )
    request = raised(tell, Said("how loud are three pumps?", "三台水泵噪音多大？"))
    tell.later(hours=2)
    tell.say("A team is formed, and tells nothing for a day.", "成立专项小组，一天内未告知进展。")
    promised(tell, request, handling=Said("a team measures", "专项小组测量"))
    tell.do(request, "form_team", "service-1", **TEAM)
    tell.on("2026-05-08", "15:00")
    tell.say("At last the mill is told how far it is.", "终于告知进展。")
    tell.do(request, "report_progress", "service-1", progress=MEASURED)
    tell.do(request, "work", "service-1", owner="team-1")
    tell.on("2026-05-11", "10:00")
    tell.say("Solved after four days.", "四天后解决。")
    tell.do(request, "solve", "service-1", **{**CLEANED, "solution": Said("felt mats", "加装毡垫")})
    tell.do(request, "call_back", "service-1")
    tell.known["slow"] = request
    tell.later(hours=2)
    tell.say(
        "The delivered deal is evaluated, within its ninety days.", "在九十天内评价已交付的商机。"
    )
    evaluated(tell)


def complex_one(tell: Teller) -> None:
    """Complex too, and the mill is told in time."""
    tell.on("2026-05-12", "09:00")
    tell.say("The next one is complex too.", "下一个问题同样复杂。")
    request = raised(tell, Said("can they run at night?", "能否夜间运行？"))
    tell.later(minutes=25)
    promised(tell, request, handling=Said("a team measures", "专项小组测量"))
    tell.do(request, "form_team", "service-1", **TEAM)
    tell.on("2026-05-12", "15:00")
    tell.say("The team tells the same day how far it is.", "专项小组当天告知进展。")
    tell.do(request, "report_progress", "service-1", progress=MEASURED)
    tell.do(request, "work", "service-1", owner="team-1")
    tell.on("2026-05-13", "10:00")
    tell.say(
        "They can. Nobody has called back the slow one for two days.", "可以。上一问题两天未回访。"
    )
    tell.do(request, "solve", "service-1", **{**CLEANED, "solution": Said("they can", "可以")})
    tell.do(request, "call_back", "service-1")
    tell.on("2026-05-13", "16:00")
    tell.say("Both are called back and closed.", "两个问题均回访结案。")
    closed(tell, tell.known["slow"])
    closed(tell, request)


def evaluated(tell: Teller) -> None:
    """Evaluate the delivered deal."""
    tell.do(
        tell.known["deal"], "evaluate", "sales-1", satisfaction=Said("good", "良好"),
        results=Said("output up", "产量提高"), indicators=[Said("output +5 %", "产量 +5%")],
    )  # fmt: skip
