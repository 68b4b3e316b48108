"""Suggestions: accepted, held, rejected, given more time, given much more time."""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.analysis.story.first_contact import CUSTOMER
from crmflow.analysis.story.lines import Said
from crmflow.analysis.story.teller import Teller
from crmflow.core.ref import EntityRef

TITLE = Said("Suggestions", "客户提案")

PRODUCTION = {"department": "production"}
THANKS = Said("thank you; here is why", "感谢提案，说明如下")
MAY, AUTUMN = Said("from June on", "六月起"), Said("in autumn", "秋季")
STUDIES = (
    {"result": "accepted", "reasons": Said("saves a step", "减少一道工序"), "value": "12000 CNY"},
    {"result": "held", "reasons": Said("no capacity now", "目前无产能")},
    {"result": "rejected", "reasons": Said("too dear", "成本过高")},
)


def play(tell: Teller) -> None:
    """Tell it."""
    three = begun(tell)
    answered(tell, three)
    used(tell, three[0])
    extended(tell)
    extended_long(tell)


def received(tell: Teller, content: Said, **flags: object) -> EntityRef:
    """A suggestion is taken in and recorded: its days count from now."""
    ref = tell.open("proposal", "service-1", customer=CUSTOMER, channel="in_person")
    tell.do(ref, "record", "service-1", kind="production_process", content=content, **flags)
    return ref


def acknowledged(tell: Teller, ref: EntityRef) -> None:
    """The customer hears when there will be an answer, and who studies it."""
    tell.do(ref, "acknowledge", "service-1", promised_at=tell.ahead(days=12), **PRODUCTION)


def dispatched(tell: Teller, refs: Sequence[EntityRef]) -> None:
    """Sorted, and given to the department with the approval of marketing."""
    for ref in refs:
        tell.do(ref, "submit_dispatch", "service-1")
        tell.do(ref, "dispatch", "marketing-1")


def decided(tell: Teller, ref: EntityRef, **study: object) -> None:
    """Studied, approved by the department's manager, then by the deputy."""
    tell.do(ref, "finish_study", "works-1", **study)
    tell.do(ref, "manager_approve", "works-head-1")
    tell.do(ref, "deputy_approve", "deputy-1")


def ended(tell: Teller, ref: EntityRef, result: str, schedule: Said = AUTUMN) -> None:
    """Answered, rewarded and thanked."""
    verbs = {"accepted": "accept", "held": "hold", "rejected": "reject"}
    tell.do(ref, verbs[result], "service-1")
    tell.do(ref, "answer", "service-1", reply="writing", explanation=THANKS, schedule=schedule)
    tell.do(ref, "reward", "service-1")


def begun(tell: Teller) -> tuple[EntityRef, ...]:
    """Three at once."""
    tell.on("2026-05-14", "09:00")
    tell.say(
        "In the shop the buyer suggests three things; each is recorded and acknowledged within "
        "two hours.",
        "采购负责人在门店提出三项建议，均登记并在两小时内告知受理。",
    )
    contents = (
        Said("weld before painting", "先焊接后喷漆"),
        Said("a smaller frame", "缩小机座"),
        Said("gold-plated seals", "镀金密封件"),
    )
    three = tuple(received(tell, content) for content in contents)
    tell.later(hours=1)
    for ref in three:
        acknowledged(tell, ref)
    tell.on("2026-05-15", "10:00")
    tell.say("marketing-1 lets production study them.", "marketing-1 批准转交生产部研究。")
    dispatched(tell, three)
    return three


def answered(tell: Teller, three: Sequence[EntityRef]) -> None:
    """One is accepted, one held, one rejected; all are answered and rewarded."""
    tell.on("2026-05-20", "15:00")
    tell.say(
        "Studied, approved by works-head-1 and by deputy-1, within ten days: one is accepted, "
        "one held for now, one rejected. All three are answered, rewarded and thanked.",
        "十天内完成研究并经 works-head-1 与 deputy-1 批准：一项接受、一项暂时保留、一项拒绝。"
        "三项均答复、奖励并致谢。",
    )
    for ref, study in zip(three, STUDIES, strict=True):
        decided(tell, ref, **study)
        ended(tell, ref, str(study["result"]))
    for ref in three[1:]:
        tell.do(ref, "close", "service-1")


def used(tell: Teller, ref: EntityRef) -> None:
    """The accepted one is carried out, and the customer hears of it."""
    measures, standard = Said("another order of steps", "调整工序"), Said("no rework", "无返工")
    tell.do(ref, "plan_use", "works-1", measures=measures, standard=standard, schedule=MAY)
    tell.on("2026-06-05", "10:00")
    tell.say(
        "The accepted one is in use on all lines. Closed.", "被接受的提案已在全部产线实施。结案。"
    )
    tell.do(ref, "report_use", "works-1", progress=Said("half of the lines", "半数产线"))
    tell.do(ref, "finish_use", "works-1", progress=Said("all lines", "全部产线"))
    tell.do(ref, "close", "service-1")


def extended(tell: Teller) -> None:
    """More time, to the twentieth day."""
    tell.on("2026-06-08", "09:00")
    tell.say("A suggestion on valves needs tests.", "一项关于阀门的提案需要试验。")
    ref = received(tell, Said("a valve at the inlet", "进水口加装阀门"))
    tell.later(hours=1)
    acknowledged(tell, ref)
    dispatched(tell, [ref])
    tell.on("2026-06-16", "10:00")
    tell.say("The deputy grants twenty days.", "副总经理批准延至二十天。")
    tell.do(ref, "extend_20", "service-1", reason=Said("tests run", "试验进行中"))
    tell.do(ref, "$approve", "deputy-1")
    tell.on("2026-06-26", "10:00")
    tell.say("On the eighteenth day it is decided: held for now.", "第十八天决定：暂时保留。")
    decided(tell, ref, result="held", reasons=Said("next year", "明年再议"))
    ended(tell, ref, "held")
    tell.do(ref, "close", "service-1")


def extended_long(tell: Teller) -> None:
    """Even thirty days are not enough."""
    tell.on("2026-06-29", "09:00")
    tell.say(
        "A whole new line is suggested: major and complex. Nobody says anything for a day.",
        "提议新建一条产线：重大且复杂。一天内无人告知受理。",
    )
    line = Said("a line of small pumps", "小型水泵产线")
    ref = received(tell, line, is_major=True, is_complex=True)
    tell.on("2026-06-30", "09:00")
    tell.say("It is acknowledged, and studied.", "告知受理，开始研究。")
    acknowledged(tell, ref)
    dispatched(tell, [ref])
    tell.on("2026-07-08", "10:00")
    tell.say("gm-1 grants thirty days.", "gm-1 批准延至三十天。")
    tell.do(ref, "extend_30", "service-1", reason=Said("a new line", "新产线"))
    tell.do(ref, "$approve", "gm-1")
    tell.known["long"] = ref


def decided_late(tell: Teller) -> None:
    """The thirty days are over when it is rejected."""
    ref = tell.known["long"]
    tell.on("2026-08-03", "14:00")
    tell.say(
        "The line of small pumps is rejected, five days late; answered and rewarded.",
        "小型水泵产线提案被拒绝，晚了五天；已答复并奖励。",
    )
    decided(tell, ref, result="rejected", reasons=Said("too small a market", "市场太小"))
    ended(tell, ref, "rejected")
    tell.do(ref, "close", "service-1")
