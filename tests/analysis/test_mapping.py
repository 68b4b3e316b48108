import re
from collections import abc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.analysis.mapping import Column, Mapping, strangers
from crmflow.analysis.mapping_file import load_mapping, mapping_from
from crmflow.core.errors import ConfigurationError

SMALL = {"case": "id", "state": "stage", "time": "at"}
EXAMPLES = Path(__file__).parents[2] / "examples"


def faults_of(entries: abc.Mapping[str, object]) -> tuple[str, ...]:
    """Return every fault of a mapping that must have some."""
    with pytest.raises(ConfigurationError) as caught:
        mapping_from(entries, "map.toml")
    assert "map.toml" in str(caught.value)
    return caught.value.faults


@pytest.mark.parametrize("name", ["servicenow", "travel", "maven"])
def test_examples_load(name: str) -> None:
    """The mappings that are shipped as examples have no fault."""
    assert load_mapping(EXAMPLES / name / "mapping.toml").states


def test_a_small_mapping_gets_defaults() -> None:
    """Three columns are a mapping: a state log in file order, neighbours merged."""
    mapping = mapping_from(SMALL, "map.toml")
    assert mapping == Mapping(case="id", label="stage", time=("at",))
    assert mapping.named_columns() == ("id", "stage", "at")


def test_everything_can_be_said() -> None:
    """Each key reaches the value it stands for."""
    mapping = mapping_from(
        {
            "kind": "event",
            "case": "id",
            "event": "what",
            "time": ["a", "b"],
            "time_formats": ["%d/%m/%Y"],
            "zone": "Europe/Amsterdam",
            "actor": "who",
            "missing": ["?", "-"],
            "order": "time",
            "merge_equal_neighbours": True,
            "machine": "deal",
            "format": "csv",
            "encoding": "gb18030",
            "delimiter": ";",
            "duplicates": "number",
            "fields": ["id", "what"],
            "events": {"Go *": "gone"},
            "columns": {
                "paid": {"type": "money", "currency": "EUR", "values": {"none": "0"}},
                "on": {"column": "day", "type": "date", "format": "%d.%m.%Y"},
                "at": {"type": "instant", "zone": "Asia/Shanghai", "format": ["%H"]},
                "tags": {"type": "texts", "separator": ";"},
            },
            "import": {"merge_equal_neighbours": True},
        },
        "map.toml",
    )
    assert (mapping.kind, mapping.label, mapping.order) == ("event", "what", "time")
    assert str(mapping.zone) == "Europe/Amsterdam"
    assert mapping.missing == {"?", "-"}
    assert (mapping.encoding, mapping.delimiter, mapping.duplicates) == ("gb18030", ";", "number")
    assert mapping.named_columns() == ("id", "what", "a", "b", "who", "paid", "day", "at", "tags")
    paid, on, at, tags = mapping.columns
    assert (tags.separator, mapping.journal_merged) == (";", True)
    assert (paid.currency, paid.values) == ("EUR", {"none": "0"})
    assert (on.column, on.formats) == ("day", ("%d.%m.%Y",))
    assert (str(at.zone), at.formats) == ("Asia/Shanghai", ("%H",))


def test_a_snapshot_may_be_added_up() -> None:
    """What an import adds up, and why it adopts, is the mapping's business."""
    entries: dict[str, object] = {
        "kind": "snapshot",
        "case": "id",
        "state": "stage",
        "columns": {"value": {"type": "integer"}, "note": {}},
        "import": {"reason": "moved house"},
        "report": {"sums": "value"},
    }
    mapping = mapping_from(entries, "map.toml")
    assert (mapping.sums, mapping.reason) == (("value",), "moved house")
    faults = faults_of(
        {
            **entries,
            "import": {"merge_equal_neighbours": True, "why": "x"},
            "report": {"sums": ["note", "valu"], "total": 1},
        }
    )
    assert faults == (
        "$.import.why: unknown key. Known: 'merge_equal_neighbours', 'reason'.",
        "$.import.merge_equal_neighbours: not used with kind 'snapshot'; leave it out",
        "$.report.total: unknown key. Known: 'sums'.",
        ("$.report.sums: 'note' is no column of type money, decimal, integer. Known: 'value'."),
        (
            "$.report.sums: 'valu' is no column of type money, decimal, integer. "
            "Did you mean 'value'?"
        ),
    )


