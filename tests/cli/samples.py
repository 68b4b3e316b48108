"""A plugin for the command line's tests: machines that send, fail, and are judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from crmflow.core.judging import Judge
from crmflow.core.machine import KEEP, Asked, Changes, Kind, Machine, Row, Send, State
from crmflow.core.proposal import Proposal
from crmflow.core.ref import UNBORN
from crmflow.core.verdict import Answer, Verdict
from crmflow.hookspecs import hookimpl


@attrs.frozen
class Nothing:
    """Nothing is known."""


def nothing(_attempt: Asked) -> Changes:
    """Return no payload."""
    return {}


def broken(_attempt: Asked) -> Changes:
    """Fail, as a function of a machine should not."""
    raise ZeroDivisionError


def nobody(_attempt: Asked) -> str:
    """Return the id of an entity that there is not."""
    return "nobody"


PING = Machine(
    "ping",
    Nothing,
    zh="发",
    en="ping",
    states=(State("sent", "已发", "sent", Kind.INITIAL),),
    rows=(
        Row(UNBORN, "send", "sent"),
        Row("sent", "miss", KEEP, send=(Send("ping", "miss", nothing, to=nobody),)),
        Row("sent", "fail", KEEP, send=(Send("pong", "take", nothing),)),
        Row("sent", "wait", KEEP, send=(Send("elsewhere", "take", nothing),)),
        Row("sent", "judge", KEEP),
        Row("sent", "hold", KEEP),
    ),
)

PONG = Machine(
    "pong",
    Nothing,
    zh="收",
    en="pong",
    states=(State("taken", "已收", "taken", Kind.INITIAL),),
    rows=(Row(UNBORN, "take", "taken", sets=broken),),
)


@attrs.frozen
class GuestFacts:
    """What is known of a guest."""

    name: str = "somebody"


GUEST = Machine(
    "guest",
    GuestFacts,
    zh="访客",
    en="guest",
    states=(State("here", "在", "here", Kind.INITIAL),),
    rows=(Row(UNBORN, "arrive", "here"),),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring all of them."""
    return [PING, PONG, GUEST]


@hookimpl
def judge_for(machine: Machine, event: str) -> Judge | None:
    """Refuse 'judge', hold 'hold' and 'arrive'."""
    answers = {"judge": Answer.REFUSE, "hold": Answer.HOLD, "arrive": Answer.HOLD}
    if event not in answers:
        return None

    def ask(_before: object, _proposal: Proposal) -> Verdict:
        return Verdict("sample", answers[event], "not_today", rules=("XYZ-001",))

    return ask


@hookimpl
def texts(lang: str) -> Mapping[str, object]:
    """Bring one reason in each language."""
    return {"reasons": {"not_today": "今天不行" if lang == "zh" else "not today"}}
