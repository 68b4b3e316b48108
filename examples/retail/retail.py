"""
A gift shop's customers: what each bought, in which tier that puts them, and who fell silent.

    python retail.py $DATA/online-retail-2009-2010/online_retail_2009_2010.csv.gz

Half a million invoice lines are read as a stream, a day at a time, on a virtual clock. Each invoice
is a purchase that the customer's record is told of; the shop's rows keep tiers and silences.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from crmflow import SYSTEM, Actor, Adopting, Decision, Engine, Firing, ManualClock, Snapshot
from crmflow.analysis.reports import make
from crmflow.flow.run import Answered
from crmflow.policies.kpi import Report

HERE = Path(__file__).parent
SHOP = ZoneInfo("Europe/London")
IMPORTER = Actor("importer", {"administrator"})
BEGINS_AT, ENDS_AT = datetime(2009, 12, 1, tzinfo=SHOP), datetime(2010, 12, 10, tzinfo=SHOP)
"""Before the first invoice, and the beginning of the day on which silences are told."""
SILENCES = ("at_risk", "asleep", "gone")
"""Rows of dormancy, the shortest first."""
FIRST = 5
"""Customers that are told by name."""

Row = Mapping[str, str]


@attrs.define
class Invoice:
    """An invoice: who bought, from where, when, and for how much."""

    number: str
    customer: str
    country: str
    at: datetime
    amount: Decimal = Decimal(0)


def lines(path: Path) -> Iterator[Row]:
    """Yield the lines that are sales: a customer, no cancellation, a quantity and a price."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            sold = int(row["Quantity"]) > 0 and Decimal(row["Price"]) > 0
            if sold and row["Customer ID"] and not row["Invoice"].startswith("C"):
                yield row


def days(rows: Iterable[Row]) -> Iterator[list[Invoice]]:
    """Yield the invoices of each day; lines of two may be mixed within one."""
    for _, of_day in groupby(rows, key=lambda row: row["InvoiceDate"][:10]):
        found: dict[str, Invoice] = {}
        for row in of_day:
            at = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=SHOP)
            number, customer = row["Invoice"], row["Customer ID"]
            invoice = found.setdefault(number, Invoice(number, customer, row["Country"], at))
            invoice.amount += int(row["Quantity"]) * Decimal(row["Price"])
        yield list(found.values())


def opened() -> tuple[Engine, ManualClock]:
    """Return an engine with customer records and the shop's rows, and its clock."""
    config, clock = HERE / "retail.toml", ManualClock(BEGINS_AT)
    return Engine("memory:", machines=["customer"], config=config, clock=clock), clock


def done(answers: Iterable[Answered]) -> None:
    """See that everything was accepted."""
    for one in answers:
        if not isinstance(one, Decision):
            raise one
        one.require()


def known(invoice: Invoice) -> Adopting:
    """Return the record of a customer as far as the first invoice tells it."""
    facts = {
        "name": f"customer {invoice.customer}",
        "number": invoice.customer,
        "region": invoice.country,
        "source": "transactions",
        "collected_at": invoice.at,
    }
    ref, reason = ("customer", invoice.customer), "known by an invoice"
    return Adopting(ref, "active", facts, reason=reason, incomplete=True, at=invoice.at)


def bought(invoice: Invoice) -> Firing:
    """Return what a customer's record is told of an invoice."""
    form = {"origin": f"invoice {invoice.number}", "amount": f"{invoice.amount} GBP"}
    ref = ("customer", invoice.customer)
    return Firing(ref, "note_purchase", form, actor=SYSTEM, at=invoice.at)


def lived(engine: Engine, clock: ManualClock, path: Path) -> Counter[str]:
    """Let the year go by, and count what was told."""
    counts, seen = Counter[str](), set[str]()
    for invoices in days(lines(path)):
        clock.set(invoices[-1].at)
        new = {one.customer: one for one in reversed(invoices) if one.customer not in seen}
        done(engine.adopt_many(map(known, new.values()), actor=IMPORTER))
        done(engine.fire_many(map(bought, invoices)))
        seen.update(new)
        counts["purchases"] += len(invoices)
        counts["customers"] += len(new)
    clock.set(ENDS_AT)
    engine.run_due()
    return counts


def report(engine: Engine, name: str) -> Sequence[Mapping[str, object]]:
    """Return the lines of a report, as `crmflow report show` has them."""
    (row,) = (one for one in engine.registry.tables.of("reports", Report) if one.name == name)
    return make(engine, row).rows


def turnover(customer: Snapshot[Any]) -> Decimal:
    """Return what a customer bought, as the scheme of tiers has added it up."""
    return Decimal(customer.policy("tiers").standing("turnover").metrics["turnover"])


def main_customers(engine: Engine) -> dict[str, object]:
    """Rank the customers by turnover, and return what each share of them brings."""
    engine.rank("top", actor=IMPORTER)
    customers = [engine.get(row.ref) for row in engine.find("customer")]
    whole = sum(map(turnover, customers))
    shares = defaultdict[str, list[Decimal]](list)
    for one in customers:
        shares[one.policy("tiers").standing("top").held].append(turnover(one))
    return {
        "turnover": str(whole),
        "shares": {
            tier: f"{len(of)} customers, {sum(of)} GBP, {sum(of) * 100 / whole:.2f} %"
            for tier, of in sorted(shares.items(), key=lambda item: -max(item[1]))
        },
        "largest": {
            one.ref.id: str(turnover(one))
            for one in sorted(customers, key=turnover)[: -FIRST - 1 : -1]
        },
    }


def silent(engine: Engine) -> dict[str, int]:
    """Return how many customers each silence has reached; a longer one has reached the shorter."""
    found = Counter[str]()
    for row in engine.find("customer"):
        state = engine.get(row.ref).policy("cadences")
        found.update(one.row for one in state.silences if one.reached)
    return {name: found[name] for name in SILENCES}


def figures(engine: Engine) -> dict[str, object]:
    """Return what there is in the store."""
    tiers, orders = report(engine, "customers_by_tier"), report(engine, "most_orders")
    tasks = Counter(task.name for task in engine.tasks(limit=100_000))
    return {
        "tiers": {str(one["tier"]): one["entities"] for one in tiers},
        "silent": silent(engine),
        "tasks": dict(sorted(tasks.items())),
        **main_customers(engine),
        "most_orders": {str(one["id"]): one["value"] for one in orders},
    }


def main(path: str) -> None:
    """Print the figures of the file."""
    engine, clock = opened()
    with engine:
        counts = lived(engine, clock, Path(path))
        print(json.dumps({**counts, **figures(engine)}, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
