"""The marketplace's example: a sample counted again by other means, and the whole by its facts."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.examples.readme import run_readme, script, shown_by
from tests.examples.test_logs import folder

OLIST = script("olist/olist.py")
SAMPLE = 250
"""Every so manieth order is in the sample of the fast tests."""
TABLES = ("orders", "customers", "order_items", "order_payments", "order_reviews")

Row = Mapping[str, str]
Tables = Mapping[str, list[Row]]


def tables(data: Path) -> Tables:
    """Return a sample of the data: some orders, and what belongs to them."""
    found: dict[str, list[Row]] = {name: list(OLIST.read(data, name)) for name in TABLES}
    of_status: dict[str, int] = Counter()
    chosen = []
    for number, row in enumerate(found["orders"]):
        of_status[row["order_status"]] += 1
        if number % SAMPLE == 0 or of_status[row["order_status"]] <= 3:
            chosen.append(row)
    orders = {row["order_id"] for row in chosen}
    buyers = {row["customer_id"] for row in chosen}
    return {
        name: [
            row
            for row in rows
            if (row["customer_id"] in buyers if name == "customers" else row["order_id"] in orders)
        ]
        for name, rows in found.items()
    }


@pytest.fixture(scope="module")
def sample(data_dir: Path) -> Tables:
    """Return the sample."""
    return tables(folder(data_dir, "olist-orders"))


@pytest.fixture(scope="module")
def lived(sample: Tables, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return an engine on which the sample has lived."""
    here = tmp_path_factory.mktemp("olist")
    for name, rows in sample.items():
        path = here / f"olist_{name}_dataset.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    engine, clock = OLIST.opened()
    with engine:
        OLIST.lived(engine, clock, here)
        yield engine


def arrival(row: Row) -> str:
    """Return how an order came, by the texts of the data alone."""
    came = row["order_delivered_customer_date"]
    if row["order_status"] != "delivered" or not came:
        return "never"
    return "late" if came[:10] > row["order_estimated_delivery_date"][:10] else "on_time"


def test_orders_end_as_the_data_have_them(lived: Any, sample: Tables) -> None:  # noqa: ANN401
    """Each in the state of its status, with the instants and the amount of the data."""
    spent = defaultdict[str, Decimal](Decimal)
    for row in sample["order_items"]:
        spent[row["order_id"]] += Decimal(row["price"]) + Decimal(row["freight_value"])
    assert len(sample["orders"]) > 40
    for row in sample["orders"]:
        found = lived.get(("order", row["order_id"]))
        assert found.state == OLIST.ENDS[row["order_status"]]
        assert found.facts.placed_at >= OLIST.instant(row["order_purchase_timestamp"])
        assert (found.facts.amount is None) == (row["order_id"] not in spent)
        if found.facts.amount is not None:
            assert found.facts.amount.amount == spent[row["order_id"]]
            assert found.facts.placed_at == OLIST.instant(row["order_purchase_timestamp"])
            told = found.facts.shipped_at, found.facts.delivered_at
            known = OLIST.maybe(row["order_delivered_carrier_date"])
            assert told == (known, OLIST.maybe(row["order_delivered_customer_date"]))


def test_figures_are_those_of_the_rows(lived: Any, sample: Tables) -> None:  # noqa: ANN401
    """Payments by method, arrivals, promises, scores and complaints, counted by other means."""
    found = OLIST.figures(lived)
    paid = defaultdict[str, Decimal](Decimal)
    count = Counter(row["payment_type"] for row in sample["order_payments"])
    for row in sample["order_payments"]:
        paid[row["payment_type"]] += Decimal(row["payment_value"])
    assert found["payments"] == {name: f"{count[name]}, {paid[name]:.2f} BRL" for name in paid}
    came = Counter(map(arrival, sample["orders"]))
    assert found["arrivals"] == dict(sorted(came.items()))
    assert found["promises"]["met"] >= came["on_time"] > found["promises"]["met_late"]
    assert found["promises"]["breached"] > 0
    scores = [int(row["review_score"]) for row in sample["order_reviews"]]
    assert found["reviews"]["answers"] == len(scores)
    assert found["reviews"]["scores"] == dict(sorted(Counter(scores).items()))
    assert found["reviews"]["average"] == f"{sum(scores) / len(scores):.4f}"
    assert found["complaints"] == sum(score <= 2 for score in scores) > 0


def test_complaints_come_when_the_answers_do(lived: Any, sample: Tables) -> None:  # noqa: ANN401
    """A low score opens a complaint of the buyer, received at the instant of the answer."""
    buyers = {row["customer_id"]: row["customer_unique_id"] for row in sample["customers"]}
    who = {row["order_id"]: buyers[row["customer_id"]] for row in sample["orders"]}
    expected = {
        (who[row["order_id"]], OLIST.instant(row["review_answer_timestamp"]))
        for row in sample["order_reviews"]
        if int(row["review_score"]) <= OLIST.LOW
    }
    complaints = [lived.get(row.ref).facts for row in lived.find("complaint")]
    assert {(one.customer, one.received_at) for one in complaints} == expected
    assert {str(one.channel) for one in complaints} == {"email_reply"}


