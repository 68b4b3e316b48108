"""Reports of a store: indicators, times, steps, deadlines, groups, rankings, and their pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from xml.etree import ElementTree as ET

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.analysis.reports import Told, make
from crmflow.analysis.reports.groups import Counted, band, groups, ranking
from crmflow.analysis.reports.indicators import told_of
from crmflow.analysis.reports.kept import deadline_label
from crmflow.analysis.reports.picture import MOST_LINES, MOST_PLACES, picture
from crmflow.analysis.reports.told import rounded
from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.errors import UnknownMachineError
from crmflow.core.form import Text
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.tables import Tables
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine
from crmflow.policies.kpi import Drawn, Kpi, Period, Report, Sample, Span, Statistic
from crmflow.policies.kpi.reports import check_reports
from crmflow.texts import Texts
from tests.policies.clients import row

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SALES = Actor("sales-1", {"salesperson"})


@attrs.frozen
class Parcel:
    """What is known of a parcel."""

    shop: str | None = None
    tags: tuple[str, ...] = ()
    weight: int | None = None
    price: Money | None = None


@attrs.frozen
class Packing:
    """What is packed."""

    shop: Text | None = None
    tags: tuple[str, ...] = ()
    weight: int | None = None


PARCEL = Machine(
    "parcel",
    Parcel,
    (
        State("packed", "已包装", "packed", Kind.INITIAL),
        State("sent", "已寄出", "sent"),
        State("held", "待查", "held"),
        State("arrived", "已送达", "arrived", Kind.FINAL),
    ),
    (
        Row(UNBORN, "pack", "packed", form=Packing, sets=copied("shop", "tags", "weight")),
        Row("packed", "send", "sent"),
        Row(("packed", "sent"), "hold", "held"),
        Row(("sent", "held"), "arrive", "arrived"),
        Row(ANY, "look", KEEP),
    ),
    zh="包裹",
    en="parcel",
)
BOX = attrs.evolve(PARCEL, name="box")
ROWS: Mapping[str, list[dict[str, object]]] = {
    "kpis": [
        {"name": "parcels", "title_zh": "包裹数", "statistic": "count",
         "unit": "count", "period": "month",
         "entities": "parcel", "direction": "at_least", "target": "2",
         "advice_en": "Win more shops.", "advice_zh": "争取更多店铺。"},
        {"name": "packing_time", "statistic": "average", "unit": "hours", "period": "month",
         "entities": "parcel", "source": "stays", "state": "packed"},
        {"name": "punctuality", "statistic": "ratio", "scope": "account"},
    ],
    "deadlines": [
        {"name": "sending", "machine": "parcel", "kind": "resolution",
         "start": [{"events": ["pack"]}], "stop": [{"events": ["send"]}], "target": "24h"},
        {"name": "resting", "machine": "parcel", "kind": "wait",
         "start": [{"events": ["pack"]}], "stop": [{"events": ["send"]}], "target": "1h",
         "fire": "look"},
    ],
}  # fmt: skip


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Return a store of six parcels of two shops: packed, sent after a while, some arrived."""
    clock = ManualClock(START)
    config = Overlay({"company.zone": "UTC"}, ROWS, "shop.toml")
    with Engine("memory:", machines=[PARCEL, BOX], config=config, clock=clock) as made:
        for number, hours in enumerate((2, 4, 6, 8, 30)):
            clock.set(START + timedelta(days=10 * number))
            given = {"shop": "north" if number % 2 else "south", "weight": number + 1}
            ref = made.create("parcel", given, actor=SALES, id=f"P-{number}").require().entity
            clock.advance(timedelta(hours=hours))
            made.run_due()
            made.fire(ref, "send", actor=SALES).require()
            if number < 3:
                made.fire(ref, "arrive", actor=SALES).require()
        made.create("parcel", {"tags": ["late", "red"]}, actor=SALES, id="P-9").require()
        made.create("box", {}, actor=SALES).require()
        yield made


def report(**columns: object) -> Report:
    """Return a row of the table of reports."""
    titles = {"title_en": "Parcels", "title_zh": "包裹"}
    return row(Report, **{"machine": "parcel", **titles, **columns})


def column(told: Told, name: str) -> list[object]:
    """Return a column of a report."""
    return [one.get(name) for one in told.rows]


