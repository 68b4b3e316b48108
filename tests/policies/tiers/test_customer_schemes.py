"""The shipped schemes of customers and key accounts at work, beside the care scheme."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import SYSTEM
from crmflow.core.errors import ConfigurationError
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.policies.tiers import Scheme, TierState, criteria_of, entitled, place
from tests.policies.tiers.test_shipped import ROWS, read
from tests.states.case import AT, EVERYBODY
from tests.states.customers import COLLECT

CLASSES = """
[[settings.tier.thresholds.service_class]]
name = "busy_trade"
zh = "繁忙商贸"
en = "Busy trade"
expression = "business == 'industry' and traffic >= 2"
gets = { response = "2h" }

[[settings.tier.thresholds.service_class]]
name = "rest"
zh = "其他"
en = "Rest"

[[settings.tier.thresholds.level]]
name = "top"
zh = "高"
en = "Top"
expression = "purchasing_power > 100000 and repurchases >= 2 and size == '200 people'"

[[settings.tier.thresholds.level]]
name = "low"
zh = "低"
en = "Low"
"""
ON = "".join(
    f'[[schemes]]\nname = "{name}"\nenabled = true\n'
    for name in ("medal", "service_class", "level", "spending")
)
KNOWN = {"annual_turnover": "300000 CNY", "profit_margin": "9", "potential": "8", "importance": "9"}


def standings(engine: Engine, ref: EntityRef) -> dict[str, str | None]:
    """Return the tier of a customer in each scheme."""
    state: TierState = engine.get(ref).policy("tiers")
    return {one.scheme: one.held for one in state.standings}


@pytest.mark.parametrize(
    ("rule", "scheme", "before", "after"),
    [
        ("TIE-001", "service_class", "rest", "busy_trade"),
        ("TIE-002", "medal", "gold", "gold"),
        ("TIE-025", "level", "low", "top"),
        ("TIE-032", "spending", "high_spender", "high_spender"),
    ],
)
def test_schemes_of_a_companys_own_stand_beside_the_care_scheme(
    tmp_path: Path, rule: str, scheme: str, before: str, after: str
) -> None:
    """Each is switched on by name, places by what the record says, and changes with it."""
    own = tmp_path / "crmflow.toml"
    own.write_text(CLASSES + ON, "utf-8")
    with Engine(
        "memory:", machines=["customer"], profile="demo", config=own, clock=ManualClock(AT)
    ) as engine:
        payload = {**COLLECT, **KNOWN}
        ref = engine.create("customer", payload, actor=EVERYBODY, id="C-1").require().entity
        assert standings(engine, ref)[scheme] == before, rule
        for number in range(2):
            bought = {"origin": f"order O-{number}", "amount": "100 CNY"}
            engine.fire(ref, "note_purchase", bought, actor=SYSTEM).require()
        assert standings(engine, ref)[scheme] == after, rule


def test_classes_and_grades_that_people_state() -> None:
    """A/B/C of the file (TIE-003) and of a key account (TIE-030) are what the record says."""
    rows = {str(row["name"]): row for row in ROWS}
    for name in ("file_class", "key_account_grade"):
        criteria = criteria_of(read(rows[name], Scheme))
        assert place(criteria, {name: "A"}).tier == "A"
        assert place(criteria, {name: None}).tier is None


@pytest.mark.parametrize(
    ("rule", "profit", "name", "relation"),
    [
        ("TIE-026", 500_000, "strategic", "closest"),
        ("TIE-027", 200_000, "key", "special_attention"),
        ("TIE-028", 50_000, "ordinary", "contact_kept"),
        ("TIE-029", 49_999, "potential", "development"),
    ],
)
def test_key_accounts_are_classed_by_profit(
    rule: str, profit: int, name: str, relation: str
) -> None:
    """Largest, larger and average contribution, and who may become one (TIE-031)."""
    row = next(row for row in ROWS if row["name"] == "key_account_class")
    scheme = read(row, Scheme)
    found = place(criteria_of(scheme), {"profit_contribution": Decimal(profit)})
    assert found.tier == name, rule
    (tier,) = (one for one in scheme.tiers if one.name == name)
    assert tier.gets["relation"] == relation, rule


def test_no_threshold_is_made_up() -> None:
    """TIE-034: without a company's own limits the care scheme asks for each by name."""
    with pytest.raises(ConfigurationError) as failed:
        Engine("memory:", machines=["customer"])
    told = str(failed.value)
    for key in ("turnover.high", "margin.high", "potential.high", "turnover.stable"):
        assert f"tier.thresholds.{key}" in told


STRATEGIC = {"annual_turnover": "2000000 CNY", "profit_margin": "20", "potential": "8"}


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        (STRATEGIC, ("strategic", "dedicated", 1)),
        ({**STRATEGIC, "potential": "2", "cooperation_since": "2019-01-01"}, ("core", None, 2)),
    ],
)
def test_what_a_tier_gets_comes_with_it(
    known: Mapping[str, str], wanted: tuple[str, str | None, int]
) -> None:
    """TIE-012: strategic customers have a dedicated channel; priority goes by tier (TIE-037)."""
    with Engine("memory:", machines=["customer"], profile="demo", clock=ManualClock(AT)) as engine:
        payload = {**COLLECT, **known}
        ref = engine.create("customer", payload, actor=EVERYBODY).require().entity
        facts = engine.get(ref).facts
        assert (facts.tier, facts.service_channel, facts.priority) == wanted
        tables = engine.registry.tables
        assert entitled(tables, "care", wanted[0], tables.day(AT))["priority"] == wanted[2]
