"""Files that companies write: rows of every mechanism, people, schemes, mappings, scenarios."""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example
from hypothesis import strategies as st

from crmflow.analysis.mapping_file import load_mapping, mapping_from
from crmflow.analysis.simulation import Scenario
from crmflow.analysis.source import Policies
from crmflow.config import Overlay
from crmflow.core.document import read_toml
from crmflow.directory import toml_directory
from crmflow.plugins.loading import Plugins, load_plugins
from crmflow.policies.tiers.file import read_schemes
from crmflow.states import MACHINES
from tests.fuzz.hostile import TEXTS, VALUES, mangled, mutated
from tests.fuzz.passes import fuzzed, told_clearly

WEBHOOK = {
    "name": "erp",
    "to": "https://erp.example.com:8443/hooks?a=b",
    "secret": "env:ERP_SECRET",
    "headers": {"X-Company": "acme"},
    "timeout": "10s",
    "attempts": 5,
    "machines": ["complaint"],
    "events": ["record"],
}

PEOPLE = b"""\
[[person]]
id = "service-1"
roles = ["customer_service"]
superior = "service-head"
starts_on = 2026-01-01

[[person.absences]]
starts_at = 2026-07-01T00:00:00+08:00
ends_at = 2026-07-15T00:00:00+08:00
stand_in = "service-2"
"""

MAPPING = b"""\
format = "csv"
kind = "state"
zone = "Asia/Shanghai"
case = "number"
state = "status"
time = "updated"
time_formats = ["%d/%m/%Y %H:%M"]
missing = ["?", ""]

[states]
New = "received"
"Awaiting Info" = "waiting"

[columns.amount]
column = "amount"
type = "money"
currency = "CNY"

[columns.tags]
column = "tags"
type = "texts"
separator = ";"
"""

SCHEMES = b"""\
[[schemes]]
name = "value"
machine = "customer"
metrics = [{ name = "turnover" }]
tiers = [
    { name = "gold", zh = "A", en = "Gold", when = [{ turnover = { at_least = "100" } }] },
    { name = "rest", zh = "B", en = "Rest", when = [{ turnover = { below = "100" } }] },
]
"""

SCENARIO = b"""\
seed = 1
starts_on = 2026-03-02 # in the company's zone
days = 9
warm_up_days = 2 # pass before anything is counted
machines = ["complaint"]
profile = ["demo"]

# A Poisson process: more in the morning, none while the office is closed.
[[arrivals]]
name = "complaints"
machine = "complaint"
per_week = 60
during = "office"
hours = [0, 0, 0, 0, 0, 0, 0, 0, 2, 6, 6, 4, 3, 4, 5, 4, 3, 2, 0, 0, 0, 0, 0, 0]
customers = 400
mix = [{ payload = { customer = "C-{customer}" }, draws = { channel = { phone = 6, mail = 3 } } }]

[[staff]]
name = "service"
roles = ["customer_service"]
calendar = "office" # their shifts
per_hour = "90 CNY"

# What somebody does while a complaint is in these states, and how long it takes.
[[doings]]
name = "respond"
machine = "complaint"
states = ["received", "recorded"]
event = "respond"
role = "customer_service"
takes = { law = "lognormal", median = "12min", sigma = 0.6 }
payload = { solution = "a new seal", promised_at = "{at + 48h}" }

# Without a role nobody of the staff has to do it: how a customer reacts.
[[doings]]
name = "patience ends"
machine = "complaint"
states = ["received", "recorded"]
event = "withdraw"
chance = 0.2
after = { law = "weibull", scale = "3d", shape = 1.2 }
payload = { withdrawal = "by_customer", reason = "it takes too long" }

[[costs]]
name = "late answers"
deadline = "complaint_first_response"
missed = "20 CNY"
"""