def test_indicators_are_told_against_their_targets(engine: Engine) -> None:
    """Value, target and verdict of each period, and what to think of a missed one (ANA-013)."""
    told = make(engine, report(tells="indicators", kpis=("parcels",)), lang="zh")
    assert [(one["period"], one["value"], one["met"], one["advice"]) for one in told.rows] == [
        ("2026-01", "3.00", True, None),
        ("2026-02", "3.00", True, None),
    ]
    missed = told_of(
        [attrs.evolve(kpi, target=Decimal(4)) for kpi in kpis(engine, "parcels")],
        {"parcels": [Sample(date(2026, 1, 5), Decimal(1))]},
        "zh",
    )
    assert column(missed, "advice") == ["争取更多店铺。"]


def kpis(engine: Engine, *names: str) -> list[Kpi]:
    """Return the indicators of these names."""
    return [one for one in engine.registry.tables.of("kpis", Kpi) if one.name in names]


def test_all_that_is_measured_is_told_where_no_indicator_is_named(engine: Engine) -> None:
    """Those of machines that are on, and those samples were brought for (ANA-006, ANA-007)."""
    brought = {"punctuality": [Sample(date(2026, 3, 1), Decimal(9), Decimal(10))]}
    told = make(engine, report(tells="indicators"), brought=brought)
    assert set(column(told, "kpi")) == {"parcels", "packing_time", "punctuality"}
    assert [one["value"] for one in told.rows if one["kpi"] == "punctuality"] == ["90.00"]
    assert "punctuality" not in column(make(engine, report(tells="indicators")), "kpi")
    named = make(engine, report(tells="indicators", kpis=("punctuality",)))
    assert [(one["kpi"], one["count"]) for one in named.rows] == [("punctuality", 0)]


def test_last_year_stands_beside_this_one() -> None:
    """The same period of the year before, and by how much it changed (SUR-008)."""
    kpi = Kpi(name="satisfaction", statistic=Statistic.AVERAGE, unit="points")
    found = [Sample(date(2025, 6, 1), Decimal(80)), Sample(date(2026, 6, 1), Decimal("84.5"))]
    told = told_of([kpi], {"satisfaction": found}, "en")
    assert [(r["period"], r["year_before"], r["change"]) for r in told.rows] == [
        ("2025", None, None),
        ("2026", "80.00", "4.50"),
    ]


def test_a_trend_is_carried_on() -> None:
    """Periods to come are told as what they are; where nothing was measured there are none."""
    kpi = Kpi(name="orders", statistic=Statistic.SUM, unit="count", period=Span.MONTH)
    found = [Sample(date(2026, 11, 1), Decimal(10)), Sample(date(2026, 12, 1), Decimal(12))]
    told = told_of([kpi], {"orders": found}, "en", ahead=2)
    assert [(r["period"], r["value"]) for r in told.rows if r["forecast"]] == [
        ("2027-01", "14.00"),
        ("2027-02", "16.00"),
    ]
    assert [one["forecast"] for one in told_of([kpi], {}, "en", ahead=2).rows] == [False]
    empty = Kpi(name="share", statistic=Statistic.RATIO)
    nothing = {"share": [Sample(date(2026, 1, 1), Decimal(0), Decimal(0))]}
    assert len(told_of([empty], nothing, "en", ahead=2).rows) == 1


@pytest.mark.parametrize("span", list(Span))
def test_a_period_follows_the_one_before(span: Span) -> None:
    """After and before undo each other, over the turn of the year."""
    for month in range(1, 13):
        period = Period.of(date(2026, month, 15), span)
        assert period.after().before() == period
        assert period < period.after()


def test_times_show_where_a_process_waits(engine: Engine) -> None:
    """Median, mean, nine tenths and the longest stay of each state, in hours (QMC-021, ANA-006)."""
    told = make(engine, report(tells="stays"), lang="zh")
    packed = told.rows[0]
    assert packed == {
        "state": "packed", "label": "已包装", "stays": 5, "open": 1,
        "median": "6.00", "mean": "10.00", "ninth_tenth": "30.00", "longest": "30.00",
    }  # fmt: skip
    assert column(told, "stays") == [5, 3, 0, 0]
    assert column(told, "open") == [1, 2, 0, 3]
    assert told.rows[2]["median"] is None


