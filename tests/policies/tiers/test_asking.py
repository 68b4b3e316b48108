from datetime import date, timedelta
from typing import Any

import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.policies.tiers import Cause, Override
from tests.policies.tiers.shop import AT, CHIEF, CLERK, DAY, Shop, row, shop, tier

SHARES = row(
    name="rank",
    care=False,
    kind="shares",
    ranked_by="turnover",
    tiers=[tier("top", share="0.1"), tier("rest")],
    grace="7d",
)


@pytest.fixture
def found() -> Shop:
    """Return a shop with a scheme of thresholds and one of shares, and a silver buyer."""
    made = shop(row(raises="set_tier"), SHARES)
    made.register(turnover="500 CNY")
    return made


def override(found: Shop, actor: Actor = CHIEF, **columns: object) -> Any:  # noqa: ANN401 - a decision
    """Ask for the gold tier for ten days."""
    given = {
        "scheme": "value",
        "tier": "gold",
        "reason": "a promise",
        "until": AT + 10 * DAY,
        **columns,
    }
    return found.fire("$override_tier", actor, **given)


def reasons(decision: Any) -> list[tuple[str, tuple[str, ...]]]:  # noqa: ANN401 - a decision
    """Return why a decision is refused, and who could."""
    return [(verdict.reason, verdict.roles) for verdict in decision.verdicts]


def test_an_override_counts_until_its_end(found: Shop) -> None:
    """It is given with reason, approver and end; then the criteria count again."""
    override(found, asked_by="clerk-1").require()
    standing = found.standing()
    assert (standing.held, standing.tier) == ("gold", "silver")
    assert standing.override == Override(
        "gold", "a promise", "chief-1", AT, AT + 10 * DAY, "clerk-1"
    )
    assert found.engine.get(found.ref()).facts.tier == "gold"
    found.after(10 * DAY)
    standing = found.standing()
    assert (standing.held, standing.override) == ("silver", None)
    assert [(m.tier, m.cause, m.at) for m in standing.moves[1:]] == [
        ("gold", Cause.OVERRIDDEN, AT),
        ("silver", Cause.OVERRIDE_ENDED, AT + 10 * DAY),
    ]
    assert found.engine.get(found.ref()).facts.tier == "silver"
    assert found.timers() == {}


def test_the_criteria_go_on_beneath_an_override(found: Shop) -> None:
    """At its end the tier is what the metrics say by then, in one move."""
    override(found).require()
    found.fire("learn", turnover="5 CNY").require()
    assert (found.standing().held, found.standing().tier) == ("gold", "bronze")
    found.after(10 * DAY)
    assert [m.tier for m in found.standing().moves] == ["silver", "gold", "bronze"]


def test_an_override_of_the_same_tier_pins_it(found: Shop) -> None:
    """It is no move, and keeps the tier while it lasts."""
    override(found, tier="silver").require()
    found.fire("learn", turnover="5000 CNY").require()
    assert found.standing().held == "silver"
    assert len(found.standing().moves) == 1


def test_a_later_override_replaces_an_earlier_one(found: Shop) -> None:
    """Its own end counts."""
    override(found).require()
    override(found, tier="bronze", until=AT + 3 * DAY).require()
    assert found.timers() == {"tiers:value:override": AT + 3 * DAY}


def test_an_override_is_ended_before_its_time(found: Shop) -> None:
    """Who may give one may end one, with a reason."""
    override(found).require()
    end = {"scheme": "value", "reason": "promise kept"}
    refused = found.fire("$end_override", CLERK, **end)
    assert reasons(refused) == [("tier_no_right", ("administrator",))]
    found.fire("$end_override", CHIEF, **end).require()
    assert (found.standing().held, found.timers()) == ("silver", {})
    assert reasons(found.fire("$end_override", CHIEF, **end)) == [("tier_no_override", ())]


@pytest.mark.parametrize(
    ("actor", "columns", "reason", "row", "values"),
    [
        (CLERK, {}, "tier_no_right", "value", {}),
        (CHIEF, {"asked_by": "chief-1"}, "tier_own_request", "value", {}),
        (CHIEF, {"tier": "glod"}, "tier_unknown", "value", {"hint": "Did you mean 'gold'?"}),
        (CHIEF, {"until": AT}, "tier_ended_already", "value", {"until": AT.isoformat()}),
        (
            CHIEF, {"scheme": "vlaue"}, "tier_no_scheme", "",
            {"name": "vlaue", "hint": "Did you mean 'value'?"},
        ),
    ],
)  # fmt: skip
def test_an_override_needs_right_reason_and_end(
    found: Shop,
    actor: Actor,
    columns: dict[str, object],
    reason: str,
    row: str,
    values: dict[str, object],
) -> None:
    """Each refusal says why and by which row, and changes nothing."""
    (verdict,) = override(found, actor, **columns).verdicts
    assert (verdict.reason, verdict.row, verdict.values) == (reason, row, values)
    assert found.standing().override is None


