import json
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crmflow.analysis.aside import AsideFile
from crmflow.analysis.importing import import_log
from crmflow.analysis.log_row import LogReadError
from crmflow.core.actor import Actor
from crmflow.core.errors import ConfigurationError, ConflictError, RefusedError, UnknownEntityError
from crmflow.core.journal import Entry
from crmflow.storage.commit import Commit, Outcome, VersionConflict
from crmflow.storage.memory import MemoryStore
from tests.analysis.parcels import (
    ADMIN,
    HISTORY,
    NOW,
    SNAPSHOT,
    SNAPSHOT_HEADER,
    brought,
    engine,
    log_of,
    mapped,
)

LIFE = (
    "A,P,2026-01-01,clerk-1,Berlin,small,,",
    "B,P,2026-01-01,clerk-2,Paris,,,",
    "A,S,2026-01-03,,Berlin,small,,",
    "A,D,2026-01-02,carrier,Berlin,small,,",
)


def test_a_history_becomes_observations(tmp_path: Path) -> None:
    """Every row is journaled with the log's own label, instant, actor and facts."""
    crm = engine()
    report, aside = brought(crm, log_of(tmp_path, LIFE))
    assert (report.observations, report.entities, report.created, aside) == (4, 2, 2, [])
    assert report.states == {"packed": 1, "delivered": 1}
    records = list(crm.journal(("parcel", "A")))
    forms: list[Any] = [record.event.form for record in records]
    assert [record.entry for record in records] == [Entry.OBSERVATION] * 3
    assert [(form.label, form.state, form.seen_at.day) for form in forms] == [
        ("P", "packed", 1),
        ("S", "sent", 3),
        ("D", "delivered", 2),
    ]
    assert [record.event.actor.id for record in records] == ["clerk-1", "unknown", "carrier"]
    assert crm.get(("parcel", "A")).facts.receiver == "Berlin"


def test_importing_again_changes_nothing(tmp_path: Path) -> None:
    """The second time every row is known, and the journals stay as they were."""
    crm, path = engine(), log_of(tmp_path, LIFE)
    first, _ = brought(crm, path)
    before = [list(crm.journal(("parcel", case))) for case in "AB"]
    again, aside = brought(crm, path)
    assert (again.unchanged, again.observations, again.created, aside) == (4, 0, 0, [])
    assert (again.entities, again.states) == (first.entities, first.states)
    assert [list(crm.journal(("parcel", case))) for case in "AB"] == before


def test_a_log_that_has_grown_adds_its_new_rows(tmp_path: Path) -> None:
    """Rows beyond those known are journaled, and equal rows count as often as they stand."""
    crm = engine()
    brought(crm, log_of(tmp_path, LIFE[:2]))
    grown = (*LIFE[:2], LIFE[1], "B,S,2026-01-05,clerk-2,Paris,,,")
    report, _ = brought(crm, log_of(tmp_path, grown))
    assert (report.unchanged, report.observations, report.created) == (2, 2, 0)
    assert crm.get(("parcel", "B")).version == 3


def test_a_row_that_changed_is_set_aside(tmp_path: Path) -> None:
    """What is journaled is never changed by another file: the row is told, not written."""
    crm = engine()
    brought(crm, log_of(tmp_path, LIFE))
    changed = LIFE[0].replace("Berlin", "Bern")
    report, aside = brought(crm, log_of(tmp_path, (changed, *LIFE[1:])))
    assert "differs from what the journal has" in str(aside[0])
    # The journal's first row has no match, so neither have those after it.
    assert [fault.line for fault in aside] == [2, 4, 5]
    assert (report.unchanged, crm.get(("parcel", "A")).version) == (1, 3)


BAD = "C,S,2026-01-03,clerk-1,Rome,huge,,"


def test_a_bad_row_stops_the_import_there(tmp_path: Path) -> None:
    """File, line, column and reason are told; earlier rows are in the store, later ones not."""
    crm = engine()
    path = log_of(tmp_path, (LIFE[0], BAD, LIFE[1]))
    with pytest.raises(LogReadError) as caught:
        import_log(crm, path, mapped(HISTORY), "parcel", actor=ADMIN)
    told = str(caught.value)
    assert f"{path}, line 3: column 'size': 'huge' does not fit fact 'size'" in told
    assert "one of small, large" in told
    assert crm.get(("parcel", "A")).version == 1
    with pytest.raises(UnknownEntityError):
        crm.get(("parcel", "B"))


