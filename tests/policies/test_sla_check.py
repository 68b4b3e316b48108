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


FAULTY: list[tuple[Mapping[str, object], dict[str, str]]] = [
    ({"start": []}, {"start": "empty, expected a condition that starts it"}),
    ({"start": [{}]}, {"start[0]": "empty, expected states, events, match or when"}),
    ({"start": [{"states": ["opne"]}]}, {"start[0].states": "unknown. Did you mean 'open'?"}),
    ({"stop": [{"events": ["slove"]}]}, {"stop[0].events": "unknown. Did you mean 'solve'?"}),
    (
        {"cancel": [{"match": {"severty": "low"}}]},
        {"cancel[0].match.severty": "unknown. Did you mean 'severity'?"},
    ),
    (
        {"cancel": [{"match": {"severity": "hihg"}}]},
        {"cancel[0].match.severity": "choice, expected Did you mean 'high'?"},
    ),
    (
        {"stop": [{"when": "severty == 'low'"}]},
        {"stop[0].when": "unknown. Did you mean 'severity'? (at character 1)"},
    ),
    ({"since": "asked"}, {"since": "unknown. Did you mean 'asked_at'?"}),
    ({"since": "tier"}, {"since": "type, expected a fact that is an instant"}),
    ({"cutoff": "4 pm"}, {"cutoff": "type, expected a time of day from '00:00' to '24:00'"}),
    (
        {"holder": "owner"},
        {
            "holder": (
                "unknown. Known: 'asked_at', 'holder', 'is_vip', 'missed', 'notes', "
                "'office', 'reminded', 'severity', 'tier'."
            )
        },
    ),
    ({"tier": "teir"}, {"tier": "unknown. Did you mean 'tier'?"}),
    ({"calendar": "offise"}, {"calendar": "unknown. Did you mean 'office'?"}),
    (
        {"calendar": None},
        {"calendar": "missing, expected a calendar, since working time is counted"},
    ),
    (
        {"calendar": None, "target": "8h", "warnings": ["4wh"]},
        {"calendar": "missing, expected a calendar, since working time is counted"},
    ),
    (
        {"calendar": None, "target": "8h", "calendar_from": "office"},
        {"calendar": ("missing, expected the calendar for where calendar_from names none")},
    ),
    ({"calendar_from": "ofice"}, {"calendar_from": "unknown. Did you mean 'office'?"}),
    ({"target": None}, {"target": "missing, expected a target, or a list of targets"}),
    (
        {"target": None, "targets": [{"match": {"severity": "high"}, "target": "4wh"}]},
        {
            "targets": (
                "missing, expected a last row without match and when, or a target "
                "beside the targets"
            )
        },
    ),
    (
        {
            "targets": [
                {"match": {"severity": "high"}, "target": "4wh"},
                {"match": {"severity": "high"}, "target": "2wh"},
            ]
        },
        {"targets[1]": "doubled, expected other attributes than the rows before it"},
    ),
    (
        {
            "target": None,
            "targets": [{"target": "4wh"}, {"match": {"severity": "low"}, "target": "2wh"}],
        },
        {
            "targets[1]": ("never_reached, expected a place before the default, which always fits"),
            "targets": (
                "missing, expected a last row without match and when, or a target "
                "beside the targets"
            ),
        },
    ),
    (
        {"targets": [{"target": "4wh"}]},
        {"target": "doubled, expected one default: the targets have one already"},
    ),
    (
        {"targets": [{"match": {"tire": 1}, "target": "4wh"}]},
        {"targets[0].match.tire": "unknown. Did you mean 'tier'?"},
    ),
    (
        {"targets": [{"when": "event == 'ask'", "target": "4wh"}]},
        {"targets[0].when": "unknown. facts, state or at, not event"},
    ),
    (
        {"targets": [{"when": "severity", "target": "4wh"}]},
        {
            "targets[0].when": (
                "type, expected an expression that gives true or false, not a text (at character 1)"
            )
        },
    ),
    ({"target": "48h", "limit": "24h"}, {"limit": "order, expected a limit longer than 48h"}),
    (
        {"targets": [{"match": {"severity": "low"}, "target": "2wd", "limit": "1wd"}]},
        {"targets[0].limit": "order, expected a limit longer than 2wd"},
    ),
    ({"warnings": ["0%"]}, {"warnings[0]": "range, expected a part above 0 and at most 100%"}),
    (
        {"warnings": ["50%", "101%"]},
        {"warnings[1]": "range, expected a part above 0 and at most 100%"},
    ),
    (
        {"calendar": None, "target": "8h", "warnings": ["soon"]},
        {
            "warnings[0]": (
                "type, expected a part such as '80%', or a measure such as '30min', "
                "'48h', '4wh' (working hours), '2wd' (working days), '10d', '3mo', "
                "'through 7d' or 'by 18:00 in 1wd'"
            )
        },
    ),
    (
        {"cancel": [{"match": {"is_vip": "maybe"}}]},
        {"cancel[0].match.is_vip": "choice, expected Known: 'False', 'True'."},
    ),
    (
        {"warnings": ["soon"]},
        {
            "warnings[0]": (
                "type, expected a part such as '80%', or a measure such as '30min', "
                "'48h', '4wh' (working hours), '2wd' (working days), '10d', '3mo', "
                "'through 7d' or 'by 18:00 in 1wd'"
            )
        },
    ),
    (
        {"warnings": ["1/0"]},
        {
            "warnings[0]": (
                "type, expected a part such as '80%', or a measure such as '30min', "
                "'48h', '4wh' (working hours), '2wd' (working days), '10d', '3mo', "
                "'through 7d' or 'by 18:00 in 1wd'"
            )
        },
    ),
    (
        {"targets": [{"match": {"severity": "low"}, "target": "4wh", "warnings": ["200%"]}]},
        {"targets[0].warnings[0]": "range, expected a part above 0 and at most 100%"},
    ),
    ({"tasks": ["handel"]}, {"tasks": "unknown. Did you mean 'handle'?"}),
    ({"notify": "service_haed"}, {"notify": "unknown. Did you mean 'service_head'?"}),
    ({"fire": "mis"}, {"fire": "unknown. Did you mean 'miss'?"}),
    ({"fire": "grade"}, {"fire.severity": "missing, expected a value, by its payload"}),
    ({"kind": "hand_over"}, {"holder": "missing, expected the fact with who holds it"}),
    (
        {"kind": "wait", "fire": None},
        {"fire": "missing, expected the event that tells that it is over"},
    ),
    ({"kind": "time_in_state"}, {"start": "missing, expected the states whose time is limited"}),
    (
        {"start": [{"states": ["closed"]}]},
        {"start[0].states": ("final, expected a state that is not final: 'closed' keeps no timer")},
    ),
    (
        {"start": [{"events": ["close"]}]},
        {
            "start[0]": (
                "final, expected a state that is not final: nothing is awaited in a final one"
            ),
            "pause[0]": ("never_pauses, expected a pause that can hold while it runs, in "),
        },
    ),
    (
        {"start": [{"states": ["solved"]}]},
        {
            "start[0]": (
                "never_starts, expected a start outside stop and cancel: as it is, it "
                "never attaches"
            )
        },
    ),
    (
        {"start": [{"states": ["waiting"], "events": ["wait"]}]},
        {"start[0]": ("always_paused, expected a start outside pause: as it is, it never runs")},
    ),
    (
        {"pause": [{"states": ["solved"]}]},
        {
            "pause[0]": (
                "never_pauses, expected a pause that can hold while it runs, in open, "
                "waiting, working"
            )
        },
    ),
    (
        {"kind": "time_in_state", "start": [{"states": ["open"]}], "stop": []},
        {"pause[0]": ("never_pauses, expected a pause that can hold while it runs, in open")},
    ),
    (
        {"pause": [{"events": ["note"]}]},
        {
            "resume": (
                "missing, expected a resume: a pause by an event would end with the next event"
            )
        },
    ),
    (
        {"pause": [], "resume": [{"events": ["note"]}]},
        {"pause": "missing, expected a pause, since there is a resume"},
    ),
    (
        {"extension": [{"to": "16wh"}]},
        {"extension[0]": "missing, expected a role or an event that grants it"},
    ),
    (
        {"extension": [{"to": "4wh", "role": "deputy_gm"}]},
        {"extension[0].to": "order, expected a limit longer than 8wh"},
    ),
    (
        {"extension": [{"to": "20d", "role": "deputy_gm"}, {"to": "10d", "role": "deputy_gm"}]},
        {"extension[1].to": "order, expected a limit longer than 20d"},
    ),
    (
        {"extension": [{"to": "20d", "event": "nod", "role": "deputy_gmm", "when": "nothing"}]},
        {
            "extension[0].event": (
                "unknown. Known: 'allow_longer', 'answer', 'ask', 'close', 'drop', "
                "'grade', 'hand', 'miss', 'note', 'remind', 'reopen', 'solve', 'tick', "
                "'wait', 'work', 'write'."
            ),
            "extension[0].role": "unknown. Did you mean 'deputy_gm'?",
            "extension[0].when": "unknown. Did you mean 'not'? (at character 1)",
        },
    ),
]


