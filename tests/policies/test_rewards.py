"""Rewards in an engine: settled once, remembered with what they were made of, told why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from crmflow.core.decision import Decision
from crmflow.core.errors import ConfigurationError
from crmflow.core.event import Event
from crmflow.core.journal import Entry
from crmflow.core.money import Money
from crmflow.core.policy import Occurrence
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.policies.rewards import Outcome, PrizeKind, Reward
from crmflow.policies.rewards.recording import RewardState
from tests.policies.ideas import AT, CLERK, GRADES, SCHEME, Settle, engine

TOLD = ("thank_you_letter",)


def decided(ideas: Engine, **result: object) -> EntityRef:
    """Return a suggestion with a result."""
    ref = ideas.create("idea", actor=CLERK).require().entity
    ideas.fire(ref, "decide", result, actor=CLERK).require()
    return ref


def reward(ideas: Engine, ref: EntityRef, earlier: Sequence[Mapping[str, object]] = ()) -> Decision:
    """Return the decision on a reward."""
    return ideas.fire(ref, "reward", {"earlier": earlier}, actor=CLERK)


def given(ideas: Engine, ref: EntityRef) -> list[Reward]:
    """Return the rewards of a suggestion."""
    state = ideas.get(ref).policy("rewards")
    assert isinstance(state, RewardState)
    return [one.reward for one in state.given]


@pytest.mark.parametrize(
    ("value", "grade", "amount", "kind"),
    [
        ("50000 CNY", "A", "2000", PrizeKind.MATERIAL),
        ("49999.99 CNY", "B", "500", PrizeKind.MATERIAL),
        ("10000 CNY", "B", "500", PrizeKind.MATERIAL),
        ("0 CNY", "C", "0", PrizeKind.MORAL),
    ],
)
def test_an_accepted_suggestion_earns_by_its_grade(
    value: str, grade: str, amount: str, kind: PrizeKind
) -> None:
    """SUG-026 to SUG-029: lower limits are included, upper ones begin the next grade."""
    with engine(SCHEME) as ideas:
        ref = decided(ideas, result="accepted", value=value)
        reward(ideas, ref).require()
        money = Money(amount)
        assert given(ideas, ref) == [
            Reward(amount=money, single=money, kind=kind, reward_grade=grade, outputs=TOLD)
        ]


def test_what_lies_below_all_grades_has_a_reward_of_its_own() -> None:
    """Where the lowest grade does not begin at nothing."""
    grades = [*GRADES[:2], {"name": "C", "min": "100 CNY", "max": "10000 CNY"}]
    with engine({**SCHEME, "grades": grades, "below": "5 CNY"}) as ideas:
        ref = decided(ideas, result="accepted", value="99.99 CNY")
        reward(ideas, ref).require()
        assert given(ideas, ref) == [Reward(amount=Money(5), single=Money(5), outputs=TOLD)]


def past(outcome: str, at: str = "2026-01-05T00:00:00Z", **more: bool) -> Mapping[str, object]:
    """Return an earlier suggestion."""
    return {"at": at, "outcome": outcome, **more}


REJECTED, HELD = past("rejected"), past("held")


@pytest.mark.parametrize(
    ("change", "result", "earlier", "amount", "repeat"),
    [
        ({}, "rejected", [], 20, None),
        ({}, "rejected", [REJECTED], 20, None),
        ({}, "rejected", [REJECTED, HELD], 50, 50),
        ({"stack": True}, "rejected", [REJECTED, HELD], 70, 50),
        ({"not_accepted": "60 CNY"}, "rejected", [REJECTED, HELD], 60, 50),
        ({}, "rejected", [REJECTED, HELD, past("accepted")], 20, None),
        ({}, "held", [HELD, HELD], 80, 80),
        ({}, "held", [HELD, HELD, past("accepted")], 80, 80),
        ({}, "held", [REJECTED, REJECTED], 50, 50),
        ({}, "rejected", [HELD, HELD, HELD], 50, 50),
        ({}, "rejected", [REJECTED, past("rejected", repeated=True)], 20, None),
        ({}, "rejected", [past("rejected", "2025-12-31T15:59:59Z")] * 2, 20, None),
        ({}, "rejected", [past("rejected", "2025-12-31T16:00:00Z")] * 2, 50, 50),
        ({}, "rejected", [past("rejected", "2026-03-03T00:00:00Z")] * 2, 20, None),
        ({"window": "rolling"}, "rejected", [past("rejected", "2025-03-02T09:00:01Z")] * 2, 50, 50),
        ({"window": "rolling"}, "held", [past("rejected", "2025-03-02T09:00:00Z")] * 2, 20, None),
        ({"earlier": None}, "rejected", [REJECTED, HELD], 20, None),
    ],
)
def test_what_was_not_accepted_earns_something_too(
    change: Mapping[str, object],
    result: str,
    earlier: Sequence[Mapping[str, object]],
    amount: int,
    repeat: int | None,
) -> None:
    """SUG-030 to SUG-032, AMB-07: several in a year, by either meaning, once in a year."""
    row = {name: value for name, value in {**SCHEME, **change}.items() if value is not None}
    with engine(row) as ideas:
        ref = decided(ideas, result=result)
        reward(ideas, ref, earlier).require()
        (found,) = given(ideas, ref)
        again = None if repeat is None else Money(repeat)
        assert (found.amount, found.repeat, found.outputs) == (Money(amount), again, TOLD)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({}, "reward_no_outcome"),
        ({"result": "forgotten"}, "reward_no_outcome"),
        ({"result": "accepted"}, "reward_no_value"),
        ({"result": "accepted", "value": "-1 CNY"}, "reward_wrong_value"),
        ({"result": "accepted", "value": "1 EUR"}, "reward_wrong_value"),
    ],
)
def test_a_reward_that_cannot_be_told_is_refused(result: Mapping[str, object], reason: str) -> None:
    """With the reason, the row and its rules."""
    with engine(SCHEME) as ideas:
        (verdict,) = reward(ideas, decided(ideas, **result)).verdicts
        assert (verdict.reason, verdict.row, verdict.rules) == (reason, "ideas", ("SUG-026",))


def test_a_reward_is_settled_once_for_each_result() -> None:
    """What was paid stays, also where the suggestion is dropped and answered anew."""
    with engine(SCHEME) as ideas:
        ref = decided(ideas, result="accepted", value="10000 CNY")
        reward(ideas, ref).require()
        (verdict,) = reward(ideas, ref).verdicts
        assert (verdict.reason, verdict.values) == ("reward_given", {"outcome": "accepted"})
        ideas.fire(ref, "decide", {"result": "held"}, actor=CLERK).require()
        reward(ideas, ref, [HELD, HELD]).require()
        assert [one.amount for one in given(ideas, ref)] == [Money(500), Money(80)]
        (policy,) = ideas.registry.policies["idea"]
        snapshot = ideas.get(ref)
        lines = list(policy.explain(snapshot.policy("rewards"), snapshot))
        assert [line.code for line in lines] == ["reward_given", "reward_given_again"]
        assert lines[0].values["reward_grade"] == "B"
        assert lines[1].values["outcome"] is Outcome.HELD
        assert list(policy.explain(None, snapshot)) == []
        state = snapshot.policy("rewards")
        other = engine({**SCHEME, "name": "other"}).registry.policies["idea"][0]
        assert [line.row for line in other.explain(state, snapshot)] == ["ideas", "ideas"]
        kept: dict[str, object] = {}
        assert policy.upgraded(1, kept) is kept


def test_a_value_that_is_no_money_is_of_the_scheme_s_currency() -> None:
    """Points count as what the scheme pays in; earlier suggestions may be facts."""
    with engine({**SCHEME, "value": "points * 100"}) as ideas:
        ref = decided(ideas, result="accepted", points=500)
        reward(ideas, ref).require()
        assert given(ideas, ref)[0].reward_grade == "A"


def test_a_scheme_holds_on_its_days() -> None:
    """Before it begins nothing is refused and nothing remembered."""
    with engine({**SCHEME, "from_on": "2027-01-01"}) as ideas:
        ref = decided(ideas)
        reward(ideas, ref).require()
        ideas.fire(ref, "note", actor=CLERK).require()
        assert ideas.get(ref).policy("rewards") is None


def test_what_needs_the_reward_waits_for_it() -> None:
    """Closing is refused until a reward is settled; off its days nothing is (SUG-030, SUG-033)."""
    with engine({**SCHEME, "needed_by": ["note"]}) as ideas:
        ref = decided(ideas, result="held")
        [verdict] = ideas.fire(ref, "note", actor=CLERK).verdicts
        assert (verdict.reason, verdict.rules) == ("reward_not_settled", ("SUG-026",))
        reward(ideas, ref).require()
        assert ideas.fire(ref, "note", actor=CLERK).accepted
    with engine({**SCHEME, "needed_by": ["note"], "from_on": "2027-01-01"}) as ideas:
        assert ideas.fire(decided(ideas, result="held"), "note", actor=CLERK).accepted


@pytest.mark.parametrize("entry", [Entry.HELD, Entry.DECISION])
def test_what_waits_or_has_no_result_settles_nothing(entry: Entry) -> None:
    """Only a reward that happens is remembered."""
    with engine(SCHEME) as ideas:
        snapshot = ideas.get(decided(ideas))
        (policy,) = ideas.registry.policies["idea"]
        run = policy.evolve_for("reward")
        event = Event("reward", CLERK, AT, Settle())
        assert run is not None
        assert run(None, Occurrence(snapshot, snapshot, event, entry)) is None


def bands(*changes: tuple[int, Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
    """Return the grades, some of them changed."""
    found = [dict(grade) for grade in GRADES]
    for number, change in changes:
        found[number] |= change
    return found


@pytest.mark.parametrize(
    ("change", "path", "told"),
    [
        ({"event": "pay"}, "event", "unknown. Known: 'decide', 'note', 'receive', 'reward'."),
        (
            {"needed_by": ["note", "pay"]},
            "needed_by[1]",
            "unknown. Known: 'decide', 'note', 'receive', 'reward'.",
        ),
        (
            {"value": "result"},
            "value",
            ("type, expected an expression that gives a number, not a text (at character 1)"),
        ),
        (
            {"outcome": "value"},
            "outcome",
            ("type, expected an expression that gives a text, not a number (at character 1)"),
        ),
        ({"earlier": "form.past"}, "earlier", "unknown. Known: 'earlier'."),
        ({"event": "note", "earlier": "form.past"}, "earlier", "unknown. None is known."),
        ({"earlier": "result"}, "earlier", "type, expected a list of what has `at` and `outcome`"),
        ({"earlier": "notes"}, "earlier", "type, expected a list of what has `at` and `outcome`"),
        ({"grades": []}, "grades", "empty, expected at least one grade"),
        (
            {"grades": bands((0, {"max": "60000 CNY"}))},
            "grades[0].max",
            "gap, expected nothing: the highest grade has no upper limit",
        ),
        (
            {"grades": bands((1, {"max": "49999 CNY"}))},
            "grades[1].max",
            "gap, expected 50000 CNY, where grade A begins",
        ),
        (
            {"grades": bands((1, {"max": "50001 CNY"}))},
            "grades[1].max",
            "overlap, expected 50000 CNY, where grade A begins",
        ),
        (
            {"grades": bands((2, {"min": "10000 CNY"}))},
            "grades[2].max",
            "order, expected more than 10000 CNY, where the grade begins",
        ),
        (
            {"grades": bands((2, {"min": "1 CNY"}))},
            "below",
            ("gap, expected the reward of accepted suggestions worth less than 1 CNY"),
        ),
        (
            {"grades": bands((2, {"name": "B"}))},
            "grades[2].name",
            "double, expected a name of its own",
        ),
        (
            {"grades": bands((2, {"name": "D"}))},
            "prizes.D",
            "missing, expected the reward of grade D",
        ),
        ({"grades": bands((2, {"name": "D"}))}, "prizes.C", "unknown. Known: 'A', 'B', 'D'."),
        (
            {"grades": bands((1, {"min": "1 EUR"}))},
            "grades[1].min",
            "currency, expected an amount in CNY",
        ),
        (
            {"prizes": {"A": {"amount": "-1 CNY"}}},
            "prizes.A.amount",
            "negative, expected an amount of zero or more",
        ),
        ({"below": "1 EUR"}, "below", "currency, expected an amount in CNY"),
        ({"repeat_count": 1}, "repeat_count", "too_few, expected two or more: several suggestions"),
        (
            {"prizes": {name: {"amount": "0 CNY", "kind": "moral"} for name in "ABC"}},
            "prizes",
            ("only_moral, expected one material reward at least: material before moral (SUG-025)"),
        ),
    ],
)
def test_what_is_wrong_with_a_scheme_is_told_when_loaded(
    change: Mapping[str, object], path: str, told: str
) -> None:
    """Gaps and overlaps of bands, prizes without a grade, currencies: each with its place."""
    with pytest.raises(ConfigurationError) as caught:
        engine({**SCHEME, **change})
    assert f"config: $.rewards[0].{path} (ideas): {told}" in caught.value.faults


def test_a_band_without_its_end_overlaps_the_next() -> None:
    """Only the highest grade has none."""
    grades = [dict(grade) for grade in GRADES]
    del grades[1]["max"]
    with pytest.raises(ConfigurationError, match="overlap"):
        engine({**SCHEME, "grades": grades})
