"""From the inquiry to the signed contract: quotes, a deal, and the approval of two people."""

from __future__ import annotations

from crmflow.analysis.story.first_contact import BUYER, CUSTOMER, NEEDS
from crmflow.analysis.story.lines import ZONE, Said
from crmflow.analysis.story.teller import Teller
from crmflow.core.ref import EntityRef

TITLE = Said("The sale", "成交")

PUMP, HOSE = Said("pump P-20", "P-20 型水泵"), Said("hose H-3", "H-3 型软管")
TERMS = {
    "agreed_by_us": True,
    "agreed_by_customer": True,
    "project_plan": Said("deliver and fit", "供货并安装"),
    "budget": "480000 CNY",
    "schedule": Said("February", "二月"),
}


def play(tell: Teller) -> None:
    """Tell it."""
    quoted(tell)
    proposed(tell)
    quoted_late(tell)
    signed(tell)
    signed_on_trial(tell)


def inquiry(tell: Teller, request: Said, *channels: str, marked_urgent: bool = False) -> EntityRef:
    """An inquiry arrives, for its salesperson with a copy to the assistant."""
    return tell.open(
        "quote", "sales-1", customer=CUSTOMER, request=request, channels=channels,
        marked_urgent=marked_urgent, salesperson="sales-1", sales_assistant="desk-1",
        products=[PUMP],
    )  # fmt: skip


def approved(tell: Teller, ref: EntityRef, event: str = "approve") -> None:
    """Two people approve, neither of them the one who asks."""
    tell.do(ref, event, "head-1")
    tell.later(hours=1)
    tell.do(ref, event, "gm-1")


def quoted(tell: Teller) -> None:
    """An ordinary quotation, within the day, and an order that comes of it."""
    tell.on("2026-01-13", "10:00")
    tell.say(
        "By mail the mill asks for a price for one pump to try.",
        "造纸厂来函，询问一台试用水泵的价格。",
    )
    quote = inquiry(tell, Said("one pump to try", "一台试用水泵"), "mail")
    tell.do(quote, "classify", "sales-1", quote_class="normal")
    tell.on("2026-01-13", "15:00")
    tell.say(
        "sales-1 quotes the same day; head-1 and gm-1 approve, then it goes out.",
        "sales-1 当天报价，经 head-1 和 gm-1 批准后发出。",
    )
    promised_at = tell.ahead(days=21)
    tell.do(quote, "quote", "sales-1", price="9800 CNY", promised_at=promised_at, products=[PUMP])
    approved(tell, quote, "$approve")
    tell.on("2026-01-14", "10:00")
    tell.say("The mill orders it; three weeks were promised.", "造纸厂下单，承诺三周内发货。")
    tell.do(quote, "order", "desk-1", opens="order")
    tell.known["tried"] = tell.linked(quote, "order")


def proposed(tell: Teller) -> None:
    """The lead becomes a deal: a plan, a proposal, talks, an agreement."""
    tell.on("2026-01-14", "14:00")
    tell.say("The lead becomes a deal, and a plan is made.", "线索转为商机，制定方案。")
    tell.do(tell.known["lead"], "convert", "sales-1", customer=CUSTOMER)
    deal = tell.known["deal"] = tell.newest("deal")
    fits = {"matches_requirements": True, "matches_expectations": True}
    plan = {"assessment": Said("feasible", "可行"), "plan": Said("two pumps", "两台水泵")}
    tell.do(deal, "make_plan", "sales-1", **plan, **fits, **NEEDS)
    tell.on("2026-01-16", "10:00")
    tell.say(
        "The proposal is presented. The buyer finds it too dear, and they talk.",
        "提交方案。采购负责人认为价格偏高，双方洽谈。",
    )
    offer = Said("two pumps, fitted", "两台水泵及安装")
    tell.do(deal, "propose", "sales-1", client_proposal=offer, products=[PUMP, HOSE])
    tell.do(deal, "negotiate", "sales-1", refusal=Said("too dear", "价格偏高"))
    tell.on("2026-01-19", "15:00")
    tell.say("They agree; the contract is drawn up.", "双方达成一致，起草合同。")
    tell.do(
        deal, "agree", "sales-1", content=offer, price="480000 CNY",
        delivery_time=Said("in February", "二月"), after_sales=Said("two years", "两年"),
    )  # fmt: skip
    tell.do(deal, "to_contract", "sales-1")
    tell.known["contract"] = tell.linked(deal, "contract")


