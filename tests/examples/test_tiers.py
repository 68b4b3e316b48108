"""The example of tiers: its README's commands on the public data sets, and their facts."""

import csv
import gzip
import json
import os
import subprocess
import sys
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crmflow.policies.tiers import read_schemes
from tests.examples.readme import EXAMPLES, PROGRAM, SRC, shown_by

TIERS = EXAMPLES / "tiers"
LARGEST = 60
"""Mebibytes it never needs; Python and crmflow alone take some 25."""


def folder(data_dir: Path, name: str) -> Path:
    """Return the folder of a public data set."""
    path = data_dir / name
    if not path.is_dir():
        pytest.skip(f"the data set {name} is not in {data_dir}; set CRMFLOW_DATA to its parent")
    return path


def run(name: str, path: Path, work: Path) -> tuple[dict[str, Any], float]:
    """Return the report of a run in a process of its own, and the mebibytes it held at most."""
    script = PROGRAM.partition("from crmflow")[0]
    script += f"import runpy, sys\nsys.argv = ['tiers.py', {name!r}, {str(path)!r}]\n"
    script += f"runpy.run_path({str(TIERS / 'tiers.py')!r}, run_name='__main__')\n"
    environment = os.environ | {"PYTHONPATH": str(SRC)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=work,
        env=environment,
        check=True,
        capture_output=True,
    )
    return json.loads(done.stdout), int((work / "peak.txt").read_text()) / 1024


def test_the_schemes_are_right() -> None:
    """Every row of the example reads, and is total."""
    assert list(read_schemes(TIERS / "schemes.toml")) == [
        "fixed",
        "activity",
        "loyalty",
        "season",
        "top",
    ]


def test_the_pipeline_is_what_its_facts_say(data_dir: Path, tmp_path: Path) -> None:
    """The top nine of 85 accounts hold what the data set's folder says."""
    data = folder(data_dir, "maven-crm-pipeline")
    facts = json.loads((data / "facts.json").read_text())
    found, peak = run("pipeline", data / "sales_pipeline.csv", tmp_path)
    assert found == shown_by("tiers", "python tiers.py pipeline")
    top = facts["top10pct_accounts"]
    assert found["top"]["top_tenth"]["customers"] == top["count"] == 9
    assert found["top"]["top_tenth"]["turnover"] == str(top["value"]) == "1908763"
    assert found["turnover"] == str(facts["won_close_value_sum"])
    assert peak < LARGEST


def season(path: Path, start: date) -> dict[str, int]:
    """Return, worked out by other means, how many bought how much after a day."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            amount = int(row["Quantity"]) * Decimal(row["Price"])
            sold = int(row["Quantity"]) > 0 and Decimal(row["Price"]) > 0
            if row["Customer ID"] and sold and not row["Invoice"].startswith("C"):
                late = date.fromisoformat(row["InvoiceDate"][:10]) > start
                sums[row["Customer ID"]] += amount if late else 0
    busy = sum(value >= 1000 for value in sums.values())
    none = sum(value == 0 for value in sums.values())
    return {"busy": busy, "some": len(sums) - busy - none, "none": none}


@pytest.mark.slow
def test_the_gift_shop_is_what_its_facts_say(data_dir: Path, tmp_path: Path) -> None:
    """Half a million lines give the figures of the data set's folder, in bounded memory."""
    data = folder(data_dir, "online-retail-2009-2010")
    facts = json.loads((data / "facts.json").read_text())
    found, peak = run("retail", data / "online_retail_2009_2010.csv.gz", tmp_path)
    assert found == shown_by("tiers", "python tiers.py retail")
    fixed = facts["tiers_by_revenue_fixed_thresholds"]
    assert found["fixed"] == {name: fixed[name] for name in found["fixed"]}
    over = facts["dormancy"]["customers_with_recency_over_days"]
    assert found["activity"] == {
        "active": found["customers"] - over["90"],
        "at_risk": over["90"] - over["180"],
        "dormant": over["180"] - over["365"],
        "lost": over["365"],
    }
    assert found["loyalty"]["once"] == facts["sales"]["customers_with_one_order"]
    top, tenth = facts["sales"]["top_10pct"], found["top"]["top_tenth"]
    assert (tenth["customers"], tenth["share"]) == (top["customers"], "59.87 %") == (432, "59.87 %")
    assert round(Decimal(tenth["turnover"]), 2) == Decimal(str(top["value"]))
    assert Decimal(tenth["least"]) == Decimal(str(top["lowest_value_inside"]))
    assert round(Decimal(found["turnover"]), 2) == Decimal(str(facts["sales"]["revenue"]))
    lines = data / "online_retail_2009_2010.csv.gz"
    assert found["season"] == season(lines, date(2010, 9, 10))
    assert peak < LARGEST
