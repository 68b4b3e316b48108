"""The table of deadlines as it is checked when loaded: every fault, each with its path."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date

import attrs
import pytest

from crmflow.core.reading import FieldError
from crmflow.core.tables import Tables
from crmflow.core.working_index import SpecialDays
from crmflow.policies import sla
from crmflow.policies.sla.definition import Definition, point
from tests.policies.sla_desk import CASE, OFFICE, TABLES, definition, found, resolving
from tests.policies.sla_faults import FAULTY, RUNGS


def told(*rows: Definition) -> dict[str, str]:
    """Return what is told of the faults of rows, by their path."""
    faults = sla.DEADLINES.check(rows, TABLES, {"case": CASE})
    return {fault.path: fault.told for fault in faults}


CLEAN: list[Mapping[str, object]] = [
    {},
    {"target": None, "targets": [{"match": {"severity": "high"}, "target": "4wh"},
                                 {"target": "8wh"}]},
    {"pause": [{"events": ["note"]}], "resume": [{"events": ["write"]}]},
    {"warnings": ["80%", "1", "4wh"], "ladder": [
        {"name": "a", "at": "80%", "action": "notify", "role": "service_head"},
        {"name": "b", "at": "2wh", "action": "task", "task": "look", "role": "acme_owner"},
        {"name": "c", "at": "3/1", "action": "raise_severity", "event": "grade",
         "payload": {"severity": "high"}},
    ]},
    {"extension": [{"to": "16wh", "role": "deputy_gm"}, {"to": "10d", "event": "note"}]},
    {"since": "asked_at", "cutoff": "16:00", "tier": "tier", "holder": "holder",
     "calendar_from": "office"},
    {"calendar": None, "target": "48h", "warnings": ["50%", "24h"],
     "targets": [{"match": {"severity": "high"}, "target": "24h", "warnings": ["1h"]}],
     "cancel": [{"match": {"tier": "any", "is_vip": True, "notes": 3}}]},
    {"kind": "time_in_state", "start": [{"states": ["open"]}], "stop": [], "pause": []},
    {"stop": [{"events": ["grade"], "when": "form.severity == 'low' and actor.id != 'x'"}]},
]  # fmt: skip


@pytest.mark.parametrize("columns", CLEAN)
def test_a_sound_row_has_no_fault(columns: Mapping[str, object]) -> None:
    """What a company may well want is not refused."""
    assert found([resolving(**columns)]) == {}


@pytest.mark.parametrize(("columns", "faults"), FAULTY)
def test_a_fault_is_told_with_its_path(
    columns: Mapping[str, object], faults: dict[str, str]
) -> None:
    """Each fault has a path in the table, a code, and what would be right."""
    assert told(resolving(**columns)) == {
        f"$.deadlines[0].{path}": words for path, words in faults.items()
    }


@pytest.mark.parametrize(("columns", "faults"), RUNGS)
def test_a_rung_has_what_its_action_needs(
    columns: Mapping[str, object], faults: dict[str, str]
) -> None:
    """A rung that could do nothing is refused."""
    assert told(resolving(ladder=[{"name": "a", "at": "2wh", **columns}])) == {
        f"$.deadlines[0].ladder[0].{path}": words for path, words in faults.items()
    }


def test_rungs_have_names_of_their_own() -> None:
    """Two rungs of one name could not be told apart."""
    rung = {"name": "a", "at": "2wh", "action": "fire", "event": "remind"}
    (words,) = told(resolving(ladder=[rung, rung])).items()
    assert words == ("$.deadlines[0].ladder[1].name", "doubled, expected a name of its own")


def test_a_rung_after_the_end_is_never_reached() -> None:
    """What the breach itself, or a rung before it, ends needs no further rung."""
    late = {"name": "late", "at": "2wh", "action": "fire", "event": "remind"}
    early = {"name": "early", "at": "50%", "action": "fire", "event": "remind"}
    row = resolving(fire="miss", cancel=[{"events": ["miss"]}], ladder=[early, late])
    assert told(row) == {
        "$.deadlines[0].ladder[1].at": (
            "never_reached, expected a rung before the end, which 'miss' brings"
        )
    }
    last = {"name": "last", "at": "1wh", "action": "fire", "event": "close"}
    assert told(resolving(ladder=[last, late])) == {
        "$.deadlines[0].ladder[1].at": (
            "never_reached, expected a rung before the end, which 'close' brings"
        )
    }


def test_all_faults_come_at_once() -> None:
    """Nobody has to load a table three times to learn of three faults."""
    rows = [resolving(fire="mis", tasks=["handel"]), resolving(name="b", since="tier")]
    assert told(*rows) == {
        "$.deadlines[0].fire": "unknown. Did you mean 'miss'?",
        "$.deadlines[0].tasks": "unknown. Did you mean 'handle'?",
        "$.deadlines[1].since": "type, expected a fact that is an instant",
    }


def test_a_first_response_is_not_longer_than_the_resolution() -> None:
    """Compared row by row, by the measure and not by the number."""
    first = resolving(
        name="respond", kind="first_response", tasks=[], target="9h",
        targets=[{"match": {"severity": "high"}, "target": "9wh"}],
    )  # fmt: skip
    same = [{"match": {"severity": "high"}, "target": "8wh"}]
    rows = [first, resolving(targets=same), resolving(name="other", machine="deal")]
    assert told(*rows) == {
        "$.deadlines[0].target": "order, expected a first response within 8wh, as 'resolve' has it"
    }
    assert found([attrs.evolve(first, targets=()), resolving()]) == {}


def test_a_task_is_due_with_one_deadline() -> None:
    """Two deadlines would quarrel about the instant; two days of one row do not."""
    rows = [resolving(), resolving(name="second")]
    assert told(*rows) == {
        "$.deadlines[1].tasks": (
            "doubled, expected a task of its own: 'handle' is due with 'resolve'"
        )
    }
    dated = [resolving(until_on="2026-03-01"), resolving(from_on="2026-03-02")]
    assert found(dated) == {}


def test_rows_of_machines_that_are_off_are_left_alone() -> None:
    """Their machine is not there to be asked."""
    row = definition(
        name="x", machine="quote", kind="resolution", start=[{"states": ["any"]}], target="1d"
    )
    assert told(row) == {}


def test_days_that_are_not_known_do_not_stop_the_check() -> None:
    """A calendar that knows no days yet is compared by length alone."""
    blind = attrs.evolve(OFFICE, special=lambda year: SpecialDays(unknown_from=date(year, 1, 1)))
    tables = Tables(calendars={"office": blind}, zone=UTC)
    assert found([resolving(target="1wd", limit="2wd")], tables) == {}


@pytest.mark.parametrize("text", ["", "half", "%", "1wx"])
def test_a_point_is_a_part_or_a_measure(text: str) -> None:
    """Anything else says what would be right."""
    with pytest.raises(FieldError, match="a part such as '80%'"):
        point(text)


def test_the_plugin_brings_its_table_and_binds_what_is_there() -> None:
    """A machine without deadlines has no policy."""
    assert sla.tables() == (sla.DEADLINES,)
    assert sla.policies_for(CASE, TABLES) == ()
