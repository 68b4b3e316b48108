"""From a card at an exhibition to a customer record with its number, tier and file."""

from __future__ import annotations

from crmflow.analysis.story.lines import Said
from crmflow.analysis.story.teller import Teller

TITLE = Said("First contact", "初次接触")

MILL = Said("Harbour Mill", "海港造纸厂")
CUSTOMER = "C-1001"
BUYER = Said("the mill's buyer", "造纸厂采购负责人")
NEEDS = {
    "needs": Said("two quiet pumps", "两台低噪音水泵"),
    "expectations": Said("no standstill", "不停产"),
    "goals": Said("more output", "提高产量"),
}
CONTACT = {
    "name": BUYER,
    "position": Said("head of purchasing", "采购部主管"),
    "mobile": "13800138000",
    "email": "buyer@example.com",
}
CONFIRMED = {"confirmed_with": BUYER, "contact_details": True, "needs": True}
SHOP = ("company", "shop-1")


def play(tell: Teller) -> None:
    """Tell it."""
    found(tell)
    registered(tell)
    doubled(tell)
    filed(tell)


def found(tell: Teller) -> None:
    """A lead is found, talked to and understood."""
    tell.on("2026-01-05", "09:10")
    tell.say(
        "The company opens its shop by the harbour; the pump works stand on the other side.",
        "公司的港口门店开业，对岸就是水泵厂。",
    )
    name = Said("Harbour Shop", "港口门店")
    tell.open("company", "root-1", SHOP[1], name=name, opened_on="2001-05-20")
    tell.on("2026-01-05", "10:00")
    tell.say(
        "At an exhibition sales-1 meets Harbour Mill: a lead.",
        "在展会上，sales-1 结识海港造纸厂，登记为线索。",
    )
    lead = tell.open("lead", "sales-1", name=MILL, source="exhibition")
    tell.known["lead"] = lead
    tell.on("2026-01-06", "14:30")
    tell.say(
        "A first call: the mill wants quieter pumps, and it is in no hurry.",
        "首次电话：造纸厂想要噪音更低的水泵，但并不着急。",
    )
    call = {"person": BUYER, "result": Said("interested", "有意向")}
    details = Said("asked about the halls and their pumps", "了解厂房和水泵情况")
    tell.do(lead, "contact", "sales-1", method="phone", details=details, **call)
    tell.on("2026-01-08", "10:00")
    tell.say("Needs, expectations and goals are written down.", "记录客户的需求、期望和目标。")
    tell.do(lead, "analyse_needs", "sales-1", **NEEDS)


def registered(tell: Teller) -> None:
    """The customer's record is collected, confirmed, entered and checked."""
    tell.on("2026-01-08", "11:00")
    tell.say(
        "sales-1 fills in the collection form; the record needs more than a name.",
        "sales-1 填写客户信息采集表；档案不能只有名称。",
    )
    customer = tell.open(
        "customer", "sales-1", CUSTOMER, name=MILL, source="exhibition", business_type="industry",
        industry=Said("paper", "造纸"), size=Said("200 people", "200 人"), contacts=[CONTACT],
        tax_id="91350100M000100Y43", address=Said("1 Quay Road", "码头路 1 号"),
        needs=NEEDS["needs"], birthday="1996-06-18", annual_turnover="2000000 CNY",
        profit_margin="20", potential="8", cooperation_since="2024-01-08",
    )  # fmt: skip
    tell.known["customer"] = customer
    tell.on("2026-01-09", "09:30")
    tell.say(
        "The key data are confirmed with the buyer, and the record is entered.",
        "与采购负责人核实关键信息，录入档案。",
    )
    tell.do(customer, "confirm", "sales-1", **CONFIRMED)
    tell.do(customer, "enter", "sales-1", customer_type="potential")
    tell.later(hours=2)
    tell.say(
        "keeper-1 checks the logic. The customer gets its number and its tier, strategic, by "
        "figures; its file is of class B.",
        "keeper-1 审核逻辑。客户获得编号，并按数据评为战略客户；档案为 B 类。",
    )
    region = Said("the coast", "沿海地区")
    tell.do(customer, "check_logic", "keeper-1", region=region, file_class="B")


def doubled(tell: Teller) -> None:
    """The same customer is collected once more; the double is seen and discarded."""
    tell.later(hours=1)
    tell.say(
        "Somebody else collects the same mill once more. The engine sees it, and the double "
        "is discarded.",
        "另一同事再次采集同一家造纸厂。系统识别为重复，该记录作废。",
    )
    double = tell.open(
        "customer", "sales-1", name=MILL, source="referral", business_type="industry",
        industry=Said("paper", "造纸"), contacts=[CONTACT], tax_id="91350100M000100Y43",
        address=Said("1 Quay Road", "码头路 1 号"),
    )  # fmt: skip
    tell.do(double, "confirm", "sales-1", **CONFIRMED)
    tell.try_to(double, "enter", "sales-1", customer_type="potential")
    reason = Said("the same mill", "同一家造纸厂")
    tell.do(
        double, "discard", "sales-1", discarded="duplicate", duplicate_of=CUSTOMER, reason=reason
    )


def filed(tell: Teller) -> None:
    """The papers of the first talks are put in order and filed."""
    tell.on("2026-01-12", "10:00")
    tell.say(
        "keeper-1 files the letters of the first talks: one piece is missing at first.",
        "keeper-1 归档首次洽谈的往来函件：起初缺一件。",
    )
    matter = Said("first talks", "首次洽谈")
    reply = {"part": "reply", "matter": matter, "pages": 2}
    request = {"part": "request", "matter": matter}
    document = tell.open(
        "file_document", "keeper-1", customer=CUSTOMER, title=matter, pieces=[request, reply]
    )
    tell.do(document, "find_gap", "keeper-1", found=[request], missing=Said("the reply", "复函"))
    tell.do(document, "supplement", "keeper-1")
    tell.do(document, "check", "keeper-1", found=[request, reply])
    tell.do(document, "sort", "keeper-1", arranged=[reply, request])
    numbers = [{"first": 1, "last": 2}, {"first": 3, "last": 3}]
    tell.do(document, "number", "keeper-1", numbers=numbers, fronts="top_right", backs="top_left")
    place = Said("room 2, shelf 7", "2 号室 7 号架")
    tell.do(document, "file", "keeper-1", confidentiality="confidential", place=place)