@pytest.mark.parametrize(("late", "status"), [(timedelta(), "met"), (timedelta(1), "met_late")])
def test_a_promised_day_lasts_to_its_end(late: timedelta, status: str) -> None:
    """What comes in the last second of the day is in time, what comes on the next day is not."""
    engine, clock = OLIST.opened()
    bought_at = OLIST.instant("2017-03-01 09:00:00")
    promised_at = OLIST.instant("2017-03-10 00:00:00")
    clock.set(bought_at)
    form = {
        "customer": "C-1",
        "order_class": "normal",
        "products": ["pump"],
        "promised_at": promised_at,
    }
    with engine:
        ref = engine.create("order", form, actor=OLIST.STAFF).require().entity
        engine.fire(ref, "check_stock", {"is_in_stock": True}, actor=OLIST.STAFF).require()
        engine.fire(ref, "ship", {"content_checked": True}, actor=OLIST.STAFF).require()
        clock.set(promised_at + timedelta(days=1, seconds=-1) + late)
        came = {"delivery_state": "delivered", "is_accurate": True}
        engine.fire(ref, "deliver", came, actor=OLIST.STAFF).require()
        assert engine.get(ref).policy("sla").run("promised_day").status == status
        assert (engine.get(ref).facts.arrival_missed_at is None) == (status == "met")


def test_steps_out_of_order_tell_themselves_when_they_happened() -> None:
    """Goods that were handed over before the approval are entered then, and nothing goes back."""
    row = {
        "order_id": "O-1",
        "order_status": "delivered",
        "order_purchase_timestamp": "2018-01-01 10:00:00",
        "order_approved_at": "2018-01-03 10:00:00",
        "order_delivered_carrier_date": "2018-01-02 10:00:00",
        "order_delivered_customer_date": "2018-01-01 12:00:00",
    }
    steps = list(OLIST.life(row, {}))
    assert [step.event for step in steps] == ["place", "check_stock", "ship", "deliver", ""]
    assert [step.at.day for step in steps] == [1, 1, 2, 2, 2]
    assert steps[3].form["happened_at"] == OLIST.instant("2018-01-01 12:00:00")


@pytest.mark.slow
def test_the_marketplace_is_what_its_facts_say(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every order, payment and review of the data, to the last one and the last centavo."""
    data = folder(data_dir, "olist-orders")
    facts = json.loads((data / "facts.json").read_text())
    monkeypatch.setattr("sys.argv", ["olist.py", str(data)])
    OLIST.main()
    found = json.loads(capsys.readouterr().out)
    assert found == shown_by("olist", "python olist.py")
    by_state: dict[str, int] = Counter()
    for status, count in facts["status"].items():
        by_state[OLIST.ENDS[status]] += count
    told = {name: one.partition(",") for name, one in found["orders"].items()}
    assert {name: int(count) for name, (count, _, _) in told.items()} == by_state
    bought = sum(Decimal(amount.removesuffix("BRL")) for _, _, amount in told.values())
    items = facts["items"]
    assert bought == Decimal(str(items["price_sum"])) + Decimal(str(items["freight_sum"]))
    refused = sum(n for move, n in found["adopted"].items() if move.startswith("refused"))
    assert refused == facts["orders"] - facts["orders_with_items"] == 775
    payments = facts["payments"]
    assert found["payments"] == {
        name: f"{of['rows']}, {Decimal(str(of['sum'])):.2f} BRL"
        for name, of in payments["by_type"].items()
    }
    amounts = (one.split()[1] for one in found["payments"].values())
    assert sum(map(Decimal, amounts)) == Decimal(str(payments["sum"])) == Decimal("1428602.81")
    late, delivered = facts["delivery"]["late_by_calendar_day"], facts["delivery"]
    assert found["arrivals"]["late"] == late == 342
    assert found["arrivals"]["on_time"] == delivered["delivered_with_date"] - late == 4822
    # Six that were cancelled had come: five of them on the promised day or before it.
    cancelled = facts["step_order_anomalies"]["canceled_but_delivered_to_customer"]
    assert found["promises"]["met"] + found["promises"]["met_late"] == 5164 + cancelled
    assert found["promises"]["met_late"] == late + 1
    reviews = facts["reviews"]
    assert found["reviews"]["scores"] == reviews["score_counts"]
    assert found["reviews"]["average"] == str(reviews["mean"])
    means = found["reviews"]["average_by_arrival"]
    assert means["late"] == str(reviews["mean_when_late"])
    assert means["on_time"] == str(reviews["mean_when_on_time"])
    assert found["complaints"] == reviews["reviews_score_1_or_2"] == 3020


@pytest.mark.slow
def test_payments_are_imported_and_imported_again(data_dir: Path, tmp_path: Path) -> None:
    """The README's commands print what it shows: exact sums, and nothing the second time."""
    first, again = run_readme("olist", folder(data_dir, "olist-orders").parent, tmp_path)
    assert [(run.code, run.missing()) for run in (first, again)] == [(0, []), (0, [])]
    assert first.report["sums"]["paid"]["settled"] == "1428602.81 BRL"
    assert first.report["missing"]["settled"]["contract"] == 8921
