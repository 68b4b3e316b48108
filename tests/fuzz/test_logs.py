"""Event logs after mishaps: rows are read, set aside with a reason, or the log is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

from crmflow.analysis.eventlog import LogReadError, RowFault, read_log
from crmflow.analysis.mapping_file import mapping_from
from tests.fuzz.hostile import mangled
from tests.fuzz.passes import bounded, fuzzed, told_clearly

CSV = """\
number,status,updated,amount,tags,who
C-1,New,01/03/2026 09:00,12.50,a;b,ann
C-1,"Awaiting
Info",02/03/2026 09:00,?,,bob
C-2,New,29/03/2026 02:30,"1,000",客户,
""".encode()

XES = b"""\
<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0">
  <trace>
    <string key="concept:name" value="C-1"/>
    <event>
      <string key="concept:name" value="New"/>
      <date key="time:timestamp" value="2026-03-01T09:00:00+08:00"/>
      <float key="amount" value="12.5"><string key="unit" value="CNY"/></float>
    </event>
    <event><string key="concept:name" value="Done &amp; gone"/></event>
  </trace>
</log>
"""

BOMB = b"""\
<?xml version="1.0"?>
<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<log><trace><event><string key="concept:name" value="&b;"/></event></trace></log>
"""

TABLE = {
    "case": "number",
    "state": "status",
    "time": "updated",
    "time_formats": ["%d/%m/%Y %H:%M"],
    "zone": "Europe/Berlin",
    "actor": "who",
    "missing": ["?", ""],
    "columns": {
        "amount": {"column": "amount", "type": "money", "currency": "CNY"},
        "tags": {"column": "tags", "type": "texts", "separator": ";"},
    },
}

EVENTS = {
    "format": "xes",
    "kind": "event",
    "zone": "UTC",
    "columns": {"amount": {"type": "decimal"}},
}


@st.composite
def logs(draw: st.DrawFn) -> tuple[str, dict[str, object], bytes]:
    """Draw the name of a log, its mapping and its bytes."""
    name, mapping, raw = draw(
        st.sampled_from(
            (("log.csv", TABLE, CSV), ("log.xes", EVENTS, XES), ("log.xes", EVENTS, BOMB))
        )
    )
    encoding = draw(st.sampled_from(("utf-8", "utf-8-sig", "gb18030", "utf-16")))
    more = {"encoding": encoding} if name == "log.csv" else {}
    order = draw(st.sampled_from(("file", "time")))
    return name, {**mapping, **more, "order": order}, draw(st.just(raw) | mangled(raw))


@fuzzed(short=60, long=600, log=logs())
def test_logs_are_read_or_named(log: tuple[str, dict[str, object], bytes], tmp_path: Path) -> None:
    """A row is understood or set aside with its reasons; a log that cannot be read is named."""
    name, entries, raw = log
    file, aside = tmp_path / name, list[RowFault]()
    file.write_bytes(raw)
    mapping = mapping_from(entries, "map.toml")
    with told_clearly(name):
        for row in read_log(file, mapping, aside=aside.append):
            assert row.at is None or row.at.tzinfo is not None
    assert all(one.cells and str(one).strip() for one in aside)


def test_entities_of_xml_are_never_read(tmp_path: Path) -> None:
    """A log that declares entities is refused before one is put in."""
    file = tmp_path / "log.xes"
    file.write_bytes(BOMB)
    with bounded(), pytest.raises(LogReadError, match="unsafe XML"):
        list(read_log(file, mapping_from(EVENTS, "map.toml")))