def test_an_override_without_a_reason_is_no_form(found: Shop) -> None:
    """Reason, tier and end are asked for by the form."""
    refused = found.fire("$override_tier", CHIEF, scheme="value", reason=" ")
    assert {fault.path for fault in refused.refusal.faults} == {"$.reason", "$.tier", "$.until"}


def test_what_has_ended_is_not_placed(found: Shop) -> None:
    """In a final state tiers rest."""
    found.fire("leave").require()
    place = {"scheme": "rank", "rank": 1, "population": 10}
    end = {"scheme": "value", "reason": "over"}
    for refused in (
        override(found),
        found.fire("$place", CHIEF, **place),
        found.fire("$end_override", CHIEF, **end),
    ):
        assert reasons(refused) == [("tier_at_rest", ())]


def test_a_scheme_that_does_not_count_today_is_not_asked() -> None:
    """An override outside the effective dates is refused."""
    made = shop(row(from_on=date(2027, 1, 1)))
    made.register(turnover="500 CNY")
    assert reasons(override(made)) == [("tier_not_in_force", ())]


def test_an_override_before_any_standing_places_first() -> None:
    """An entity that the policy has not seen yet is placed and overridden in one step."""
    made = shop(row())
    made.register(turnover="500 CNY")
    made.engine.retire("tiers", "begin anew", actor=CHIEF)
    override(made).require()
    assert (made.standing().held, made.standing().tier) == ("gold", "silver")


def place(found: Shop, rank: int, actor: Actor = CHIEF, population: int = 100) -> Any:  # noqa: ANN401 - a decision
    """Bring a place in the population."""
    return found.fire("$place", actor, scheme="rank", rank=rank, population=population)


def test_a_place_in_the_population_is_taken_over(found: Shop) -> None:
    """The policy makes the tier of it, with grace like any other."""
    assert found.standing("rank").held is None
    place(found, 10, SYSTEM).require()
    assert found.standing("rank").because == ("rank 10 ≤ 10", "population 100")
    place(found, 11).require()
    assert found.standing("rank").held == "top"
    found.after(7 * DAY)
    standing = found.standing("rank")
    assert (standing.held, standing.metrics) == ("rest", {"rank": "11", "population": "100"})
    assert [m.cause for m in standing.moves] == [Cause.PLACED, Cause.LOWERED]


def test_a_place_within_the_margin_keeps_the_tier() -> None:
    """Who is in stays in a little longer, and nothing waits."""
    found = shop(row(), {**SHARES, "hysteresis": {"rank": {"down": "0.05"}}})
    found.register(turnover="500 CNY")
    for rank in (10, 15):
        place(found, rank).require()
    standing = found.standing("rank")
    assert (standing.held, standing.against, standing.pending) == ("top", "rest", None)


def test_a_place_needs_right_and_sense(found: Shop) -> None:
    """Who brings it may, the scheme ranks, and nobody is behind the last."""
    assert reasons(place(found, 1, CLERK)) == [("tier_no_right", ("administrator",))]
    assert [r for r, _ in reasons(place(found, 101))] == ["tier_rank"]
    wrong = found.fire("$place", CHIEF, scheme="value", rank=1, population=2)
    assert [r for r, _ in reasons(wrong)] == ["tier_no_population"]
    assert [r for r, _ in reasons(found.fire("$place", CHIEF, scheme="x", rank=1, population=1))]


def test_an_administrator_may_have_all_schemes_placed_anew(found: Shop) -> None:
    """Asked by a person, the policy looks at every scheme."""
    assert reasons(found.fire("$tiers", CLERK)) == [("tier_no_right", ("administrator",))]
    before = found.engine.get(found.ref())
    found.clock.advance(timedelta(hours=1))
    found.fire("$tiers", CHIEF).require()
    assert found.engine.get(found.ref()).policy("tiers") == before.policy("tiers")
