"""
A policy small enough to show what any may do: nobody signs a contract alone.

`sign` waits until somebody else says `$agree`; a reminder goes out after two hours, and
`$wave_through` raises what it is told to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.entity import Snapshot
from crmflow.core.form import Text
from crmflow.core.journal import Drop, Entry, Put
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.policy import Denied, Evolve, Evolved, Line, Occurrence, Outgoing, Raised
from crmflow.core.proposal import Proposal
from crmflow.core.reserved import ATTACH
from crmflow.core.tables import Tables
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.core.verdict import Answer, Verdict
from crmflow.hookspecs import hookimpl
from tests.engine.machines import HOUR

NAME = "witness"


@attrs.frozen
class Witnessed:
    """
    What the policy remembers of a contract.

    Attributes:
        touched: How often it was shown the contract.
        asked: Who asked to sign, and waits.
        agreed: Who agreed.
        ended: How what was let pass ended, where it was refused.
    """

    touched: int = 0
    asked: Actor | None = None
    agreed: tuple[str, ...] = ()
    ended: str | None = None


@attrs.frozen
class Agreement:
    """What a witness says."""

    words: Text


@attrs.frozen
class Waving:
    """Events to raise, in order."""

    events: tuple[Text, ...]


def _touched(state: Witnessed | None, seen: Occurrence) -> Evolved | None:
    known = state or Witnessed()
    known = attrs.evolve(known, touched=known.touched + 1)
    if seen.entry is Entry.HELD and known.asked is None:
        due_at = seen.event.at + 2 * HOUR
        version = seen.after.version
        effects = (
            Put("timers", Timer(f"{NAME}:nudge", "$nudge", due_at, version)),
            Put("tasks", Task(f"agree.{version}", "agree", "", seen.event.at, due_at,
                              boss_of(seen))),
        )  # fmt: skip
        return Evolved(attrs.evolve(known, asked=seen.event.actor), effects)
    if seen.entry is Entry.RAISE_REFUSED:
        return Evolved(attrs.evolve(known, ended=seen.event.name))
    return Evolved(known)


def boss_of(seen: Occurrence) -> str:
    """Return who is above the one who asks, as the directory knows it."""
    person = seen.people.person(seen.event.actor.id)
    return "nobody" if person is None or person.superior is None else person.superior


def _agree(state: Witnessed | None, seen: Occurrence) -> Evolved | Denied | None:
    if state is None or state.asked is None:
        return Denied((Verdict(NAME, Answer.REFUSE, "nothing_to_agree_to"),))
    who = seen.event.actor.id
    if who == state.asked.id:
        return Denied((Verdict(NAME, Answer.REFUSE, "own_signature", people=("anybody else",)),))
    agreed = attrs.evolve(state, agreed=(*state.agreed, who))
    effects = (Drop("timers", f"{NAME}:nudge"), Drop("tasks", "agree"))
    letter = Outgoing("post_office", "letter", {"words": seen.event.form.words})
    return Evolved(agreed, effects, (letter,), (Raised("sign", state.asked, approved_by=(who,)),))


def _remind(state: Witnessed | None, seen: Occurrence) -> Evolved | Denied | None:
    if seen.event.actor is not SYSTEM:
        return Denied((Verdict(NAME, Answer.REFUSE, "timers_only"),))
    return None


def _wave(state: Witnessed | None, seen: Occurrence) -> Evolved | Denied | None:
    return Evolved(state or Witnessed(), raises=tuple(map(Raised, seen.event.form.events)))


@attrs.frozen
class Witness:
    """The policy."""

    name: str = NAME
    schema: int = 2
    state: type = Witnessed
    reserved: Mapping[str, type | None] = attrs.field(
        factory=lambda: {"$agree": Agreement, "$nudge": None, "$wave_through": Waving}
    )

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what runs after an event."""
        own: Mapping[str, Evolve] = {
            "$agree": _agree, "$nudge": _remind, "$wave_through": _wave,
            "sign": _touched, "cancel": _touched, "create": _touched, ATTACH: _touched,
        }  # fmt: skip
        return own.get(event)

    def upgraded(self, schema: int, value: Mapping[str, object]) -> Mapping[str, object]:
        """Return the first schema's state: it counted under another name."""
        assert schema == 1
        return {"touched": value["count"]}

    def explain(self, state: Witnessed, snapshot: Snapshot[Any]) -> Sequence[Line]:
        """Tell who is waited for."""
        if state.asked is None:
            return ()
        return (Line("witness_awaited", {"who": state.asked.id}, ("CON-011",), "four_eyes"),)


def _needs_witness(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
    state = before.policy(NAME)
    if state is not None and state.agreed:
        return Verdict(NAME, Answer.ALLOW)
    return Verdict(NAME, Answer.HOLD, "needs_witness", "four_eyes", rules=("CON-011",))


class WitnessPlugin:
    """The plugin that brings it, for machines called contract."""

    __version__ = "1"

    @hookimpl
    def policies_for(self, machine: Machine, tables: Tables) -> Sequence[Witness]:
        """Bring the policy."""
        return (Witness(),) if machine.name == "contract" else ()

    @hookimpl
    def judge_for(self, machine: Machine, event: str) -> Judge | None:
        """Hold signatures."""
        return _needs_witness if (machine.name, event) == ("contract", "sign") else None
