"""The shipped profiles: without a fault, with rules that exist, their blanks described."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmflow.engine.starting import examined
from crmflow.plugins.bringing import find_machines, plugin_machines, plugin_tables
from crmflow.plugins.loading import Plugins, load_plugins
from crmflow.policies import POLICIES
from crmflow.profiles.blanks import keys_in
from crmflow.profiles.files import chosen_profiles, profile, profile_layer, profiles
from crmflow.profiles.layer import Draft
from crmflow.profiles.loading import Loaded
from crmflow.states import MACHINES, load
from crmflow.texts import LANGUAGES, Texts

ROOT = Path(__file__).parents[2]
SPEC = ROOT.parent / "shared" / "spec" / "rules.md"
NAMES = profiles()
MECHANISMS = {*POLICIES, "calendars"}
LEFT_OPEN = {
    "company.name",
    "company.language",
    "outputs.folder",
    "outputs.handlers",
    "storage.key",
    "storage.audit_key",
    "storage.keys",
}
"""What a company may say beside the blanks of the catalogue; no row asks for it."""
HAN = re.compile(r"[\u4e00-\u9fff]")
catalogue = pytest.mark.skipif(not SPEC.is_file(), reason=f"the catalogue {SPEC} is not here")


@functools.cache
def plugins() -> Plugins:
    """Return the shipped mechanisms, and no plugin of the host."""
    return load_plugins(["crmflow.states.power"], installed=False)


@functools.cache
def found(*names: str) -> Loaded:
    """Return what is found in profiles, all machines being on."""
    return examined(plugins(), find_machines(None, plugins()), names, None)


def drafts(name: str) -> Iterator[tuple[str, Draft]]:
    """Yield table and row of everything a profile gives."""
    for table, rows in profile_layer(name).tables.items():
        yield from ((table, draft) for draft in rows.values())


@functools.cache
def spec() -> str:
    """Return the catalogue."""
    return SPEC.read_text("utf-8")


def expanded(rules: str) -> Iterator[str]:
    """Yield the ids that a list such as `SUG-030 to SUG-032, SUG-034` names."""
    for part in rules.split(","):
        first, _, last = part.strip().partition(" to ")
        area, _, number = first.partition("-")
        end = int((last or first).partition("-")[2])
        yield from (f"{area}-{index:03}" for index in range(int(number), end + 1))


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_has_no_fault_but_the_blanks_it_leaves(name: str) -> None:
    """And none at all once the examples of the demo fill these."""
    assert found(name).wrong == ()
    assert found(name, "demo").faults == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_row_of_a_profile_bears_its_version(name: str) -> None:
    """And says in which file of its folder it stands."""
    for table, draft in drafts(name):
        assert all(source.file.startswith(f"{name}/") for source in draft.sources), table
        assert draft.version == profile(name).version


def test_every_shipped_table_has_a_mechanism_that_reads_it() -> None:
    """So no row is shipped that nothing looks at."""
    known = {entry.table.name for entry in found(*NAMES).entries}
    for name in NAMES:
        assert {table for table, _ in drafts(name)} <= known


@pytest.mark.parametrize("name", NAMES)
def test_every_row_cites_its_rules(name: str) -> None:
    """In the form of an id; a row of the demo may be an example of none."""
    for table, draft in drafts(name):
        rules = draft.value("rules")
        overlays = name != "default" and len(draft.columns) < 4
        assert rules or overlays or name == "demo", f"{table} {draft.name}"
        for rule in rules or []:  # type: ignore[attr-defined]
            assert re.fullmatch(r"[A-Z]{3}-\d{2,3}", rule), f"{table} {draft.name}: {rule}"


@catalogue
@pytest.mark.parametrize("name", NAMES)
def test_every_cited_rule_exists(name: str) -> None:
    """In the catalogue, rows below rows included."""
    known = set(re.findall(r"\b[A-Z]{3}-\d{2,3}\b", spec()))
    folder = ROOT / "src" / "crmflow" / "profiles" / name
    for file in folder.glob("*.toml"):
        cited = set(re.findall(r"\b[A-Z]{3}-\d{2,3}\b", file.read_text("utf-8")))
        assert cited <= known, f"{file.name}: {cited - known}"


@catalogue
@pytest.mark.parametrize("name", NAMES)
def test_rows_are_about_machines_of_the_catalogue(name: str) -> None:
    """Those that are not there yet included, and those a mechanism brings for its rows."""
    known = set(re.findall(r"^### 3\.\d+ `(\w+)`", spec(), re.MULTILINE))
    known |= set(plugin_machines(plugins()))
    for entry in found(name).entries:
        assert entry.machine is None or entry.machine in known, str(entry)


@catalogue
def test_every_blank_of_the_catalogue_is_described() -> None:
    """With its rules; beside them what a company says of itself, of outputs, and a formula."""
    part = spec().partition("## 5 Configuration blanks")[2].partition("\n## 6")[0]
    rows = re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", part, re.MULTILINE)
    wanted = {key: tuple(expanded(rules)) for key, rules in rows}
    described = {key: row.rules for key, row in found("default").settings.rows.items()}
    assert all(described.pop(key) for key in ("company.zone", *LEFT_OPEN))
    assert described.pop("kpi.lifetime_value") == ("ANA-015",)
    assert described == wanted


@pytest.mark.parametrize("lang", LANGUAGES)
def test_blanks_are_described_in_both_languages(lang: str) -> None:
    """And so is the feature that needs them."""
    for key, row in found("default").settings.rows.items():
        assert bool(HAN.search(row.meaning(lang))) == (lang == "zh"), key
        assert Texts(lang).find("phrases", f"feature_{row.feature}"), row.feature


def test_blanks_of_the_machines_are_described() -> None:
    """Their rules are among those of the description."""
    rows = found("default").settings
    for name in MACHINES:
        for blank in load(name).blanks:
            assert rows.described(blank.key), blank.key
            described = rows.rows.get(blank.key)
            assert described is None or set(blank.rules) <= set(described.rules)


@pytest.mark.parametrize("name", NAMES)
def test_every_blank_named_in_a_row_is_described(name: str) -> None:
    """Also in the rows of machines that are off."""
    for table, draft in drafts(name):
        for given in draft.columns.values():
            for key in keys_in(given.value):
                assert found("default").settings.described(key), f"{table} {draft.name}: {key}"


def test_the_demo_says_of_each_value_that_it_is_an_example() -> None:
    """Nobody takes it for advice."""
    path = ROOT / "src" / "crmflow" / "profiles" / "demo" / "settings.toml"
    text = path.read_text("utf-8")
    assert list(tomllib.loads(text)) == ["settings"]
    assert all("EXAMPLE" in line for line in text.splitlines() if re.match(r"[\w.\"]+ = ", line))


def test_the_demo_fills_every_blank() -> None:
    """Those that nothing needs yet too; it sends nothing anywhere and ships no key."""
    demo = found("demo").settings
    assert {key for key in demo.rows if demo.written(key) is None} == LEFT_OPEN


@pytest.mark.parametrize("name", NAMES)
def test_the_demo_fills_every_blank_that_a_row_names(name: str) -> None:
    """Those of machines that are off, or not there yet, included; but for rows that are off."""
    demo = found("demo").settings
    rows = [one for one in drafts(name) if one[1].value("enabled") is not False]
    for table, draft in rows:
        for given in draft.columns.values():
            for key in keys_in(given.value):
                assert demo.fits(key), f"{table} {draft.name}: {key}"


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_is_headed_in_both_languages(name: str) -> None:
    """With a version that its rows bear."""
    head = profile(name)
    assert re.fullmatch(r"20\d\d\.\d+", head.version)
    assert HAN.search(head.title_zh)
    assert not HAN.search(head.title_en)
    assert chosen_profiles(name)[0] == "default"


MAP = ROOT / "docs" / "policies" / "README.md"
MAPPED = re.findall(
    r"^\| `(\w+)` \| `?(\w+)`? \| (.*?) ?\| .*\|$", MAP.read_text("utf-8"), re.MULTILINE
)


@catalogue
def test_every_policy_of_the_catalogue_is_on_the_map() -> None:
    """In its order, each once."""
    part = spec().partition("## 4 Policies")[2].partition("\n### 4.1")[0]
    assert [name for name, _, _ in MAPPED] == re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)


@pytest.mark.parametrize(("name", "mechanism", "tables"), MAPPED)
def test_the_map_names_mechanisms_and_tables_that_exist(
    name: str, mechanism: str, tables: str
) -> None:
    """What is carried by rows of a mechanism names one table at least."""
    named = set(re.findall(r"`(\w+)`", tables))
    assert named <= {*plugin_tables(plugins()), "calendars"}, name
    assert mechanism == "machines" or (named and mechanism in MECHANISMS), name


@catalogue
@pytest.mark.parametrize(("name", "mechanism", "tables"), MAPPED)
def test_the_tables_of_a_policy_have_rows_with_its_rules(
    name: str, mechanism: str, tables: str
) -> None:
    """Each of them, in one profile or another."""
    part = spec().partition("## 4 Policies")[2].partition("\n### 4.1")[0]
    rules = re.findall(rf"^\| `{name}` \|.*\| ([^|]+) \|$", part, re.MULTILINE)[0]
    for table in re.findall(r"`(\w+)`", tables):
        assert not cited(table).isdisjoint(expanded(rules)), f"{name}: {table}"


def cited(table: str) -> set[str]:
    """Return every rule id that the rows of a table cite."""
    rows = (draft for name in NAMES for found_in, draft in drafts(name) if found_in == table)
    return {rule for draft in rows for rule in re.findall(r"[A-Z]{3}-\d{2,3}", str(draft.columns))}


def test_every_mechanism_and_table_is_on_the_map() -> None:
    """So that nobody looks for the rows of one in vain."""
    text = MAP.read_text("utf-8").partition("## Which rows")[2]
    assert {mechanism for _, mechanism, _ in MAPPED} >= MECHANISMS
    assert set(re.findall(r"`(\w+)`", text)) >= plugin_tables(plugins()).keys()
