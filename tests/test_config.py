"""Profiles, a company's own settings, and the digest of both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.config import (
    Config,
    Overlay,
    Profiles,
    digest,
    examine,
    flattened,
    policy_set,
    profiles,
    required,
    secret_at,
    settings_for,
)
from crmflow.core.errors import ConfigurationError
from crmflow.core.form import Fault, Text
from crmflow.core.machine import Blank, Kind, Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.people import Person
from crmflow.core.ref import UNBORN
from crmflow.core.tables import Table, TableRow, Tables
from crmflow.profiles.files import layer_of
from crmflow.profiles.loading import Loaded
from crmflow.states import MACHINES, load

LEAD = load("lead")
OWN = {"complaint.major.owner": "board", "complaint.major.limit": "2d"}


@attrs.frozen
class Note(TableRow):
    """A row of a table of our own."""

    text: Text
    price: Money | None = None


@attrs.frozen
class Share(Note):
    """A note with a value of a type that JSON lacks."""

    part: Fraction = Fraction(1, 2)


NOTES = Table("notes", Note)


def machine(name: str, *blanks: Blank) -> Machine:
    """Return a machine that leaves these blanks."""
    states = (State("open", "开", "open", Kind.INITIAL),)
    rows = (Row(UNBORN, "start", "open"),)
    return Machine(name, Person, states, rows, blanks=blanks, zh=name, en=name)


COMPLAINT = machine(
    "complaint",
    Blank("complaint.major.owner", "text", "Role that owns complaints of grade major.", "CMP-013"),
    Blank("complaint.major.limit", "duration", "Time limit of grade major.", "CMP-013"),
)
DEAL = machine(
    "deal",
    Blank("care.intervals_unset.deal_evaluation", "duration", "How often.", "DEA-014 DEA-015"),
)


def faults(caught: pytest.ExceptionInfo[ConfigurationError]) -> list[str]:
    """Return the faults, each from the key up to the comma."""
    keys = [fault.rpartition("$.settings.")[2] for fault in caught.value.faults]
    return [key.partition(",")[0] for key in keys]


def test_every_shipped_machine_starts_with_the_demo() -> None:
    """The demo fills every blank there is."""
    machines = [load(name) for name in MACHINES]
    settings = settings_for(machines, "demo")
    assert set(settings) == {blank.key for machine in machines for blank in machine.blanks}


def test_only_blanks_of_the_machines_are_settings() -> None:
    """What the profile says of other machines is left out."""
    assert settings_for([LEAD], "demo") == {}
    assert settings_for([DEAL], "demo") == {
        "care.intervals_unset.deal_evaluation": timedelta(days=90)
    }


def test_company_wins_over_profile() -> None:
    """A value of the company's own replaces the profile's, the others stay."""
    found = settings_for([COMPLAINT], "demo", {"complaint": {"major": {"limit": "36h"}}})
    assert found["complaint.major.limit"] == timedelta(hours=36)
    assert found["complaint.major.owner"] == "general_manager"


def test_missing_blanks_are_named_at_once_with_their_rules() -> None:
    """There is no silent default; key, meaning and rules say what is wanted."""
    with pytest.raises(ConfigurationError) as caught:
        settings_for([COMPLAINT, DEAL])
    assert faults(caught) == [
        "care.intervals_unset.deal_evaluation: missing",
        "complaint.major.limit: missing",
        "complaint.major.owner: missing",
    ]
    text = str(caught.value)
    assert "CMP-013" in text
    assert "DEA-014, DEA-015" in text
    assert "Role that owns complaints of grade major." in text


@pytest.mark.parametrize("limit", ["soon", "0s", 3, timedelta(0), "", ["3d"], True])
@pytest.mark.parametrize("owner", ["", "  ", 7, ["board"]])
def test_wrong_values_are_named_at_once(limit: object, owner: object) -> None:
    """A value that does not fit says what would."""
    with pytest.raises(ConfigurationError) as caught:
        settings_for([COMPLAINT], None, {"complaint.major": {"limit": limit, "owner": owner}})
    assert faults(caught) == ["complaint.major.limit: type", "complaint.major.owner: blank"]
    assert "such as '30min'" in str(caught.value)


def test_unknown_key_is_a_fault_with_a_hint() -> None:
    """A mistyped key of the company's own is not passed over."""
    with pytest.raises(ConfigurationError) as caught:
        settings_for([COMPLAINT], "demo", {"complaint": {"major": {"limits": "2d"}, "tea": 1}})
    assert list(caught.value.faults) == [
        "config: $.settings.complaint.major.limits: unknown. Did you mean 'complaint.major.limit'?",
        "config: $.settings.complaint.tea: unknown. Did you mean 'complaint.major.steps'?",
    ]
    assert caught.value.source == "profile 'demo' and config"