def quoted_late(tell: Teller) -> None:
    """An urgent inquiry that waits too long."""
    tell.on("2026-01-20", "09:00")
    tell.say(
        "An urgent inquiry, by mail and by phone: spare hoses, on trial. Nobody quotes in time.",
        "紧急询价（邮件并电话）：试用备用软管。无人按时报价。",
    )
    spare = Said("spare hoses on trial", "试用备用软管")
    quote = inquiry(tell, spare, "mail", "phone", marked_urgent=True)
    tell.do(quote, "classify", "sales-1", quote_class="urgent")
    tell.on("2026-01-21", "09:30")
    tell.say("It is quoted the next morning, and approved.", "次日上午报价并获批准。")
    promised_at = tell.ahead(days=20)
    tell.do(quote, "quote", "sales-1", price="12000 CNY", promised_at=promised_at, products=[HOSE])
    approved(tell, quote, "$approve")
    tell.do(quote, "order", "desk-1", opens="contract")
    tell.known["trial"] = tell.linked(quote, "contract")


def signed(tell: Teller) -> None:
    """The contract is signed, not before both have approved it."""
    contract, deal = tell.known["contract"], tell.known["deal"]
    tell.on("2026-01-22", "10:00")
    tell.say("The terms of the contract are agreed and submitted.", "商定合同条款并提交审批。")
    tell.do(contract, "agree_terms", "sales-1", **TERMS)
    tell.do(contract, "submit", "sales-1")
    signature = {
        "signatory": BUYER,
        "starts_at": tell.now,
        "ends_at": tell.ahead(days=365),
        "amount": "480000 CNY",
        "main_terms": Said("free delivery", "包运输"),
        "payments": [
            {"amount": "180000 CNY", "due_at": tell.ahead(days=21)},
            {"amount": "300000 CNY", "due_at": tell.ahead(days=34)},
        ],
    }
    tell.later(hours=1)
    tell.say(
        "sales-1 would sign at once, and may not approve it either. The engine says no, twice.",
        "sales-1 想立即签订，也无权自行审批。系统两次拒绝。",
    )
    tell.try_to(contract, "sign", "sales-1", **signature)
    tell.try_to(contract, "approve", "sales-1")
    tell.on("2026-01-23", "09:30")
    tell.say("head-1 and gm-1 approve; it is signed. Won.", "head-1 和 gm-1 批准，签订合同。成交。")
    approved(tell, contract)
    tell.do(contract, "sign", "sales-1", **signature)
    tell.do(deal, "win", "sales-1")


def signed_on_trial(tell: Teller) -> None:
    """A second contract, short, with notice before its end."""
    trial = tell.known["trial"]
    tell.on("2026-01-26", "10:00")
    tell.say(
        "A small contract on spare hoses is signed too, on trial for six weeks.",
        "另签一份备用软管小合同，试用六周。",
    )
    tell.do(trial, "agree_terms", "sales-1", **{**TERMS, "budget": "12000 CNY"})
    tell.do(trial, "submit", "sales-1")
    approved(tell, trial)
    tell.do(
        trial, "sign", "sales-1", signatory=BUYER, starts_at=tell.now,
        ends_at=tell.now.replace(month=3, day=10, tzinfo=ZONE), amount="12000 CNY",
        main_terms=Said("on trial", "试用"), notice="5d",
    )  # fmt: skip
