from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from crmflow.core.journal import Entry
from crmflow.core.policy import Evolved, Occurrence
from crmflow.engine.values import Adopting
from crmflow.policies.tiers import Cause
from tests.policies.tiers.shop import AT, CHIEF, DAY, Shop, by_turnover, row, shop, tier


def moves(found: Shop, name: str = "value") -> list[tuple[str | None, str | None, Cause]]:
    """Return the moves an entity remembers."""
    return [(move.before, move.tier, move.cause) for move in found.standing(name).moves]


def test_a_new_entity_is_placed_at_once() -> None:
    """Creation places, with the reason and the metrics that caused it."""
    found = shop()
    found.register(turnover="500 CNY")
    standing = found.standing()
    assert (standing.held, standing.since) == ("silver", AT)
    assert standing.because == ("turnover 500 ≥ 100 < 1000",)
    assert moves(found) == [(None, "silver", Cause.PLACED)]
    assert standing.moves[0].metrics == {"turnover": "500"}


def test_missing_data_leaves_unrated() -> None:
    """Nothing known is a stated case, not the worst tier; what comes later places."""
    found = shop()
    found.register()
    assert (found.standing().held, found.standing().lacking) == (None, ("turnover",))
    assert moves(found) == []
    found.fire("learn", turnover="5 CNY").require()
    assert moves(found) == [(None, "bronze", Cause.PLACED)]


def test_refusing_to_place_keeps_the_tier() -> None:
    """A sum in another currency says nothing, and the row says to place nobody then."""
    found = shop(row(missing="refuse", grace="10d"))
    found.register(turnover="500 CNY")
    found.fire("learn", turnover="50 CNY").require()
    found.fire("learn", turnover="1 EUR").require()
    standing = found.standing()
    assert (standing.held, standing.lacking) == ("silver", ("turnover",))
    assert standing.pending is not None
    found.after(10 * DAY)
    assert found.standing().pending is None
    assert moves(found) == [(None, "silver", Cause.PLACED)]


def test_only_changes_that_matter_are_committed() -> None:
    """An event that changes nothing a scheme reads adds nothing to the record."""
    found = shop()
    found.register(turnover="500 CNY")
    quiet = [found.fire("greet").require(), found.fire("learn", note="likes tea").require()]
    assert [decision.record.effects for decision in quiet] == [(), ()]
    loud = found.fire("learn", turnover="600 CNY").require()
    assert [effect.shelf for effect in loud.record.effects] == ["policies"]


def test_a_machine_without_schemes_has_no_tiers() -> None:
    """Where no row is about it, the policy is not there."""
    found = shop(row(kind="stated", metrics=[{"name": "tier", "value": "text"}], tiers=[tier("a")]))
    found.register()
    assert found.engine.registry.policies["buyer"] == ()


def test_an_upgrade_counts_at_once_and_a_downgrade_after_grace() -> None:
    """The grace period runs from the first fall; the metrics at its end decide."""
    found = shop(row(grace="10d"))
    found.register(turnover="5000 CNY")
    found.fire("learn", turnover="500 CNY").require()
    found.after(4 * DAY)
    found.fire("learn", turnover="50 CNY").require()
    standing = found.standing()
    assert (standing.held, standing.because) == ("gold", ("turnover 5000 ≥ 1000",))
    assert standing.pending is not None
    assert (standing.pending.tier, standing.pending.until) == ("bronze", AT + 10 * DAY)
    assert found.timers() == {"tiers:value:grace": AT + 10 * DAY}
    found.after(6 * DAY)
    assert moves(found)[1:] == [("gold", "bronze", Cause.LOWERED)]
    assert (found.standing().since, found.timers()) == (AT + 10 * DAY, {})


def test_a_recovery_within_grace_changes_nothing() -> None:
    """Who is back in time was never lowered, and a later fall has its own grace period."""
    found = shop(row(grace="10d"))
    found.register(turnover="5000 CNY")
    for turnover in ("500 CNY", "1000 CNY"):
        found.fire("learn", turnover=turnover).require()
        found.after(DAY)
    assert (found.standing().pending, found.timers()) == (None, {})
    found.fire("learn", turnover="500 CNY").require()
    assert found.timers() == {"tiers:value:grace": AT + 12 * DAY}
    assert moves(found) == [(None, "gold", Cause.PLACED)]


def test_without_grace_a_downgrade_counts_at_once() -> None:
    """The row need not have a grace period."""
    found = shop()
    found.register(turnover="5000 CNY")
    found.fire("learn", turnover="5 CNY").require()
    assert moves(found)[1:] == [("gold", "bronze", Cause.LOWERED)]


