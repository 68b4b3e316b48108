"""The machine `load_order`, catalogue 3.29."""

import pytest

from crmflow.core.actor import Actor
from tests.states.case import Case, declared, legal, pairs, walk_of

PAYLOADS: dict[str, dict[str, object]] = {
    "instruct": {
        "customer": "C-1", "occasion": "peak", "approved_order": "2026-4", "place": 3,
        "limit_kw": "800", "until_at": "2026-03-02T12:00:00+00:00", "ways": ["sms", "phone"],
    },
    "execute": {
        "controls": ["shift_peak", "limit_load"], "usage_plan": "second kiln after ten",
        "controlled_kw": "300", "total_kw": "1100",
    },
    "warn": {"load_kw": "800.1"},
    "recover": {"load_kw": "800"},
    "end": {},
}  # fmt: skip
TABLE = (
    "instruct: - -> instructed",
    "execute: instructed -> executing",
    "warn: executing -> over_limit",
    "recover: over_limit -> executing",
    "end: instructed, executing, over_limit -> ended",
)
PATHS = {
    "-": (),
    "instructed": ("instruct",),
    "executing": ("instruct", "execute"),
    "over_limit": ("instruct", "execute", "warn"),
}


def order(*steps: str) -> Case:
    """Return a load order that has taken these steps."""
    return Case("load_order", PAYLOADS, ("demo", "power")).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("load_order") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), legal(PATHS, TABLE))
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = order(*PATHS[source], event)
    assert case.state == to
    case.hold_invariants()


@pytest.mark.parametrize(
    ("rule", "steps", "step", "changes", "why"),
    [
        ("PWR-011", (), "instruct", {"approved_order": " "}, "$.approved_order"),
        ("PWR-011", (), "instruct", {"place": 0}, "$.place"),
        ("PWR-011", (), "instruct", {"occasion": "whim"}, "$.occasion"),
        ("PWR-011", (), "instruct", {"until_at": "2026-03-02T09:00Z"}, "order_ends_before"),
        ("PWR-025", ("instruct",), "execute", {"controls": ["cut_line"]}, "line_cut"),
        ("PWR-025", ("instruct",), "execute", {"controls": []}, "$.controls"),
        ("PWR-024", ("instruct",), "execute", {"usage_plan": None}, "$.usage_plan"),
        ("PWR-012", ("instruct",), "execute", {"controlled_kw": "1100.5"}, "not_controllable"),
        ("PWR-012", ("instruct",), "execute", {"controlled_kw": "0"}, "not_controllable"),
        ("PWR-012", (), "execute", {}, "no_row"),
        ("PWR-041", PATHS["executing"], "warn", {"load_kw": "800"}, "not_over_limit"),
        ("PWR-012", PATHS["over_limit"], "recover", {"load_kw": "800.01"}, "still_over_limit"),
    ],
)
def test_a_guard_refuses(
    rule: str, steps: tuple[str, ...], step: str, changes: dict[str, object], why: str
) -> None:
    """What an order needs, each with its reason; nothing is carried out uninstructed."""
    case = order(*steps)
    assert case.why_not(step, payload=case.but(step, **changes)) == {why}, rule


@pytest.mark.parametrize(
    ("rule", "steps", "step", "may", "may_not"),
    [
        ("PWR-011", (), "instruct", "dispatch_office", "key_account_manager"),
        ("PWR-012", (), "instruct", "working_group", "power_inside"),
        ("PWR-012", ("instruct",), "execute", "power_inside", "dispatch_office"),
        ("PWR-012", PATHS["executing"], "end", "working_group", "key_account_manager"),
    ],
)
def test_who_instructs_and_who_carries_out(
    rule: str, steps: tuple[str, ...], step: str, may: str, may_not: str
) -> None:
    """Dispatch and working group instruct and end; key-account staff carry out, no more."""
    case = order(*steps)
    assert case.why_not(step, Actor("person-2", {may_not})) == {"role"}, rule
    assert case.fire(step, Actor("person-1", {may})).accepted


def test_the_load_is_watched_until_the_end() -> None:
    """Each time over the limit is counted; work goes to the manager until it is below."""
    case = order(*PATHS["over_limit"])
    assert (case.tasks, case.facts.warnings) == ({"bring_load_down": "key_account_manager"}, 1)
    case.go("recover")
    assert (case.tasks, str(case.facts.load_kw)) == ({}, "800")
    assert case.go("warn", "end").facts.warnings == 2


TestLoadOrderWalk = walk_of("load_order", PAYLOADS)