def test_a_bad_row_stops_a_long_import_there(tmp_path: Path) -> None:
    """In the midst of full batches each row before it is journaled once, none after it."""
    crm = engine()
    good = [f"{n},P,2026-01-01,,Berlin,,," for n in range(250)]
    path = log_of(tmp_path, (*good[:150], BAD, *good[150:]))
    with pytest.raises(LogReadError, match="line 152"):
        import_log(crm, path, mapped(HISTORY), "parcel", actor=ADMIN)
    assert [row.version for row in crm.find()] == [1] * 150
    report, _ = brought(crm, log_of(tmp_path, good))
    assert (report.unchanged, report.observations) == (150, 100)


def test_a_row_that_cannot_be_read_stops_the_import_there(tmp_path: Path) -> None:
    """What stands before a broken time is in the store."""
    crm = engine()
    path = log_of(tmp_path, (LIFE[0], "B,P,soon,clerk-2,Paris,,,"))
    with pytest.raises(LogReadError, match="line 3: column 'at': 'soon'"):
        import_log(crm, path, mapped(HISTORY), "parcel", actor=ADMIN)
    assert crm.get(("parcel", "A")).version == 1


def test_bad_rows_are_set_aside(tmp_path: Path) -> None:
    """The rest is brought in, and importing again sets the same rows aside."""
    crm = engine()
    unread = "B,P,soon,clerk-2,Paris,,,"
    path = log_of(tmp_path, (LIFE[0], BAD, LIFE[2], "A,X,2026-01-04,,,,,", unread, LIFE[3]))
    report, aside = brought(crm, path)
    assert (report.rows, report.observations, report.set_aside) == (6, 3, 3)
    assert sorted(fault.line for fault in aside) == [3, 5, 6]
    (unmapped,) = (fault for fault in aside if fault.line == 5)
    assert "column 'stage': 'X' stands for no state" in str(unmapped)
    again, same = brought(crm, path)
    assert (again.unchanged, again.set_aside, same) == (3, 3, aside)


def test_labels_may_be_the_states(tmp_path: Path) -> None:
    """Without a table of states the labels are taken as they are, unknown ones set aside."""
    crm, mapping = engine(), mapped({k: v for k, v in HISTORY.items() if k != "states"})
    lines = ("A,packed,2026-01-01,,Berlin,,,", "A,packd,2026-01-02,,Berlin,,,")
    report, (fault,) = brought(crm, log_of(tmp_path, lines), mapping)
    assert (report.observations, report.states) == (1, {"packed": 1})
    assert "Did you mean 'packed'?" in str(fault)


def test_a_fact_that_is_needed_may_come_once(tmp_path: Path) -> None:
    """A first row without it is set aside; after a row that tells it, others need not."""
    crm = engine()
    lines = ("A,P,2026-01-01,,,,,", "A,P,2026-01-02,,Berlin,,,", "A,S,2026-01-03,,,,,")
    report, (fault,) = brought(crm, log_of(tmp_path, lines))
    assert (fault.line, report.observations) == (2, 2)
    assert "column 'to': '' does not fit fact 'receiver': missing" in str(fault)
    assert crm.get(("parcel", "A")).facts.receiver == "Berlin"


def test_what_only_the_whole_entity_refuses_is_set_aside(tmp_path: Path) -> None:
    """Two rows that are right by themselves may contradict each other."""
    crm = engine()
    lines = ("A,P,2026-01-01,,Berlin,,5,", "A,S,2026-01-02,,,,,3", "A,S,2026-01-02,,,,,7")
    report, (fault,) = brought(crm, log_of(tmp_path, lines))
    assert (fault.line, report.observations) == (3, 2)
    assert "at least 5" in str(fault)


