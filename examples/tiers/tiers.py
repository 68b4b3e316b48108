"""
Tiers of two public data sets, each read once as a stream and never held.

    python tiers.py retail online_retail_2009_2010.csv.gz
    python tiers.py pipeline sales_pipeline.csv

The schemes are the rows of `schemes.toml`. Sales become dated amounts, amounts become metrics
by customer, and metrics become tiers: by limits one by one, by shares over all of them.
"""

import csv
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from crmflow.policies.tiers import (
    Criteria,
    Dated,
    Window,
    measure_population,
    place,
    read_schemes,
    tier_population,
)

SCHEMES = Path(__file__).with_name("schemes.toml")
Member = tuple[str, Mapping[str, Decimal | None]]


def retail_sales(path: Path) -> Iterator[Dated]:
    """Yield every sale of the shop: a customer, no cancellation, a quantity and a price."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            quantity, price = int(row["Quantity"]), Decimal(row["Price"])
            customer, invoice = row["Customer ID"], row["Invoice"]
            if customer and not invoice.startswith("C") and quantity > 0 and price > 0:
                on = date.fromisoformat(row["InvoiceDate"][:10])
                yield Dated(customer, on, quantity * price, invoice)


def won_deals(path: Path) -> Iterator[Dated]:
    """Yield every deal that was won."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["deal_stage"] == "Won":
                on = date.fromisoformat(row["close_date"])
                yield Dated(row["account"], on, Decimal(row["close_value"]))


SOURCES = {
    "retail": (retail_sales, date(2010, 12, 10)),
    "pipeline": (won_deals, date(2017, 12, 31)),
}
"""What is read of each data set, and the day on which recency is told."""


def windows_of(schemes: Mapping[str, Criteria]) -> dict[str, Window]:
    """Return the windows that the schemes read, by the name of their metric."""
    metrics = (metric for one in schemes.values() for metric in one.scheme.metrics)
    return {metric.name: metric.window for metric in metrics if metric.window is not None}


def counted(
    members: Iterable[Member], schemes: Mapping[str, Criteria], counts: dict[str, Counter[str]]
) -> Iterator[Member]:
    """Yield members as they come and count, on the way, the tiers that limits place them in."""
    for who, metrics in members:
        for name, criteria in schemes.items():
            counts[name][place(criteria, metrics).tier or "unrated"] += 1
        yield who, metrics


def report(sales: Iterable[Dated], on: date) -> dict[str, object]:
    """Return how many customers are in each tier, and what the top shares hold."""
    schemes = read_schemes(SCHEMES)
    members = measure_population(sales, windows_of(schemes), on)
    top = schemes.pop("top")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    least: dict[str, Decimal] = {}
    for one in tier_population(top, counted(members, schemes, counts)):
        tier, value = str(one.tier), one.value or Decimal(0)
        counts["top"][tier] += 1
        sums[tier] += value
        least[tier] = value
    total = sum(sums.values(), Decimal(0))
    return {
        "customers": counts["top"].total(),
        "turnover": str(total),
        **{
            name: {tier: counts[name][tier] for tier in criteria.scheme.names}
            for name, criteria in schemes.items()
        },
        "top": {
            tier: {
                "customers": counts["top"][tier],
                "turnover": str(value),
                "share": f"{value * 100 / total:.2f} %",
                "least": str(least[tier]),
            }
            for tier, value in sums.items()
        },
    }


def main(name: str, path: str) -> None:
    """Print the report of a data set."""
    read, on = SOURCES[name]
    print(json.dumps(report(read(Path(path)), on), indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
