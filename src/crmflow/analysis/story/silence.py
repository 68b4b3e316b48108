"""A year of silence: warned of, lost, put to rest, and won back; and how it goes on."""

from __future__ import annotations

from datetime import timedelta

from crmflow.analysis.story.complaints import HANDLING, called, received
from crmflow.analysis.story.lines import Said
from crmflow.analysis.story.sale import PUMP, approved, inquiry
from crmflow.analysis.story.teller import Teller

TITLE = Said("Silence, and a return", "沉寂与回归")

AGAIN = Said("a third pump", "第三台水泵")


def play(tell: Teller) -> None:
    """Tell it."""
    warned(tell)
    # Nobody waits for anything: the worker looks in once a week, and finds the same.
    tell.pace = timedelta(days=7)
    lost(tell)
    gone_round(tell)
    rested(tell)
    tell.pace = timedelta(0)
    returned(tell)
    went_on(tell)


def warned(tell: Teller) -> None:
    """Nine months without a purchase open a case."""
    tell.on("2026-11-02", "10:00")
    tell.say(
        "Nine months without a purchase: a warning has opened a case. It is analysed, and "
        "measures are taken.",
        "九个月未购买：流失预警已立案。分析原因并采取措施。",
    )
    case = tell.known["case"] = tell.newest("churn_case")
    tell.do(case, "analyse", "sales-1", cause=Said("too slow for them", "嫌响应太慢"))
    tell.do(
        case, "act", "sales-1", measures=[Said("one more at the phone", "增加一名接线员")],
        owner="sales-1", marketing_plan=Said("quick answers first", "快速响应优先"),
    )  # fmt: skip


def lost(tell: Teller) -> None:
    """A year without a purchase is a loss; the list of key accounts is tidied."""
    tell.on("2027-02-01", "10:00")
    tell.say(
        "More than a year without a purchase: the customer counts as lost. It leaves the list of "
        "key accounts with gm-1's approval.",
        "一年多未购买：列为流失客户。经 gm-1 批准移出大客户名单。",
    )
    gone = Said("it buys no more", "不再采购")
    tell.do(tell.known["account"], "remove", "kad-1", because="relation_ended", reason=gone)
    tell.do(tell.known["account"], "$approve", "gm-1")


def gone_round(tell: Teller) -> None:
    """The next round of improvement begins, the next survey finds nobody."""
    tell.on("2027-04-12", "10:00")
    tell.say("The next round of improvement begins.", "改进循环进入下一轮。")
    tell.do(tell.known["other cycle"], "repeat", "service-1")
    tell.say("The next survey is due; nobody answers.", "下一轮调查到期，无人应答。")
    silent = Said("nobody answers", "无人应答")
    tell.do(tell.newest("survey"), "cancel", "after-1", reason=silent)


def rested(tell: Teller) -> None:
    """Twelve months without any dealing: a person judges, and the record is archived."""
    customer = tell.known["customer"]
    tell.on("2027-10-11", "10:00")
    tell.say(
        "A year without a word. sales-1 judges that there is no need; keeper-1 archives the "
        "record, and sales-1 may not look into it any more.",
        "一年杳无音讯。sales-1 判断无潜在需求；keeper-1 归档，sales-1 不再可查阅。",
    )
    reason = Said("it buys elsewhere", "已向他处采购")
    tell.do(customer, "mark_dormant", "sales-1", no_potential_need=True, reason=reason)
    tell.do(customer, "archive", "keeper-1")
    tell.try_to_read(customer, "sales-1")


def returned(tell: Teller) -> None:
    """A new inquiry wins the case; the order follows."""
    tell.on("2027-11-01", "10:00")
    tell.say(
        "A mail: the third pump, please. The case is won, the record wakes up, and the customer "
        "counts as loyal.",
        "来函：请提供第三台水泵。流失案挽回成功，档案恢复有效，列为忠诚客户。",
    )
    tell.do(tell.known["case"], "retain", "sales-1", result=AGAIN)
    tell.do(tell.known["customer"], "reactivate", "sales-1", reason=AGAIN)
    quote = inquiry(tell, AGAIN, "mail")
    tell.do(quote, "classify", "sales-1", quote_class="normal")
    promised_at = tell.ahead(days=21)
    tell.say("Quoted the same day, ordered the next.", "当天报价，次日下单。")
    tell.do(quote, "quote", "sales-1", price="9800 CNY", promised_at=promised_at, products=[PUMP])
    approved(tell, quote, "$approve")
    tell.on("2027-11-02", "10:00")
    tell.do(quote, "order", "desk-1", opens="order")


def went_on(tell: Teller) -> None:
    """And so it goes on: a claim that nobody has attended cannot be closed."""
    tell.on("2027-11-08", "10:00")
    tell.say(
        "So it goes on. The old pump hums again, and the mill claims; it is mended the same day.",
        "故事继续。旧泵再次异响，造纸厂索赔；当天修复。",
    )
    case = received(tell, "phone", is_claim=True)
    promised = {"promised_at": tell.ahead(hours=6), "solution": HANDLING["solution"]}
    tell.do(case, "respond", "service-1", **promised)
    hums, demand = Said("it hums", "异响"), Said("compensation", "赔偿")
    tell.do(case, "record", "service-1", problem_type=hums, demand=demand, mood="angry")
    tell.do(case, "grade", "service-1", grade="general")
    tell.do(case, "investigate", "head-1", departments=[Said("service", "客服部")])
    tell.do(case, "propose_solution", "head-1", **HANDLING)
    tell.do(case, "solve_direct", "service-1")
    tell.do(case, "answer", "service-1", reply="phone", result=Said("mended", "已修复"))
    tell.do(case, "call_back", "service-1")
    tell.on("2027-11-09", "10:00")
    tell.say(
        "It hums still. Nobody has attended the customer, nobody has reviewed the claim, and "
        "service-1 would close it. The engine says no.",
        "仍有异响。无人接待客户，索赔未经复核，service-1 却想结案。系统拒绝。",
    )
    called(tell, case, satisfied=False, result=hums)
    tell.try_to(case, "close", "service-1", improvement=Said("none", "无"))
