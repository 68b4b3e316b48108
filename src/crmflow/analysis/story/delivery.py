"""Orders, shipments, arrivals and payments: in time, and late."""

from __future__ import annotations

from crmflow.analysis.story.lines import Said
from crmflow.analysis.story.sale import HOSE, PUMP
from crmflow.analysis.story.teller import Teller
from crmflow.core.ref import EntityRef

TITLE = Said("Delivery and payment", "交货与回款")

SENT = {"content_checked": True}
ARRIVED = {"delivery_state": "delivered", "is_accurate": True}
STOCK = {"is_in_stock": True, "safety_stock": 25}
NO_STOCK = {"is_in_stock": False, "safety_stock": 20}


def play(tell: Teller) -> None:
    """Tell it."""
    delivered_in_time(tell)
    delivered_late(tell)
    delivered_as_promised(tell)
    paid(tell)
    ended(tell)


def delivered_in_time(tell: Teller) -> None:
    """What is in stock goes out the same day, what is urgent arrives within six hours."""
    contract, deal = tell.known["contract"], tell.known["deal"]
    tell.on("2026-02-02", "10:00")
    tell.say(
        "The contract starts: pumps, and hoses that are ordered urgently.",
        "合同开始执行：水泵，以及特急订购的软管。",
    )
    plan = [{"products": [PUMP]}, {"products": [HOSE], "order_class": "special_regular"}]
    standard = Said("fitted and tested", "安装并测试")
    tell.do(contract, "start", "desk-1", service_standard=standard, orders=plan)
    tell.do(deal, "start", "sales-1")
    pumps, hoses = orders_of(tell, contract)
    for order in (pumps, hoses):
        tell.do(order, "check_stock", "desk-1", **STOCK)
    tell.on("2026-02-02", "11:30")
    tell.say("Both are in stock and are shipped before noon.", "均有库存，中午前发货。")
    for order in (pumps, hoses):
        tell.do(order, "ship", "desk-1", **SENT)
    tell.on("2026-02-02", "15:00")
    tell.say("The hoses arrive five hours after the order.", "下单五小时后软管送达。")
    tell.do(hoses, "deliver", "desk-1", **ARRIVED)
    tell.on("2026-02-03", "10:00")
    tell.say(
        "The pumps arrive, with advice on how to use them safely.", "水泵送达，并提供安全使用建议。"
    )
    tell.do(pumps, "deliver", "desk-1", **ARRIVED)
    tell.do(
        pumps, "advise", "desk-1", advice=Said("never run them dry", "切勿空转"),
        dangers=Said("hot water", "热水"), liability=Said("the user", "使用方"),
    )  # fmt: skip
    for order in (pumps, hoses):
        tell.do(order, "close", "desk-1")


def orders_of(tell: Teller, contract: EntityRef) -> list[EntityRef]:
    """Return the orders of a contract, the first one in front."""
    return [link.ref for link in tell.engine.get(contract).links if link.name == "order"]


def delivered_late(tell: Teller) -> None:
    """A promise of the quotation is broken, and an urgent order is left lying."""
    tried, contract = tell.known["tried"], tell.known["contract"]
    tell.say(
        "The pump to try is not in stock. It should leave today, as was quoted.",
        "试用水泵没有库存。按报价应于今天发货。",
    )
    tell.do(tried, "check_stock", "desk-1", **NO_STOCK)
    tell.on("2026-02-04", "10:00")
    tell.say(
        "It leaves a day late. More hoses are ordered urgently, and forgotten on the ramp; the "
        "stock kept for the mill runs low.",
        "晚一天发货。又特急订购软管，却遗忘在装卸台上；为造纸厂保留的库存不足。",
    )
    tell.do(tried, "ship", "desk-1", **SENT)
    more = [{"products": [HOSE], "order_class": "special_regular"}]
    tell.do(contract, "add_orders", "desk-1", orders=more)
    hoses = orders_of(tell, contract)[-1]
    tell.do(hoses, "check_stock", "desk-1", is_in_stock=True, safety_stock=4)
    tell.on("2026-02-05", "09:30")
    tell.say("All of it arrives at last.", "最终全部送达。")
    tell.do(hoses, "ship", "desk-1", **SENT)
    for order in (hoses, tried):
        tell.do(order, "deliver", "desk-1", **ARRIVED)
        tell.do(order, "close", "desk-1")


