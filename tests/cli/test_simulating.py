"""`crmflow policy simulate`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crmflow.cli.simulating import ONE_RUN, TITLES
from crmflow.cli.words import ZH
from tests.analysis.simulation import visits
from tests.cli.conftest import Crm, read

SCENARIO = """
starts_on = 2026-01-05
days = 1
machines = ["visit"]
plugins = ["visits.py"]

[[arrivals]]
name = "visits"
machine = "visit"
per_week = 600

[[doings]]
name = "serve"
machine = "visit"
states = ["waiting"]
event = "serve"
role = "clerk"
takes = { law = "exponential", mean = "10min" }

[[staff]]
name = "clerk"
roles = ["clerk"]
"""
MORE = 'base = "counter.toml"\n[[staff]]\nname = "clerk"\ncount = 2\n'


@pytest.fixture(autouse=True)
def counter(crm: Crm) -> Path:
    """Write the scenarios into the folder, with the plugin beside them."""
    shutil.copy(visits.HERE, "visits.py")
    Path("more.toml").write_text(MORE)
    path = Path("counter.toml")
    path.write_text(SCENARIO)
    return path


def simulated(crm: Crm, *words: str) -> str:
    """Run the verb, which must succeed, and return what it tells."""
    found = crm.bare("policy", "simulate", "counter.toml", *words)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_a_run_is_told_as_tables_in_both_languages(crm: Crm) -> None:
    """And as JSON, which has codes in place of labels."""
    english, chinese = (simulated(crm, "--lang", lang) for lang in ("en", "zh"))
    assert "How long work waited, in minutes" in english
    assert "utilisation" in english
    assert "工作等待时间（分钟）" in chinese
    assert "已接待" in chinese
    told = read(simulated(crm, "--seed", "7", "-o", "json"))
    assert (told["scenario"], told["seed"]) == ("counter", 7)
    assert told["states"][0]["state"] == "served"
    assert "What was refused" not in english  # nothing was


def test_tables_are_drawn(crm: Crm) -> None:
    """Each as a picture of its own; none is written over."""
    found = crm.bare("policy", "simulate", "counter.toml", "--picture", "drawn")
    assert found.exit_code == 0
    assert "drawn/load.svg is drawn." in found.stderr.replace("\n", "")
    names = {path.stem for path in Path("drawn").iterdir()}
    assert names == {"load", "waiting", "queues", "throughput", "durations", "states"}
    assert "How much work waited" in Path("drawn/queues.svg").read_text("utf-8")
    again = crm.bare("policy", "simulate", "counter.toml", "--picture", "drawn")
    assert again.exit_code == 6


def test_a_folder_that_cannot_be_made_is_told_before_anything_runs(crm: Crm) -> None:
    """A simulation may take its time; its option is named."""
    Path("file").write_text("")
    found = crm.bare("policy", "simulate", "counter.toml", "--picture", "file/drawn")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "Invalid value for '--picture': 'file/drawn' cannot be made: " in found.stderr


def test_what_if_is_told_with_intervals(crm: Crm) -> None:
    """Of another scenario, replication by replication."""
    words = ("--against", "more.toml", "--replications", "2")
    told = read(simulated(crm, *words, "-o", "json"))
    assert told["seeds"] == [1, 2]
    assert set(told["replications"]) == {"counter", "more"}
    (waiting,) = (one for one in told["differences"] if one["figure"] == "waiting_minutes")
    assert float(waiting["other"]) < float(waiting["base"])
    tables = simulated(crm, *words)
    assert "Means over the replications: more" in tables
    assert "What differs; 95 % intervals" in tables
    assert "waiting minutes" in tables
    chinese = simulated(crm, *words, "--lang", "zh")
    assert "  more   办理小时   来访 " in chinese


def test_profiles_may_be_compared(crm: Crm) -> None:
    """Where nothing of a profile is about the machine, nothing differs."""
    told = read(simulated(crm, "--against", "demo", "-o", "json"))
    assert {one["difference"] for one in told["differences"]} == {"0.00"}
    assert {one["scenario"] for one in told["differences"]} == {"demo"}
    alone = simulated(crm, "--replications", "2")
    assert "What differs" not in alone


def test_one_replication_says_what_it_lacks(crm: Crm) -> None:
    """Intervals, in either language; two have them, and what is compared with nothing none."""
    english, chinese = (
        simulated(crm, "--against", "more.toml", "--lang", lang) for lang in ("en", "zh")
    )
    assert ONE_RUN in english
    assert "请给出 --replications 2 或更多" in chinese
    assert ONE_RUN not in simulated(crm, "--against", "more.toml", "--replications", "2")
    assert ONE_RUN not in simulated(crm)


@pytest.mark.parametrize(
    ("other", "english", "chinese"),
    [
        ("none.toml", "there is no file 'none.toml': give a scenario file", "没有文件 'none.toml'"),
        ("more", "neither a scenario file (.toml) nor shipped profiles: unknown profile", "既不是"),
        ("demo,keyaccount", "Did you mean 'key_account'?", "Did you mean 'key_account'?"),
    ],
)
def test_what_is_compared_must_be_there(crm: Crm, other: str, english: str, chinese: str) -> None:
    """Before anything is simulated; the option is named."""
    for lang, text in ("en", english), ("zh", chinese):
        words = ("--against", other, "--lang", lang)
        found = crm.bare("policy", "simulate", "counter.toml", *words)
        assert found.exit_code == 2
        assert "Invalid value for '--against': " in found.stderr
        assert text in found.stderr


def test_a_run_may_be_kept(crm: Crm) -> None:
    """To be looked at like any other store; only one run, in a new one."""
    simulated(crm, "--keep", "sqlite:///kept.db?synchronous=NORMAL")
    asking = ("--store", "sqlite:///kept.db", "--plugin", "visits.py", "--machine", "visit")
    counted = crm.bare(*asking, "entity", "count", "-o", "json")
    assert sum(one["count"] for one in read(counted.stdout)) > 50
    again = crm.bare("policy", "simulate", "counter.toml", "--keep", "sqlite:///kept.db")
    assert again.exit_code == 3
    assert "is there already" in again.stderr
    words = ("--keep", "sqlite:///other.db", "--replications", "2")
    both = crm.bare("policy", "simulate", "counter.toml", *words, "--lang", "zh")
    assert both.exit_code == 2
    assert "只保存一次运行" in both.stderr


def test_faults_of_a_scenario_are_told(crm: Crm) -> None:
    """All at once, with their paths."""
    Path("counter.toml").write_text('starts_on = 2026-01-05\ndays = 0\nmachines = "visit"\n')
    found = crm.bare("policy", "simulate", "counter.toml")
    assert found.exit_code == 3
    assert "$.days" in found.stderr
    assert "$.machines" in found.stderr


def test_every_title_has_its_chinese() -> None:
    """They are not said by name in the code."""
    assert set(TITLES.values()) <= set(ZH)
