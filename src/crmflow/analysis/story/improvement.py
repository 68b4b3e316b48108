"""What complaints teach: cycles of improvement, one closed in time, one left to its next round."""

from __future__ import annotations

from crmflow.analysis.story.first_contact import BUYER
from crmflow.analysis.story.lines import Said
from crmflow.analysis.story.teller import Teller
from crmflow.core.ref import EntityRef

TITLE = Said("What was learnt", "持续改进")

STEEL, RUBBER = Said("steel seals", "钢制密封件"), Said("rubber seals", "橡胶密封件")
NEEDS = [
    {"need": Said("dry pumps", "水泵不渗漏"), "priority": 1, "can_be_met": True},
    {"need": Said("free repairs", "免费维修"), "priority": 2, "can_be_met": False},
]
ACTION = {
    "alternatives": [
        {"name": RUBBER, "pros": [Said("cheap", "便宜")], "cons": [Said("wears", "易磨损")]},
        {"name": STEEL, "pros": [Said("lasts", "耐用")], "cons": [Said("dear", "价高")]},
    ],
    "chosen": STEEL,
    "feasible": True,
    "sustainable": True,
    "people": ["works-1"],
    "milestones": [{"name": Said("the first line", "首条产线"), "due_on": "2026-05-20"}],
    "plan": Said("line by line", "逐条产线实施"),
    "resources": [Said("ten days", "十天")],
}
EFFECT = {
    "satisfaction": Said("85 of 100", "85 分（满分 100）"),
    "complaints": Said("none since", "此后无投诉"),
    "quality_system": Said("no gaps", "无缺口"),
    "indicators": [{"name": Said("leaks", "渗漏"), "value": "0", "measured": "in_process"}],
}
CHANGE = {
    "what": "process",
    "name": Said("complaint", "投诉"),
    "finding": "redundant_step",
    "detail": Said("asked twice", "重复询问"),
    "version": Said("complaint 2", "投诉 2"),
}


def begun(tell: Teller) -> None:
    """Each complaint has opened a cycle; two of them lead somewhere."""
    tell.on("2026-04-29", "10:00")
    tell.say(
        "Each closed complaint has opened an improvement cycle. Two are worked out: steel in "
        "place of rubber. The third is dropped.",
        "每起结案的投诉都开启了改进循环。其中两个形成方案：以钢代橡胶；第三个放弃。",
    )
    first, second, third = (
        tell.opened_by(tell.known[grade], "improvement_cycle")
        for grade in ("serious", "major", "general")
    )
    for cycle in (first, second):
        understood = Said("no leaks", "杜绝渗漏")
        tell.do(
            cycle, "analyse", "service-1", understood=understood, confirmed_by=BUYER, tools=["swot"]
        )
        tell.do(cycle, "design", "service-1", needs=NEEDS)
        tell.do(cycle, "implement", "service-1", **ACTION)
        tell.try_to(cycle, "evaluate", "service-1", **EFFECT)
    reason = Said("the leaflet is enough", "说明书已足够")
    tell.do(third, "drop", "service-1", dropped="not_feasible", reason=reason, told_by="phone")
    tell.known["cycle"], tell.known["other cycle"] = first, second


def play(tell: Teller) -> None:
    """Tell it."""
    tell.on("2026-07-16", "14:00")
    tell.say(
        "The cycles of spring have run long enough to be judged: not one leak since. Measures "
        "are decided, people are trained.",
        "春季的改进循环已可评估：此后无一渗漏。制定措施，培训人员。",
    )
    for name in ("cycle", "other cycle"):
        improved(tell, tell.known[name])
    tell.on("2026-07-17", "10:00")
    tell.say("One is closed, the other waits for the next round.", "一个结束，另一个等待下一轮。")
    effect = Said("no leaks any more", "不再渗漏")
    tell.do(tell.known["cycle"], "close", "service-1", effect=effect, told_by="phone")
    looked_into(tell)


def looked_into(tell: Teller) -> None:
    """Every missed deadline has asked for a look: together they need no cycle of their own."""
    tell.say(
        "Every missed deadline has asked for a look, too: they are looked into together.",
        "每次超时也都要求检视，一并处理。",
    )
    told = {"reason": Said("looked into", "已检视"), "told_by": "phone"}
    for row in tell.engine.find("improvement_cycle", state="collecting"):
        tell.do(row.ref, "drop", "service-1", dropped="not_feasible", **told)


def improved(tell: Teller, cycle: EntityRef) -> None:
    """Evaluate, decide what follows, tune the process and train."""
    tell.do(cycle, "report_progress", "service-1", progress=Said("all lines", "全部产线"))
    tell.do(cycle, "evaluate", "service-1", **EFFECT)
    measure = Said("order steel", "订购钢材")
    tell.do(
        cycle, "improve", "service-1", meeting_on="2026-07-16",
        problems=[Said("two lines left", "尚余两条产线")],
        directions=[Said("all lines", "全部产线")],
        measures=[{"measure": measure, "owner": "purchasing-1", "due_on": "2026-07-30"}],
    )  # fmt: skip
    tell.do(cycle, "tune_process", "service-1", **CHANGE)
    notice = Said("steel from August on", "八月起改用钢制")
    tell.do(cycle, "train", "service-1", trained=["service-1", "works-1"], notice=notice)
