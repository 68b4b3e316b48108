import attrs

from crmflow.core.policy import Line
from crmflow.policies.tiers import TierPolicy
from crmflow.policies.tiers.explaining import _lines
from crmflow.policies.tiers.standing import Cause, Move, Override, Pending, Standing
from tests.policies.tiers.shop import AT, CHIEF, DAY, GOLDEN, Shop, row, scheme, shop


def lines(found: Shop) -> dict[str, Line]:
    """Return the lines of an explanation by their code."""
    snapshot = found.engine.get(found.ref())
    (policy,) = found.engine.registry.policies["buyer"]
    return {line.code: line for line in policy.explain(snapshot.policy("tiers"), snapshot)}


GETS = {"channel": "dedicated", "cadences": ["visit", "review"]}
TIN = ("tier", "tier_en", "tier_zh")
"""What a tier is called that the table no longer has: by its name."""
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


def test_all_there_is_to_say_of_a_standing() -> None:
    """Each line has scheme, tier and instant; the tier's own rules, else those of the scheme."""
    row_ = scheme(tiers=TIERS, version="3")

    def named(word: str, tier: str) -> dict[str, str]:
        return {word: tier, f"{word}_en": tier.title(), f"{word}_zh": f"{tier}级"}

    common = {"scheme": "value", "since": AT, **named("tier", "gold")}

    standing = Standing(
        "value", "gold", AT, "2", {}, ("turnover 5000", "kind a"), ("worth", "age"), "silver",
        Pending("bronze", AT, AT + DAY), None,
        (
            Move(AT, "bronze", "silver", Cause.RAISED, {"turnover": "1"}),
            Move(AT + DAY, "silver", "gold", Cause.RAISED, {"turnover": "5000", "kind": "a"}),
        ),
    )  # fmt: skip

    def line(code: str, **more: object) -> Line:
        return Line(code, {**common, **more}, ("TIE-006",), "value 2")

    told = [
        line("tier_lacking", lacking="worth, age"),
        line("tier_kept", **named("against", "silver")),
        line("tier_pending", until=AT + DAY, **named("waiting", "bronze")),
        line(
            "tier_moved", at=AT + DAY, metrics="turnover 5000, kind a", **named("before", "silver")
        ),
        line("tier_gets", gets="channel: dedicated; cadences: visit, review"),
    ]
    assert list(_lines(row_, standing)) == [
        line("tier_because", because="turnover 5000; kind a"), *told,
    ]  # fmt: skip
    given = Override("gold", "a promise", "chief-1", AT, AT + DAY)
    assert list(_lines(row_, attrs.evolve(standing, tier="bronze", override=given))) == [
        line(
            "tier_overridden", approver="chief-1", reason="a promise", until=AT + DAY,
            **named("otherwise", "bronze"),
        ),
        *told,
    ]  # fmt: skip
    assert next(iter(_lines(row_, attrs.evolve(standing, because=())))) == line("tier_held")
    gone = attrs.evolve(standing, tier="tin", because=("x",), lacking=(), against=None)
    assert list(_lines(row_, attrs.evolve(gone, pending=None, moves=()))) == [
        Line(
            "tier_because",
            {"scheme": "value", "since": AT, "because": "x", **dict.fromkeys(TIN, "tin")},
            ("TIE-005",), "value 2",
        ),
    ]  # fmt: skip