def test_blanks_of_machines_that_are_off_may_be_given() -> None:
    """One file serves engines of different machines, those of plugins included."""
    kept = machine("visit", Blank("visit.owner", "text", "Who visits.", "VIS-001"))
    assert settings_for([LEAD], None, OWN) == {}
    assert settings_for([LEAD], None, OWN | {"visit.owner": "x"}, others=[kept]) == {}
    assert settings_for([kept], None, {"visit": {"owner": "x"}}) == {"visit.owner": "x"}


def test_unknown_profile() -> None:
    """A profile that is not shipped is refused with the nearest that is."""
    with pytest.raises(ConfigurationError, match=r"'demmo'\. Did you mean 'demo'\?"):
        settings_for([LEAD], "demmo")


def test_profiles_are_listed() -> None:
    """The folders with a head, `locale` is none."""
    assert {"default", "demo"} <= set(profiles())
    assert "locale" not in profiles()
    assert profiles() == sorted(profiles())


def test_file_has_settings_under_its_table(tmp_path: Path) -> None:
    """A company's file may hold other tables beside."""
    path = tmp_path / "crmflow.toml"
    path.write_text('store = "memory:"\n[settings.complaint.major]\nowner = "board"\nlimit = "2d"')
    assert settings_for([COMPLAINT], config=path) == settings_for([COMPLAINT], config=OWN)
    assert settings_for([COMPLAINT], config=str(path))["complaint.major.owner"] == "board"


def test_faults_name_the_file(tmp_path: Path) -> None:
    """A fault of a file says which file."""
    path = tmp_path / "crmflow.toml"
    path.write_text("[settings]\n'complaint.major.limit' = 'soon'")
    with pytest.raises(ConfigurationError) as caught:
        settings_for([COMPLAINT], config=path)
    assert caught.value.source == str(path)
    assert faults(caught) == ["complaint.major.limit: type", "complaint.major.owner: missing"]
    assert caught.value.faults[0].startswith(f"{path}: $.settings.complaint.major.limit")