def test_a_margin_keeps_the_tier_and_its_reason() -> None:
    """Within the margin the tier stays, with what once spoke for it, and says so."""
    found = shop(row(hysteresis={"turnover": {"down": "10%"}}, grace="5d"))
    found.register(turnover="1000 CNY")
    found.fire("learn", turnover="900 CNY").require()
    standing = found.standing()
    assert (standing.held, standing.against, standing.pending) == ("gold", "silver", None)
    assert standing.because == ("turnover 1000 ≥ 1000",)


def test_every_move_fires_the_event_of_the_row() -> None:
    """The machine's own event takes the tier over to a fact, for others to see."""
    found = shop(row(raises="set_tier"))
    found.register(turnover="500 CNY")
    found.fire("learn", turnover="5000 CNY").require()
    assert found.engine.get(found.ref()).facts.tier == "gold"
    raised = [r for r in found.engine.journal(found.ref()) if r.event.name == "set_tier"]
    assert [(r.event.form.tier, r.event.form.reason) for r in raised] == [
        ("silver", "placed"),
        ("gold", "raised"),
    ]
    assert {r.event.cause.policy for r in raised if r.event.cause} == {"tiers"}


def sales(over: str | None = "30d") -> list[dict[str, object]]:
    """Return turnover gathered from sales and returns."""
    window = {"measure": "total", "events": ["buy"], "minus": ["give_back"], "amount": "amount"}
    return [{"name": "turnover", "window": {**window, **({"over": over} if over else {})}}]


def test_turnover_of_a_window_is_gathered_from_events() -> None:
    """Sales raise, a return lowers, and what leaves the window is found on schedule."""
    found = shop(row(metrics=sales(), recompute="7d"))
    found.register()
    for event, amount in [("buy", "600 CNY"), ("buy", "400 CNY"), ("give_back", "1 CNY")]:
        found.fire(event, amount=amount).require()
    assert [m[1] for m in moves(found)] == ["bronze", "silver", "gold", "silver"]
    found.after(29 * DAY)
    assert found.standing().held == "silver"
    found.after(6 * DAY)
    assert found.standing().held == "bronze"
    assert found.standing().moves[-1].at == AT + 35 * DAY
    assert found.timers() == {"tiers:value:recompute": AT + 42 * DAY}


def test_what_is_held_is_not_gathered_yet() -> None:
    """A sale that waits for an approval is none."""
    found = shop(row(metrics=sales(None)))
    found.register()
    decision = found.fire("buy", amount="600 CNY").require()
    (policy,) = found.engine.registry.policies["buyer"]
    evolve = policy.evolve_for("buy")
    assert evolve is not None
    snapshot, event = decision.snapshot, decision.record.event
    state = snapshot.policy("tiers")
    assert evolve(state, Occurrence(snapshot, snapshot, event, Entry.HELD)) is None
    again = evolve(state, Occurrence(snapshot, snapshot, event, Entry.DECISION))
    assert isinstance(again, Evolved)
    assert again.state != state


def test_the_schedule_does_not_drift() -> None:
    """However late the worker comes, each placement is on its own day."""
    found = shop(row(recompute="7d"))
    found.register(turnover="5 CNY")
    found.after(17 * DAY)
    assert found.timers() == {"tiers:value:recompute": AT + 21 * DAY}
    ticks = [r.event.at for r in found.engine.journal(found.ref()) if r.entry is Entry.POLICY]
    assert ticks == [AT + 7 * DAY, AT + 14 * DAY]


def test_days_pass_without_events() -> None:
    """A length of relationship grows by itself; the schedule sees it."""
    old = [
        tier("old", when=[{"years": {"at_least": "10"}}]),
        tier("new", when=[{"years": {"below": "10"}}]),
    ]
    found = shop(row(metrics=[{"name": "years", "fact": "first_on"}], tiers=old, recompute="1d"))
    found.register()
    found.fire("learn", first_on=date(2026, 2, 24)).require()
    assert found.standing().held == "new"
    found.after(4 * DAY)
    assert found.standing().metrics == {"years": "10"}
    assert moves(found)[-1] == ("new", "old", Cause.RAISED)