@functools.cache
def shipped_rows() -> list[tuple[str, dict[str, Any]]]:
    """Return (table, row) of every row that is shipped."""
    found: list[tuple[str, dict[str, Any]]] = []
    folder = importlib.resources.files("crmflow.profiles")
    for profile in ("default", "demo", "key_account", "power"):
        for file in sorted((folder / profile).iterdir(), key=lambda one: one.name):
            if file.name.endswith(".toml"):
                for table, rows in tomllib.loads(file.read_text("utf-8")).items():
                    if isinstance(rows, list):
                        found += [(table, row) for row in rows]
    return [*found, ("deliveries", WEBHOOK)]


@functools.cache
def tables() -> list[str]:
    """Return the names of the tables that have rows."""
    return sorted({table for table, _ in shipped_rows()})


@st.composite
def companies(draw: st.DrawFn) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Draw a machine, rows by table of a company's own file, and its settings."""
    table = draw(st.sampled_from(tables()))
    row = draw(st.sampled_from([row for name, row in shipped_rows() if name == table]))
    machine = row.get("machine")
    on = machine if machine in MACHINES else draw(st.sampled_from(("complaint", "customer")))
    changed = draw(mutated({table: [row]}))
    settings = draw(
        st.dictionaries(st.sampled_from(("company.zone", "a.b")) | TEXTS, VALUES, max_size=1)
    )
    return on, changed, settings


@functools.cache
def plugins() -> Plugins:
    """Return the plugins there are, loaded once."""
    return load_plugins(())


@fuzzed(short=8, long=40, company=companies())
def test_rows_of_companies_are_used_or_their_faults_named(
    company: tuple[str, dict[str, Any], dict[str, Any]],
) -> None:
    """An engine starts with a company's rows, or every fault is named; nothing else is raised."""
    machine, rows, settings = company
    with told_clearly():
        config = Overlay(settings, rows)
        Policies(machines=[machine], profile="demo", config=config, plugins=plugins()).bound()


FILES: tuple[tuple[Callable[[Path], object], bytes], ...] = (
    (toml_directory, PEOPLE),
    (load_mapping, MAPPING),
    (Scenario.load, SCENARIO),
    (read_toml, PEOPLE),
    (read_schemes, SCHEMES),
)


@st.composite
def files(draw: st.DrawFn) -> tuple[Callable[[Path], object], bytes]:
    """Draw a reader, and the bytes of a file for it after some mishaps."""
    reader, raw = draw(st.sampled_from(FILES))
    return reader, draw(mangled(raw))


@pytest.mark.parametrize(("reader", "raw"), FILES)
def test_files_are_right_before_something_happens_to_them(
    reader: Callable[[Path], object], raw: bytes, tmp_path: Path
) -> None:
    """What the mishaps begin with is read: they are not hidden by another fault."""
    file = tmp_path / "file.toml"
    file.write_bytes(raw)
    assert reader(file)


@fuzzed(short=50, long=500, read=files())
@example(read=(load_mapping, MAPPING.replace(b"Asia/Shanghai", b"a." * 3000)))
def test_broken_files_are_named_with_their_faults(
    read: tuple[Callable[[Path], object], bytes], tmp_path: Path
) -> None:
    """A broken file is refused by an error that names it."""
    reader, raw = read
    file = tmp_path / "file.toml"
    file.write_bytes(raw)
    with told_clearly("file"):
        reader(file)


@fuzzed(
    short=30,
    long=300,
    document=mutated(tomllib.loads(MAPPING.decode())),
)
def test_mappings_are_checked_whole(document: dict[str, Any]) -> None:
    """A mapping is right, or every fault of it is named with its path."""
    with told_clearly():
        mapping_from(document, "mapping.toml")


@fuzzed(short=30, long=300, document=mutated(tomllib.loads(SCENARIO.decode())))
def test_scenarios_are_checked_whole(document: dict[str, Any]) -> None:
    """A scenario is right, or every fault of it is named with its path."""
    with told_clearly():
        Scenario.of(document)
