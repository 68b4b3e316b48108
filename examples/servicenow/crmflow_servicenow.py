"""
The machine `incident`: an IT service desk's incidents, as a plugin of crmflow.

Its 33 moves between states are those the desk's tool allows; replaying the desk's
log shows where people went around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import attrs

from crmflow import (
    ANY,
    KEEP,
    UNBORN,
    Attempt,
    Elapsed,
    Kind,
    Machine,
    Row,
    Start,
    State,
    Text,
    copied,
    hookimpl,
)

__all__ = [
    "INCIDENT",
    "Assignment",
    "IncidentFacts",
    "IncidentState",
    "Priority",
    "Report",
    "machines",
    "texts",
]


class IncidentState(StrEnum):
    """Where an incident is."""

    NEW = "new"
    ACTIVE = "active"
    AWAITING_USER_INFO = "awaiting_user_info"
    AWAITING_VENDOR = "awaiting_vendor"
    AWAITING_PROBLEM = "awaiting_problem"
    AWAITING_EVIDENCE = "awaiting_evidence"
    RESOLVED = "resolved"
    CLOSED = "closed"


@attrs.frozen
class IncidentFacts:
    """
    What is known of an incident.

    Attributes:
        priority: As the desk writes it (`3 - Moderate`).
        category: What it is about.
        assignment_group: Who works on it.
        reassignment_count: How often it was handed on.
        reopen_count: How often it was opened again.
        made_sla: Whether the promised time is still kept.
        opened_at: Aware UTC instant at which it was reported.
    """

    priority: str | None = None
    category: str | None = None
    assignment_group: str | None = None
    reassignment_count: int = 0
    reopen_count: int = 0
    made_sla: bool = True
    opened_at: datetime | None = None


@attrs.frozen
class Report:
    """What a caller reports; what it is about may be found out later."""

    priority: Text
    category: Text | None = None


@attrs.frozen
class Priority:
    """How urgent it is after all."""

    priority: Text


@attrs.frozen
class Assignment:
    """Who is to work on it."""

    assignment_group: Text


Asked = Attempt[IncidentFacts, Any]


def reported(attempt: Asked) -> Mapping[str, object]:
    """Note what was reported, and when."""
    return {**copied("priority", "category")(attempt), "opened_at": attempt.at}


def assigned(attempt: Asked) -> Mapping[str, object]:
    """Note the group, and that the incident was handed on once more."""
    count = attempt.facts.reassignment_count + 1
    return {"assignment_group": attempt.form.assignment_group, "reassignment_count": count}


def reopened(attempt: Asked) -> Mapping[str, object]:
    """Note that the incident was opened once more."""
    return {"reopen_count": attempt.facts.reopen_count + 1}


S = IncidentState
AWAITING = (S.AWAITING_USER_INFO, S.AWAITING_VENDOR, S.AWAITING_PROBLEM, S.AWAITING_EVIDENCE)
UNRESOLVED = (S.NEW, S.ACTIVE, *AWAITING)
# The desk's tool closes what nobody opens again within five days.
CLOSE_LATER = Start("close", "close", Elapsed(timedelta(days=5)))


def awaits(event: str, state: IncidentState) -> Row:
    """Return the row that leads from every other unresolved state to a waiting one."""
    return Row([source for source in UNRESOLVED if source != state], event, state)


INCIDENT = Machine(
    "incident",
    IncidentFacts,
    zh="事件",
    en="incident",
    states=(
        State(S.NEW, "新建", "new", Kind.INITIAL),
        State(S.ACTIVE, "处理中", "active"),
        State(S.AWAITING_USER_INFO, "等待用户信息", "awaiting user info", Kind.WAITING),
        State(S.AWAITING_VENDOR, "等待供应商", "awaiting vendor", Kind.WAITING),
        State(S.AWAITING_PROBLEM, "等待问题处理", "awaiting problem", Kind.WAITING),
        State(S.AWAITING_EVIDENCE, "等待证据", "awaiting evidence", Kind.WAITING),
        State(S.RESOLVED, "已解决", "resolved", Kind.WAITING),
        State(S.CLOSED, "已关闭", "closed", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "report", S.NEW, form=Report, sets=reported),
        Row((S.NEW, *AWAITING), "work", S.ACTIVE),
        awaits("ask_user", S.AWAITING_USER_INFO),
        awaits("ask_vendor", S.AWAITING_VENDOR),
        awaits("await_problem", S.AWAITING_PROBLEM),
        awaits("await_evidence", S.AWAITING_EVIDENCE),
        Row(UNRESOLVED, "resolve", S.RESOLVED, start=(CLOSE_LATER,)),
        Row(S.RESOLVED, "reopen", S.ACTIVE, sets=reopened, stop="close"),
        Row(S.RESOLVED, "close", S.CLOSED),
        Row(ANY, "assign", KEEP, form=Assignment, sets=assigned),
        Row(ANY, "prioritize", KEEP, form=Priority, sets=copied("priority")),
    ),
)
"""The machine `incident`."""


TEXTS: Mapping[str, Mapping[str, object]] = {
    "en": {
        "machine": {
            "incident": {
                "events": {
                    "report": "report",
                    "work": "work on it",
                    "ask_user": "ask the user",
                    "ask_vendor": "ask the vendor",
                    "await_problem": "wait for the problem",
                    "await_evidence": "wait for evidence",
                    "resolve": "resolve",
                    "reopen": "open again",
                    "close": "close",
                    "assign": "assign",
                    "prioritize": "change the priority",
                },
                "timers": {
                    "close": "close by itself",
                    "sla:first_response:due": "first response",
                    "sla:resolution:due": "resolution",
                    "sla:closing:due": "closing",
                },
                "fields": {
                    "priority": "priority",
                    "category": "category",
                    "assignment_group": "assignment group",
                    "reassignment_count": "times handed on",
                    "reopen_count": "times opened again",
                    "made_sla": "within the promised time",
                    "opened_at": "reported at",
                },
            },
        },
    },
    "zh": {
        "machine": {
            "incident": {
                "events": {
                    "report": "报告",
                    "work": "处理",
                    "ask_user": "询问用户",
                    "ask_vendor": "询问供应商",
                    "await_problem": "等待问题处理",
                    "await_evidence": "等待证据",
                    "resolve": "解决",
                    "reopen": "重新打开",
                    "close": "关闭",
                    "assign": "分派",
                    "prioritize": "调整优先级",
                },
                "timers": {
                    "close": "自动关闭",
                    "sla:first_response:due": "首次响应",
                    "sla:resolution:due": "解决",
                    "sla:closing:due": "关闭",
                },
                "fields": {
                    "priority": "优先级",
                    "category": "类别",
                    "assignment_group": "处理组",
                    "reassignment_count": "转派次数",
                    "reopen_count": "重新打开次数",
                    "made_sla": "在承诺时限内",
                    "opened_at": "报告时间",
                },
            },
        },
    },
}
"""Labels by language, shaped like crmflow's own locale tables."""


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine `incident`."""
    return (INCIDENT,)


@hookimpl
def texts(lang: str) -> Mapping[str, object]:
    """Bring the machine's labels."""
    return TEXTS.get(lang, {})