def test_steps_tell_how_many_go_on(engine: Engine) -> None:
    """Of the first and of the step before; who went further counts for what was left out."""
    ref = EntityRef("main", "parcel", "P-9")
    engine.fire(ref, "hold", actor=SALES).require()
    engine.fire(ref, "arrive", actor=SALES).require()
    told = make(engine, report(tells="steps", states=("packed", "sent", "arrived")))
    assert column(told, "entities") == [6, 6, 4]
    assert column(told, "of_first") == ["100.00", "100.00", "66.67"]
    assert column(told, "of_before") == ["100.00", "100.00", "66.67"]
    none = make(engine, report(tells="steps", states=("held", "packed")))
    assert column(none, "of_before") == ["100.00", "100.00"]


def test_steps_of_nobody() -> None:
    """Where no entity is there, nothing is a share of anything."""
    config = {"company.zone": "UTC"}
    with Engine("memory:", machines=[PARCEL], config=config) as empty:
        told = make(empty, report(tells="steps", states=("packed",)))
    assert told.rows[0]["of_first"] is None


@pytest.mark.parametrize("machine", ["parcel", None])
def test_deadlines_are_told_as_they_were_kept(engine: Engine, machine: str | None) -> None:
    """In percent of those that are to be judged, and what was taken too long; waits are none."""
    told = make(engine, report(tells="deadlines", machine=machine, by=("definition",)))
    [line] = told.rows
    assert (line["met"], line["met_late"], line["kept"]) == (4, 1, "80.00")
    assert line["overrun_hours"] == "6.00"
    assert make(engine, report(tells="deadlines")).columns[:2] == ("machine", "definition")


def test_entities_are_grouped_and_added_up(engine: Engine) -> None:
    """By facts and the state, the most frequent in front (ANA-001, ANA-010)."""
    told = make(engine, report(tells="groups", by=("shop",), value="weight"))
    assert [(r["shop"], r["entities"], r["total"], r["mean"]) for r in told.rows] == [
        ("south", 3, "9.00", "3.00"),
        ("north", 2, "6.00", "3.00"),
        ("", 1, "0.00", "0.00"),
    ]
    counted = make(engine, report(tells="groups", by=("tags", "state"), where="shop == null"))
    assert counted.columns == ("tags", "state", "entities", "share")
    assert [(r["group"], r["share"]) for r in counted.rows] == [("late, red / packed", "100.00")]


BANDED = {"weight": ("2", "4")}


def test_numbers_fall_into_bands(engine: Engine) -> None:
    """Where each begins is the row's; who has no number is told apart (ANA-001)."""
    told = make(engine, report(tells="groups", by=("weight",), bands=BANDED))
    assert {one["group"]: one["entities"] for one in told.rows} == {
        "< 2": 1, "2 - < 4": 2, ">= 4": 2, "-": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("today", "age"),
    [
        ("2026-02-27", "< 18"),
        ("2026-02-28", "< 18"),
        ("2026-03-01", "18 - < 30"),
        ("2038-02-28", "18 - < 30"),
        ("2038-03-01", ">= 30"),
    ],
)
@pytest.mark.parametrize("kind", ["day", "instant"])
def test_an_age_is_counted_in_whole_years(today: str, age: str, kind: str) -> None:
    """On the day of the report, in the company's zone; born on 29 February too (ANA-001)."""
    row_ = report(tells="groups", by=("born",), bands={"born": ("18", "30")})
    at = datetime.fromisoformat(f"{today}T12:00:00+00:00")
    counted = Counted.of(row_, BORN, Tables(), Texts(), at)
    born = date(2008, 2, 29) if kind == "day" else datetime(2008, 2, 29, 23, tzinfo=UTC)
    ref = EntityRef("main", "person", "1")
    assert counted.shown(Snapshot(ref, "packed", 1, at, at, Born(born)), "born") == age


@attrs.frozen
class Born:
    """What is known of somebody."""

    born: date | None = None


BORN = attrs.evolve(PARCEL, name="person", facts=Born, rows=())


