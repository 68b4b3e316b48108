"""Rows tried in their order: chains, steps, targets, tiers, assignments."""

from __future__ import annotations

from datetime import date

from crmflow.analysis.checking import ordered
from tests.analysis.checking.desk import chain, faults, kinds, subject

DEFAULT = chain("none")


def test_chains_are_compared_day_by_day() -> None:
    """Two that are never in force together have nothing to do with each other."""
    rows = [
        chain("manager", "amount > 1000", until_on=date(2026, 6, 30)),
        chain("finance", "amount > 5000", from_on=date(2026, 7, 1)),
        DEFAULT,
    ]
    assert kinds(faults(ordered.chains, subject({"chains": rows}))) == []
    del rows[0]["until_on"]
    rows[1]["until_on"] = date(2026, 12, 31)
    rows[2] = {**DEFAULT, "until_on": date(2026, 7, 31)}
    rows.append({**DEFAULT, "name": "rest", "from_on": date(2026, 8, 1)})
    (fault,) = faults(ordered.chains, subject({"chains": rows}))
    assert fault.kind == "shadowed"
    assert fault.where == "own.toml: $.chains[1].when (finance)"
    assert (fault.machine, fault.values["earlier"]) == ("claim", "'manager' (2026-07-01)")


def test_a_chain_may_ask_the_same_people_twice() -> None:
    """Where both come to the same, an overlap decides nothing."""
    gifts = chain("manager", "category == 'gift'")
    large = chain("large", "amount > 1000", roles="manager")
    other = chain("finance", "amount > 1000")
    assert kinds(faults(ordered.chains, subject({"chains": [gifts, large, DEFAULT]}))) == []
    assert kinds(faults(ordered.chains, subject({"chains": [gifts, other, DEFAULT]}))) == [
        "overlap"
    ]


def test_a_chain_without_rows_in_force_today_is_looked_at_later() -> None:
    """What is over is not looked at at all."""
    over = chain("manager", "amount > 1000", until_on=date(2025, 1, 1))
    later = [
        chain("finance", "amount > 5", from_on=date(2027, 1, 1)),
        chain("cfo", "amount > 50", from_on=date(2027, 1, 1)),
        chain("none", from_on=date(2027, 1, 1)),
    ]
    (fault,) = faults(ordered.chains, subject({"chains": [over, *later]}))
    assert fault.where == "own.toml: $.chains[2].when (cfo)"


def test_the_alternatives_of_a_step_are_compared() -> None:
    """Each at its own place in the row."""
    by = [{"role": "manager"}]
    steps = [
        {"name": "first", "approvers": by},
        {"name": "second", "when": "amount > 10", "approvers": by},
        {"name": "second", "when": "amount > 99", "otherwise": "skip", "approvers": by},
    ]
    (fault,) = faults(ordered.steps, subject({"chains": [chain("steps", steps=steps)]}))
    assert (fault.kind, fault.where) == ("shadowed", "own.toml: $.chains[0].steps[2].when (steps)")


def test_targets_are_compared_and_their_default_is_left_out() -> None:
    """By what they match, lists of it, and by conditions beside it."""
    deadline = {
        "name": "payment",
        "machine": "claim",
        "kind": "resolution",
        "start": [{"events": ["approve"]}],
        "stop": [{"events": ["pay"]}],
        "target": "9d",
    }
    targets = [
        {"match": {"category": ["gift", "meal"]}, "target": "1d"},
        {"match": {"category": "gift", "urgent": True}, "target": "2d"},
        {"match": {"tier": None}, "when": "amount > 5", "target": "3d"},
    ]
    rows = {"deadlines": [{**deadline, "targets": targets}]}
    found = faults(ordered.targets, subject(rows))
    assert [(one.kind, one.where) for one in found] == [
        ("shadowed", "own.toml: $.deadlines[0].targets[1] (payment)"),
        ("overlap", "own.toml: $.deadlines[0].targets[2] (payment)"),
    ]
    assert faults(ordered.targets, subject({"deadlines": [deadline]})) == []


def test_texts_and_numbers_are_matched_as_they_are() -> None:
    """Whatever quotes a text has."""
    targets = [
        {"match": {"tier": 'the "best"'}, "target": "1d"},
        {"match": {"tier": ["it's", 'the "best"']}, "target": "2d"},
        {"match": {"tier": "it's"}, "target": "3d"},
    ]
    row = {
        "name": "payment",
        "machine": "claim",
        "kind": "resolution",
        "start": [{"events": ["approve"]}],
        "stop": [{"events": ["pay"]}],
        "target": "9d",
        "targets": targets,
    }
    found = faults(ordered.targets, subject({"deadlines": [row]}))
    assert [one.where for one in found] == ["own.toml: $.deadlines[0].targets[2] (payment)"]
    row["targets"] = [
        {"match": {"amount": [5, 6]}, "target": "1d"},
        {"when": "amount == 6", "target": "2d"},
    ]
    found = faults(ordered.targets, subject({"deadlines": [row]}))
    assert [one.where for one in found] == ["own.toml: $.deadlines[0].targets[1] (payment)"]


def test_a_tier_that_better_ones_leave_nothing_is_told() -> None:
    """The last one included; tiers that overlap are meant to."""
    tiers = [
        {"name": "gold", "zh": "金", "en": "gold", "expression": "spent > 100"},
        {"name": "silver", "zh": "银", "en": "silver", "expression": "spent > 200 and years > 1"},
        {"name": "bronze", "zh": "铜", "en": "bronze", "expression": "spent <= 100 or years > 5"},
        {"name": "none", "zh": "无", "en": "none"},
    ]
    row = {
        "name": "metal",
        "machine": "claim",
        "kind": "expressions",
        "recompute": "1d",
        "metrics": [{"name": "spent", "fact": "amount"}, {"name": "years", "fact": "handed_in_at"}],
        "tiers": tiers,
    }
    found = faults(ordered.tiers, subject({"schemes": [row]}))
    assert [(one.kind, one.values["name"]) for one in found] == [
        ("shadowed", "silver"),
        ("shadowed", "none"),
    ]
    stated = {
        **row,
        "kind": "stated",
        "recompute": None,
        "metrics": [{"name": "tier", "value": "text"}],
    }
    stated["tiers"] = [{"name": "gold", "zh": "金", "en": "gold"}]
    assert faults(ordered.tiers, subject({"schemes": [stated]})) == []


def test_a_claim_that_no_assignment_is_for_is_told() -> None:
    """On the first day on which it is so."""
    row: dict[str, object] = {
        "machine": "claim",
        "through": "hand_over",
        "role": "employee",
        "fallback": "manager",
    }
    meals: dict[str, object] = {**row, "name": "meals", "when": "category == 'meal'"}
    others: dict[str, object] = {**row, "name": "others", "when": "category in ['travel', 'gift']"}
    assert faults(ordered.assignments, subject({"assignments": [meals, others]})) == []
    others["until_on"] = date(2026, 12, 31)
    (fault,) = faults(ordered.assignments, subject({"assignments": [meals, others]}))
    assert (fault.kind, fault.values["example"]) == ("gap", "category = gift (2027-01-01)")
    # A day without any assignment is one on which owners are named by hand.
    meals |= {"when": "category != 'gift'", "until_on": date(2026, 12, 31)}
    others |= {"when": "category == 'gift'"}
    assert faults(ordered.assignments, subject({"assignments": [meals, others]})) == []
