"""Three complaints, one of each grade; two of them end well at once."""

from __future__ import annotations

from crmflow.analysis.story.first_contact import BUYER, CUSTOMER
from crmflow.analysis.story.improvement import begun
from crmflow.analysis.story.lines import Said
from crmflow.analysis.story.teller import Teller
from crmflow.core.ref import EntityRef

TITLE = Said("Three complaints", "三起投诉")

HANDLING = {
    "cause": Said("a seal was fitted wrongly", "密封件装配错误"),
    "corrective": Said("the seal was replaced", "更换密封件"),
    "preventive": Said("a second look at every seal", "密封件复检"),
    "solution": Said("a new seal, fitted on site", "上门更换密封件"),
}
CONCERNED = {"departments": [Said("production", "生产部")]}
RESULT = Said("it is dry", "不再渗漏")
BETTER = Said("seals are checked twice", "密封件双重检查")
STEPS = ("visit the customer", "report to the general manager")


def play(tell: Teller) -> None:
    """Tell it."""
    general(tell)
    serious(tell)
    major(tell)
    reopened(tell)
    begun(tell)


def received(tell: Teller, channel: str, **more: bool) -> EntityRef:
    """A complaint comes in."""
    return tell.open("complaint", "service-1", customer=CUSTOMER, channel=channel, id=None, **more)


def recorded(tell: Teller, case: EntityRef, grade: str, **order: object) -> None:
    """It is recorded and graded, and the customer is attended."""
    tell.do(case, "record", "service-1", **order)
    tell.do(case, "grade", "service-1", grade=grade)
    tell.do(case, "attend", "head-1")


def called(tell: Teller, case: EntityRef, *, satisfied: bool, result: Said) -> None:
    """Make the call-back that a case has opened, have it reviewed and filed."""
    call = tell.linked(case, "revisit")
    particulars = Said("ask whether it holds", "询问是否解决")
    tell.do(call, "plan", "service-2", planned_at=tell.ahead(hours=1), particulars=particulars)
    good, none = Said("good so far", "至今良好"), Said("none", "无")
    tell.do(call, "prepare_call", "service-2", cooperation_experience=good, changed_needs=none)
    tell.do(call, "start", "service-2")
    tell.do(
        call, "record", "service-2", result=result, person=BUYER, satisfied=satisfied,
        details=Said("the repair", "维修情况"),
    )  # fmt: skip
    tell.do(call, "review_call", "supervisor-1", guidance=Said("well done", "处理得当"))
    tell.do(call, "file", "service-2", summary=result)


def general(tell: Teller) -> None:
    """Solved within the day, called back, closed."""
    tell.on("2026-04-08", "09:30")
    tell.say(
        "How is the pump to be cleaned? Nobody told, says the buyer: a general complaint.",
        "采购负责人抱怨没人告知如何清洗水泵：一般投诉。",
    )
    case = tell.known["general"] = received(tell, "phone")
    tell.later(minutes=20)
    tell.say("service-1 answers within half an hour.", "service-1 半小时内响应。")
    water = Said("with warm water", "用温水")
    tell.do(case, "respond", "service-1", solution=water, promised_at=tell.ahead(hours=6))
    recorded(
        tell, case, "general", problem_type=Said("doubt about use", "使用疑问"),
        demand=Said("advice", "指导"), mood="worried",
    )  # fmt: skip
    tell.later(hours=5)
    tell.say("It is looked into, solved and told the same day.", "当天调查、解决并答复。")
    tell.do(case, "investigate", "head-1", **CONCERNED)
    tell.do(case, "propose_solution", "head-1", **{**HANDLING, "solution": water})
    tell.do(case, "solve_direct", "service-1")
    tell.do(case, "answer", "service-1", reply="phone", result=Said("it is clean", "已清洗干净"))
    tell.do(case, "call_back", "service-1")
    tell.on("2026-04-09", "11:00")
    tell.say("The call-back finds a happy buyer. Closed.", "回访，采购负责人满意。结案。")
    called(tell, case, satisfied=True, result=Said("happy", "满意"))
    tell.do(case, "close", "service-1", improvement=Said("a leaflet with each pump", "随机附说明"))


