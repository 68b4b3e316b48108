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
from crmflow.policies.sla.definition import point
from tests.policies.sla_desk import CASE, OFFICE, TABLES, definition, found, resolving

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


FAULTY: list[tuple[Mapping[str, object], dict[str, str]]] = [
    ({"start": []}, {"start": "empty"}),
    ({"start": [{}]}, {"start[0]": "empty"}),
    ({"start": [{"states": ["opne"]}]}, {"start[0].states": "unknown"}),
    ({"stop": [{"events": ["slove"]}]}, {"stop[0].events": "unknown"}),
    ({"cancel": [{"match": {"severty": "low"}}]}, {"cancel[0].match.severty": "unknown"}),
    ({"cancel": [{"match": {"severity": "hihg"}}]}, {"cancel[0].match.severity": "choice"}),
    ({"stop": [{"when": "severty == 'low'"}]}, {"stop[0].when": "unknown"}),
    ({"since": "asked"}, {"since": "unknown"}),
    ({"since": "tier"}, {"since": "type"}),
    ({"cutoff": "4 pm"}, {"cutoff": "type"}),
    ({"holder": "owner"}, {"holder": "unknown"}),
    ({"tier": "teir"}, {"tier": "unknown"}),
    ({"calendar": "offise"}, {"calendar": "unknown"}),
    ({"calendar": None}, {"calendar": "missing"}),
    ({"calendar": None, "target": "8h", "warnings": ["4wh"]}, {"calendar": "missing"}),
    ({"calendar": None, "target": "8h", "calendar_from": "office"}, {"calendar": "missing"}),
    ({"calendar_from": "ofice"}, {"calendar_from": "unknown"}),
    ({"target": None}, {"target": "missing"}),
    ({"target": None, "targets": [{"match": {"severity": "high"}, "target": "4wh"}]},
     {"targets": "missing"}),
    ({"targets": [{"match": {"severity": "high"}, "target": "4wh"},
                  {"match": {"severity": "high"}, "target": "2wh"}]},
     {"targets[1]": "doubled"}),
    ({"target": None, "targets": [{"target": "4wh"}, {"match": {"severity": "low"},
                                                     "target": "2wh"}]},
     {"targets[1]": "never_reached", "targets": "missing"}),
    ({"targets": [{"target": "4wh"}]}, {"target": "doubled"}),
    ({"targets": [{"match": {"tire": 1}, "target": "4wh"}]}, {"targets[0].match.tire": "unknown"}),
    ({"targets": [{"when": "event == 'ask'", "target": "4wh"}]}, {"targets[0].when": "unknown"}),
    ({"targets": [{"when": "severity", "target": "4wh"}]}, {"targets[0].when": "type"}),
    ({"target": "48h", "limit": "24h"}, {"limit": "order"}),
    ({"targets": [{"match": {"severity": "low"}, "target": "2wd", "limit": "1wd"}]},
     {"targets[0].limit": "order"}),
    ({"warnings": ["0%"]}, {"warnings[0]": "range"}),
    ({"warnings": ["50%", "101%"]}, {"warnings[1]": "range"}),
    ({"calendar": None, "target": "8h", "warnings": ["soon"]}, {"warnings[0]": "type"}),
    ({"cancel": [{"match": {"is_vip": "maybe"}}]}, {"cancel[0].match.is_vip": "choice"}),
    ({"warnings": ["soon"]}, {"warnings[0]": "type"}),
    ({"warnings": ["1/0"]}, {"warnings[0]": "type"}),
    ({"targets": [{"match": {"severity": "low"}, "target": "4wh", "warnings": ["200%"]}]},
     {"targets[0].warnings[0]": "range"}),
    ({"tasks": ["handel"]}, {"tasks": "unknown"}),
    ({"notify": "service_haed"}, {"notify": "unknown"}),
    ({"fire": "mis"}, {"fire": "unknown"}),
    ({"fire": "grade"}, {"fire.severity": "missing"}),
    ({"kind": "hand_over"}, {"holder": "missing"}),
    ({"kind": "wait", "fire": None}, {"fire": "missing"}),
    ({"kind": "time_in_state"}, {"start": "missing"}),
    ({"start": [{"states": ["closed"]}]}, {"start[0].states": "final"}),
    ({"start": [{"events": ["close"]}]}, {"start[0]": "final", "pause[0]": "never_pauses"}),
    ({"start": [{"states": ["solved"]}]}, {"start[0]": "never_starts"}),
    ({"start": [{"states": ["waiting"], "events": ["wait"]}]}, {"start[0]": "always_paused"}),
    ({"pause": [{"states": ["solved"]}]}, {"pause[0]": "never_pauses"}),
    ({"kind": "time_in_state", "start": [{"states": ["open"]}], "stop": []},
     {"pause[0]": "never_pauses"}),
    ({"pause": [{"events": ["note"]}]}, {"resume": "missing"}),
    ({"pause": [], "resume": [{"events": ["note"]}]}, {"pause": "missing"}),
    ({"extension": [{"to": "16wh"}]}, {"extension[0]": "missing"}),
    ({"extension": [{"to": "4wh", "role": "deputy_gm"}]}, {"extension[0].to": "order"}),
    ({"extension": [{"to": "20d", "role": "deputy_gm"}, {"to": "10d", "role": "deputy_gm"}]},
     {"extension[1].to": "order"}),
    ({"extension": [{"to": "20d", "event": "nod", "role": "deputy_gmm", "when": "nothing"}]},
     {"extension[0].event": "unknown", "extension[0].role": "unknown",
      "extension[0].when": "unknown"}),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "faults"), FAULTY)