@pytest.mark.parametrize(
    ("statistic", "unit", "first", "then", "told_as"),
    [
        (Statistic.RATIO, "percent", "0.5", "1", "100.00"),
        (Statistic.RATIO, "percent", "1", "0.2", "0.00"),
        (Statistic.AVERAGE, "points", "1", "0", "-1.00"),
        (Statistic.AVERAGE, "hours", "30", "2", "0.00"),
    ],
)
def test_what_cannot_be_is_not_foretold(
    statistic: Statistic, unit: str, first: str, then: str, told_as: str
) -> None:
    """A trend of parts of a whole ends where the whole does, one of times at none (ANA-011)."""
    kpi = Kpi(name="share", statistic=statistic, unit=unit, period=Span.MONTH)
    found = [
        Sample(date(2026, 11, 1), Decimal(first)),
        Sample(date(2026, 12, 1), Decimal(then)),
    ]
    told = told_of([kpi], {"share": found}, "en", ahead=1)
    assert [one["value"] for one in told.rows if one["forecast"]] == [told_as]


def test_no_fewer_than_none_are_foretold() -> None:
    """A count falls to zero and not below."""
    kpi = Kpi(name="complaints", statistic=Statistic.COUNT, unit="count", period=Span.MONTH)
    days = [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3), date(2026, 12, 1)]
    found = {"complaints": [Sample(day, Decimal(1)) for day in days]}
    told = told_of([kpi], found, "en", ahead=1)
    assert [one["value"] for one in told.rows if one["forecast"]] == ["0.00"]


@given(begins=st.sets(st.integers(-50, 50), min_size=1), number=st.integers(-60, 60))
def test_each_number_falls_into_one_band(begins: set[int], number: int) -> None:
    """Law: into the one whose beginning it has reached and whose end it has not."""
    places = [Decimal(one) for one in sorted(begins)]
    told = band(places, Decimal(number))
    names = [band(places, places[0] - 1), *(band(places, one) for one in places)]
    assert len(set(names)) == len(places) + 1
    assert names.index(told) == sum(one <= number for one in places)


def test_entities_are_ranked(engine: Engine) -> None:
    """With their share and that of all down to them; who has no number has no rank (TIE-004)."""
    told = make(engine, report(tells="ranking", value="weight", top=2))
    assert [(r["rank"], r["id"], r["share"], r["down_to"]) for r in told.rows] == [
        (1, "P-4", "33.33", "33.33"),
        (2, "P-3", "26.67", "60.00"),
    ]
    nothing = make(engine, report(tells="ranking", value="weight - weight", where="weight > 4"))
    assert nothing.rows[0]["share"] is None


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=20))
def test_shares_add_up(weights: list[int]) -> None:
    """Law: down to the last one it is the whole, and numbers fall."""
    counted = Counted.of(report(tells="ranking", value="weight"), PARCEL, Tables(), Texts(), START)
    entities = [snapshot(number, weight) for number, weight in enumerate(weights)]
    told = ranking(counted, entities)
    assert told.rows[-1]["down_to"] == "100.00"
    values = [Decimal(str(value)) for value in column(told, "value")]
    assert values == sorted(values, reverse=True)


def snapshot(number: int, weight: int) -> Snapshot[Parcel]:
    """Return a parcel as a report sees it."""
    ref = EntityRef("main", "parcel", str(number))
    return Snapshot(ref, "packed", 1, START, START, Parcel(weight=weight))


def test_a_machine_must_be_on(engine: Engine) -> None:
    """A report of another machine says which there are."""
    with pytest.raises(UnknownMachineError, match="parcel"):
        make(engine, report(tells="stays", machine="lead"))


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"tells": "stays", "machine": None}, "$.reports[0].machine: missing"),
        ({"tells": "ranking"}, "$.reports[0].value: missing"),
        ({"tells": "steps"}, "$.reports[0].states: missing"),
        ({"tells": "steps", "states": ("gone",)}, "$.reports[0].states[0]: unknown"),
        ({"tells": "groups"}, "$.reports[0].by: missing"),
        ({"tells": "groups", "by": ("colour",)}, "$.reports[0].by[0]: unknown"),
        ({"tells": "groups", "by": ("shop",), "value": "shop"}, "$.reports[0].value: type"),
        ({"tells": "groups", "by": ("shop",), "where": "shop >"}, "$.reports[0].where: syntax"),
        ({"tells": "deadlines", "by": ("shop",)}, "$.reports[0].by[0]: unknown"),
        (
            {"tells": "groups", "by": ("shop",), "bands": BANDED},
            "$.reports[0].bands.weight: unknown",
        ),
        (
            {"tells": "groups", "by": ("shop",), "bands": {"shop": ("1",)}},
            "$.reports[0].bands.shop: type",
        ),
        (
            {"tells": "groups", "by": ("weight",), "bands": {"weight": ()}},
            "$.reports[0].bands.weight: order",
        ),
        (
            {"tells": "groups", "by": ("weight",), "bands": {"weight": ("4", "4")}},
            "$.reports[0].bands.weight: order",
        ),
        ({"tells": "satisfaction"}, "$.reports[0].machine: choice"),
        ({"tells": "indicators", "kpis": ("none",)}, "$.reports[0].kpis[0]: unknown"),
    ],
)
def test_a_wrong_report_is_told(columns: dict[str, object], fault: str) -> None:
    """Each fault with its place; a machine that is off is not looked into."""
    faults = list(check_reports([report(**columns)], Tables(), {"parcel": PARCEL}))
    assert [str(one)[: len(fault)] for one in faults] == [fault]
    if "machine" not in columns and columns["tells"] == "groups" and "by" in columns:
        assert not list(check_reports([report(**columns)], Tables(), {}))