def test_a_history_is_not_added_up() -> None:
    """Sums are of snapshots, and nothing of a history is adopted."""
    faults = faults_of({**SMALL, "import": {"reason": "x"}, "report": {"sums": []}})
    assert faults == ("$.import.reason: not used with kind 'state'; leave it out",)
    assert faults_of({**SMALL, "report": {"sums": "x"}}) == (
        "$.report.sums: not used with kind 'state'; leave it out",
        "$.report.sums: 'x' is no column of type money, decimal, integer. None is known.",
    )


def test_xes_has_standard_columns() -> None:
    """An XES log names its attributes by the standard, so a mapping need not."""
    mapping = mapping_from({"format": "xes", "kind": "event"}, "map.toml")
    assert mapping.case == ("case:concept:name",)
    assert (mapping.label, mapping.time) == ("concept:name", ("time:timestamp",))
    assert mapping.actor == "org:resource"


def test_several_columns_may_name_a_case() -> None:
    """One column or a list of them; each is read and each has a name."""
    assert mapping_from(SMALL, "map.toml").case == ("id",)
    mapping = mapping_from({**SMALL, "case": ["id", "line"]}, "map.toml")
    assert mapping.case == ("id", "line")
    assert mapping.named_columns() == ("id", "line", "stage", "at")
    for wrong in ([], ["id", ""]):
        found = faults_of({**SMALL, "case": wrong})
        assert found == (f"$.case: expected names of columns, got {wrong!r}",)
    assert faults_of({**SMALL, "case": ["id", 7]}) == (
        "$.case: expected a text or a list of texts, got ['id', 7]",
    )


def test_all_faults_come_at_once() -> None:
    """One error names every fault with its path and what would be right."""
    faults = faults_of(
        {
            "state": 5,
            "time": 7,
            "kind": "snapshoot",
            "zone": "Mars/Base",
            "tiem": "x",
            "columns": {"amount": {"type": "mony"}, "paid": {"type": "money"}, "x": 3},
        }
    )
    assert faults == (
        "$.tiem: unknown key. Did you mean 'time'?",
        (
            "$.kind: 'snapshoot' is unknown; expected one of 'state', 'event', 'snapshot'. "
            "Did you mean 'snapshot'?"
        ),
        "$.zone: 'Mars/Base' is no time zone; expected a name such as 'Europe/Berlin'",
        "$.case: missing; expected a text such as 'the name of a column'",
        "$.state: expected a text that is not empty, got 5",
        "$.time: expected a text or a list of texts, got 7",
        (
            "$.columns.amount.type: 'mony' is unknown; expected one of 'text', 'texts', "
            "'integer', 'decimal', 'boolean', 'money', 'date', 'instant'. Did you mean 'money'?"
        ),
        "$.columns.paid.currency: missing; expected a text such as 'CNY'",
        "$.columns.x: expected a table, got 3",
    )


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ({"kind": "event"}, "$.state: not used with kind 'event'; expected 'event'"),
        ({"events": {}}, "$.events: not used with kind 'state'; expected 'states'"),
        ({"states": {"a b": ""}}, "$.states.\"a b\": expected a text that is not empty, got ''"),
        ({"states": "a"}, "$.states: expected a table, got 'a'"),
        ({"columns": "a"}, "$.columns: expected a table, got 'a'"),
        ({"kind": "snapshot", "order": "time"}, "$.order: a snapshot has no order"),
        ({"kind": 3}, "$.kind: 3 is unknown; expected one of"),
        ({"merge_equal_neighbours": "yes"}, "expected true or false, got 'yes'"),
        ({"time_formats": "%H:%M"}, "$.zone: missing, and '%H:%M' has no offset"),
        ({"time_formats": "iso", "zone": "UTC"}, "$.time_formats: 'iso' is no strptime format"),
        ({"zone": "../etc/passwd"}, "$.zone: '../etc/passwd' is no time zone"),
        ({"format": "xes", "delimiter": ";"}, "$.delimiter: not used with format 'xes'"),
        ({"delimiter": "||"}, "$.delimiter: '||' cannot separate"),
        ({"delimiter": '"'}, "cannot separate"),
        ({"fields": ["a", "a"]}, "$.fields: a name stands twice"),
        ({"encoding": "utf-9"}, "$.encoding: 'utf-9' is no text encoding"),
        ({"encoding": "base64"}, "$.encoding: 'base64' is no text encoding"),
        ({"columns": {"a": {"currency": "EUR"}}}, "$.columns.a.currency: not used with type"),
        ({"columns": {"a": {"type": "money", "currency": "euro"}}}, "ISO 4217"),
    ],
)
def test_each_fault_says_what_is_right(entries: dict[str, object], fault: str) -> None:
    """A wrong value is named with its path."""
    assert any(fault in found for found in faults_of({**SMALL, **entries}))


