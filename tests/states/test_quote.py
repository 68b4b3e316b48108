"""The machine `quote`, catalogue 3.11."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmflow.core.actor import Actor
from tests.states.case import AT, DAY, Case, Payload, declared, legal, pairs, walk_of

PROMISED = AT + 10 * DAY
INQUIRY = {
    "customer": "C-1", "request": "two pumps", "channels": ["mail"], "salesperson": "sales-1",
    "sales_assistant": "assistant-1", "products": ["pump"],
}  # fmt: skip
PAYLOADS: dict[str, Payload] = {
    "receive": INQUIRY,
    "receive:urgent": {**INQUIRY, "channels": ["mail", "phone"], "marked_urgent": True},
    "receive:marked": {**INQUIRY, "marked_urgent": True},
    "receive:vague": {**INQUIRY, "products": []},
    "classify": {"quote_class": "normal"},
    "classify:urgent": {"quote_class": "urgent"},
    "classify:highest": {"quote_class": "urgent", "urgency": "highest"},
    "classify:high": {"quote_class": "urgent", "urgency": "high"},
    "classify:phoned": {"quote_class": "urgent", "phoned": True},
    "quote": {
        "price": "500 CNY", "promised_at": PROMISED.isoformat(), "technical_data": "10 bar",
        "lines": [{"product": "pump", "quantity": 2, "price": "250 CNY"}],
    },
    "order": {"opens": "contract"},
    "order:part": {"opens": "order", "order_class": "special_regular", "products": ["pump"]},
    "lapse": {"cause": "no_answer", "reason": "silent for a month"},
}  # fmt: skip
TABLE = (
    "receive: - -> received",
    "classify: received -> classified",
    "quote: classified -> quoted",
    "order: quoted -> ordered",
    "lapse: received, classified, quoted -> lapsed",
)
PATHS = {
    "-": (),
    "received": ("receive",),
    "classified": ("receive", "classify"),
    "quoted": ("receive", "classify", "quote"),
}
LEGAL = legal(PATHS, TABLE)


def quote(*steps: str, profile: tuple[str, ...] = ("demo",)) -> Case:
    """Return a quote that has taken these steps."""
    return Case("quote", PAYLOADS, profile).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("quote") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = quote(*PATHS[source], event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        pytest.param((), "receive", {"channels": ["fax"]}, "$.channels[0]", id="QUO-002 channel"),
        pytest.param((), "receive", {"channels": []}, "no_channel", id="QUO-002 no channel"),
        pytest.param((), "receive", {"salesperson": None}, "$.salesperson",
                     id="QUO-002 salesperson"),
        pytest.param((), "receive", {"sales_assistant": None}, "$.sales_assistant",
                     id="QUO-002 copy"),
        ((), "receive", {"happened_at": PROMISED.isoformat()}, "in_future"),
        pytest.param(("receive",), "classify", {"quote_class": "fast"}, "$.quote_class",
                     id="QUO-001 class"),
        pytest.param(PATHS["classified"], "quote", {"promised_at": None}, "$.promised_at",
                     id="QUO-006 no promised time"),
        (PATHS["classified"], "quote", {"promised_at": AT.isoformat()}, "promise_in_past"),
        (("receive:vague", "classify"), "quote", {"lines": []}, "no_products"),
        (PATHS["quoted"], "order", {"opens": None}, "$.opens"),
        (("receive",), "lapse", {"reason": None}, "$.reason"),
    ],
)  # fmt: skip
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = quote(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == {why}


@pytest.mark.parametrize(
    ("inquiry", "classes"),
    [("receive", set()), ("receive:marked", {"classify:phoned"}),
     ("receive:urgent", {"classify:urgent", "classify:phoned"})],
)  # fmt: skip
def test_urgent_needs_both_channels(inquiry: str, classes: set[str]) -> None:
    """Only a mail marked urgent together with a call makes an inquiry urgent (QUO-004)."""
    for step in ("classify:urgent", "classify:phoned"):
        case = quote(inquiry)
        if step in classes:
            assert case.go(step).facts.channels == ("mail", "phone")
        else:
            assert case.why_not(step) == {"not_urgent"}


@pytest.mark.parametrize(
    ("steps", "warned", "missed"),
    [
        pytest.param(("receive", "classify"), 24, 48, id="QUO-003 normal"),
        pytest.param(("receive:urgent", "classify:urgent"), 4, 8, id="QUO-005 urgent"),
        pytest.param(("receive:urgent", "classify:high"), 4, 6, id="QUO-005 AMB-20 high"),
        pytest.param(("receive:urgent", "classify:highest"), None, 4, id="QUO-005 AMB-20 highest"),
        pytest.param(("receive:urgent", "classify"), 24, 48, id="QUO-001 an urgent one as normal"),
    ],
)
def test_key_accounts_are_quoted_in_time(
    steps: tuple[str, ...], warned: int | None, missed: int
) -> None:
    """From receipt, however late it is classified; the lower end of a range warns (AMB-20)."""
    case = quote(steps[0], profile=("demo", "key_account"))
    case.wait(timedelta(hours=1))
    case.go(steps[1])
    assert case.due["quote"] == AT + timedelta(hours=missed)
    state = case.snapshot.policy("sla")
    assert state is not None
    if warned is not None:
        case.wait(timedelta(hours=warned - 1, seconds=1))
        assert [message.payload["deadline"] for message in case.journal[-1].messages] == ["quote"]
    case.wait(timedelta(hours=missed))
    assert case.tasks["overdue_quote"] == "sales_assistant"


def test_a_quotation_in_time_stops_the_clock() -> None:
    """After it nothing is overdue (QUO-003)."""
    case = quote("receive", "classify", "quote", profile=("demo", "key_account"))
    assert case.due == {}
    assert case.wait(9 * DAY) == []


def test_without_the_profile_nothing_is_promised() -> None:
    """The hours are those of one company's key accounts (AMB-23)."""
    assert quote("receive", "classify").due == {}