def test_titles_are_in_both_languages() -> None:
    """English and Chinese."""
    assert (report(tells="stays").title("en"), report(tells="stays").title("zh")) == (
        "Parcels",
        "包裹",
    )


@pytest.mark.parametrize("drawn", list(Drawn))
def test_a_picture_is_text_in_the_viewers_own_fonts(engine: Engine, drawn: Drawn) -> None:
    """Valid SVG with Chinese as text, that neither fetches nor runs anything."""
    told = make(engine, report(tells="stays"), lang="zh")
    drawing = picture(told, "包裹各阶段用时", drawn, {"median": "中位数"})
    tree = ET.fromstring(drawing)  # noqa: S314 - drawn by ourselves
    texts = [node.text for node in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert {"包裹各阶段用时", "已寄出", "中位数", "ninth_tenth"} <= set(texts)
    assert "Noto Sans CJK SC" in drawing
    assert not [one for one in tree.iter() if one.tag.endswith("script") and one.get("href")]
    assert "http://kozea" not in drawing


def test_a_picture_leaves_the_imports_of_others_alone(engine: Engine) -> None:
    """No importer stays that would warn at each module imported later."""
    picture(make(engine, report(tells="stays")), "Parcels", Drawn.BARS, {})
    assert all(hasattr(one, "find_spec") for one in sys.meta_path)


def read(drawing: str) -> list[str]:
    """Return the texts of a picture, each once for every time it stands there."""
    tree = ET.fromstring(drawing)  # noqa: S314 - drawn by ourselves
    return [node.text for node in tree.iter("{http://www.w3.org/2000/svg}text") if node.text]


@attrs.frozen
class Sorted:
    """What is known of something sorted."""

    colour: Colour | None = None
    colours: tuple[Colour, ...] = ()
    words: tuple[str, ...] = ()


class Colour(StrEnum):
    """A choice."""

    RED = "red"
    DARK_BLUE = "dark_blue"


SORTED = attrs.evolve(PARCEL, name="sorted", facts=Sorted, rows=())
COLOURS = {"machine": {"sorted": {"choices": {"red": "红"}, "fields": {"colour": "颜色"}}}}


def test_people_read_labels_in_place_of_codes() -> None:
    """Of facts, choices and states, in the language; the rows keep the codes (ANA-001)."""
    row_ = report(tells="groups", by=("colour", "colours", "words", "state"))
    texts = Texts("zh", (COLOURS,))
    counted = Counted.of(row_, SORTED, Tables(), texts, START)
    facts = Sorted(Colour.RED, (Colour.RED, Colour.DARK_BLUE), ("loud",))
    ref = EntityRef("main", "sorted", "1")
    told = groups(
        counted,
        [
            Snapshot(ref, "packed", 1, START, START, facts),
            Snapshot(ref, "sent", 1, START, START, Sorted()),
        ],
    )
    assert [one["group"] for one in told.rows] == [
        "- / - / - / sent",
        "red / red, dark_blue / loud / packed",
    ]
    assert [one["group"] for one in told.labelled()] == [
        "- / - / - / 已寄出",
        "红 / 红, dark blue / loud / 已包装",
    ]
    assert told.headings["colour"] == "颜色"
    texts_drawn = read(picture(told, "组", Drawn.BARS, {}))
    assert "红 / 红, dark blue / loud / 已包装" in texts_drawn
    assert [one for one in texts_drawn if one in {"0", "1"}] == ["0", "1"]


def test_deadlines_are_called_by_their_labels(engine: Engine) -> None:
    """Machine and deadline; what no table has any more keeps its name."""
    told = make(engine, report(tells="deadlines", by=("machine", "definition")), lang="zh")
    assert {one["definition"] for one in told.rows} == {"sending"}
    assert {one["group"] for one in told.labelled()} == {"包裹 / sending"}
    with Engine("memory:", machines=["complaint"], profile="demo") as shipped:
        label = deadline_label(shipped.registry.tables, shipped.texts("zh"))
        assert [label("machine", "complaint"), label("machine", "gone")] == ["投诉", "gone"]
        assert label("definition", "complaint_limit") == "等级时限"
        assert label("definition", "gone") == "gone"
        assert label("tier", "gold") == "gold"


def test_indicators_are_drawn_apart_as_their_units_differ(engine: Engine) -> None:
    """A chart each, under its title; the groups of one are its lines (ANA-002)."""
    brought = {
        "punctuality": [
            Sample(date(2026, 3, 1), Decimal(9), Decimal(10), group) for group in ("north", "south")
        ]
    }
    told = make(engine, report(tells="indicators"), lang="zh", brought=brought)
    drawing = picture(told, "指标 <1>", Drawn.LINES, {"value": "值"})
    texts = read(drawing)
    assert {"指标 <1>", "包裹数", "packing time", "punctuality"} <= set(texts)
    assert (texts.count("2026"), texts.count("2026-01")) == (1, 2)
    assert [one for one in texts if one in {"north", "south", "值"}] == ["north", "south"]
    brought["punctuality"].append(Sample(date(2026, 3, 1), Decimal(1)))
    wide = make(engine, report(tells="indicators"), brought=brought)
    assert "-" in read(picture(wide, "Indicators", Drawn.LINES, {})), "samples of no group"
    assert "<script" not in drawing


def test_an_indicator_without_a_number_is_not_drawn(engine: Engine) -> None:
    """It is told as not measured, and leaves no empty chart."""
    told = make(engine, report(tells="indicators", kpis=("punctuality",)))
    assert read(picture(told, "Indicators", Drawn.LINES, {})) == ["Indicators"]


def test_lines_are_told_apart_and_a_picture_ends(engine: Engine) -> None:
    """One line per item; of very many places and lines the first are drawn."""
    many = [{"period": "1900", "kpi": f"line {n}", "value": "0.5"} for n in range(MOST_LINES)]
    crowd = read(
        picture(Told((), (*many, {"period": "1900", "kpi": "one more", "value": "1"}),
                     "period", ("value",), "kpi"), "years", Drawn.LINES, {})
    )  # fmt: skip
    assert (f"line {MOST_LINES - 1}" in crowd, "one more" in crowd) == (True, False)
    rows = tuple(
        {"period": f"{year}", "kpi": kpi, "value": str(year)}
        for year in range(1900, 2000)
        for kpi in ("a", "b")
    )
    told = Told(("period", "kpi", "value"), rows, "period", ("value",), "kpi")
    drawing = picture(told, "years", Drawn.LINES, {})
    assert str(1900 + MOST_PLACES - 1) in drawing
    assert f">{1900 + MOST_PLACES}<" not in drawing
    texts = [node.text for node in ET.fromstring(drawing).iter() if node.text]  # noqa: S314 - ours
    assert {"a", "b"} <= set(texts)


def test_pictures_need_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names it."""
    monkeypatch.setitem(sys.modules, "pygal", None)
    with pytest.raises(ImportError, match=r"crmflow\[charts\]"):
        picture(Told((), (), "", ()), "", Drawn.BARS, {})


@given(st.fractions(), st.integers(0, 6))
def test_rounding_is_by_half_a_digit_at_most(value: Fraction, digits: int) -> None:
    """Law: what is shown differs from the number by half of its last digit at most."""
    shown = Fraction(str(rounded(value, digits)))
    assert abs(shown - value) <= Fraction(1, 2 * 10**digits)