def test_effective_dates_change_the_scheme_by_themselves() -> None:
    """At local midnight the next version counts, and after the last day none does."""
    strict = by_turnover(("gold", "9000", None), ("silver", "100", "9000"), ("bronze", None, "100"))
    found = shop(
        row(until_on=date(2026, 3, 5)),
        row(from_on=date(2026, 3, 6), until_on=date(2026, 3, 8), tiers=strict),
        zone="Asia/Shanghai",
    )
    found.register(turnover="5000 CNY")
    assert found.timers() == {"tiers:value:dates": datetime(2026, 3, 5, 16, tzinfo=UTC)}
    found.after(4 * DAY)
    assert found.timers() == {"tiers:value:dates": datetime(2026, 3, 8, 16, tzinfo=UTC)}
    found.after(4 * DAY)
    assert moves(found) == [
        (None, "gold", Cause.PLACED),
        ("gold", "silver", Cause.LOWERED),
        ("silver", None, Cause.SCHEME_ENDED),
    ]
    assert found.timers() == {}


def test_a_scheme_that_does_not_count_yet_places_nobody() -> None:
    """Before its first day there is no standing, only the timer that waits for it."""
    found = shop(row(from_on=date(2026, 3, 4)))
    found.register(turnover="5000 CNY")
    assert found.engine.get(found.ref()).policy("tiers").standings == ()
    found.after(2 * DAY)
    assert found.standing().held == "gold"


def test_grace_may_be_working_time() -> None:
    """On the office's calendar a grace period of two working days passes over the weekend."""
    week = {"monday": "09:00-17:00", "friday": "09:00-17:00"}
    found = shop(row(grace="2wd", calendar="office"), calendar=week)
    found.register(turnover="5000 CNY")
    found.fire("learn", turnover="5 CNY").require()
    assert found.timers() == {"tiers:value:grace": AT + 7 * DAY}


def test_schemes_live_side_by_side() -> None:
    """Each has its own tier, its own timers and its own history."""
    potential = [
        tier("a", when=[{"potential": {"at_least": "5"}}]),
        tier("b", when=[{"potential": {"below": "5"}}]),
    ]
    grade = row(
        name="grade", care=False, metrics=[{"name": "potential"}], tiers=potential, grace="3d"
    )
    found = shop(row(grace="9d"), grade)
    found.register(turnover="5000 CNY", potential=7)
    found.fire("learn", turnover="5 CNY", potential=1).require()
    assert found.timers() == {
        "tiers:value:grace": AT + 9 * DAY,
        "tiers:grade:grace": AT + 3 * DAY,
    }
    found.after(3 * DAY)
    assert (found.standing().held, found.standing("grade").held) == ("gold", "b")


def test_tiers_rest_in_a_final_state() -> None:
    """What has ended is placed no more and keeps no timer; adopted again, it is."""
    found = shop(row(recompute="7d"))
    found.register(turnover="5000 CNY")
    found.fire("leave").require()
    assert found.timers() == {}
    back = Adopting(found.ref(), "known", {"turnover": "5 CNY"}, reason="came back")
    found.engine.adopt(back, actor=CHIEF).require()
    assert found.standing().held == "bronze"
    assert list(found.timers()) == ["tiers:value:recompute"]


def test_the_history_is_bounded() -> None:
    """The entity remembers the last moves only; the journal has all of them."""
    found = shop(row(keep=2))
    found.register(turnover="5 CNY")
    for turnover in ("5000 CNY", "500 CNY", "5 CNY"):
        found.fire("learn", turnover=turnover).require()
    assert [m[1] for m in moves(found)] == ["silver", "bronze"]


def test_a_scheme_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    """Where a company drops a scheme, the next touch drops its standing and its timers."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    extra = row(name="extra", care=False, recompute="1d")
    with shop(row(), extra, store=url).engine as engine:
        first = Shop(engine, engine.clock)  # type: ignore[arg-type]
        first.register(turnover="500 CNY")
        assert list(first.timers()) == ["tiers:extra:recompute"]
    with shop(row(), store=url).engine as engine:
        second = Shop(engine, engine.clock)  # type: ignore[arg-type]
        second.after(2 * DAY)
        assert second.timers() == {}
        standings: Sequence[object] = engine.get(second.ref()).policy("tiers").standings
        assert standings == (second.standing(),)


@pytest.mark.parametrize("passed", [timedelta(hours=1), 100 * DAY])
def test_stored_equals_replayed(passed: timedelta, tmp_path: Path) -> None:
    """What a file keeps decodes to what was decided, tiers and amounts included."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    columns = row(metrics=sales(), recompute="30d", grace="5d")
    found = shop(columns, store=url)
    found.register()
    found.fire("buy", amount="1234.50 CNY").require()
    found.after(passed)
    ref = found.engine.ref(found.ref())
    folded = found.engine.get(ref, at=found.clock.now())
    with shop(columns, store=url).engine as engine:
        assert engine.get(ref).policy("tiers") == folded.policy("tiers")
    assert [one.differs for one in found.engine.redecide(ref) if one.differs] == []