def test_an_entity_that_is_decided_on_is_not_moved_by_a_log(tmp_path: Path) -> None:
    """Known rows stay known; rows beyond them are set aside once decisions were made."""
    crm = engine()
    brought(crm, log_of(tmp_path, LIFE[:1]))
    crm.fire(("parcel", "A"), "send", actor=ADMIN).require()
    report, (fault, _) = brought(crm, log_of(tmp_path, LIFE))
    assert (report.unchanged, report.observations) == (1, 1)
    assert (report.set_aside, report.states) == (2, {"packed": 2})
    assert "parcel A is decided on here" in str(fault)


def test_rows_that_change_no_state_may_be_left_out(tmp_path: Path) -> None:
    """The mapping can ask for it; the first row of a case is always journaled."""
    crm, mapping = engine(), mapped(HISTORY, **{"import": {"merge_equal_neighbours": True}})
    path = log_of(tmp_path, (LIFE[0], LIFE[0], LIFE[1], LIFE[2], "A,X,2026-01-04,,,,,"))
    report, _ = brought(crm, path, mapping)
    assert (report.observations, report.merged, report.set_aside) == (3, 1, 1)
    again, _ = brought(crm, path, mapping)
    assert (again.unchanged, again.merged, again.set_aside) == (3, 1, 1)


def test_progress_is_told_batch_by_batch(tmp_path: Path) -> None:
    """A long log says how far it is."""
    told: list[int] = []
    path = log_of(tmp_path, (f"{n},P,2026-01-01,,Berlin,,," for n in range(250)))
    import_log(engine(), path, mapped(HISTORY), "parcel", actor=ADMIN, progress=told.append)
    assert told == [100, 200, 250]


STOCK = (
    "A,P,2026-01-01,Berlin,,,",
    "B,S,2026-01-02,Paris,2.50,a;b,1",
    "C,D,2026-01-03,Rome,1.25,,2",
    "D,D,,Oslo,3.00,a,3",
)


def test_a_snapshot_is_adopted(tmp_path: Path) -> None:
    """Each row places its entity; what states require and rows lack is counted, not made up."""
    crm = engine()
    path = log_of(tmp_path, STOCK, SNAPSHOT_HEADER)
    report, aside = brought(crm, path, mapped(SNAPSHOT))
    assert (report.adopted, report.created, aside) == (4, 4, [])
    assert report.states == {"packed": 1, "sent": 1, "delivered": 2}
    assert report.missing == {"sent": {"size": 1}}
    assert report.to_dict()["sums"] == {
        "value": {"sent": "2.50 EUR", "delivered": "4.25 EUR"},
        "least": {"sent": "1", "delivered": "5"},
    }
    (record,) = crm.journal(("parcel", "B"))
    form: Any = record.event.form
    assert (record.entry, form.reason, form.incomplete) == (
        Entry.ADOPTION,
        "imported from log.csv",
        True,
    )
    assert [crm.get(("parcel", case)).at for case in "CD"] == [
        datetime(2026, 1, 3, tzinfo=UTC),
        NOW,
    ]


def test_a_snapshot_again_changes_nothing(tmp_path: Path) -> None:
    """The second time every entity is as the file says; the figures are the same."""
    crm, path = engine(), log_of(tmp_path, STOCK, SNAPSHOT_HEADER)
    first, _ = brought(crm, path, mapped(SNAPSHOT))
    again, _ = brought(crm, path, mapped(SNAPSHOT))
    assert (again.unchanged, again.adopted, again.created) == (4, 0, 0)
    assert (again.missing, again.sums) == (first.missing, first.sums)
    assert [crm.get(("parcel", case)).version for case in "ABCD"] == [1, 1, 1, 1]


def test_a_newer_snapshot_is_followed_unless_life_went_on(tmp_path: Path) -> None:
    """An entity only ever adopted is placed anew, never back in time; another is left alone."""
    crm = engine()
    mapping = mapped(SNAPSHOT, **{"import": {"reason": "moved house"}})
    brought(crm, log_of(tmp_path, STOCK, SNAPSHOT_HEADER), mapping)
    crm.fire(("parcel", "B"), "deliver", actor=ADMIN).require()
    newer = ("A,S,2025-12-31,Berlin,,,", "B,P,2026-01-02,Paris,2.50,,", STOCK[2])
    report, (fault,) = brought(crm, log_of(tmp_path, newer, SNAPSHOT_HEADER), mapping)
    assert (report.adopted, report.created, report.unchanged) == (1, 0, 1)
    assert "parcel B has lived on here" in str(fault)
    parcel = crm.get(("parcel", "A"))
    assert (parcel.state, parcel.at, crm.get(("parcel", "B")).state) == ("sent", NOW, "delivered")


