"""Events whose form must bring what the tier of their entity gets."""

from __future__ import annotations

from typing import Any

import pytest

from crmflow.core.verdict import Verdict
from tests.policies.tiers.shop import CLERK, GOLDEN, Plain, Shop, checked, row, shop, tier

GETS: Plain = {"note": ["tea", "cake"], "region": "north"}
GOLD = [{**one, "gets": GETS} if one["name"] == "gold" else one for one in GOLDEN]
GIVING = row(tiers=GOLD, gives={"learn": ["region", "note"]})
STATED = row(
    name="area",
    care=False,
    kind="stated",
    metrics=[{"name": "region", "value": "text"}],
    tiers=[tier("north", gets={"note": "tea"}), tier("south")],
    gives={"learn": ["note"]},
)


def missing(found: Shop, **brought: object) -> str:
    """Return what an event is refused for not bringing, nothing where it passes."""
    decision: Any = found.fire("learn", CLERK, **brought)
    if decision.accepted:
        return ""
    (verdict,) = decision.verdicts
    assert isinstance(verdict, Verdict)
    assert (verdict.policy, verdict.reason) == ("tiers", "tier_not_given")
    return str(verdict.values["missing"])


@pytest.mark.parametrize(
    ("turnover", "brought", "lacks"),
    [
        ("2000", {"potential": 1}, "north, tea, cake"),
        ("2000", {"region": "north", "note": "tea"}, "cake"),
        ("500", {"potential": 1}, ""),
    ],
)
def test_what_the_tier_gets_is_brought(
    turnover: str, brought: dict[str, object], lacks: str
) -> None:
    """Each word of it, for entities of that tier alone (RCP-008, RCP-011, TIE-037)."""
    found = shop(GIVING)
    found.register(turnover=turnover)
    assert missing(found, **brought) == lacks


def test_a_stated_tier_counts_as_the_fact_says() -> None:
    """Who has none yet, or one that gets nothing, may bring what they like."""
    found = shop(row(), STATED)
    found.register()
    assert missing(found, region="south") == ""
    assert missing(found, region="north") == ""
    assert missing(found, potential=1) == "tea"
    assert missing(found, note="tea") == ""


def test_a_scheme_asks_while_it_is_in_force() -> None:
    """Before its first day it holds nothing against anybody."""
    found = shop(row(), {**STATED, "from_on": "2027-01-01"})
    found.register()
    found.fire("learn", region="north").require()
    assert missing(found, potential=1) == ""


def test_an_entity_without_a_tier_is_asked_for_nothing() -> None:
    """Before its creation there is none."""
    gives = {"register": ["name"]}
    found = shop(row(tiers=[{**one, "gets": {"name": "Bob"}} for one in GOLDEN], gives=gives))
    found.register(turnover="2000")


def test_events_and_fields_are_known() -> None:
    """Each that is not is told with its place."""
    assert checked(row(gives={"lern": ["note"], "learn": ["nte"]})) == {
        "$.schemes[0].gives.lern": "unknown. Did you mean 'learn'?",
        "$.schemes[0].gives.learn[0]": "unknown. Did you mean 'note'?",
    }
