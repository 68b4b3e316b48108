from decimal import Decimal

import pytest

from crmflow.policies.tiers import Placement, place
from crmflow.policies.tiers.placing import seats
from crmflow.policies.tiers.standing import Standing, settle
from tests.policies.tiers.shop import AT, DAY, amounts, by_turnover, ready, tier

MARGINS = {"turnover": {"up": "50", "down": "10%"}}


def told(placement: Placement) -> list[str]:
    """Return the reasons as text."""
    return [str(reason) for reason in placement.reasons]


@pytest.mark.parametrize(
    ("turnover", "name", "why"),
    [
        ("1000", "gold", "turnover 1000 ≥ 1000"),
        ("999.99", "silver", "turnover 999.99 ≥ 100 < 1000"),
        ("-5", "bronze", "turnover -5 < 100"),
    ],
)
def test_thresholds_place_with_reasons(turnover: str, name: str, why: str) -> None:
    """The band that holds the value is the reason."""
    found = place(ready(), amounts(turnover=turnover))
    assert (found.tier, told(found)) == (name, [why])


@pytest.mark.parametrize(
    ("present", "turnover", "name"),
    [
        ("silver", "1049", "silver"),
        ("silver", "1050", "gold"),
        ("gold", "900", "gold"),
        ("gold", "899.99", "silver"),
        ("gold", "90", "silver"),
        ("gold", "89", "bronze"),
        ("bronze", "1040", "silver"),
        ("bronze", "1050", "gold"),
        (None, "1000", "gold"),
        ("tin", "1000", "silver"),
    ],
)
def test_margins_keep_the_present_tier(present: str | None, turnover: str, name: str) -> None:
    """Each limit is passed by its margin or not at all; without a tier, limits count plainly."""
    found = place(ready(hysteresis=MARGINS), amounts(turnover=turnover), present)
    assert found.tier == name


def test_what_a_margin_keeps_is_told() -> None:
    """The placement says what the limits alone would give."""
    criteria = ready(hysteresis=MARGINS)
    assert place(criteria, amounts(turnover="1000"), "silver").against == "gold"
    assert place(criteria, amounts(turnover="1000"), "gold").against is None


def test_margins_of_a_metric_where_less_is_better() -> None:
    """For days since the last purchase a better tier needs fewer of them."""
    active = [
        tier("active", when=[{"recency": {"at_most": "90"}}]),
        tier("dormant", when=[{"recency": {"above": "90"}}]),
    ]
    criteria = ready(
        metrics=[{"name": "recency", "better": "less"}],
        tiers=active,
        hysteresis={"recency": {"up": "10", "down": "20"}},
    )
    days = [(85, "dormant"), (80, "active"), (110, "active"), (111, "dormant")]
    present, found = "dormant", []
    for recency, _ in days:
        present = place(criteria, amounts(recency=recency), present).tier or ""
        found.append((recency, present))
    assert found == days


@pytest.mark.parametrize(
    ("missing", "name", "refused"),
    [("unrated", None, False), ("refuse", None, True), ("bronze", "bronze", False)],
)
def test_missing_data_is_a_stated_case(missing: str, name: str | None, refused: bool) -> None:
    """The row says what a missing metric does: no tier, a certain one, or no placement."""
    found = place(ready(missing=missing), amounts(turnover=None))
    assert found == Placement(name, (), ("turnover",), refused)


def test_a_missing_metric_matters_only_where_it_makes_a_difference() -> None:
    """A buyer of little is bronze whatever the potential; one of much is not placed."""
    boxes = [
        tier("gold", when=[{"turnover": {"at_least": "100"}, "potential": {"at_least": "5"}}]),
        tier("silver", when=[{"turnover": {"at_least": "100"}, "potential": {"below": "5"}}]),
        tier("bronze", when=[{"turnover": {"below": "100"}}]),
    ]
    criteria = ready(metrics=[{"name": "turnover"}, {"name": "potential"}], tiers=boxes)
    assert place(criteria, amounts(turnover="99")).tier == "bronze"
    assert place(criteria, amounts(turnover="100")).lacking == ("potential",)
    assert place(criteria, {}).lacking == ("turnover", "potential")


def test_a_margin_that_would_need_a_missing_metric_keeps_the_tier() -> None:
    """Beyond the limit but inside the margin nobody can say: the tier stays."""
    boxes = [
        tier("gold", when=[{"turnover": {"at_least": "100"}, "potential": {"at_least": "5"}}]),
        tier("silver", when=[{"turnover": {"at_least": "100"}, "potential": {"below": "5"}}]),
        tier("bronze", when=[{"turnover": {"below": "100"}}]),
    ]
    criteria = ready(
        metrics=[{"name": "turnover"}, {"name": "potential"}],
        tiers=boxes,
        hysteresis={"turnover": {"down": "10"}},
    )
    assert place(criteria, amounts(turnover="95"), "silver").tier == "silver"
    assert place(criteria, amounts(turnover="85"), "silver").tier == "bronze"


