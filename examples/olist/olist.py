"""
A marketplace's orders, payments, deliveries and reviews, lived again by the shipped machines.

    python olist.py $DATA/olist-orders
    python olist.py $DATA/olist-orders --store sqlite:///olist.db

A virtual clock goes through two years. Orders are placed, shipped and delivered by events at the
instants of the data; the reviews asked for in a month are the answers to a survey, and a low score
opens a complaint; payments are brought in as what they came to. Every figure comes from the store.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import attrs

from crmflow import Actor, Adopting, Engine, ManualClock
from crmflow.analysis.importing import import_log
from crmflow.analysis.mapping_file import load_mapping
from crmflow.analysis.reports import make
from crmflow.core.satisfaction import mean
from crmflow.policies.kpi import Report

HERE = Path(__file__).parent
BEGINS_ON, READ_ON = datetime(2016, 9, 1, tzinfo=UTC), datetime(2018, 12, 31, tzinfo=UTC)
"""Before the first order, and after the last promised day."""
STAFF = Actor("importer", {"administrator", "sales_service", "after_sales"})
ENDS = {
    "created": "placed",
    "approved": "placed",
    "invoiced": "stock_checked",
    "processing": "stock_checked",
    "shipped": "shipped",
    "delivered": "delivered",
    "canceled": "cancelled",
    "unavailable": "cancelled",
}
"""The state of an order, by what the data say of it."""
CAUSES = {"canceled": "by_customer", "unavailable": "cannot_be_supplied"}
ITEM = "order"
"""The one thing that a review scores."""
ENDED = ("met", "met_late", "breached", "cancelled")
"""What becomes of a promise."""
LOW = 2
"""Score at or below which a review is a complaint."""

Row = Mapping[str, str]


@attrs.frozen
class Step:
    """Something that happens: an event, or where it has no name what an order ends as."""

    at: datetime
    machine: str
    id: str
    event: str
    form: Mapping[str, object] = attrs.field(factory=dict)


def opened(store: str = "memory:") -> tuple[Engine, ManualClock]:
    """Return an engine with the four machines and the marketplace's own rows, and its clock."""
    machines, clock = ["order", "payment", "survey", "complaint"], ManualClock(BEGINS_ON)
    return Engine(store, machines=machines, config=HERE / "olist.toml", clock=clock), clock


