import csv
import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.analysis.eventlog import LogReadError, LogRow, RowFault, read_log
from crmflow.analysis.log_csv import csv_rows
from crmflow.analysis.log_file import longest_record
from crmflow.analysis.mapping_file import mapping_from

SMALL = {"case": "id", "state": "stage", "time": "at", "zone": "UTC"}
HEADER = "id,stage,at\n"


def rows_of(
    folder: Path, content: str | bytes, name: str = "log.csv", /, **entries: object
) -> list[LogRow]:
    """Write a log and read it with the small mapping plus *entries*."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_log(path, mapping_from({**SMALL, **entries}, "map.toml")))


def error_of(folder: Path, content: str | bytes, **entries: object) -> LogReadError:
    """Read a log that cannot be read."""
    with pytest.raises(LogReadError) as caught:
        rows_of(folder, content, **entries)
    assert "log.csv" in str(caught.value)
    return caught.value


def test_a_row_is_understood(tmp_path: Path) -> None:
    """Case, state, instant, actor, facts and the texts as written are there."""
    [row] = rows_of(
        tmp_path,
        "id,stage,at,who,qty,note\nC1,Open,5/3/2016 12:00,?,12,-\n",
        time_formats="%d/%m/%Y %H:%M",
        zone="Europe/Amsterdam",
        actor="who",
        missing=["?", "-"],
        states={"Open": "received"},
        columns={"qty": {"type": "integer"}, "note": {}},
    )
    assert row == LogRow(
        line=2,
        case="C1",
        label="Open",
        state="received",
        at=datetime(2016, 3, 5, 11, tzinfo=UTC),
        actor=None,
        values={"qty": 12},
        raw={
            "id": "C1",
            "stage": "Open",
            "at": "5/3/2016 12:00",
            "who": "?",
            "qty": "12",
            "note": "-",
        },
    )


def test_values_are_renamed_before_they_are_read(tmp_path: Path) -> None:
    """A spelling the log has is read as the one that is right."""
    columns = {"product": {"column": "what", "values": {"GTXPro": "GTX Pro"}}}
    rows = rows_of(
        tmp_path,
        "id,stage,at,what\na,b,2026-01-01,GTXPro\na,b,2026-01-01,MG\n",
        columns=columns,
        actor="what",
    )
    assert [row.values["product"] for row in rows] == ["GTX Pro", "MG"]
    assert [row.actor for row in rows] == ["GTXPro", "MG"]


def test_several_columns_name_a_case(tmp_path: Path) -> None:
    """Their texts are joined, and one that holds the joint could be another case's."""
    content = "id,line,stage,at\na,1,x,2026-01-01\na/1,2,x,2026-01-01\na,,x,2026-01-01\n"
    path = tmp_path / "log.csv"
    path.write_text(content)
    faults: list[RowFault] = []
    mapping = mapping_from({**SMALL, "case": ["id", "line"]}, "map.toml")
    assert [row.case for row in read_log(path, mapping, aside=faults.append)] == ["a/1"]
    assert [(fault.line, *map(str, fault.cells)) for fault in faults] == [
        (3, "column 'id': 'a/1' holds '/', which joins the columns of a case"),
        (4, "column 'line': '' has no value; expected one in every row"),
    ]


def test_unmapped_labels_have_no_state(tmp_path: Path) -> None:
    """A label nobody mapped is kept, and is no fault."""
    [row] = rows_of(tmp_path, HEADER + "a,Odd,2026-01-01\n", states={})
    assert (row.label, row.state) == ("Odd", None)


def test_the_first_time_that_is_there_counts(tmp_path: Path) -> None:
    """Several columns may hold the time; a snapshot may have none."""
    content = "id,stage,closed,opened\na,x,2026-01-02,2026-01-01\nb,x,,2026-01-01\nc,x,,\n"
    rows = rows_of(tmp_path, content, kind="snapshot", time=["closed", "opened"])
    assert [row.at and row.at.day for row in rows] == [2, 1, None]