def test_time_is_needed_but_in_a_snapshot() -> None:
    """A snapshot may have no time, other logs may not."""
    entries = {"case": "id", "state": "stage"}
    assert faults_of(entries) == (
        "$.time: missing; expected the name of a column, or a list of them",
    )
    assert mapping_from({**entries, "kind": "snapshot"}, "map.toml").time == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"case = ", "is no TOML"), (b"case = '\xff'", "is not UTF-8"), (None, "cannot be read")],
)
def test_unreadable_files_say_why(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """A mapping file that is no TOML at all is named with the reason."""
    path = tmp_path / "map.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=reason):
        load_mapping(path)


def test_exact_labels_beat_wildcards_and_long_ones_short_ones() -> None:
    """A label finds the most particular of the states it could stand for."""
    states = {"* by *": "any", "NO by *": "refused", "NO by ME": "withdrawn", "a.c": "dot"}
    find = Mapping(case="", label="", states=states).state_finder()
    assert [find(label) for label in ("NO by ME", "NO by X", "OK by X", "abc", "NO by ")] == [
        *("withdrawn", "refused", "any", None, "refused")
    ]


@given(st.text("ab*", min_size=1, max_size=6), st.text("ab", max_size=8))
def test_wildcards_match_as_a_regular_expression_would(pattern: str, label: str) -> None:
    """Finding the parts one after the other never misses a match, nor makes one up."""
    find = Mapping(case="", label="", states={pattern: "x"}).state_finder()
    regex = ".*".join(map(re.escape, pattern.split("*")))
    assert (find(label) == "x") is bool(re.fullmatch(regex, label))


@given(st.text())
def test_without_states_labels_are_states(label: str) -> None:
    """A log that speaks the machine's language needs no table."""
    assert Mapping(case="", label="").state_finder()(label) == label


@given(st.lists(st.text(max_size=3), min_size=1, max_size=4).map("*".join), st.text(max_size=3))
def test_a_wildcard_stands_for_any_text(pattern: str, text: str) -> None:
    """Whatever stands where the star is, the label is found."""
    find = Mapping(case="", label="", states={pattern: "x"}).state_finder()
    assert find(pattern.replace("*", text)) == "x"


def test_strangers_are_named() -> None:
    """States and facts the machine does not have are told with the nearest it has."""
    mapping = Mapping(
        case="", label="", states={"Won": "wonn"}, columns=(Column(field="valu", column="v"),)
    )
    assert strangers(mapping, states=["won", "lost"], fields=["value"]) == (
        "$.states.\"Won\": 'wonn' is no state of the machine. Did you mean 'won'?",
        "$.columns.valu: the machine has no such fact. Did you mean 'value'?",
    )
    assert strangers(mapping, states=["wonn"], fields=["valu"]) == ()
