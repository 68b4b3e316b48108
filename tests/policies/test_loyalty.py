"""Loyalty: points earned, redeemed and expired, clubs joined and left (LOY-001 to LOY-009)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import ConfigurationError
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.policy import Line
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.tables import TableRow
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine
from crmflow.policies import loyalty
from crmflow.policies.loyalty import Club, LoyaltyState, Programme
from crmflow.policies.loyalty.state import RESERVED
from crmflow.texts import LANGUAGES, Texts
from tests.policies.clients import ALICE, MONDAY, Company, row

CLERK = Actor("clerk-1", {"finance"})
POINTS: dict[str, object] = {
    "name": "points",
    "machine": "shopper",
    "when": "loyal",
    "earns": [
        {"events": ["buy", "buy_last"], "amount": "amount", "points": "0.5"},
        {"events": ["fill_in"], "points": "50", "once": True},
        {"events": ["look"], "points": "3", "when": "tier == 'core'"},
    ],
    "valid": "12mo",
    "rewards": {
        "umbrella": {"kind": "gift", "points": 60},
        "five": {"kind": "discount", "points": 100, "percent": "5"},
    },
}
CLUBS: list[dict[str, object]] = [
    {"name": "friends", "machine": "shopper", "when": "loyal"},
    {"name": "wechat", "machine": "shopper", "kind": "community", "channel": "wechat"},
]


@attrs.frozen
class Shopper:
    """What is known of a shopper."""

    loyal: bool = True
    tier: str | None = None


@attrs.frozen
class Bought:
    """What was paid, if it was told."""

    amount: Money | None = None
    note: str | None = None


SHOPPER = Machine(
    "shopper",
    Shopper,
    zh="顾客",
    en="shopper",
    states=(State("there", "在", "there", Kind.INITIAL), State("gone", "走", "gone", Kind.FINAL)),
    rows=(
        Row(UNBORN, "come", "there", form=Shopper, sets=copied("loyal", "tier")),
        Row(ANY, "buy", KEEP, form=Bought),
        Row(ANY, "fill_in", KEEP),
        Row(ANY, "look", KEEP),
        Row(ANY, "change", KEEP, form=Shopper, sets=copied("loyal", "tier")),
        Row(ANY, "leave", "gone"),
        Row("there", "buy_last", "gone", form=Bought),
    ),
)


def shop(**changes: object) -> Company:
    """Return a shop with the programme, some of its columns changed, and two clubs."""
    rows: dict[str, list[TableRow]] = {
        "loyalty": [row(Programme, **{**POINTS, **changes})],
        "clubs": [row(Club, **columns) for columns in CLUBS],
    }
    return Company(loyalty, rows, machines=(SHOPPER,))


def shopper(at: Company, **facts: object) -> EntityRef:
    """Return a shopper who has come."""
    return at.engine.create("shopper", facts, actor=ALICE, id="S-1").require().entity


def buy(at: Company, ref: EntityRef, amount: str) -> None:
    """Buy something."""
    at.engine.fire(ref, "buy", {"amount": amount}, actor=ALICE).require()


def redeem(at: Company, ref: EntityRef, reward: str, actor: Actor = ALICE) -> Decision:
    """Ask for a reward."""
    payload = {"programme": "points", "reward": reward}
    return at.engine.fire(ref, "$redeem_points", payload, actor=actor)


def state(at: Company, ref: EntityRef) -> LoyaltyState:
    """Return what is remembered of a shopper."""
    found: LoyaltyState | None = at.engine.get(ref).policy("loyalty")
    return found or LoyaltyState()


def points(at: Company, ref: EntityRef) -> int:
    """Return the points a shopper has."""
    return state(at, ref).account("points").points


def codes(decision: Decision) -> set[str]:
    """Return the reasons of a refusal."""
    assert decision.refusal is not None
    return {one.reason for one in decision.refusal.verdicts}


def test_purchases_earn_whole_points() -> None:
    """Half a point a yuan, what is left of a whole point is lost (LOY-002)."""
    at = shop()
    ref = shopper(at)
    buy(at, ref, "101 CNY")
    assert points(at, ref) == 50
    buy(at, ref, "1 CNY")
    assert points(at, ref) == 50


@pytest.mark.parametrize("amount", ["100 EUR", "0 CNY", "-10 CNY"])
def test_other_sums_earn_nothing(amount: str) -> None:
    """Another currency, nothing, and what is paid back."""
    at = shop()
    ref = shopper(at)
    buy(at, ref, amount)
    at.engine.fire(ref, "buy", {"note": "no sum was told"}, actor=ALICE).require()
    assert state(at, ref) == LoyaltyState()


def test_filling_in_the_card_earns_once() -> None:
    """Points as an incentive to fill in the customer card (REC-039)."""
    at = shop()
    ref = shopper(at)
    for _ in range(2):
        at.engine.fire(ref, "fill_in", actor=ALICE).require()
    assert points(at, ref) == 50


def test_who_does_not_take_part_earns_nothing() -> None:
    """Rewards are for loyal customers (LOY-002); an earning may be for some of them."""
    at = shop()
    ref = shopper(at, loyal=False)
    buy(at, ref, "100 CNY")
    assert points(at, ref) == 0
    at.engine.fire(ref, "change", {"loyal": True}, actor=ALICE).require()
    at.engine.fire(ref, "look", actor=ALICE).require()
    assert points(at, ref) == 0
    at.engine.fire(ref, "change", {"tier": "core"}, actor=ALICE).require()
    at.engine.fire(ref, "look", actor=ALICE).require()
    assert points(at, ref) == 3


def test_points_buy_rewards() -> None:
    """Repeat buyers get points exchange or discounts (TIE-032)."""
    at = shop()
    ref = shopper(at)
    buy(at, ref, "400 CNY")
    redeem(at, ref, "five").require()
    account = state(at, ref).account("points")
    assert (account.points, account.earned, account.spent) == (100, 200, 100)
    assert [(one.reward, one.by) for one in account.given] == [("five", "alice")]
    redeem(at, ref, "umbrella").require()
    (lack,) = redeem(at, ref, "umbrella").verdicts
    assert (lack.reason, lack.row) == ("loyalty_too_few", "points")
    assert lack.values == {"points": 40, "needed": 60}


def test_what_keeps_points_from_being_redeemed() -> None:
    """Every reason is given, and nothing changes."""
    at = shop()
    ref = shopper(at)
    assert codes(redeem(at, ref, "yacht")) == {"loyalty_no_reward"}
    payload = {"programme": "miles", "reward": "umbrella"}
    unknown = at.engine.fire(ref, "$redeem_points", payload, actor=ALICE)
    assert codes(unknown) == {"loyalty_unknown"}
    at.engine.fire(ref, "change", {"loyal": False}, actor=ALICE).require()
    refused = redeem(at, ref, "umbrella", CLERK)
    assert codes(refused) == {"loyalty_not_for_this", "role", "loyalty_too_few"}
    assert codes(at.engine.fire(ref, "$loyalty", actor=ALICE)) == {"loyalty_timer_only"}


def test_points_expire_a_year_later() -> None:
    """The oldest first; the timer takes them, and what is spent cannot expire."""
    at = shop()
    ref = shopper(at)
    buy(at, ref, "200 CNY")
    at.clock.set(MONDAY + timedelta(days=100))
    buy(at, ref, "100 CNY")
    redeem(at, ref, "umbrella").require()
    at.until(MONDAY + timedelta(days=366))
    account = state(at, ref).account("points")
    assert (account.points, account.expired) == (50, 40)
    at.until(MONDAY + timedelta(days=600))
    assert state(at, ref).account("points").expired == 90
    assert at.engine.get(ref).timers == ()


def test_points_may_last_for_ever() -> None:
    """Where nothing says how long."""
    at = shop(valid=None)
    ref = shopper(at)
    buy(at, ref, "200 CNY")
    at.until(MONDAY + timedelta(days=4000))
    assert points(at, ref) == 100


def test_a_handler_is_told_of_a_reward() -> None:
    """Who gives the umbrellas out hears of each."""
    at = shop(handler="warehouse")
    ref = shopper(at)
    buy(at, ref, "400 CNY")
    [message] = redeem(at, ref, "five").require().messages
    assert (message.machine, message.event) == ("warehouse", "give_reward")
    reward = {"reward": "five", "kind": "discount", "percent": "5", "points": 100}
    assert message.payload == {"programme": "points", "by": "alice", **reward}


def test_an_end_is_an_end() -> None:
    """What is bought with the last event earns nothing, and nothing waits."""
    at = shop()
    ref = shopper(at)
    buy(at, ref, "100 CNY")
    at.engine.fire(ref, "buy_last", {"amount": "100 CNY"}, actor=ALICE).require()
    assert points(at, ref) == 50
    assert at.engine.get(ref).timers == ()


def club(at: Company, ref: EntityRef, event: str, name: str, actor: Actor = ALICE) -> Decision:
    """Join or leave a club."""
    more = {"reason": "moved away"} if event == "$leave_club" else {}
    return at.engine.fire(ref, event, {"club": name, **more}, actor=actor)


def test_customers_belong_to_clubs_and_communities() -> None:
    """A customer club (LOY-003), a community on WeChat or social media (LOY-008)."""
    at = shop()
    ref = shopper(at)
    for name in ("friends", "wechat"):
        club(at, ref, "$join_club", name).require()
    assert [one.club for one in state(at, ref).memberships] == ["friends", "wechat"]
    assert codes(club(at, ref, "$join_club", "friends")) == {"loyalty_member_already"}
    assert codes(club(at, ref, "$leave_club", "friends", CLERK)) == {"role"}
    club(at, ref, "$leave_club", "friends").require()
    assert codes(club(at, ref, "$leave_club", "friends")) == {"loyalty_no_member"}
    assert not state(at, ref).member_of("friends")


def test_a_club_may_be_for_some_alone() -> None:
    """And only for clubs there are."""
    at = shop()
    ref = shopper(at, loyal=False)
    refused = club(at, ref, "$join_club", "friends", CLERK)
    assert codes(refused) == {"loyalty_not_for_this", "role"}
    assert codes(club(at, ref, "$join_club", "chess")) == {"loyalty_unknown"}
    assert codes(club(at, ref, "$leave_club", "chess")) == {"loyalty_no_member"}
    club(at, ref, "$join_club", "wechat").require()


def test_a_club_that_is_gone_can_be_left() -> None:
    """A row that was taken away keeps nobody."""
    at = shop()
    ref = shopper(at)
    club(at, ref, "$join_club", "wechat").require()
    at.changed({"loyalty": at.rows["loyalty"], "clubs": []})
    club(at, ref, "$leave_club", "wechat", CLERK).require()
    assert state(at, ref).memberships == ()


def test_what_is_remembered_is_explained() -> None:
    """Points and memberships, with their rows."""
    at = shop()
    ref = shopper(at)
    buy(at, ref, "200 CNY")
    club(at, ref, "$join_club", "friends").require()
    (policy,) = at.engine.registry.policies["shopper"]
    points, friends = policy.explain(state(at, ref), at.get(ref))
    account = state(at, ref).account("points")
    assert points == Line(
        "loyalty_points",
        {"programme": "points", "points": 100, "spent": 0, "expires_at": account.expires_at},
        (),
        "points",
    )
    assert friends == Line(
        "loyalty_member", {"club": "friends", "since_at": at.clock.now()}, (), "friends"
    )
    told = str(at.engine.explain(ref, "look", actor=ALICE))
    assert "points: 100 points, 0 spent" in told
    assert "friends: member since" in told


@pytest.mark.parametrize(
    ("changes", "path", "told"),
    [
        (
            {"when": "loyal and"},
            ".when",
            ("syntax, expected more: the expression breaks off (at character 10)"),
        ),
        ({"earns": []}, ".earns", "empty, expected at least one way to earn points"),
        ({"valid": "3wd"}, ".valid", "working, expected days, months or hours: points do not work"),
        (
            {"earns": [{"events": ["bye"], "points": "1"}]},
            ".earns[0].events[0]",
            "unknown. Did you mean 'buy'?",
        ),
        (
            {"earns": [{"events": ["bye"], "points": "1", "amount": "x"}]},
            ".earns[0].events[0]",
            "unknown. Did you mean 'buy'?",
        ),
        (
            {"earns": [{"events": ["buy"], "points": "1", "when": "x"}]},
            ".earns[0].when",
            (
                "unknown. Known: 'actor.departments', 'actor.id', 'actor.roles', 'and',"
                " 'at', 'day', 'days_between', 'event', 'false', 'in', 'length', "
                "'lower', 'loyal', 'not', 'null', 'or', 'state', 'tier', 'true'. (at "
                "character 1)"
            ),
        ),
        (
            {"earns": [{"events": ["buy"], "points": "1", "amount": "sum"}]},
            ".earns[0].amount",
            "unknown. Known: 'amount', 'note'.",
        ),
        (
            {"earns": [{"events": ["buy"], "points": "1", "amount": "note"}]},
            ".earns[0].amount",
            "type, expected a sum of money in the form of 'buy'",
        ),
        (
            {"rewards": {"x": {"kind": "discount", "points": 1}}},
            ".rewards.x.percent",
            ("kind, expected a percent for a discount, and for nothing else"),
        ),
        (
            {"rewards": {"x": {"kind": "gift", "points": 1, "percent": "5"}}},
            ".rewards.x.percent",
            ("kind, expected a percent for a discount, and for nothing else"),
        ),
    ],
)
def test_a_faulty_programme_is_told(changes: dict[str, object], path: str, told: str) -> None:
    """With its place."""
    at = shop()
    table = loyalty.tables()[0]
    faults = table.check(
        [row(Programme, **{**POINTS, **changes})], at.tables(), {"shopper": SHOPPER}
    )
    assert [(fault.path, fault.told) for fault in faults] == [(f"$.loyalty[0]{path}", told)]


@pytest.mark.parametrize(
    ("columns", "path", "told"),
    [
        (
            {"when": "loyal or"},
            ".when",
            ("syntax, expected more: the expression breaks off (at character 9)"),
        ),
        (
            {"kind": "community"},
            ".channel",
            ("kind, expected the channel where a community meets, and of a club none"),
        ),
        (
            {"channel": "wechat"},
            ".channel",
            ("kind, expected the channel where a community meets, and of a club none"),
        ),
    ],
)
def test_a_faulty_club_is_told(columns: dict[str, object], path: str, told: str) -> None:
    """With its place."""
    at = shop()
    found = row(Club, name="club", machine="shopper", **columns)
    faults = loyalty.tables()[1].check([found], at.tables(), {"shopper": SHOPPER})
    assert [(fault.path, fault.told) for fault in faults] == [(f"$.clubs[0]{path}", told)]


def test_the_numbers_are_the_companys(tmp_path: Path) -> None:
    """LOY-009: the programme is off, and on it asks for each of its numbers by name."""
    own = tmp_path / "crmflow.toml"
    on = (
        '[[loyalty]]\nname = "points"\nenabled = true\n[settings.company]\nzone = "Asia/Shanghai"\n'
    )
    own.write_text(on, "utf-8")
    with pytest.raises(ConfigurationError) as failed:
        Engine("memory:", machines=["customer"], config=own)
    told = str(failed.value)
    for key in ("points_per_yuan", "card_points", "points_last", "members", "rewards"):
        assert f"loyalty.rules.{key}" in told


def test_the_example_programme_is_in_order(tmp_path: Path) -> None:
    """The demo fills every blank, so that only the switch is the company's (LOY-001)."""
    own = tmp_path / "crmflow.toml"
    own.write_text('[[loyalty]]\nname = "points"\nenabled = true\n', "utf-8")
    with Engine("memory:", machines=["customer"], profile="demo", config=own) as engine:
        names = {policy.name for policy in engine.registry.policies["customer"]}
        assert "loyalty" in names


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_has_a_text(lang: str) -> None:
    """Reasons and events in both languages."""
    texts = Texts(lang)
    for event, form in RESERVED.items():
        assert texts.find("events", event)
        fields = () if form is None else attrs.fields(form)
        assert all(texts.find("fields", field.name) for field in fields)


def test_a_message_earns_like_a_person() -> None:
    """Purchases are told by other entities (LOY-001)."""
    at = shop()
    ref = shopper(at)
    at.engine.fire(ref, "buy", {"amount": "100 CNY"}, actor=SYSTEM).require()
    assert points(at, ref) == 50