def test_gzip_byte_order_mark_blank_lines_and_crlf_are_no_matter(tmp_path: Path) -> None:
    """What a program adds around the rows does not change them."""
    content = b"\xef\xbb\xbf id ,stage,at\r\n\r\na,b,2026-01-01\r\n"
    plain = rows_of(tmp_path, content)
    assert plain == rows_of(tmp_path, gzip.compress(content), "log.csv.gz")
    assert [(row.line, row.case) for row in plain] == [(3, "a")]


@pytest.mark.parametrize(
    ("name", "entries", "separator"),
    [("log.tsv", {}, "\t"), ("log.txt", {"delimiter": "|"}, "|"), ("l", {"format": "csv"}, ",")],
)
def test_name_and_mapping_tell_the_form(
    tmp_path: Path, name: str, entries: dict[str, object], separator: str
) -> None:
    """The delimiter comes from the mapping, else from the name."""
    content = (HEADER + "a,b,2026-01-01\n").replace(",", separator)
    assert rows_of(tmp_path, content, name, **entries)[0].case == "a"


def test_a_name_that_tells_nothing_is_an_error(tmp_path: Path) -> None:
    """The format is not guessed from the content."""
    with pytest.raises(LogReadError, match="set `format` in the mapping"):
        rows_of(tmp_path, HEADER, "log")


def test_other_encodings_are_read(tmp_path: Path) -> None:
    """A Chinese export is read when the mapping names its encoding."""
    content = (HEADER + "客户,成交,2026-01-01\n").encode("gb18030")
    assert rows_of(tmp_path, content, encoding="gb18030")[0].label == "成交"
    error = error_of(tmp_path, content)
    assert error.line == 2
    assert "byte 0xbf is no utf-8 text; set `encoding`" in str(error)


def test_a_bad_byte_far_inside_is_found(tmp_path: Path) -> None:
    """The line of the byte is exact, whatever was read ahead."""
    content = HEADER.encode() + b"a,b,2026-01-01\n" * 5000 + b"a,\xff,2026-01-01\n"
    assert error_of(tmp_path, content).line == 5002
    assert "no utf-16" in str(error_of(tmp_path, b"abc", encoding="utf-16"))


def test_a_file_without_header_takes_names_from_the_mapping(tmp_path: Path) -> None:
    """Names in the mapping mean that the first line is a row."""
    [row] = rows_of(tmp_path, "a,b,2026-01-01\n", fields=["id", "stage", "at"])
    assert (row.line, row.case) == (1, "a")


def test_columns_that_are_not_there_are_named_at_once(tmp_path: Path) -> None:
    """The error tells every missing column with the nearest that exists."""
    error = error_of(tmp_path, "ID,stage,time\n", actor="stag")
    assert error.faults == (
        "the log has no column 'id'. Known: 'ID', 'stage', 'time'.",
        "the log has no column 'at'. Known: 'ID', 'stage', 'time'.",
        "the log has no column 'stag'. Did you mean 'stage'?",
    )
    assert str(error).count("\n  - ") == 3