@pytest.mark.parametrize(("columns", "faults"), FAULTY)
def test_a_fault_is_told_with_its_path(
    columns: Mapping[str, object], faults: dict[str, str]
) -> None:
    """Each fault has a path in the table, a code, and what would be right."""
    assert told(resolving(**columns)) == {
        f"$.deadlines[0].{path}": words for path, words in faults.items()
    }


RUNGS: list[tuple[Mapping[str, object], dict[str, str]]] = [
    ({"action": "notify"}, {"role": "missing, expected a role, to notify"}),
    ({"action": "task", "role": "service_head"}, {"task": "missing, expected a task, to task"}),
    ({"action": "reassign"}, {"role": "missing, expected a role, to reassign"}),
    (
        {"action": "reassign", "role": "service_head", "superior_of": "hodler"},
        {"superior_of": "unknown. Did you mean 'holder'?"},
    ),
    ({"action": "ask_approval"}, {"event": "missing, expected a event, to ask_approval"}),
    (
        {"action": "fire", "event": "nothing"},
        {
            "event": (
                "unknown. Known: 'allow_longer', 'answer', 'ask', 'close', 'drop', "
                "'grade', 'hand', 'miss', 'note', 'remind', 'reopen', 'solve', 'tick', "
                "'wait', 'work', 'write'."
            )
        },
    ),
    (
        {"action": "fire", "event": "remind", "payload": {"a": 1}},
        {"event": "unknown. 'remind' has no form."},
    ),
    (
        {"action": "fire", "event": "grade", "payload": {"severity": "x"}},
        {"event.severity": "choice, expected one of low, high, by its payload"},
    ),
    (
        {"action": "fire", "event": "remind", "at": "never"},
        {
            "at": (
                "type, expected a part such as '80%', or a measure such as '30min', "
                "'48h', '4wh' (working hours), '2wd' (working days), '10d', '3mo', "
                "'through 7d' or 'by 18:00 in 1wd'"
            )
        },
    ),
    ({"action": "fire", "event": "remind", "at": "0"}, {"at": "range, expected a part above 0"}),
    (
        {"action": "fire", "event": "remind", "cancelled_by": ["hnad"]},
        {"cancelled_by": "unknown. Did you mean 'hand'?"},
    ),
]


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