def test_purchasing_provides_the_data_and_who_quotes() -> None:
    """Purchasing is asked (QUO-008); project development or the salesperson quotes (QUO-007)."""
    case = quote("receive", "classify")
    assert case.tasks["provide_data"] == "purchasing"
    assert case.why_not("quote", Actor("clerk-1", {"finance"})) == {"role"}
    case.fire("quote", Actor("dev-1", {"project_development"})).require()
    assert (case.facts.promised_at, case.facts.technical_data) == (PROMISED, "10 bar")
    assert case.tasks == {"get_answer": "salesperson"}


def test_an_order_opens_a_contract_or_an_order() -> None:
    """Sales service turns a quotation into either, with goods, promise and quote (QUO-009)."""
    case = quote(*PATHS["quoted"])
    assert case.why_not("order", Actor("sales-1", {"salesperson"})) == {"role"}
    [contract] = case.fire("order").require().messages
    assert (contract.machine, contract.event, contract.link) == ("contract", "create", "contract")
    assert contract.payload["quote"] == "X-1"
    assert contract.payload["lines"][0]["quantity"] == 2  # type: ignore[index]
    [order] = quote(*PATHS["quoted"]).fire("order:part").require().messages
    assert (order.machine, order.event, order.link) == ("order", "place", "order")
    assert order.payload["promised_at"] == PROMISED.isoformat()
    assert order.payload["order_class"] == "special_regular"
    assert [line["quantity"] for line in order.payload["lines"]] == [1]  # type: ignore[attr-defined]


def test_the_customer_record_hears_of_a_quotation() -> None:
    """As of every dealing (DEV-010)."""
    [told] = quote("receive", "classify").fire("quote").require().messages
    assert (told.event, told.payload["kind"]) == ("note_dealing", "quote")


TestQuoteWalk = walk_of("quote", PAYLOADS)