@pytest.mark.parametrize(
    "text", [b"settings = 3", b"[settings", b"[settings]\nx = '\xff'", b"[[settings]]"]
)
def test_unreadable_file(tmp_path: Path, text: bytes) -> None:
    """What is no TOML, no UTF-8 or has no such table is told with the file."""
    path = tmp_path / "crmflow.toml"
    path.write_bytes(text)
    with pytest.raises(ConfigurationError) as caught:
        settings_for([LEAD], config=path)
    assert caught.value.source == str(path)


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is told."""
    with pytest.raises(ConfigurationError, match="No such file"):
        settings_for([LEAD], config=tmp_path / "no.toml")


NAMES = st.text("abc", min_size=1, max_size=3)
TABLES = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, TABLES, max_size=3))
def test_flat_and_nested_tables_say_the_same(tables: Mapping[str, object]) -> None:
    """Flattening is done once: flat keys stay as they are."""
    flat = flattened(tables)
    assert flattened(flat) == flat
    assert not any(isinstance(value, Mapping) for value in flat.values())


def notes(profile: Profiles = None, config: Config = None) -> list[tuple[str, str]]:
    """Return name and text of every note."""
    brought = [layer_of({"acme": {"notes": [{"name": "a", "text": "acme's"}]}}, "1", "plugin")]
    found = examine((NOTES,), [LEAD], profile, config, brought=brought)
    return [(row.name, row.text) for row in required(found).of("notes", Note)]


def test_a_companys_rows_come_last_and_win(tmp_path: Path) -> None:
    """From a file as from a program, over those that plugins bring."""
    own = tmp_path / "crmflow.toml"
    own.write_text("[[notes]]\nname = 'a'\ntext = 'ours'\n[[notes]]\nname = 'b'\ntext = 'x'\n")
    rows = [{"name": "a", "text": "ours"}, {"name": "b", "text": "x"}]
    assert notes() == [("a", "acme's")]
    assert notes("demo", own) == notes(["demo"], Overlay(tables={"notes": rows}))
    assert notes(config=own) == [("a", "ours"), ("b", "x")]


def test_faults_are_raised_together_or_returned() -> None:
    """An engine does not start with them, a command lists them."""
    own = Overlay({"tea": 1}, {"notes": [{"name": "a"}, {"name": "b", "txet": "x"}]}, "own.toml")
    found = examine((NOTES,), [LEAD], ["demo", "default"], own)
    with pytest.raises(ConfigurationError) as caught:
        required(found, ["demo", "default"], own)
    assert caught.value.source == "profile 'demo, default' and own.toml"
    assert found.faults == caught.value.faults
    assert [fault.partition(" (")[0].partition(". ")[0] for fault in found.faults] == [
        "own.toml: $.notes[0].text",
        "own.toml: $.notes[1].text",
        "own.toml: $.notes[1].txet",
        "own.toml: $.settings.tea: unknown",
    ]


def test_a_table_that_is_no_list_of_rows_is_a_fault() -> None:
    """One row alone is not taken for its columns."""
    own = Overlay(tables={"notes": {"name": "a", "text": "x"}})  # type: ignore[dict-item]
    (fault,) = examine((NOTES,), [LEAD], None, own).faults
    assert fault.startswith("config: $.notes: type, expected rows: write [[notes]]")
    rows = Overlay(tables={"notes": ({"name": "a", "text": "x"},)})
    assert required(examine((NOTES,), [LEAD], None, rows)).of("notes", Note)[0].text == "x"


def test_a_company_without_a_profile_is_the_source_itself() -> None:
    """As in the sentence of the error."""
    with pytest.raises(ConfigurationError) as caught:
        required(examine((), [LEAD], None, {"tea": 1}), None, {"tea": 1})
    assert caught.value.source == "config"


def test_policy_sets_tell_rows_and_calendars_apart_but_not_where_they_stand() -> None:
    """Values that JSON lacks say themselves."""

    @attrs.frozen
    class Calendar:
        version: str

    row = Share(name="a", text="x", price=Money("12.50"), origin="a.toml", version="1")
    first = Tables({"notes": (row,)})
    moved = Tables({"notes": (attrs.evolve(row, origin="b.toml"),)})
    assert policy_set(first, []) == policy_set(moved, [])
    others = [
        Tables({"notes": (attrs.evolve(row, text="y"),)}),
        Tables({"notes": (attrs.evolve(row, part=Fraction(2, 3)),)}),
        Tables({"notes": (attrs.evolve(row, version="2"),)}),
        attrs.evolve(first, settings={"a": timedelta(days=1)}),
        attrs.evolve(first, calendars={"office": Calendar("1")}),
        attrs.evolve(first, calendars={"office": Calendar("2")}),
        attrs.evolve(first, zone=ZoneInfo("Asia/Shanghai")),
    ]
    assert len({digest(policy_set(one, [])) for one in (first, *others)}) == len(others) + 1
    said = policy_set(first, ["acme 1"]).decode()
    assert all(one in said for one in ("12.50", "1/2", "acme 1"))
    assert "a.toml" not in said


@given(st.permutations(["acme 1", "care 2", "tiers"]), st.permutations(sorted(OWN.items())))
def test_digest_knows_no_order(plugins: list[str], settings: list[tuple[str, str]]) -> None:
    """The order of plugins and settings does not tell policy sets apart."""
    assert policy_set(dict(settings), plugins) == policy_set(OWN, ["care 2", "tiers", "acme 1"])


def test_digest_tells_policy_sets_apart() -> None:
    """Another setting, plugin or version of one is another policy set."""
    sets: list[tuple[Mapping[str, object], list[str]]] = [
        ({}, []),
        ({"limit": timedelta(days=2)}, []),
        ({"limit": timedelta(days=3)}, []),
        ({}, ["acme 1"]),
        ({}, ["acme 2"]),
    ]
    assert len({digest(policy_set(*one)) for one in sets}) == len(sets)


def test_a_secret_is_read_from_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a variable or a file; nothing around it counts."""
    monkeypatch.setenv("MILL_SECRET", " s3cret\n")
    (tmp_path / "key").write_text("grün\n", encoding="utf-8")
    assert secret_at("env:MILL_SECRET") == "s3cret"
    assert secret_at(f"file:{tmp_path / 'key'}") == "grün"


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("s3cret", "it is written where the secret is: 'env:NAME' or 'file:PATH'"),
        ("env:", "it is written where the secret is"),
        (None, "it is written where the secret is"),
        ("env:NO_SUCH_SECRET", "there is no variable NO_SUCH_SECRET"),
        ("file:no.such.file", "the file no.such.file cannot be read"),
    ],
)
def test_a_secret_that_is_not_there_says_where_it_was_looked_for(place: object, fault: str) -> None:
    """What was written instead of a place is not repeated: it may be the secret."""
    with pytest.raises(ValueError, match=fault) as told:
        secret_at(place)
    assert "s3cret" not in str(told.value)