def test_points_are_weighed_and_summed_exactly() -> None:
    """Bands of one metric and the plain value of another make the sum."""
    criteria = ready(
        kind="points",
        metrics=[{"name": "turnover"}, {"name": "potential"}],
        sums=[
            {
                "metric": "turnover",
                "bands": [{"at_least": "100", "points": "3"}, {"below": "100", "points": "0.1"}],
            },
            {"metric": "potential", "weight": "0.2"},
        ],
        tiers=[tier("top", points={"at_least": "0.3"}), tier("rest", points={"below": "0.3"})],
        hysteresis={"points": {"up": "0.2"}},
    )
    found = place(criteria, amounts(turnover="5", potential=1))
    assert found.tier == "top"
    assert told(found) == ["points 0.3 ≥ 0.3", "turnover 5 → 0.1", "potential 1 → 0.2"]
    assert place(criteria, amounts(turnover="5", potential=1), "rest").tier == "rest"
    assert place(criteria, amounts(turnover="5", potential=2), "rest").tier == "top"
    assert place(criteria, amounts(turnover="5")).lacking == ("potential",)


def test_shares_place_by_rank() -> None:
    """The best tenth, rounded up, is the top; a place without its population is none."""
    shares = [tier("top", share="0.1"), tier("next", share="0.2"), tier("rest")]
    criteria = ready(kind="shares", ranked_by="turnover", tiers=shares)
    ranks = [place(criteria, amounts(rank=rank, population=15)).tier for rank in range(1, 16)]
    assert ranks == ["top"] * 2 + ["next"] * 3 + ["rest"] * 10
    assert told(place(criteria, amounts(rank=3, population=15))) == ["rank 3 ≤ 5", "population 15"]
    assert told(place(criteria, amounts(rank=9, population=15))) == ["rank 9", "population 15"]
    assert place(criteria, amounts(rank=1)).lacking == ("rank",)


def test_margins_of_shares() -> None:
    """Who is in stays in a little longer, and who is out must be clearly in."""
    shares = [tier("top", share="0.1"), tier("rest")]
    margin = {"rank": {"up": "0.02", "down": "0.05"}}
    criteria = ready(kind="shares", ranked_by="turnover", tiers=shares, hysteresis=margin)
    found = {
        (present, rank): place(criteria, amounts(rank=rank, population=100), present).tier
        for present, rank in [("rest", 9), ("rest", 8), ("top", 15), ("top", 16)]
    }
    assert list(found.values()) == ["rest", "top", "top", "rest"]


@pytest.mark.parametrize(
    ("share", "population", "count"),
    [("0.1", 4312, 432), ("0.1", 85, 9), ("0.2", 4312, 863), ("0.5", 4312, 2156), ("0.1", 0, 0)],
)
def test_what_is_over_counts_as_one_more(share: str, population: int, count: int) -> None:
    """A share of a population is rounded up."""
    assert seats(Decimal(share), Decimal(population)) == count


def test_expressions_are_tried_in_order() -> None:
    """The first claim that holds places; the last tier takes the rest, with what was read."""
    criteria = ready(
        kind="expressions",
        metrics=[
            {"name": "turnover"},
            {"name": "region", "value": "text"},
            {"name": "listed", "value": "flag"},
        ],
        tiers=[
            tier("a", expression='turnover >= 10 and region == "east"'),
            tier("b", expression="turnover >= 10 or listed"),
            tier("c"),
        ],
    )

    def found(turnover: int | None, region: str | None, listed: bool) -> Placement:
        return place(criteria, {**amounts(turnover=turnover), "region": region, "listed": listed})

    assert [found(10, "east", True).tier, found(10, "west", False).tier] == ["a", "b"]
    assert told(found(10, "east", True))[0] == 'turnover >= 10 and region == "east"'
    assert told(found(9, "east", False)) == ["turnover 9", "region east", "listed False"]
    assert found(9, "east", False).tier == "c"
    assert found(None, None, True).lacking == ("turnover", "region")


def test_a_fact_states_the_tier() -> None:
    """A stated scheme takes the fact's word, if it is one of its tiers."""
    criteria = ready(
        kind="stated",
        metrics=[{"name": "said", "value": "text"}],
        tiers=[tier("a"), tier("b")],
    )
    assert place(criteria, {"said": "b"}).tier == "b"
    assert place(criteria, {"said": "c"}).lacking == ("said",)


def test_one_tier_may_hold_all() -> None:
    """A single tier without limits takes everybody, also those of whom nothing is known."""
    criteria = ready(tiers=[tier("all", when=[{}])])
    assert place(criteria, {}).tier == "all"


def test_better_is_earlier_and_unrated_last() -> None:
    """The order of tiers is the order of the row; what is none of them comes last."""
    criteria = ready(tiers=by_turnover(("a", "5", None), ("b", None, "5")))
    assert criteria.better("a", "b")
    assert criteria.better("b", None)
    assert not criteria.better(None, "gone")
    assert not criteria.better("gone", None)
    assert criteria.better("a", "gone")


def test_a_standing_is_of_the_version_that_placed_it_last() -> None:
    """With what was known and lacking then."""
    before = Standing("value", "gold", AT, "1", {"turnover": "5000"}, lacking=("age",))
    criteria, metrics = ready(version="2"), amounts(turnover="2000")
    after = settle(before, criteria, place(criteria, metrics, "gold"), metrics, AT + DAY)
    assert (after.version, after.tier, after.since) == ("2", "gold", AT)
    assert (after.metrics, after.lacking) == ({"turnover": "2000"}, ())
