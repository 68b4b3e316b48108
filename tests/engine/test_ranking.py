"""A population of a store ranked in one pass, and its places brought to the entities."""

from __future__ import annotations

import pytest

from crmflow.engine.ranking import Ranking, UnknownSchemeError
from tests.policies.tiers.shop import CHIEF, CLERK, Shop, row, shop, tier

TOP = row(
    name="rank",
    care=False,
    kind="shares",
    ranked_by="turnover",
    tiers=[tier("top", share="0.1"), tier("rest")],
    rules=["TIE-035"],
)


def crowd(count: int) -> Shop:
    """Return a shop whose buyers bought for 1 yuan, 2 yuan and so on, and two without."""
    made = shop(row(), TOP)
    for number in range(1, count + 1):
        given = {"name": f"buyer {number}", "turnover": f"{number} CNY"}
        made.engine.create("buyer", given, actor=CLERK, id=f"B-{number:03}").require()
    made.engine.create("buyer", {"name": "unknown"}, actor=CLERK, id="B-x").require()
    made.engine.create("buyer", {"name": "left"}, actor=CLERK, id="B-y").require()
    made.engine.fire(("buyer", "B-y"), "leave", actor=CLERK).require()
    return made


def held(made: Shop, id_: str) -> str | None:
    """Return the tier of a buyer by rank."""
    standing = made.engine.get(("buyer", id_)).policy("tiers").standing("rank")
    return None if standing is None else standing.held


def test_everybody_is_ranked_in_one_pass() -> None:
    """The top tenth by turnover, page by page; who has ended or cannot be ranked is left alone."""
    made = crowd(210)
    assert made.engine.rank("rank", actor=CHIEF, dry_run=True) == Ranking(
        "rank", "buyer", {"top": 21, "rest": 189, None: 1}
    )
    assert held(made, "B-210") is None
    assert made.engine.rank("rank", actor=CHIEF).tiers == {"top": 21, "rest": 189, None: 1}
    assert [held(made, f"B-{number}") for number in (210, 190, 189)] == ["top", "top", "rest"]
    assert held(made, "B-x") is None


def test_who_has_no_right_to_place_is_told_by_count() -> None:
    """Every place is a decision that can be refused."""
    made = crowd(3)
    assert made.engine.rank("rank", actor=CLERK).refused == 3
    assert held(made, "B-003") is None


def test_only_schemes_of_shares_rank() -> None:
    """Another name is told with those there are."""
    made = crowd(1)
    with pytest.raises(UnknownSchemeError, match="Did you mean 'rank'"):
        made.engine.rank("ranks", actor=CHIEF)
    with pytest.raises(UnknownSchemeError, match="no scheme of shares 'value'"):
        made.engine.rank("value", actor=CHIEF)


def test_an_empty_population_has_no_tiers() -> None:
    """Nothing is fired where nobody is."""
    made = shop(row(), TOP)
    assert made.engine.rank("rank", actor=CHIEF) == Ranking("rank", "buyer", {})
