"""The machine `outage_plan`, catalogue 3.28."""

from datetime import timedelta

import pytest

from crmflow.core.actor import Actor
from tests.states.case import Case, declared, legal, pairs, walk_of

PAYLOADS: dict[str, dict[str, object]] = {
    "draft": {
        "work": "transformer 3", "starts_at": "2026-03-02T09:00:00+00:00",
        "ends_at": "2026-03-02T13:00:00+00:00", "reliability": "99.96", "voltage": "98.7",
        "customers": [
            {"customer": "C-1", "ways": ["sms", "web"]},
            {"customer": "C-2"},
            {"customer": "C-3", "ways": []},
        ],
    },
    "advise": {
        "considered": [
            {"customer": "C-1", "production": "kiln runs until Friday", "advice": "after that"},
            {"customer": "C-2", "production": "one shift", "advice": "at night"},
            {"customer": "C-3", "production": "cold store", "advice": "four hours at most"},
        ],
    },
    "issue": {},
    "execute": {},
    "close": {
        "restored_at": "2026-03-02T09:00:00+00:00", "reliability": "99.97", "voltage": "98.9",
    },
    "cancel": {"reason": "storm"},
}  # fmt: skip
TABLE = (
    "draft: - -> drafted",
    "advise: drafted -> advised",
    "issue: advised -> issued",
    "execute: issued -> executed",
    "close: executed -> closed",
    "cancel: drafted, advised, issued -> cancelled",
)
PATHS = {
    "-": (),
    "drafted": ("draft",),
    "advised": ("draft", "advise"),
    "issued": ("draft", "advise", "issue"),
    "executed": ("draft", "advise", "issue", "execute"),
}


def outage(*steps: str) -> Case:
    """Return an outage plan that has taken these steps."""
    return Case("outage_plan", PAYLOADS, ("demo", "power")).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("outage_plan") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), legal(PATHS, TABLE))
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = outage(*PATHS[source], event)
    assert case.state == to
    case.hold_invariants()


@pytest.mark.parametrize(
    ("rule", "steps", "step", "changes", "why"),
    [
        ("PWR-014", (), "draft", {"ends_at": "2026-03-02T09:00:00+00:00"}, "outage_not_in_order"),
        ("PWR-014", (), "draft", {"starts_at": "2026-03-02T08:59:00Z"}, "outage_not_in_order"),
        ("PWR-014", (), "draft", {"customers": []}, "$.customers"),
        ("PWR-029", (), "draft", {"reliability": "100.1"}, "$.reliability"),
        ("PWR-030", (), "draft", {"voltage": "NaN"}, "$.voltage"),
        ("PWR-031", ("draft",), "advise", {"considered": []}, "production_not_considered"),
        ("PWR-014", ("draft",), "advise", {"ends_at": "2026-03-01T00:00Z"}, "outage_not_in_order"),
        ("PWR-029", PATHS["executed"], "close", {"restored_at": "2026-03-02T09:01Z"},
         "not_restored"),
        ("PWR-041", PATHS["executed"], "cancel", {}, "no_row"),
    ],
)  # fmt: skip
def test_a_guard_refuses(
    rule: str, steps: tuple[str, ...], step: str, changes: dict[str, object], why: str
) -> None:
    """What a plan needs on its way, each with its reason."""
    case = outage(*steps)
    assert case.why_not(step, payload=case.but(step, **changes)) == {why}, rule


def test_production_technology_makes_the_plan() -> None:
    """Nobody else drafts it (PWR-014)."""
    assert outage().why_not("draft", Actor("kam-1", {"key_account_manager"})) == {"role"}


def test_every_customers_production_is_considered() -> None:
    """No customer is left out; another time is taken where it disturbs less (PWR-031)."""
    case = outage("draft")
    assert case.tasks == {"consider_production": "key_account_manager"}
    two = case.but("advise", considered=[{"customer": "C-1", "production": "a", "advice": "b"}])
    assert case.why_not("advise", payload=two) == {"production_not_considered"}
    moved = case.but("advise", starts_at="2026-03-07T20:00Z", ends_at="2026-03-08T00:00Z")
    case.fire("advise", payload=moved).require()
    assert case.facts.starts_at.isoformat() == "2026-03-07T20:00:00+00:00"
    assert len(case.facts.considered) == 3
    case.go("issue")
    assert case.why_not("execute") == {"outage_not_begun"}
    case.wait(timedelta(days=6))
    assert case.go("execute").state == "executed"


def test_customers_are_told_by_the_ways_they_subscribed_to() -> None:
    """Who did not subscribe is told by none (PWR-041)."""
    facts = outage("draft").facts
    assert facts.customers == ("C-1", "C-2", "C-3")
    assert (facts.by_sms, facts.by_web, facts.by_phone) == (("C-1", "C-2"), ("C-1",), ())


def test_the_close_brings_the_indicators_up_to_date() -> None:
    """What was measured takes the place of what was planned (PWR-029, PWR-030)."""
    facts = outage(*PATHS["executed"], "close").facts
    assert (str(facts.reliability), str(facts.voltage)) == ("99.97", "98.9")


TestOutagePlanWalk = walk_of("outage_plan", PAYLOADS)
