import gzip
import io
import sys
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.analysis.eventlog import LogReadError, LogRow, read_log
from crmflow.analysis.log_xes import largest_event, xes_rows
from crmflow.analysis.mapping import Mapping
from crmflow.analysis.mapping_file import mapping_from

XES = mapping_from({"format": "xes", "kind": "event"}, "map.toml")
EVENT = (
    '<event><string key="concept:name" value="go"/>'
    '<date key="time:timestamp" value="2026-03-05T12:00:00.000+01:00"/></event>'
)
TRACE = f'<trace><string key="concept:name" value="C1"/>{EVENT}</trace>'


def rows_of(text: str | bytes, mapping: Mapping = XES) -> list[LogRow]:
    """Read a log whose rows are all understood."""
    content = text.encode() if isinstance(text, str) else text
    rows = []
    for row in xes_rows(Path("log.xes"), io.BytesIO(content), mapping):
        assert isinstance(row, LogRow), row
        rows.append(row)
    return rows


@pytest.mark.parametrize(
    "log",
    [
        f"<log>{TRACE}</log>",
        f'<log xmlns="http://www.xes-standard.org/">{TRACE}</log>',
        f'<x:log xmlns:x="urn:x">{TRACE.replace("<", "<x:").replace("<x:/", "</x:")}</x:log>',
    ],
)
def test_namespaces_are_no_matter(log: str) -> None:
    """A log is read with a namespace, with a prefix and with neither."""
    [row] = rows_of(log)
    assert (row.case, row.label, row.state, row.actor) == ("C1", "go", "go", None)
    assert row.at is not None
    assert row.at.isoformat() == "2026-03-05T11:00:00+00:00"


def test_globals_and_extensions_describe_and_nested_attributes_do_not_shadow() -> None:
    """Only a trace's and an event's own attributes count; nested ones bear a path."""
    nested = (
        '<string key="concept:name" value="go"><string key="concept:name" value="deep"/></string>'
        '<list key="l"><values><int key="a" value="1"/></values></list>'
    )
    log = (
        '<log><extension name="x"/><global scope="event"><string key="concept:name" value="G"/>'
        f'</global><string key="n" value="log"/><trace><string key="concept:name" value="C1"/>'
        f"{EVENT.replace('<date', nested + '<date')}</trace></log>"
    )
    [row] = rows_of(log)
    assert dict(row.raw) == {
        "case:concept:name": "C1",
        "concept:name": "go",
        "concept:name/concept:name": "deep",
        "l/a": "1",
        "time:timestamp": "2026-03-05T12:00:00.000+01:00",
    }


def test_traces_do_not_leak_into_each_other() -> None:
    """An event without a trace of its own has no case."""
    content = f"<log>\n{TRACE}\n{EVENT}\n</log>".encode()
    first, second = xes_rows(Path("log.xes"), io.BytesIO(content), XES)
    assert first.line == 2
    assert str(second) == (
        "log.xes, line 3: column 'case:concept:name': '' has no value; expected one in every "
        "row. Did you mean 'concept:name'?"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"<log>{TRACE}", "line 1: malformed XML at column"),
        (f"<log>\n{TRACE[:-3]}</log>", "line 2: malformed XML"),
        ("<logg/>", "the root element is <logg>; expected an XES <log>"),
        ("<log>" + "<a>" * 70, "nested more than 64 deep"),
        ('<!DOCTYPE log [<!ENTITY a "b">]><log/>', "unsafe XML is not read"),
        (b"<log>\xff</log>", "malformed XML"),
        ('<?xml version="1.0" encoding="gb18030"?><log/>', "convert the log to UTF-8"),
        ('<?xml version="1.0" encoding="martian"?><log/>', "encoding"),
        (f"<log>{' ' * (largest_event + (1 << 17))}", "one event has more than 16,777,216 bytes"),
    ],
)
def test_what_is_no_safe_xes_is_refused(content: str | bytes, reason: str) -> None:
    """The error names the line and what is wrong."""
    with pytest.raises(LogReadError, match=reason):
        rows_of(content)


def test_gzip_is_read_and_a_cut_off_one_is_told(tmp_path: Path) -> None:
    """A compressed log is read as it stands; a damaged one is no silent end."""
    path = tmp_path / "log.xes.gz"
    packed = gzip.compress(f"<log>{TRACE * 3000}</log>".encode())
    path.write_bytes(packed)
    guessed = mapping_from(
        {"case": "case:concept:name", "state": "concept:name", "time": "time:timestamp"}, "map.toml"
    )
    assert len(list(read_log(path, guessed))) == 3000
    path.write_bytes(packed[:-20])
    with pytest.raises(LogReadError, match="the compressed file ends early; fetch it again"):
        list(read_log(path, XES))


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package, the error says what to install."""
    monkeypatch.setitem(sys.modules, "defusedxml.expatreader", None)
    with pytest.raises(ImportError, match=r"pip install 'crmflow\[log\]'"):
        rows_of("<log/>")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1)))
def test_any_text_survives(labels: list[str]) -> None:
    """Markup inside a label comes back as it was."""
    mapping = Mapping(case="case:c", label="l", kind="snapshot")
    events = "".join(f'<event><string key="l" value={quoteattr(text)}/></event>' for text in labels)
    log = f'<log><trace><id key="c" value="1"/>{events}</trace></log>'
    read = list(xes_rows(Path("log.xes"), io.BytesIO(log.encode()), mapping))
    assert [row.raw["l"] for row in read] == labels


@given(
    st.lists(
        st.sampled_from(
            ["<log>", "</log>", TRACE, EVENT, "<trace>", "</trace>", "<a", "&x;", "\n"]
        ),
        max_size=8,
    )
)
def test_any_markup_is_rows_or_an_error(parts: list[str]) -> None:
    """Whatever the document holds, nothing but the reader's own error comes out."""
    stream = io.BytesIO("".join(parts).encode())
    try:
        found = list(xes_rows(Path("log"), stream, XES))
    except LogReadError:
        return
    assert all(row.line >= 1 for row in found)