def found(*rows: Mapping[str, object], **settings: object) -> Loaded:
    """Return what is found in a company's own rows and settings."""
    return examine((NOTES,), [LEAD], None, Overlay(settings, {"notes": rows}))


def test_the_same_rules_are_read_once() -> None:
    """Whoever asks: what is written counts, not the object it is written in."""
    row = {"name": "a", "text": "ours"}
    first = found(row)
    assert found(dict(row)) is first
    row["text"] = "theirs"
    assert found(row).tables.of("notes", Note)[0].text == "theirs"
    row["text"] = "ours"
    assert found(row) is first


def test_what_is_almost_the_same_is_read_anew() -> None:
    """`1`, `1.0` and `True` are three; rows in another order, another machine, another table."""
    a, b = {"name": "a", "text": "x"}, {"name": "b", "text": "y"}
    assert [row.name for row in found(a, b).tables.of("notes", Note)] == ["a", "b"]
    assert [row.name for row in found(b, a).tables.of("notes", Note)] == ["b", "a"]
    texts = [{**a, "text": text} for text in (1, 1.0, True, "1")]
    told = [found(one) for one in texts]
    assert [len(one.faults) for one in told] == [1, 1, 1, 0]
    assert len({id(one) for one in told}) == len(texts)
    assert found(a, tea=1) is not found(a)
    own = Overlay({}, {"notes": [a]})
    machines = examine((NOTES,), [], None, own)
    assert machines is not examine((NOTES,), [LEAD], None, own)
    assert examine((NOTES,), [LEAD], None, own, thorough=False) is not found(a)
    strict = attrs.evolve(NOTES, check=lambda _rows, _tables, _machines: [Fault("$", "x", "y")])
    assert examine((strict,), [LEAD], None, own).faults
    assert not found(a).faults