def read(folder: Path, name: str) -> Iterator[Row]:
    """Yield the rows of a table of the data."""
    with (folder / f"olist_{name}_dataset.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def instant(text: str) -> datetime:
    """Return an instant of the data, whose clock is read as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def maybe(text: str) -> datetime | None:
    """Return an instant of the data, None where it does not tell."""
    return instant(text) if text else None


# ---- What happened -------------------------------------------------------------------------------


def placing(row: Row, buyer: str, items: Sequence[Row]) -> dict[str, object]:
    """Return what an order is placed with; of some the data have no items."""
    sold = Counter((one["product_id"], one["price"]) for one in items)
    lines = [
        {"product": product, "quantity": count, "price": f"{price} BRL"}
        for (product, price), count in sold.items()
    ]
    cost = sum(Decimal(one[name]) for one in items for name in ("price", "freight_value"))
    return {
        "customer": buyer,
        "order_class": "normal",
        "promised_at": instant(row["order_estimated_delivery_date"]),
        **({"lines": lines, "amount": f"{cost} BRL"} if lines else {}),
    }


def life(row: Row, form: Mapping[str, object]) -> Iterator[Step]:
    """
    Yield the steps of an order, in the order in which they are possible.

    Where the data tell a step before the one it needs, the step is entered late, and tells
    itself when it happened. The stock check is not in the data: it is passed where the
    payment was approved, and at the latest where the goods were handed over.
    """
    names = ("approved_at", "delivered_carrier_date", "delivered_customer_date")
    approved_at, shipped_at, arrived_at = (maybe(row[f"order_{name}"]) for name in names)
    at, id_, status = instant(row["order_purchase_timestamp"]), row["order_id"], row["order_status"]
    yield Step(at, "order", id_, "place", form)
    if shipped_at or arrived_at or ENDS[status] == "stock_checked":
        at = max(at, min(one for one in (approved_at, shipped_at, arrived_at) if one is not None))
        yield Step(at, "order", id_, "check_stock", {"is_in_stock": True})
    if shipped_at or arrived_at:
        at = max(at, shipped_at or at)
        sent = {"content_checked": True, "happened_at": shipped_at or at}
        yield Step(at, "order", id_, "ship", sent)
    if arrived_at:
        at = max(at, arrived_at)
        came = {"delivery_state": "delivered", "is_accurate": True, "happened_at": arrived_at}
        yield Step(at, "order", id_, "deliver", came)
    elif status in CAUSES and not shipped_at:
        at = max(at, approved_at or at)
        yield Step(at, "order", id_, "cancel", {"cause": CAUSES[status], "reason": status})
    yield Step(at, "order", id_, "", {"status": status, **form})


def survey(month: str, reviews: Iterable[Row], buyers: Mapping[str, str]) -> Iterator[Step]:
    """Yield the survey of a month, with the answers in the order in which they came."""
    asked_at = instant(f"{month}-01")
    yield Step(asked_at, "survey", month, "plan", {"purpose": "satisfaction", "scope": "all"})
    form = {"method": "email_reply", "scale": "one_to_five", "low_score": LOW}
    yield Step(asked_at, "survey", month, "issue", form)
    for row in reviews:
        said = row["review_comment_message"].strip() or None
        answer = {
            "respondent": f"{row['order_id']}/{row['review_id']}",
            "customer": buyers[row["order_id"]],
            "scores": [{"item": ITEM, "score": int(row["review_score"]), "text": said}],
        }
        yield Step(instant(row["review_answer_timestamp"]), "survey", month, "add_answer", answer)
    yield Step(READ_ON, "survey", month, "collect")
    yield Step(READ_ON, "survey", month, "analyse")


def month_asked(review: Row) -> str:
    """Return the month in which a review was asked for, such as `2018-01`."""
    return review["review_creation_date"].rpartition("-")[0]


def steps(folder: Path) -> Iterator[Step]:
    """Yield all that happened, order by order and then survey by survey."""
    persons = {row["customer_id"]: row["customer_unique_id"] for row in read(folder, "customers")}
    items, buyers = defaultdict[str, list[Row]](list), dict[str, str]()
    for row in read(folder, "order_items"):
        items[row["order_id"]].append(row)
    for row in read(folder, "orders"):
        buyer = buyers[row["order_id"]] = persons[row["customer_id"]]
        yield from life(row, placing(row, buyer, items[row["order_id"]]))
    for month, reviews in groupby(
        sorted(read(folder, "order_reviews"), key=month_asked), key=month_asked
    ):
        yield from survey(month, reviews, buyers)


# ---- How it is lived again -----------------------------------------------------------------------


def lived(engine: Engine, clock: ManualClock, folder: Path) -> Counter[str]:
    """Let all that happened happen; return what was not as the machines have it."""
    refused, adopted = set[str](), Counter[str]()
    for step in sorted(steps(folder), key=attrgetter("at")):
        clock.set(step.at)
        if step.event in {"place", "plan"}:
            asked = engine.create(step.machine, step.form, actor=STAFF, id=step.id)
            refused.update(() if asked.accepted else [step.id])
        elif not step.event:
            adopted.update(settled(engine, step, is_known=step.id not in refused))
        elif step.id not in refused:
            engine.fire((step.machine, step.id), step.event, step.form, actor=STAFF).require()
    payments = folder / "olist_order_payments_dataset.csv"
    import_log(engine, payments, load_mapping(HERE / "payments.toml"), "payment", actor=STAFF)
    engine.run_due()
    return adopted


def settled(engine: Engine, step: Step, *, is_known: bool) -> Iterator[str]:
    """Place an order where the data have it, if no event leads there, and yield the move."""
    ref, end = ("order", step.id), ENDS[str(step.form["status"])]
    state = engine.get(ref).state if is_known else "refused"
    if state == end:
        return
    facts = {} if is_known else {**step.form, "placed_at": step.at}
    facts.pop("status", None)
    adopting = Adopting(ref, end, facts, reason="the data have it so", incomplete=True)
    engine.adopt(adopting, actor=STAFF).require()
    yield f"{state} -> {end}"


# ---- What there is then --------------------------------------------------------------------------


def report(engine: Engine, name: str) -> Sequence[Mapping[str, object]]:
    """Return the lines of a report, as `crmflow report show` has them."""
    (row,) = (one for one in engine.registry.tables.of("reports", Report) if one.name == name)
    return make(engine, row).rows


def amounts(engine: Engine, name: str, by: str) -> dict[str, str]:
    """Return how many a report of groups counts, and what they come to."""
    return {str(one[by]): f"{one['entities']}, {one['total']} BRL" for one in report(engine, name)}


def months(engine: Engine) -> dict[str, str]:
    """Return what became of promises, surveys and complaints, month by month."""
    found = defaultdict[str, list[str]](list)
    for one in report(engine, "promises_by_month"):
        found[str(one["month"])].append(f"{one['kept']} % of promised days kept")
    for row in engine.find("survey"):
        found[row.ref.id].append(f"{engine.get(row.ref).facts.overall} on average")
    for one in report(engine, "complaints_by_month"):
        found[str(one["period"])].append(f"complaints: {one['count']}")
    return {month: ", ".join(told) for month, told in sorted(found.items())}


def arrivals(engine: Engine) -> dict[str, str]:
    """Say of every order whether it came on time, late, or never."""
    found = {}
    for row in engine.find("order"):
        facts = engine.get(row.ref).facts
        if row.state != "delivered" or facts.delivered_at is None:
            found[row.ref.id] = "never"
        else:
            late = facts.delivered_at.date() > facts.promised_at.date()
            found[row.ref.id] = "late" if late else "on_time"
    return found


def average(scores: Counter[int]) -> str:
    """Return the average of scores that were counted, with four decimals."""
    return f"{sum(score * count for score, count in scores.items()) / scores.total():.4f}"


def reviews(engine: Engine, came: Mapping[str, str]) -> dict[str, object]:
    """Return what the surveys came to by their tallies, and their answers by the journals."""
    surveys = [engine.get(row.ref) for row in engine.find("survey")]
    found, texts = defaultdict[str, Counter[int]](Counter), 0
    for record in (record for one in surveys for record in engine.journal(one.ref)):
        if record.event.name == "add_answer":
            (answer,) = record.event.form.scores
            order = record.event.form.respondent.partition("/")[0]
            found["all"][answer.score] += 1
            found[came[order]][answer.score] += 1
            texts += answer.text is not None
    tallies = [tally for one in surveys for tally in one.facts.tallies]
    return {
        "answers": sum(tally.count for tally in tallies),
        "average": f"{float(mean(tallies) or 0):.4f}",
        "with_text": texts,
        "scores": dict(sorted(found.pop("all").items())),
        "average_by_arrival": {name: average(scores) for name, scores in sorted(found.items())},
    }


def figures(engine: Engine) -> dict[str, object]:
    """Return what there is in the store."""
    came, (promises,) = arrivals(engine), report(engine, "promises_kept")
    return {
        "orders": amounts(engine, "orders_by_state", "state"),
        "payments": amounts(engine, "payments_by_method", "method"),
        "arrivals": dict(sorted(Counter(came.values()).items())),
        "promises": {name: promises[name] for name in ENDED},
        "reviews": reviews(engine, came),
        "complaints": sum(1 for _ in engine.find("complaint")),
        "months": months(engine),
    }


def main() -> None:
    """Read the command line and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--store", default="memory:")
    asked = parser.parse_args()
    engine, clock = opened(asked.store)
    with engine:
        adopted = lived(engine, clock, asked.folder)
        print(json.dumps({"adopted": dict(sorted(adopted.items())), **figures(engine)}, indent=1))


if __name__ == "__main__":
    main()
