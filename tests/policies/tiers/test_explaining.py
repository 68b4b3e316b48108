from crmflow.core.policy import Line
from crmflow.policies.tiers import TierPolicy
from tests.policies.tiers.shop import AT, CHIEF, DAY, GOLDEN, Shop, row, shop


def lines(found: Shop) -> dict[str, Line]:
    """Return the lines of an explanation by their code."""
    snapshot = found.engine.get(found.ref())
    (policy,) = found.engine.registry.policies["buyer"]
    return {line.code: line for line in policy.explain(snapshot.policy("tiers"), snapshot)}


GETS = {"channel": "dedicated", "cadences": ["visit", "review"]}
TIERS = [{**GOLDEN[0], "rules": ["TIE-006"], "gets": GETS}, *GOLDEN[1:]]


def test_why_this_tier() -> None:
    """The reason, the metrics that caused it, the rule and what it entitles to."""
    found = shop(row(tiers=TIERS))
    found.register(turnover="5000 CNY")
    told = lines(found)
    because = told["tier_because"]
    assert because.values["because"] == "turnover 5000 ≥ 1000"
    assert (because.rules, because.row.split()[0]) == (("TIE-006",), "value")
    assert told["tier_moved"].values["metrics"] == "turnover 5000"
    assert told["tier_gets"].values["gets"] == "channel: dedicated; cadences: visit, review"


def test_what_waits_and_what_is_kept() -> None:
    """A waiting downgrade and a margin are lines of their own."""
    found = shop(row(grace="5d", hysteresis={"turnover": {"down": "10%"}}))
    found.register(turnover="1000 CNY")
    found.fire("learn", turnover="950 CNY").require()
    assert lines(found)["tier_kept"].values["against"] == "silver"
    found.fire("learn", turnover="5 CNY").require()
    waiting = lines(found)["tier_pending"].values
    assert (waiting["waiting"], waiting["until"]) == ("bronze", AT + 5 * DAY)


def test_why_no_tier() -> None:
    """What is missing is named, and nothing is made up."""
    found = shop()
    found.register()
    told = lines(found)
    assert list(told) == ["tier_held", "tier_lacking"]
    assert told["tier_held"].values["tier"] == "unrated"
    assert told["tier_held"].rules == ("TIE-005",)
    assert told["tier_held"].values["tier_zh"] == "未评级"
    assert told["tier_lacking"].values["lacking"] == "turnover"


def test_an_override_names_its_approver() -> None:
    """Who set it, why, until when, and what would count otherwise."""
    found = shop()
    found.register(turnover="5 CNY")
    given = {"scheme": "value", "tier": "gold", "reason": "a promise", "until": AT + DAY}
    found.fire("$override_tier", CHIEF, **given).require()
    values = lines(found)["tier_overridden"].values
    assert (values["approver"], values["otherwise"]) == ("chief-1", "bronze")


def test_nothing_to_say() -> None:
    """An entity without a standing, or with one in a scheme that is gone, has no lines."""
    found = shop()
    found.register(turnover="5 CNY")
    snapshot = found.engine.get(found.ref())
    (policy,) = found.engine.registry.policies["buyer"]
    assert list(policy.explain(None, snapshot)) == []
    (other,) = shop(row(name="other")).engine.registry.policies["buyer"]
    assert list(other.explain(snapshot.policy("tiers"), snapshot)) == []


def test_the_first_shape_needs_no_upgrade() -> None:
    """A stored state is today's."""
    (policy,) = shop().engine.registry.policies["buyer"]
    assert isinstance(policy, TierPolicy)
    assert policy.upgraded(1, {"standings": []}) == {"standings": []}
