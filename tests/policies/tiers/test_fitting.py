"""Schemes and what they name of their machine: facts, events, fields, calendars, choices."""

from datetime import UTC
from enum import StrEnum

import attrs
import pytest

from crmflow.core.tables import Tables
from crmflow.core.working_time import WorkingCalendar
from crmflow.policies.tiers.checking import check_schemes
from tests.policies.tiers.shop import BUYER, checked, read, row, scheme, tier


def window(**columns: object) -> dict[str, object]:
    """Return the row of a scheme whose turnover is gathered from sales."""
    found = {"measure": "total", "events": ["buy"], "amount": "amount", "over": "12mo", **columns}
    return {"metrics": [{"name": "turnover", "window": found}], "recompute": "1d"}


@pytest.mark.parametrize(
    ("columns", "faults"),
    [
        (window(), {}),
        (
            {**window(), "recompute": None},
            {
                ".recompute": (
                    "missing, expected a measure such as '1d': what it measures changes by "
                    "the mere passing of time"
                )
            },
        ),
        ({**window(over=None), "recompute": None}, {}),
        (
            {**window(over=None, measure="recency"), "recompute": None},
            {
                ".recompute": (
                    "missing, expected a measure such as '1d': what it measures changes by "
                    "the mere passing of time"
                )
            },
        ),
        (window(events=["by"]), {".metrics[0].window.events": "unknown. Did you mean 'buy'?"}),
        (
            window(minus=["give"]),
            {".metrics[0].window.minus": "unknown. Did you mean 'give_back'?"},
        ),
        (
            window(amount=None),
            {".metrics[0].window.amount": "missing, expected a field of the events to sum"},
        ),
        (window(amount=None, measure="count"), {}),
        (
            window(amount="price"),
            {".metrics[0].window.amount": "unknown. a field of 'buy'. Known: 'amount', 'goods'."},
        ),
        (
            window(amount="goods"),
            {
                ".metrics[0].window.amount": (
                    "type, expected a number or a sum of money in the form of 'buy'"
                )
            },
        ),
        (
            window(events=["greet"]),
            {".metrics[0].window.amount": "unknown. a field of 'greet'. None is known."},
        ),
        (
            {"metrics": [{"name": "turnover", "fact": "tunover"}]},
            {".metrics[0].fact": "unknown. Did you mean 'turnover'?"},
        ),
        (
            {"metrics": [{"name": "turnover", "fact": "name"}]},
            {".metrics[0].fact": "type, expected a fact that gives a number"},
        ),
        (
            {"metrics": [{"name": "turnover", "fact": "first_on"}]},
            {
                ".recompute": (
                    "missing, expected a measure such as '1d': what it measures changes by "
                    "the mere passing of time"
                )
            },
        ),
        ({"raises": "set_teir"}, {".raises": "unknown. Did you mean 'set_tier'?"}),
        (
            {"raises": "greet"},
            {
                ".raises": (
                    "form, expected an event whose form has the field 'tier'; 'greet' has none"
                )
            },
        ),
        (
            {"raises": "buy"},
            {".raises": ("form, expected an event that needs no 'amount': nobody fills it in")},
        ),
        (
            {"raises": "paint"},
            {".raises": ("form, expected an event that needs no 'colour': nobody fills it in")},
        ),
        ({"raises": "set_tier"}, {}),
        ({"grace": "5wd"}, {".calendar": "missing, expected a calendar: 5wd is working time"}),
        ({"grace": "5wd", "calendar": "offce"}, {".calendar": "unknown. None is known."}),
        ({"grace": "5d", "recompute": "1mo"}, {}),
    ],
)
def test_schemes_fit_their_machine(columns: dict[str, object], faults: dict[str, str]) -> None:
    """Facts, events, fields and calendars that a scheme names are there."""
    assert checked(columns) == {f"$.schemes[0]{path}": words for path, words in faults.items()}


class Wish(StrEnum):
    """What somebody wants."""

    CALL = "call"
    VISIT = "visit"


@attrs.frozen
class Wishing:
    """What is known of somebody who wants something."""

    wish: Wish | None = None


@pytest.mark.parametrize(
    ("names", "faults"),
    [
        (("call", "visit"), {}),
        (
            ("call", "vist"),
            {
                ".tiers[1].name": "unknown. Did you mean 'visit'?",
                ".tiers": "missing, expected a tier 'visit', which the fact may name",
            },
        ),
        (("call",), {".tiers": "missing, expected a tier 'visit', which the fact may name"}),
    ],
)
def test_a_statement_names_every_choice_of_its_fact(
    names: tuple[str, ...], faults: dict[str, str]
) -> None:
    """Each is a tier, and each tier is one of them."""
    wishing = attrs.evolve(BUYER, facts=Wishing, rows=())
    stated = {
        "kind": "stated", "care": False, "metrics": [{"name": "wish", "value": "text"}],
        "tiers": [tier(name) for name in names],
    }  # fmt: skip
    found = checked(stated, machine=wishing)
    assert found == {f"$.schemes[0]{path}": words for path, words in faults.items()}


def test_a_scheme_of_a_machine_that_is_off_is_checked_by_itself() -> None:
    """What it names of its machine cannot be known."""
    assert checked({"raises": "unheard_of"}, machine=None) == {}
    assert checked({"missing": "copper"}, machine=None).keys() == {"$.schemes[0].missing"}


def test_a_known_calendar_is_taken() -> None:
    """Working measures name a calendar that there is."""
    tables = Tables(calendars={"office": WorkingCalendar.always(UTC)})
    rows = [scheme(grace="5wd", calendar="office")]
    assert list(check_schemes(rows, tables, {"buyer": BUYER})) == []


@pytest.mark.parametrize(
    ("columns", "path", "code"),
    [
        ({"tiers": [tier("a", when=[{"x": {"at_least": 1.5}}])]}, "at_least", "type"),
        ({"hysteresis": {"x": {"up": "100%"}}}, "up", "margin"),
        ({"hysteresis": {"x": {"up": "-1"}}}, "up", "margin"),
        ({**window(over="0d")}, "over", "span"),
        ({"grace": "soon"}, "grace", "type"),
        ({"approvers": []}, "approvers", "empty"),
        ({"keep": 0}, "keep", "count"),
    ],
)
def test_rows_that_cannot_be_read(columns: dict[str, object], path: str, code: str) -> None:
    """Numbers are exact, margins and spans are sensible, and somebody may override."""
    _, faults = read(row(**columns))
    assert [(fault.path.rpartition(".")[2], fault.code) for fault in faults] == [(path, code)]
