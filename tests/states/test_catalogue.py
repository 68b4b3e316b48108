"""The shipped machines against the catalogue of rules, where it is at hand."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from crmflow.core.compiled import compile_machine
from crmflow.core.errors import UnknownMachineError
from crmflow.states import EVERY, load
from tests.states.case import declared, pairs

SPEC = Path(__file__).parents[3] / "shared" / "spec" / "rules.md"
RULE = re.compile(r"[A-Z]{3}-[0-9]{3}\Z")
LISTED = [name for name in EVERY if name != "large_customer_record"]
"""Machines of part 3; the record of a large customer is a form of part 8."""


@pytest.fixture(scope="module")
def spec() -> str:
    """Return the text of the catalogue."""
    if not SPEC.is_file():
        pytest.skip(f"no catalogue of rules: {SPEC} is no file")
    return SPEC.read_text("utf-8")


def section(spec: str, name: str) -> str:
    """Return the catalogue's section on one machine."""
    [found] = re.findall(rf"^### 3\.\d+ `{name}`.*?(?=^#)", spec, re.MULTILINE | re.DOTALL)
    return str(found)


def table(spec: str, name: str) -> list[list[str]]:
    """Return the cells of the catalogue's rows: event, from, to, guard, effect, rules."""
    lines = [line for line in section(spec, name).splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def spelled(cell: str) -> set[str]:
    """Return the rule ids of a cell, `DEV-001 to DEV-003` written out."""
    found: set[str] = set()
    for part in cell.split(","):
        ids = re.findall(r"([A-Z]{3})-(\d{3})", part)
        if ids:
            low, high = int(ids[0][1]), int(ids[-1][1])
            found |= {f"{ids[0][0]}-{number:03}" for number in range(low, high + 1)}
    return found


def cited(name: str, event: str | None = None) -> set[str]:
    """Return the rule ids that a machine's rows cite, or those of one event."""
    rows = [row for row in load(name).rows if event in (None, row.event)]
    return {rule for row in rows for rule in row.rules}


def everything_cited(name: str) -> set[str]:
    """Return the rule ids of rows, guards and blanks."""
    machine = load(name)
    guards = {rule for row in machine.rows for guard in row.guards for rule in guard.rules}
    return cited(name) | guards | {rule for blank in machine.blanks for rule in blank.rules}


def added(name: str) -> set[tuple[str, str, str]]:
    """Return the rows that a machine has beyond the catalogue, as its own test tells them."""
    return pairs(getattr(importlib.import_module(f"tests.states.test_{name}"), "ADDED", ()))


@pytest.mark.parametrize("name", EVERY)
def test_a_machine_is_in_order(name: str) -> None:
    """It bears its name, compiles, and cites rules as they are written."""
    machine = load(name)
    assert machine.name == name
    assert compile_machine(machine).table
    assert all(RULE.match(rule) for rule in everything_cited(name))


def test_an_unknown_machine_is_refused() -> None:
    """The error names those there are."""
    with pytest.raises(UnknownMachineError, match="complaint"):
        load("complain")


@pytest.mark.parametrize("name", LISTED)
def test_states_are_those_of_the_catalogue(spec: str, name: str) -> None:
    """All of them, the initial and final ones marked alike, nothing else."""
    [line] = re.findall(r"States: (.*?)\.", section(spec, name))
    marks = {"initial": "*", "final": "#"}
    listed = {part.strip().replace("\\", "").replace("†", "") for part in line.split(",")}
    assert {f"{state.name}{marks.get(state.kind, '')}" for state in load(name).states} == listed


@pytest.mark.parametrize("name", LISTED)
def test_rows_are_those_of_the_catalogue(spec: str, name: str) -> None:
    """Event, from and to of every row, in both directions."""
    wanted = {
        (source.strip().strip("`"), event.split("`")[1], to.strip("`"))
        for event, sources, to, *_ in table(spec, name)
        for source in sources.split(",")
    }
    assert declared(name) - added(name) == wanted


@pytest.mark.parametrize("name", LISTED)
def test_rows_cite_the_rules_of_the_catalogue(spec: str, name: str) -> None:
    """Each event cites exactly the rules the catalogue gives it."""
    for event, *_, rules in table(spec, name):
        called = event.split("`")[1]
        assert cited(name, called) == spelled(rules), called


@pytest.mark.parametrize("name", EVERY)
def test_cited_rules_exist(spec: str, name: str) -> None:
    """No rule is made up."""
    known = set(re.findall(r"^\| ([A-Z]{3}-\d{3}) \|", spec, re.MULTILINE))
    assert everything_cited(name) <= known


@pytest.mark.parametrize("name", EVERY)
def test_blanks_are_those_of_the_catalogue(spec: str, name: str) -> None:
    """Every setting a machine asks for is, or is part of, a blank of part 5."""
    known = set(re.findall(r"^\| `([a-z_.]+)` \|", spec, re.MULTILINE))
    for blank in load(name).blanks:
        assert blank.key in known or blank.key.rpartition(".")[0] in known