def test_a_fault_is_told_with_its_path(
    columns: Mapping[str, object], faults: dict[str, str]
) -> None:
    """Each fault has a path in the table and a code."""
    told = found([resolving(**columns)])
    assert told == {f"$.deadlines[0].{path}": code for path, code in faults.items()}


RUNGS: list[tuple[Mapping[str, object], dict[str, str]]] = [
    ({"action": "notify"}, {"role": "missing"}),
    ({"action": "task", "role": "service_head"}, {"task": "missing"}),
    ({"action": "reassign"}, {"role": "missing"}),
    ({"action": "reassign", "role": "service_head", "superior_of": "hodler"},
     {"superior_of": "unknown"}),
    ({"action": "ask_approval"}, {"event": "missing"}),
    ({"action": "fire", "event": "nothing"}, {"event": "unknown"}),
    ({"action": "fire", "event": "remind", "payload": {"a": 1}}, {"event": "unknown"}),
    ({"action": "fire", "event": "grade", "payload": {"severity": "x"}},
     {"event.severity": "choice"}),
    ({"action": "fire", "event": "remind", "at": "never"}, {"at": "type"}),
    ({"action": "fire", "event": "remind", "at": "0"}, {"at": "range"}),
    ({"action": "fire", "event": "remind", "cancelled_by": ["hnad"]}, {"cancelled_by": "unknown"}),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "faults"), RUNGS)
def test_a_rung_has_what_its_action_needs(
    columns: Mapping[str, object], faults: dict[str, str]
) -> None:
    """A rung that could do nothing is refused."""
    told = found([resolving(ladder=[{"name": "a", "at": "2wh", **columns}])])
    assert told == {f"$.deadlines[0].ladder[0].{path}": code for path, code in faults.items()}


def test_rungs_have_names_of_their_own() -> None:
    """Two rungs of one name could not be told apart."""
    rung = {"name": "a", "at": "2wh", "action": "fire", "event": "remind"}
    assert found([resolving(ladder=[rung, rung])]) == {"$.deadlines[0].ladder[1].name": "doubled"}


def test_a_rung_after_the_end_is_never_reached() -> None:
    """What the breach itself, or a rung before it, ends needs no further rung."""
    late = {"name": "late", "at": "2wh", "action": "fire", "event": "remind"}
    early = {"name": "early", "at": "50%", "action": "fire", "event": "remind"}
    row = resolving(fire="miss", cancel=[{"events": ["miss"]}], ladder=[early, late])
    assert found([row]) == {"$.deadlines[0].ladder[1].at": "never_reached"}
    last = {"name": "last", "at": "1wh", "action": "fire", "event": "close"}
    assert found([resolving(ladder=[last, late])]) == {
        "$.deadlines[0].ladder[1].at": "never_reached"
    }


def test_all_faults_come_at_once() -> None:
    """Nobody has to load a table three times to learn of three faults."""
    rows = [resolving(fire="mis", tasks=["handel"]), resolving(name="b", since="tier")]
    assert found(rows) == {
        "$.deadlines[0].fire": "unknown",
        "$.deadlines[0].tasks": "unknown",
        "$.deadlines[1].since": "type",
    }


def test_a_fault_says_what_would_be_right() -> None:
    """An unknown name comes with the nearest known one."""
    faults = sla.DEADLINES.check([resolving(fire="mis")], TABLES, {"case": CASE})
    assert [fault.expected for fault in faults] == ["Did you mean 'miss'?"]


def test_a_first_response_is_not_longer_than_the_resolution() -> None:
    """Compared row by row, by the measure and not by the number."""
    first = resolving(
        name="respond", kind="first_response", tasks=[], target="9h",
        targets=[{"match": {"severity": "high"}, "target": "9wh"}],
    )  # fmt: skip
    same = [{"match": {"severity": "high"}, "target": "8wh"}]
    rows = [first, resolving(targets=same), resolving(name="other", machine="deal")]
    assert found(rows) == {"$.deadlines[0].target": "order"}
    assert found([attrs.evolve(first, targets=()), resolving()]) == {}


def test_a_task_is_due_with_one_deadline() -> None:
    """Two deadlines would quarrel about the instant; two days of one row do not."""
    rows = [resolving(), resolving(name="second")]
    assert found(rows) == {"$.deadlines[1].tasks": "doubled"}
    dated = [resolving(until_on="2026-03-01"), resolving(from_on="2026-03-02")]
    assert found(dated) == {}


def test_rows_of_machines_that_are_off_are_left_alone() -> None:
    """Their machine is not there to be asked."""
    row = definition(
        name="x", machine="quote", kind="resolution", start=[{"states": ["any"]}], target="1d"
    )
    assert found([row]) == {}


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