def test_a_snapshot_has_one_row_per_entity(tmp_path: Path) -> None:
    """A second row is set aside, and so is one whose facts do not fit."""
    crm = engine()
    lines = (STOCK[0], "A,S,2026-01-02,Berlin,,,", "E,P,2026-01-01,,,,")
    report, aside = brought(crm, log_of(tmp_path, lines, SNAPSHOT_HEADER), mapped(SNAPSHOT))
    assert (report.adopted, [fault.line for fault in aside]) == (1, [3, 4])
    assert "has a row in this file already" in str(aside[0])


def test_who_may_not_adopt_imports_nothing(tmp_path: Path) -> None:
    """The right is missing for every row, so the first one ends it, as a refusal."""
    crm, path = engine(), log_of(tmp_path, STOCK, SNAPSHOT_HEADER)
    with pytest.raises(RefusedError, match="administrator"):
        brought(crm, path, mapped(SNAPSHOT), actor=Actor("guest"))
    assert not list(crm.find())


def test_a_mapping_names_only_what_the_machine_has(tmp_path: Path) -> None:
    """Unknown states and facts are told at once, before anything is read."""
    mapping = mapped(HISTORY, states={"P": "paked"}, columns={"colour": {}})
    with pytest.raises(ConfigurationError) as caught:
        brought(engine(), tmp_path / "none.csv", mapping)
    assert len(caught.value.faults) == 2


class Contested(MemoryStore):
    """A store in which somebody else is always first."""

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Write nothing."""
        return [VersionConflict(0) for _ in batch]


def test_a_failing_store_ends_the_import(tmp_path: Path) -> None:
    """It is not the row's fault, so the row is not set aside."""
    with pytest.raises(ConflictError):
        brought(engine(Contested()), log_of(tmp_path, LIFE))


def test_rows_set_aside_are_kept_in_a_file(tmp_path: Path) -> None:
    """One line of JSON per row, with file, line, reasons and the row as it was written."""
    path = log_of(tmp_path, (LIFE[0], BAD, BAD))
    with AsideFile(tmp_path / "aside.jsonl") as aside:
        assert not aside.path.exists()
        import_log(engine(), path, mapped(HISTORY), "parcel", actor=ADMIN, aside=aside)
    kept, again = map(json.loads, aside.path.read_text().splitlines())
    assert (aside.rows, again["line"]) == (2, 4)
    assert (kept["file"], kept["line"], kept["row"]["to"]) == (str(path), 3, "Rome")
    assert kept["faults"][0]["column"] == "size"


def test_a_row_that_cannot_be_kept_ends_the_import(tmp_path: Path) -> None:
    """Without the file the row would be lost silently."""
    path = log_of(tmp_path, (BAD,))
    aside = AsideFile(tmp_path / "none" / "aside.jsonl")
    with aside, pytest.raises(LogReadError, match="cannot be set aside in"):
        import_log(engine(), path, mapped(HISTORY), "parcel", actor=ADMIN, aside=aside)


def _peak(folder: Path, rows: int) -> int:
    """Return the most bytes an import of so many rows of 40 cases had at once."""
    days = [NOW + timedelta(days=day) for day in range(50)]
    lines = (
        f"{n % 40},S,{days[n // 40 % 50].isoformat()},clerk,{'x' * 200},,," for n in range(rows)
    )
    path = log_of(folder, lines)
    crm = engine(f"sqlite:///{folder / f'{rows}.db'}")
    with crm:
        tracemalloc.start()
        report = import_log(crm, path, mapped(HISTORY), "parcel", actor=ADMIN)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert report.observations == rows
    return peak


def test_memory_is_flat(tmp_path: Path) -> None:
    """Four times the rows of the same cases need no more memory."""
    small, large = _peak(tmp_path, 600), _peak(tmp_path, 2400)
    assert large - small < 100_000
