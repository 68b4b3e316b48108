from datetime import date
from decimal import Decimal

import pytest

from crmflow.core.tables import Tables
from crmflow.policies.tiers import (
    Dated,
    DoubledError,
    Measuring,
    Placed,
    SchemeMapping,
    Window,
    entitled,
    mapped,
    measure_population,
    tier_population,
)
from tests.policies.tiers.shop import amounts, ready, scheme, tier

SHARES = [tier("top", share="0.25"), tier("rest")]


def shared(**columns: object) -> list[Placed]:
    """Return five members placed by shares."""
    criteria = ready(kind="shares", ranked_by="turnover", tiers=SHARES, **columns)
    values = {"e": "5", "a": "100", "d": None, "c": "100.00", "b": "-7.5"}
    return list(tier_population(criteria, ((n, amounts(turnover=v)) for n, v in values.items())))


def test_a_population_is_ranked() -> None:
    """The highest come first, equal ones by id, and those of whom nothing is known last."""
    found = [(one.id, one.tier, one.rank, one.population) for one in shared()]
    assert found == [
        ("a", "top", 1, 4),
        ("c", "rest", 2, 4),
        ("e", "rest", 3, 4),
        ("b", "rest", 4, 4),
        ("d", None, None, None),
    ]


def test_less_may_be_better() -> None:
    """The order follows the metric's own word."""
    found = shared(metrics=[{"name": "turnover", "better": "less"}], missing="rest")
    assert [one.id for one in found] == ["b", "e", "a", "c", "d"]
    assert found[-1].tier == "rest"


def test_a_population_by_thresholds_streams() -> None:
    """Each member is placed by itself before the next one is asked for."""
    asked = []

    def members() -> object:
        for name, value in [("a", 5), ("b", 5000)]:
            asked.append(name)
            yield name, amounts(turnover=value)

    found = tier_population(ready(), members(), {"b": "gold"}.get)  # type: ignore[arg-type]
    assert next(found).tier == "bronze"
    assert asked == ["a"]
    assert [(one.id, one.tier) for one in found] == [("b", "gold")]


def test_margins_look_at_the_present_tier() -> None:
    """Who holds the top tier stays a little longer."""
    margin = {"rank": {"down": "0.25"}}
    criteria = ready(kind="shares", ranked_by="turnover", tiers=SHARES, hysteresis=margin)
    members = [(name, amounts(turnover=value)) for name, value in zip("abcd", "9753", strict=True)]
    found = tier_population(criteria, members, {"b": "top", "c": "top"}.get)
    assert [one.tier for one in found] == ["top", "top", "rest", "rest"]


def test_numbers_are_ranked_exactly() -> None:
    """Signs, sizes and the last digit all count; equal numbers are equal however written."""
    criteria = ready(kind="shares", ranked_by="turnover", tiers=SHARES)
    values = "1E+40 1000 999.9 10 9.0000000000000000001 9 0.02 0.010 0 -0.01 -0.1 -9 -10 -1E+9"
    members = [(value, amounts(turnover=value)) for value in values.split()]
    found = [one.id for one in tier_population(criteria, reversed(members))]
    assert found == values.split()
    equal = [(name, amounts(turnover=value)) for name, value in [("b", "-0"), ("a", "0.00")]]
    assert [one.id for one in tier_population(criteria, equal)] == ["a", "b"]


def test_an_id_given_twice_is_refused() -> None:
    """A ranking with one member twice would be wrong, so there is none."""
    criteria = ready(kind="shares", ranked_by="turnover", tiers=SHARES)
    members = [(name, amounts(turnover=1)) for name in "aba"]
    with pytest.raises(DoubledError, match="'a' is in the population twice") as caught:
        list(tier_population(criteria, members))
    assert caught.value.id == "a"


def test_nobody_is_a_population_too() -> None:
    """Of none there is none to place."""
    criteria = ready(kind="shares", ranked_by="turnover", tiers=SHARES)
    assert list(tier_population(criteria, [])) == []


def test_metrics_of_a_population_from_dated_amounts() -> None:
    """Amounts in any order become metrics by id; lines of one order count once."""
    events = ("buy",)
    windows = {
        "turnover": Window(measure=Measuring.TOTAL, events=events, over="1mo"),
        "orders": Window(measure=Measuring.COUNT, events=events),
        "recency": Window(measure=Measuring.RECENCY, events=events),
    }
    lines = [
        Dated("b", date(2026, 2, 1), Decimal("0.1"), "O-2"),
        Dated("a", date(2026, 3, 1), Decimal(2)),
        Dated("b", date(2026, 3, 1), Decimal("0.2"), "O-1"),
        Dated("b", date(2026, 3, 1), Decimal("0.3"), "O-1"),
        Dated("b", date(2026, 3, 2), Decimal("-0.1"), "R-1", counts=False),
        Dated("a", date(2026, 3, 1), Decimal(3)),
    ]
    found = list(measure_population(lines, windows, date(2026, 3, 10)))
    assert found == [
        ("a", amounts(turnover=5, orders=2, recency=9)),
        ("b", amounts(turnover="0.4", orders=2, recency=9)),
    ]


def test_schemes_are_mapped_explicitly() -> None:
    """A tier of one scheme is what the row says in the other, and nothing else is guessed."""
    rows = [SchemeMapping(name="m", source="value", target="grade", tiers={"gold": "a"})]
    assert mapped(rows, "value", "grade", "gold") == "a"
    with pytest.raises(LookupError, match="no mapping leads from 'grade' to 'value'"):
        mapped(rows, "grade", "value", "a")
    with pytest.raises(LookupError, match=r"'value' has no tier 'glod'\. Did you mean 'gold'"):
        mapped(rows, "value", "grade", "glod")


def test_what_a_tier_is_entitled_to() -> None:
    """The row in force on the day says it, and unknown words are refused."""
    old = scheme(tiers=[tier("gold", when=[{}], gets={"channel": "vip"})], until_on="2026-01-31")
    new = scheme(tiers=[tier("gold", when=[{}], gets={"gifts": 2})], from_on="2026-02-01")
    tables = Tables({"schemes": (old, new)})
    assert entitled(tables, "value", "gold", date(2026, 1, 31)) == {"channel": "vip"}
    assert entitled(tables, "value", "gold", date(2026, 2, 1)) == {"gifts": 2}
    with pytest.raises(LookupError, match=r"no scheme 'valu' counts on 2026-02-01\. Did you mean"):
        entitled(tables, "valu", "gold", date(2026, 2, 1))
    with pytest.raises(LookupError, match=r"'value' has no tier 'old'\. Did you mean 'gold'"):
        entitled(tables, "value", "old", date(2026, 2, 1))