def test_duplicate_columns_are_an_error_unless_said(tmp_path: Path) -> None:
    """The first may count, or later ones get numbers that are free."""
    content = "id,stage,at,note,note,note,note_2,,\na,b,2026-01-01,p,q,r,s,t,u\n"
    assert "'note' stands twice" in str(error_of(tmp_path, content))
    [row] = rows_of(tmp_path, content, duplicates="first")
    assert (row.raw["note"], len(row.raw)) == ("p", 7)
    [row] = rows_of(tmp_path, content, duplicates="number")
    assert list(row.raw.items())[3:] == [
        *(("note", "p"), ("note_3", "q"), ("note_4", "r"), ("note_2", "s")),
        *(("column_8", "t"), ("column_9", "u")),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        (gzip.compress(b"", mtime=0), "the header is missing"),
        ("\n\n", "the header is missing"),
        ('"id"x,stage,at\n', "the header cannot be split"),
        (HEADER + 'a,"b,2026-01-01\n', "cannot be split into cells: unexpected end"),
        (HEADER + '"a\n"b,c\nd,e,f\n', "cannot be split into cells"),
        (HEADER + "a" * (longest_record + 1), "line 2: the record has more than 1,048,576"),
        (HEADER + ('"' + "a\n" * 5000 + '",') * 200, "the record has more than 1,048,576"),
        (gzip.compress(HEADER.encode() + b"a,b,2026-01-01\n" * 5000, mtime=0)[:-9], "ends early"),
        (gzip.compress(HEADER.encode(), mtime=0)[:-8] + b"12345678", "is damaged"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 40, "is damaged"),
    ],
)
def test_a_broken_file_says_how(tmp_path: Path, content: str | bytes, reason: str) -> None:
    """What ends the reading is named with file and place."""
    assert reason in str(error_of(tmp_path, content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The operating system's reason is in the error."""
    with pytest.raises(LogReadError, match=r"none\.csv: cannot be opened: No such file"):
        list(read_log(tmp_path / "none.csv", mapping_from(SMALL, "map.toml")))


def test_a_faulty_row_stops_the_reading(tmp_path: Path) -> None:
    """Everything that is wrong with the row is told."""
    error = error_of(tmp_path, HEADER + ",b,noon\n", columns={"stage": {"type": "integer"}})
    assert (error.line, len(error.faults)) == (2, 3)
    assert "column 'id': '' has no value" in error.faults[0]
    assert "'noon' is no ISO 8601 time" in error.faults[1]
    assert "column 'stage': 'b' is no integer" in error.faults[2]


def test_faulty_rows_can_be_set_aside(tmp_path: Path) -> None:
    """Each such row reaches whoever keeps it; the others are read."""
    path = tmp_path / "log.csv"
    path.write_text(HEADER + 'a,b\na,"b"c,d\na,b,\nx,y,2026-01-01\na,b,c,d\n')
    faults: list[RowFault] = []
    rows = list(read_log(path, mapping_from(SMALL, "map.toml"), aside=faults.append))
    assert [row.line for row in rows] == [5]
    assert [fault.line for fault in faults] == [2, 3, 4, 6]
    assert faults[0].to_dict() == {
        "file": str(path),
        "line": 2,
        "faults": [
            {"column": "", "value": "a,b", "reason": "has 2 cells; expected 3, as the header"}
        ],
        "row": {"id": "a", "stage": "b"},
    }
    assert 'a,"b"c,d' in str(faults[1])
    assert faults[2].raw == {"id": "a", "stage": "b", "at": ""}


@given(
    st.lists(st.tuples(*[st.text(st.characters(codec="utf-8"))] * 3), max_size=6),
    st.sampled_from(",;|\tx"),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_text_survives(rows: list[tuple[str, str, str]], delimiter: str, end: str) -> None:
    """Delimiters, quotes and line ends inside a cell come back as they were."""
    names = ("id", "stage", "note")
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([names, *rows])
    entries = {**SMALL, "kind": "snapshot", "time": [], "delimiter": delimiter}
    mapping = mapping_from({**entries, "columns": {"note": {}}}, "map.toml")
    read = list(csv_rows(Path("log"), io.BytesIO(text.getvalue().encode()), mapping))
    assert [tuple(row.raw.values()) for row in read] == rows
    for row, (case, label, note) in zip(read, rows, strict=True):
        if isinstance(row, LogRow):
            assert (row.case, row.label, row.values.get("note", note)) == (case, label, note)
        else:
            assert not (case.strip() and label.strip())


@given(st.binary(max_size=200), st.sampled_from(["utf-8", "utf-16", "gb18030", "ascii"]))
def test_any_bytes_are_rows_or_an_error(content: bytes, encoding: str) -> None:
    """Whatever the file holds, nothing but the reader's own error comes out."""
    mapping = mapping_from({**SMALL, "encoding": encoding, "fields": ["id", "stage", "at"]}, "m")
    stream = io.BytesIO(content)
    try:
        found = list(csv_rows(Path("log"), stream, mapping))
    except LogReadError:
        return
    assert all(row.line >= 1 for row in found)
