"""The example plugin, loaded by its file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crmflow import Actor, ConfigurationError, Engine, ManualClock, RefusedError
from crmflow.plugins.bringing import plugin_machines

ACME = Path(__file__).parents[2] / "examples" / "acme"
PLUGIN = ACME / "crmflow_acme.py"
README = ACME / "README.md"
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SALES = Actor("sales-1", {"salesperson"})
HEAD = Actor("head-1", {"department_head"})
SUPERVISOR = Actor("supervisor-1", {"business_supervisor"})


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still."""
    return ManualClock(AT)


@pytest.fixture
def engine(clock: ManualClock) -> Engine:
    """Return an engine of leads and samples."""
    return Engine(
        "memory:",
        machines=["lead", "sample"],
        plugins=[PLUGIN],
        config={"acme": {"sample": {"return_within": "14d"}}},
        clock=clock,
    )


def request(engine: Engine, worth: str) -> tuple[str, str]:
    """Return a requested sample."""
    payload = {"customer": "C-1", "product": "pump", "worth": worth}
    return "sample", engine.create("sample", payload, actor=SALES).require().entity.id


def test_sample_is_lent_asked_for_and_taken_back(engine: Engine, clock: ManualClock) -> None:
    """The machine lives its life, the timer by the company's own setting."""
    sample = request(engine, "800 CNY")
    engine.fire(sample, "lend", actor=SALES).require()
    clock.advance(timedelta(days=13))
    assert not engine.run_due().fired
    clock.advance(timedelta(days=1))
    assert [d.event.name for d in engine.run_due().fired] == ["ask_back"]
    assert [task.name for task in engine.get(sample).tasks] == ["ask_back"]
    assert engine.fire(sample, "take_back", actor=SALES).require().snapshot.state == "returned"


def test_dear_sample_is_lent_by_the_head(engine: Engine) -> None:
    """The guard refuses with its rule, and who could do it is named (ACM-002)."""
    sample = request(engine, "1000.01 CNY")
    refused = engine.fire(sample, "lend", actor=SALES)
    assert refused.refusal is not None
    assert refused.refusal.roles == ("department_head",)
    assert engine.fire(sample, "lend", actor=HEAD).accepted


def lead(engine: Engine, **more: str) -> tuple[str, str]:
    """Return a lead that was found."""
    payload = {"name": "Buyer", "source": "sales_visit", **more}
    return "lead", engine.create("lead", payload, actor=SALES).require().entity.id


def test_lead_of_a_known_customer_is_not_dropped(engine: Engine) -> None:
    """The policy refuses with reason, rule and roles, and nothing is stored (ACM-004)."""
    known = lead(engine, customer="C-1")
    refused = engine.fire(known, "drop", {"reason": "no need"}, actor=SALES)
    (verdict,) = refused.verdicts
    assert (verdict.reason, verdict.rules) == ("known_customer", ("ACM-004",))
    assert verdict.roles == ("business_supervisor",)
    assert engine.get(known).version == 1
    with pytest.raises(RefusedError, match=r"acme_leads: known_customer \(ACM-004\)"):
        refused.require()


def test_others_drop_and_are_dropped(engine: Engine) -> None:
    """The supervisor drops any lead, anybody one without a customer."""
    known, unknown = lead(engine, customer="C-1"), lead(engine)
    for entity, actor in ((known, SUPERVISOR), (unknown, SALES)):
        engine.fire(entity, "drop", {"reason": "no need"}, actor=actor).require()


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", "only the business supervisor"), ("zh", "只有业务主管"), ("zh-CN", "只有业务主管")],
)
def test_refusal_is_told(engine: Engine, lang: str, words: str) -> None:
    """The plugin's texts tell its refusals in both languages."""
    known = lead(engine, customer="C-1")
    told = engine.explain(known, "drop", {"reason": "no need"}, actor=SALES, lang=lang)
    assert words in str(told)


def test_languages_say_the_same(engine: Engine) -> None:
    """Both tables have the same keys."""

    def keys(table: object) -> object:
        return {k: keys(v) for k, v in table.items()} if isinstance(table, Mapping) else None

    texts = [engine.plugins.hook.texts(lang=lang)[0] for lang in ("en", "zh")]
    assert keys(texts[0]) == keys(texts[1])


def test_period_must_be_configured() -> None:
    """The machine's blank has no silent default."""
    with pytest.raises(ConfigurationError, match=r"acme\.sample\.return_within: missing.*ACM-003"):
        Engine("memory:", machines=["sample"], plugins=[PLUGIN])


def test_package_is_found_by_its_entry_point() -> None:
    """The installable package names the module in the group that engines read."""
    project = tomllib.loads((ACME / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"] == {"crmflow": {"acme": PLUGIN.stem}}


def test_file_is_loaded_once() -> None:
    """Two engines of one process share the module, so that its classes are the same."""
    engines = [Engine("memory:", machines=["lead"], plugins=[str(PLUGIN)]) for _ in range(2)]
    first, second = (plugin_machines(engine.plugins)["sample"] for engine in engines)
    assert first is second


def test_readme_runs() -> None:
    """What the README shows works as it stands there, from the checkout."""
    root = ACME.parents[1]
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    environ = os.environ | {"PYTHONPATH": str(root / "src")}
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=root, env=environ, check=True)


def test_readme_lists_the_rules() -> None:
    """Every rule id of the plugin is in the README's table, and none else."""
    ids = [set(re.findall(r"ACM-\d{3}", path.read_text("utf-8"))) for path in (PLUGIN, README)]
    assert ids[0] == ids[1]