def serious(tell: Teller) -> None:
    """Answered late at first, then told of the delay, and confirmed in time."""
    tell.on("2026-04-13", "10:00")
    tell.say(
        "A pump leaks, and nobody knows why: serious, and complex. Nobody answers the mail.",
        "一台水泵渗漏，原因不明：严重且复杂。邮件无人回复。",
    )
    case = tell.known["serious"] = received(tell, "mail", is_complex=True)
    tell.later(minutes=50)
    tell.say("Fifty minutes later the way of handling is told.", "五十分钟后告知处理方式。")
    handling = Said("an engineer looks at it", "工程师现场检查")
    tell.do(case, "respond", "service-1", handling=handling, promised_at=tell.ahead(days=2))
    recorded(
        tell, case, "serious", problem_type=Said("product defect", "产品缺陷"),
        demand=Said("repair", "维修"), mood="dissatisfied",
    )  # fmt: skip
    tell.do(case, "investigate", "head-1", **CONCERNED)
    tell.on("2026-04-14", "09:00")
    tell.say("Before a day has passed the buyer hears how far it is.", "一天之内告知进展。")
    tell.do(case, "inform_delay", "service-1", reason=Said("the seal is on its way", "密封件在途"))
    tell.on("2026-04-14", "16:00")
    tell.say("The solution is confirmed by the buyer.", "采购负责人确认方案。")
    tell.do(case, "propose_solution", "head-1", **HANDLING)
    tell.do(case, "confirm", "service-1", confirmed_by=BUYER)
    tell.on("2026-04-15", "11:00")
    tell.say("Solved and told; called back the next day. Closed.", "解决并答复，次日回访。结案。")
    ended(tell, case, reply="writing")
    tell.on("2026-04-16", "10:00")
    called(tell, case, satisfied=True, result=RESULT)
    tell.do(case, "close", "service-1", improvement=BETTER)


def ended(tell: Teller, case: EntityRef, reply: str) -> None:
    """What is confirmed is solved and told, and a call-back is listed."""
    tell.do(case, "solve", "service-1")
    tell.do(case, "answer", "service-1", reply=reply, result=RESULT)
    tell.do(case, "call_back", "service-1")


def major(tell: Teller) -> None:
    """It goes to the general manager, takes too long, and is called back too late."""
    tell.on("2026-04-20", "09:00")
    tell.say(
        "Both pumps stand still and the mill wants compensation: major. It goes to gm-1 first; "
        "head-1 may not begin without.",
        "两台水泵停转，造纸厂要求赔偿：重大投诉。须先报 gm-1；head-1 不得先行调查。",
    )
    case = tell.known["major"] = received(tell, "phone", is_claim=True, is_complex=True)
    tell.later(minutes=15)
    handling = Said("two engineers are on the way", "两名工程师已出发")
    tell.do(case, "respond", "service-1", handling=handling, promised_at=tell.ahead(days=2))
    recorded(
        tell, case, "major", problem_type=Said("product defect", "产品缺陷"),
        demand=Said("compensation", "赔偿"), mood="angry",
    )  # fmt: skip
    tell.try_to(case, "investigate", "head-1", **CONCERNED)
    tell.do(case, "escalate_gm", "service-1")
    tell.on("2026-04-21", "15:00")
    tell.say(
        "gm-1 decides a day later; nobody has told the buyer anything.",
        "gm-1 次日批示；无人告知客户进展。",
    )
    decided(tell, case)
    tell.on("2026-04-24", "10:00")
    tell.say(
        "The solution goes to senior management and to the buyer, both agree; the letter leaves "
        "on the fifth day.",
        "方案经公司高层与客户同意；第五天发出书面答复。",
    )
    settled(tell, case)
    for step in STEPS:
        tell.do(case, "take_step", "service-1", step=step)
    ended(tell, case, reply="letter")


def decided(tell: Teller, case: EntityRef) -> None:
    """The general manager says what is to be done."""
    decision = Said("replace both at once", "立即更换两台")
    tell.do(case, "gm_decide", "gm-1", gm_decision=decision, **CONCERNED)


def settled(tell: Teller, case: EntityRef) -> None:
    """A solution is proposed, passed on and confirmed."""
    tell.do(case, "propose_solution", "head-1", escalate=True, **HANDLING)
    tell.do(case, "confirm", "service-1", confirmed_by=BUYER)


def reopened(tell: Teller) -> None:
    """The call-back finds that it leaks again; the second time it holds."""
    case = tell.known["major"]
    tell.on("2026-04-27", "10:00")
    tell.say(
        "The call-back comes too late, and it leaks again: the case is reopened.",
        "回访过迟，且再次渗漏：重新处理。",
    )
    called(tell, case, satisfied=False, result=Said("it leaks again", "再次渗漏"))
    tell.do(case, "reopen", "service-1", reason=Said("it leaks again", "再次渗漏"))
    tell.do(case, "escalate_gm", "service-1")
    decided(tell, case)
    settled(tell, case)
    ended(tell, case, reply="letter")
    tell.on("2026-04-28", "11:00")
    tell.say(
        "Now it holds. A claim is reviewed by a person before it is closed.",
        "这次解决了。索赔须经人工复核后结案。",
    )
    called(tell, case, satisfied=True, result=RESULT)
    tell.do(case, "close", "service-1", improvement=BETTER, reviewed_by="supervisor-1")
