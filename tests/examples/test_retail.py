"""The gift shop's example: customers by hand, some days of the data, and the year by its facts."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.examples.readme import script, shown_by
from tests.examples.test_logs import folder

RETAIL = script("retail/retail.py")
HEAD = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
BOUNDS = (90, 180, 365)
"""More days than these are silences."""


def file(data_dir: Path) -> Path:
    """Return the file of the data set."""
    return folder(data_dir, "online-retail-2009-2010") / "online_retail_2009_2010.csv.gz"


def lived(path: Path) -> tuple[dict[str, int], dict[str, Any]]:
    """Return what was counted and what there is in the store, after the year of a file."""
    engine, clock = RETAIL.opened()
    with engine:
        return dict(RETAIL.lived(engine, clock, path)), RETAIL.figures(engine)


def written(path: Path, *lines: str) -> Path:
    """Write lines to a file of invoices."""
    with gzip.open(path, "wt", encoding="utf-8") as opened:
        opened.write(HEAD + "".join(f"{line}\n" for line in lines))
    return path


def line(invoice: str, day: str, customer: str, amount: str = "1", quantity: int = 1) -> str:
    """Return a line of an invoice."""
    return f"{invoice},A,thing,{quantity},{day} 10:00:00,{amount},{customer},France"


def test_only_sales_are_purchases(tmp_path: Path) -> None:
    """No cancellation, no write-off, nothing for free, nobody's; lines of an invoice are one."""
    path = written(
        tmp_path / "sales.csv.gz",
        line("1", "2010-12-01", "C-1", "10.005"),
        line("2", "2010-12-01", "C-2"),
        line("1", "2010-12-01", "C-1", "4", 3),
        line("C3", "2010-12-02", "C-1"),
        line("4", "2010-12-02", "C-1", quantity=-1),
        line("5", "2010-12-02", "C-1", "0"),
        line("6", "2010-12-02", ""),
    )
    days = list(RETAIL.days(RETAIL.lines(path)))
    assert [[(one.number, one.customer, str(one.amount)) for one in day] for day in days] == [
        [("1", "C-1", "22.005"), ("2", "C-2", "1")]
    ]
    counts, found = lived(path)
    assert counts == {"purchases": 2, "customers": 2}
    assert found["largest"] == {"C-1": "22.005", "C-2": "1"}


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_silence_is_more_than_its_days(tmp_path: Path, bound: int) -> None:
    """On its last day nothing is open yet, a day later the task is; a purchase closes it."""
    last = RETAIL.ENDS_AT.date()
    kept, broken = (str(last - timedelta(days=bound + more)) for more in (0, 1))
    path = written(
        tmp_path / "sales.csv.gz",
        *sorted((line("1", broken, "C-1"), line("2", broken, "C-2"), line("3", kept, "C-3"))),
        line("4", "2010-12-09", "C-2"),
    )
    name = RETAIL.SILENCES[BOUNDS.index(bound)]
    counts, found = lived(path)
    assert counts["customers"] == 3
    assert found["silent"][name] == 1
    assert [task for task in found["tasks"] if task.endswith(f":{name}")]
    assert sum(n for task, n in found["tasks"].items() if task.endswith(f":{name}")) == 1


@pytest.mark.slow
def test_some_days_are_what_their_lines_say(data_dir: Path, tmp_path: Path) -> None:
    """Tiers, silences and the largest, counted by other means from the lines."""
    days = (",2009-12-01", ",2010-03-01", ",2010-06-14", ",2010-09-10", ",2010-11-30")
    path = tmp_path / "days.csv.gz"
    with gzip.open(file(data_dir), "rt", encoding="utf-8") as year:
        head, *lines = (one for one in year if one == HEAD or any(day in one for day in days))
    with gzip.open(path, "wt", encoding="utf-8") as some:
        some.writelines([head, *lines[::4]])
    turnover, last = defaultdict[str, Decimal](Decimal), dict[str, date]()
    for row in RETAIL.lines(path):
        customer = row["Customer ID"]
        turnover[customer] += int(row["Quantity"]) * Decimal(row["Price"])
        last[customer] = date.fromisoformat(row["InvoiceDate"][:10])
    _, found = lived(path)
    assert len(turnover) > 200
    assert Decimal(found["turnover"]) == sum(turnover.values())
    silent = Counter(
        name
        for on in last.values()
        for name, bound in zip(RETAIL.SILENCES, BOUNDS, strict=True)
        if (RETAIL.ENDS_AT.date() - on).days > bound
    )
    assert found["silent"] == {name: silent[name] for name in RETAIL.SILENCES}
    assert all(found["silent"].values())
    ordered = sorted(turnover.values(), reverse=True)
    assert [Decimal(one) for one in found["largest"].values()] == ordered[: RETAIL.FIRST]
    bounds = {"platinum": 10000, "gold": 5000, "silver": 1000, "bronze": 0}
    tiers = Counter(
        next(tier for tier, bound in bounds.items() if one >= bound) for one in turnover.values()
    )
    assert found["tiers"] == dict(tiers)


@pytest.mark.slow
def test_the_gift_shop_is_what_its_facts_say(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a million lines: 825 customers are silent for more than 180 days, and all the rest."""
    path = file(data_dir)
    facts = json.loads((path.parent / "facts.json").read_text())
    RETAIL.main(str(path))
    found = json.loads(capsys.readouterr().out)
    assert found == shown_by("retail", "python retail.py")
    sales = facts["sales"]
    assert (found["purchases"], found["customers"]) == (sales["orders"], sales["customers"])
    assert round(Decimal(found["turnover"]), 2) == Decimal(str(sales["revenue"]))
    over = facts["dormancy"]["customers_with_recency_over_days"]
    assert [found["silent"][name] for name in RETAIL.SILENCES] == [over[str(n)] for n in BOUNDS]
    assert found["silent"]["asleep"] == 825
    tasks = {name.partition(":")[2]: n for name, n in found["tasks"].items()}
    assert tasks["at_risk"] == over["90"] - over["180"]
    assert tasks["asleep"] == over["180"] - over["365"]
    assert tasks["gone"] == over["365"]
    tiers = facts["tiers_by_revenue_fixed_thresholds"]
    assert found["tiers"] == {name: tiers[name] for name in found["tiers"]}
    top, (who, most) = sales["top_10pct"], next(iter(found["largest"].items()))
    customers, amount, share = found["shares"]["top_tenth"].split(", ")
    assert customers == f"{top['customers']} customers" == "432 customers"
    assert round(Decimal(amount.removesuffix(" GBP")), 2) == Decimal(str(top["value"]))
    assert share == f"{top['share'] * 100:.2f} %" == "59.87 %"
    assert (int(who), Decimal(most)) == (
        sales["top_customer"],
        Decimal(str(sales["revenue_per_customer_max"])),
    )
    orders = next(iter(found["most_orders"].values()))
    assert Decimal(orders) == Decimal(str(sales["orders_per_customer"]["max"]))
