"""The machine `lead`, catalogue 3.1."""

import pytest

from crmflow.core.actor import SYSTEM, Actor
from tests.states.case import Case, declared, legal, pairs, walk_of

FOLLOW_UP = {"method": "phone", "person": "buyer", "result": "interested", "details": "prices"}
PAYLOADS = {
    "find": {"name": "Harbour Mill", "source": "exhibition", "group": "mills"},
    "contact": FOLLOW_UP,
    "contact:then": {**FOLLOW_UP, "happened_at": "2026-03-02T16:00:00+08:00"},
    "follow_up": FOLLOW_UP,
    "analyse_needs": {"needs": "pumps", "expectations": "quiet", "goals": "output"},
    "convert": {"customer": "C-1"},
    "convert:nobody": {},
    "hand_over": {"owner": "sales-2", "reason": "sales-1 left"},
    "drop": {"reason": "no budget"},
}
TABLE = (
    "find: - -> identified",
    "contact: identified -> contacted",
    "follow_up: contacted, needs_analysed -> =",
    "analyse_needs: contacted -> needs_analysed",
    "convert: needs_analysed -> converted",
    "hand_over: * -> =",
    "drop: * -> dropped",
)
PATHS = {
    "-": (),
    "identified": ("find",),
    "contacted": ("find", "contact"),
    "needs_analysed": ("find", "contact", "analyse_needs"),
}
LEGAL = legal(PATHS, TABLE)


def lead(*steps: str) -> Case:
    """Return a lead that has taken these steps."""
    return Case("lead", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("lead") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = lead(*PATHS[source], event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "find", {"source": "rumour"}, "$.source"),
        ((), "find", {"name": " "}, "$.name"),
        pytest.param((), "find", {"is_competitor": True}, "is_competitor", id="DEV-013 competitor"),
        pytest.param(
            (), "find", {"is_key": True, "need": "pumps"}, "only_a_name", id="DEV-014 only a name"
        ),
        (("find",), "contact", {"method": "pigeon"}, "$.method"),
        (("find",), "contact", {"details": None}, "$.details"),
        (("find",), "contact", {"happened_at": "2026-03-02T17:01:00+08:00"}, "in_future"),
        *(
            pytest.param(
                ("find", "contact"),
                "analyse_needs",
                {name: None},
                f"$.{name}",
                id=f"DEV-007 {name}",
            )
            for name in ("needs", "expectations", "goals")
        ),
        pytest.param(("find",), "analyse_needs", {}, "no_row", id="DEV-005 no contact yet"),
        (("find", "contact", "analyse_needs"), "convert", {"customer": None}, "no_customer_record"),
        (("find",), "hand_over", {"owner": None}, "$.owner"),
        (("find",), "drop", {"reason": ""}, "$.reason"),
        (("find",), "analyse_needs", {}, "no_row"),
        (("find", "drop"), "follow_up", {}, "final"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = lead(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == {why}


def test_first_contact_is_for_sales_and_service() -> None:
    """Others may not make the first contact (DEV-006)."""
    assert lead("find").why_not("contact", Actor("clerk-1", {"finance"})) == {"role"}


def test_a_lead_becomes_a_deal() -> None:
    """From an exhibition to a deal that knows the needs, with the log of contacts."""
    case = lead("find", "contact:then", "analyse_needs", "follow_up", "hand_over")
    assert (case.facts.owner, case.facts.contacts, case.facts.last_contact_at) == (
        "sales-2",
        2,
        case.at,
    )
    [message] = case.fire("convert").require().messages
    assert (message.machine, message.event, message.link) == ("deal", "open", None)
    assert message.payload["customer"] == "C-1"
    assert message.payload["lead"] == "X-1"
    assert message.payload["needs"] == "pumps"


@pytest.mark.parametrize("source", ["advert", "referral", "market_research", "cold_visit"])
def test_a_lead_is_looked_for(source: str) -> None:
    """By adverts, referral, research; the company then makes contact itself (DEV-004, DEV-016)."""
    case = Case("lead", PAYLOADS)
    case.fire("find", payload=case.but("find", source=source)).require()
    assert (case.facts.source, case.tasks) == (source, {"contact": "salesperson"})


def test_what_research_knows_of_a_lead_is_kept() -> None:
    """Its group and industry (DEV-013), needs, behaviour and potential value (DEV-014)."""
    case = Case("lead", PAYLOADS)
    known = {
        "group": "mills", "industry": "paper", "is_key": True, "need": "pumps",
        "buying_behaviour": "yearly tenders", "potential_value": "2000000 CNY",
    }  # fmt: skip
    case.fire("find", payload=case.but("find", **known)).require()
    facts = case.facts
    assert (facts.group, facts.industry, facts.need) == ("mills", "paper", "pumps")
    assert (facts.buying_behaviour, str(facts.potential_value)) == ("yearly tenders", "2000000 CNY")


def test_needs_are_the_basis_of_a_solution() -> None:
    """What a personal solution can build on is kept (DEV-008)."""
    case = lead("find", "contact")
    case.fire("analyse_needs", payload=case.but("analyse_needs", solution_basis="quiet pumps"))
    assert (case.facts.needs, case.facts.solution_basis) == ("pumps", "quiet pumps")


def test_the_time_of_a_contact_may_be_told() -> None:
    """A record made afterwards keeps when the contact happened (DEV-009)."""
    case = lead("find", "contact:then")
    assert case.facts.last_contact_at.hour == 8
    assert case.facts.last_contact_at < case.at


def test_a_lead_of_a_customer_needs_no_further_record() -> None:
    """A new need of an existing customer brings the record along (DEV-018)."""
    case = Case("lead", PAYLOADS)
    case.fire("find", payload=case.but("find", customer="C-7")).require()
    case.go("contact", "analyse_needs", "convert:nobody")
    assert case.facts.customer == "C-7"


def test_contacts_with_a_customer_stand_on_the_record() -> None:
    """Of every contact the customer record hears channel and result (DEV-010, DEV-015)."""
    case = Case("lead", PAYLOADS)
    [asked] = case.fire("find", payload=case.but("find", customer="C-7")).require().messages
    assert (asked.machine, asked.id, asked.event) == ("customer", "C-7", "$ask")
    for step in ("contact", "follow_up"):
        [told] = case.fire(step).require().messages
        assert told.event == "note_contact"
        assert told.payload.items() >= {"channel": "phone", "result": "interested"}.items()
    assert lead("find").fire("contact").require().messages == ()


def test_who_finds_a_lead_owns_it() -> None:
    """The owner is who is named, else who asks, and nobody where a message asks (DEV-017)."""
    named, asked, told = lead(), lead(), lead()
    named.fire("find", payload=named.but("find", owner="sales-9"))
    asked.fire("find")
    told.fire("find", SYSTEM)
    assert [c.facts.owner for c in (named, asked, told)] == ["sales-9", "person-1", None]


def test_work_waits_for_somebody() -> None:
    """One task at a time says what comes next."""
    case = lead("find")
    assert list(case.tasks) == ["contact"]
    then = [list(case.go(step).tasks) for step in ("contact", "analyse_needs", "convert")]
    assert then == [["analyse_needs"], ["convert"], []]


TestLeadWalk = walk_of("lead", PAYLOADS)
