"""The customer becomes a key account, with a service standard of its own."""

from __future__ import annotations

from crmflow.analysis.story.first_contact import CUSTOMER
from crmflow.analysis.story.lines import Said
from crmflow.analysis.story.teller import Teller

TITLE = Said("A key account", "大客户")

LATE_PARTS = Said("parts come late", "配件供应不及时")
REPORT = {
    "product_needs": Said("a third pump", "第三台水泵"),
    "service_needs": Said("a visit a month", "每月拜访一次"),
    "price_needs": Said("yearly prices", "年度价格"),
    "basics": Said("two halls", "两个车间"),
    "motives": Said("capacity", "产能"),
    "habits": Said("orders in spring", "春季采购"),
    "expectations": Said("quiet machines", "设备安静"),
    "pain_points": LATE_PARTS,
    "priorities": Said("parts first", "优先保障配件"),
    "report": Said("needs report 7", "需求分析报告 7"),
    "methods": ["interview", "data_analysis"],
}
PLAN = {
    "resources": Said("two engineers", "两名工程师"),
    "products": Said("frames to measure", "定制机座"),
    "price_strategy": Said("a yearly discount", "年度折扣"),
    "delivery": Said("our own lorry", "自有车辆配送"),
    "after_sales": Said("parts on stock", "配件备库"),
    "dedicated_team": Said("a team of two, a green channel", "两人专属团队，绿色通道"),
    "communication": Said("a call a month", "每月一次电话沟通"),
    "hotline": "800-1",
    "recommendations": Said("by orders and habits", "按订单和习惯推荐"),
    "standard_content": Said("installation and care", "安装与维护"),
    "standard_process": Said("call, visit, report", "电话、拜访、报告"),
    "ways_in": ["one_window", "self_service", "all_channels"],
}
EXECUTION = {
    "goals": Said("sell a third pump", "销售第三台水泵"),
    "content": Said("visits and offers", "拜访与报价"),
    "process": Said("month by month", "按月推进"),
    "team": ["service-1"],
    "departments": ["sales", "production"],
    "growth_plan": Said("help with planning", "协助规划"),
    "meetings": Said("a forum in autumn", "秋季论坛"),
    "training": Said("pump school", "水泵培训班"),
    "sharing": Said("a day of cases", "案例分享日"),
    "sales_goal": "500000",
    "satisfaction_goal": "90",
}


def play(tell: Teller) -> None:
    """Tell it."""
    listed(tell)
    served(tell)


def listed(tell: Teller) -> None:
    """It is nominated by its figures, proposed, and approved by somebody else."""
    tell.on("2026-03-25", "10:00")
    tell.say(
        "By its figures the mill is a key account: kad-1 nominates and proposes it, grade A.",
        "按数据，造纸厂符合大客户条件：kad-1 提名并列为 A 级。",
    )
    account = tell.known["account"] = tell.open(
        "key_account", "kad-1", customer=CUSTOMER, annual_sales="2000000",
        methods=["data_analysis", "customer_interview", "market_survey"],
        profit_contribution="90000",
    )  # fmt: skip
    reason = Said("a large contribution", "贡献大")
    tell.do(account, "propose", "kad-1", grade="A", reason=reason)
    tell.on("2026-03-25", "15:00")
    tell.say(
        "kad-1 may not approve its own proposal; gm-1 approves, and kam-1 takes it over.",
        "kad-1 不得批准自己的提名；gm-1 批准，由 kam-1 负责。",
    )
    member = {
        "person": "service-1",
        "duty": "representative",
        "chosen_for": Said("ten years of pumps", "十年水泵经验"),
    }
    assigned = {
        "manager": "kam-1",
        "team": [member],
        "department": Said("key accounts", "大客户部"),
        "platform": Said("a shared board", "共享看板"),
    }
    tell.try_to(account, "approve", "kad-1", **assigned)
    tell.do(account, "approve", "gm-1", **assigned)
    tell.on("2026-03-27", "10:00")
    tell.say(
        "Needs, a strategy, a team: two hours to the first answer, a working day to a solution.",
        "分析需求、制定策略、组建团队：两小时内响应，一个工作日内解决。",
    )
    tell.do(account, "analyse", "kam-1", **REPORT)
    tell.do(account, "set_strategy", "kam-1", **PLAN)
    tell.do(account, "execute", "kam-1", **EXECUTION)


def served(tell: Teller) -> None:
    """One problem is corrected within the working day, one is not."""
    account = tell.known["account"]
    tell.on("2026-03-30", "09:30")
    tell.say("Parts come late; within the day a lorry brings them.", "配件迟到；当天派车送达。")
    tell.do(account, "report_problem", "kam-1", problem=LATE_PARTS)
    tell.later(hours=6)
    lorry = Said("sent by lorry", "派车送达")
    tell.do(account, "correct_problem", "kam-1", correction=lorry)
    tell.on("2026-03-31", "10:00")
    tell.say("They come late again, and this time it takes three days.", "再次迟到，这次用了三天。")
    tell.do(account, "report_problem", "kam-1", problem=LATE_PARTS)
    tell.on("2026-04-03", "10:00")
    tell.say("The parts are there; from now on some are kept in stock.", "配件到货；今后保留库存。")
    stocked = Said("parts on stock from now on", "今后配件备库")
    tell.do(account, "correct_problem", "kam-1", correction=stocked)
