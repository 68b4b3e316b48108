from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from crmflow.core.money import Money
from crmflow.core.tables import Tables
from crmflow.policies.tiers import Measuring, Metric, Series, Span, Tally, Value, Window
from crmflow.policies.tiers.metrics import Day
from crmflow.policies.tiers.reading import Source, read_metrics, read_value, sources_of
from tests.policies.tiers.shop import AT, EAST, Buyer, Sale, scheme

D = Decimal
ON = date(2026, 3, 15)


@pytest.mark.parametrize(
    ("text", "on", "before"),
    [
        ("1d", "2026-03-01", "2026-02-28"),
        ("12mo", "2026-03-15", "2025-03-15"),
        ("1mo", "2026-03-31", "2026-02-28"),
        ("2y", "2028-02-29", "2026-02-28"),
        ("9999y", "2026-03-15", "0001-01-15"),
        ("9999d", "0001-06-01", "0001-01-01"),
    ],
)
def test_spans_count_back_days_and_months(text: str, on: str, before: str) -> None:
    """A month too short gives its last day, and nothing lies before the first day of all."""
    assert Span.parse(text).before(date.fromisoformat(on)) == date.fromisoformat(before)


@pytest.mark.parametrize("text", ["", "12", "0d", "01d", "1.5mo", "-3d", "12w", "99999d"])
def test_spans_that_are_none(text: str) -> None:
    """What is no span is refused in words."""
    with pytest.raises(ValueError, match="is no span such as"):
        Span.parse(text)


def window(measure: Measuring, over: str | None = None) -> Window:
    """Return a window over sales."""
    return Window(
        measure=measure, events=("buy",), minus=("give_back",), amount="amount", over=over
    )


def test_a_window_begins_after_the_day_it_looks_back_to() -> None:
    """Ten days are today and the nine before."""
    days = tuple(Day(ON - timedelta(days=back), D(1), 1) for back in (10, 9, 0, -1))
    series = Series("sales", days=days)
    assert series.read(window(Measuring.TOTAL, "10d"), ON) == 2
    assert series.read(window(Measuring.COUNT, "10d"), ON) == 2


def test_what_windows_read() -> None:
    """Totals and counts look back so far; recency and tenure to the last and the first."""
    keep = (Span.parse("30d"),)
    series = Series("sales")
    for day, amount, count in [(1, "5", 1), (20, "7", 1), (20, "2", 1), (25, "-1", 0)]:
        series = series.added(date(2026, 2, day), D(amount), keep=keep, count=count)
    assert series.read(window(Measuring.TOTAL), ON) == 13
    assert series.read(window(Measuring.TOTAL, "30d"), ON) == 8
    assert series.read(window(Measuring.COUNT), ON) == 3
    assert series.read(window(Measuring.COUNT, "30d"), ON) == 2
    assert series.read(window(Measuring.RECENCY), ON) == 23
    assert series.read(window(Measuring.TENURE), ON) == 42
    assert [day.on.day for day in series.days] == [1, 20, 25]


def test_series_forget_what_no_window_sees() -> None:
    """Days before every window are dropped, the sum of all is kept."""
    series = Series("sales").added(date(2026, 1, 1), D(5), keep=(Span.parse("10d"),))
    series = series.added(ON, D(7), keep=(Span.parse("10d"),))
    assert [day.total for day in series.days] == [D(7)]
    assert series.read(window(Measuring.TOTAL), ON) == 12
    assert Series("sales").added(ON, D(1)).days == ()


def test_nothing_yet_is_not_long_ago() -> None:
    """Without a sale turnover and frequency are nought, and recency is missing."""
    empty, kinds = Series("sales"), list(Measuring)
    tally = Tally({str(kind): window(kind) for kind in kinds}, ON)
    expected = [D(0), D(0), None, None]
    assert [empty.read(window(kind), ON) for kind in kinds] == expected
    assert list(tally.metrics().values()) == expected


def test_a_refund_alone_is_no_purchase() -> None:
    """What is taken off counts neither as often nor as last."""
    series = Series("sales").added(ON, D(-5), count=0)
    assert (series.total, series.count, series.last_on, series.first_on) == (D(-5), 0, None, None)


def test_a_tally_passes_over_what_comes_later() -> None:
    """The day of the tally is the last one that counts."""
    tally = Tally({"turnover": window(Measuring.TOTAL)}, ON)
    tally.add(ON, D(1))
    tally.add(ON + timedelta(days=1), D(10))
    assert tally.metrics() == {"turnover": D(1)}


TABLES = Tables(zone=EAST)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (Money("12.50"), D("12.50")),
        (Money("12.50", "EUR"), None),
        (7, D(7)),
        (D("0.1"), D("0.1")),
        (D("1E+999"), None),
        (True, None),
        ("7", None),
        (timedelta(days=2, hours=23), D(2)),
        (date(2026, 3, 1), D(14)),
        (datetime(2026, 2, 28, 16, tzinfo=UTC), D(14)),
        (datetime(2026, 2, 28, 15, tzinfo=UTC), D(15)),
    ],
)
def test_facts_as_numbers(value: object, expected: Decimal | None) -> None:
    """Money counts by its amount, spans by days, dates by the company's days since."""
    assert read_value(Metric(name="x"), value, "CNY", ON, TABLES) == expected


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Value.TEXT, "east", "east"),
        (Value.TEXT, Measuring.COUNT, "count"),
        (Value.TEXT, "", None),
        (Value.TEXT, 5, None),
        (Value.FLAG, False, False),
        (Value.FLAG, "no", None),
    ],
)
def test_facts_as_text_and_flags(kind: Value, value: object, expected: object) -> None:
    """A text says something, a flag is true or false; anything else is missing."""
    assert read_value(Metric(name="x", value=kind), value, "CNY", ON, TABLES) == expected


def sales(**columns: object) -> dict[str, object]:
    """Return a metric gathered from sales."""
    given = {"measure": "total", "events": ["buy"], "minus": ["give_back"], "amount": "amount"}
    return {"name": "turnover", "window": {**given, **columns}}


def test_windows_of_the_same_events_share_their_amounts() -> None:
    """Turnover and frequency of one form field are gathered once, as far back as any looks."""
    one = scheme(metrics=[sales(over="30d"), {**sales(measure="count", over="1mo"), "name": "n"}])
    other = scheme(name="other", metrics=[sales(amount=None, measure="count")])
    found = sources_of([one, other])
    assert [source.keep for source in found] == [(Span(days=30), Span(months=1)), ()]
    metrics = read_metrics(one, Buyer("Ann"), {found[0].name: Series("x", D(3))}, ON, TABLES)
    assert metrics == {"turnover": D(0), "n": D(0)}


def test_what_an_event_brings() -> None:
    """A sale adds, a return takes off, another currency says nothing."""
    (source,) = sources_of([scheme(metrics=[sales()])])
    assert isinstance(source, Source)
    series = Series(source.name)
    for event, amount in [("buy", "10"), ("give_back", "3"), ("buy", "99 EUR")]:
        number, _, currency = amount.partition(" ")
        form = Sale(Money(number, currency or "CNY"))
        series = source.gathered(series, event, form, AT.date())
    assert (series.total, series.count) == (D(7), 1)
    assert [source.counts(name) for name in ("buy", "give_back", "greet")] == [True, True, False]


def test_a_visit_counts_without_an_amount() -> None:
    """Frequency needs no field."""
    (source,) = sources_of([scheme(metrics=[sales(amount=None, measure="count")])])
    found = source.gathered(Series(source.name), "buy", None, AT.date())
    assert (found.count, found.total) == (1, D(0))
