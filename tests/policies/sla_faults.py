"""Rows of deadlines with a fault, each with what is told of it by its path."""

from __future__ import annotations

from collections.abc import Mapping

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
        {"cancel[0].match.severity": "unknown. Did you mean 'high'?"},
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
        {"cancel[0].match.is_vip": "unknown. Known: 'False', 'True'."},
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