def delivered_as_promised(tell: Teller) -> None:
    """What is not in stock goes out on the promised day."""
    contract, deal = tell.known["contract"], tell.known["deal"]
    tell.say(
        "The last hoses are not in stock; they are promised for the tenth.",
        "最后一批软管无库存，承诺十日发货。",
    )
    promised_at = tell.ahead(days=5)
    more = [{"products": [HOSE], "promised_at": promised_at}]
    tell.do(contract, "add_orders", "desk-1", orders=more)
    hoses = orders_of(tell, contract)[-1]
    tell.do(hoses, "check_stock", "desk-1", **NO_STOCK)
    tell.on("2026-02-10", "14:00")
    tell.say("On the tenth they leave.", "十日如期发货。")
    tell.do(hoses, "ship", "desk-1", **SENT)
    tell.on("2026-02-11", "11:00")
    tell.say("All is delivered; the deal goes over to service.", "全部交付，商机转入售后服务。")
    tell.do(hoses, "deliver", "desk-1", **ARRIVED)
    tell.do(hoses, "close", "desk-1")
    tell.do(contract, "finish_delivery", "desk-1")
    tell.do(deal, "deliver", "sales-1")


def paid(tell: Teller) -> None:
    """The first payment comes in time, the second does not."""
    contract = tell.known["contract"]
    first, second = payments_of(tell, contract)
    tell.on("2026-02-12", "09:30")
    tell.say("The first payment arrives on the day before.", "首笔回款提前一天到账。")
    settled(tell, contract, first)
    tell.on("2026-03-03", "10:00")
    tell.say("The second is a week late; the contract is completed.", "第二笔晚到一周；合同完成。")
    settled(tell, contract, second)
    tell.do(contract, "complete", "desk-1")


def payments_of(tell: Teller, contract: EntityRef) -> list[EntityRef]:
    """Return the payments of a contract, the first that is due in front."""
    links = [link for link in tell.engine.get(contract).links if link.name == "payment"]
    return [link.ref for link in sorted(links, key=lambda link: str(link.facts["due_at"]))]


def settled(tell: Teller, contract: EntityRef, payment: EntityRef) -> None:
    """Record a payment of a contract and settle it."""
    record = {"amount": str(tell.facts(payment).amount), "method": Said("transfer", "转账")}
    told = {**record, "handler": "desk-1", "account": "6222 0001", "delivery_state": "delivered"}
    tell.do(contract, "record_payment", "desk-1", payment=payment.id, **told)
    tell.do(payment, "invoice", "desk-1", invoice=f"F-{payment.id[:4]}")
    tell.do(payment, "settle", "desk-1")


def ended(tell: Teller) -> None:
    """The contract on trial reaches its end before anybody has seen to it."""
    trial = tell.known["trial"]
    tell.say("Meanwhile the hoses on trial are ordered.", "与此同时，订购试用软管。")
    standard = Said("as agreed", "按约定")
    tell.do(trial, "start", "desk-1", service_standard=standard)
    (order,) = orders_of(tell, trial)
    tell.do(order, "check_stock", "desk-1", **STOCK)
    tell.do(order, "ship", "desk-1", **SENT)
    tell.on("2026-03-04", "10:00")
    tell.do(order, "deliver", "desk-1", **ARRIVED)
    tell.do(order, "close", "desk-1")
    tell.known["hoses"] = order
    tell.do(trial, "finish_delivery", "desk-1")
    tell.on("2026-03-09", "10:00")
    tell.say(
        "Its end was told on the fifth; only now is it paid and completed.",
        "五日已提示到期，现在才付款并完成。",
    )
    (payment,) = payments_of(tell, trial)
    settled(tell, trial, payment)
    tell.do(trial, "complete", "desk-1")
