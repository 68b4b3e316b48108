"""A defect of others: super-users, imports and interfaces that bypass the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.entity import Snapshot
from crmflow.core.errors import RefusedError, UnknownEventError
from crmflow.core.journal import Entry
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.policy import Evolve, Evolved, Line, Occurrence, Raised
from crmflow.core.proposal import Proposal
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting, Firing, Observed
from crmflow.hookspecs import hookimpl
from tests.engine.machines import AT, CALL, SALES
from tests.engine.policies import Waving, Witnessed

ROOT = Actor("root", {"administrator", "general_manager", "system"})


class NoAnswers:
    """Nobody answers calls; and a policy that would have it answered all the same."""

    name = "eager"
    schema = 1
    state = Witnessed
    reserved: Mapping[str, type | None] = {"$wave_through": Waving}

    @hookimpl
    def judge_for(self, machine: Machine, event: str) -> Judge | None:
        """Refuse answers."""
        return self._judge if event == "answer" else None

    @staticmethod
    def _judge(_before: Snapshot[Any], _proposal: Proposal) -> Verdict | None:
        return Verdict("no_answers", Answer.REFUSE, "nobody_answers", rules=("ACC-001",))

    @hookimpl
    def policies_for(self, machine: Machine, tables: Tables) -> Sequence[NoAnswers]:
        """Bring the eager policy."""
        return [self]

    def evolve_for(self, event: str) -> Evolve | None:
        """Raise what it is told to."""
        return self._wave if event == "$wave_through" else None

    @staticmethod
    def _wave(_state: object, seen: Occurrence) -> Evolved:
        return Evolved(Witnessed(), raises=tuple(map(Raised, seen.event.form.events)))

    def upgraded(self, schema: int, value: Mapping[str, object]) -> Mapping[str, object]:
        """Return it as it is."""
        return value

    def explain(self, state: object, snapshot: Snapshot[Any]) -> Sequence[Line]:
        """Tell nothing."""
        return ()


@pytest.fixture
def calls() -> Iterator[Engine]:
    """Return an engine with a call that rings and that nobody may answer."""
    clock = ManualClock(AT)
    with Engine("memory:", machines=[CALL], plugins=[NoAnswers()], clock=clock) as engine:
        engine.create("call", {"number": "400"}, actor=SALES, id="c", at=AT).require()
        yield engine


def by_many(engine: Engine, ref: EntityRef, actor: Actor) -> None:
    """Answer in a batch."""
    (answered,) = engine.fire_many([Firing(ref, "answer", actor=actor)])
    assert not isinstance(answered, Exception)
    answered.require()


PATHS: Mapping[str, Callable[[Engine, EntityRef, Actor], object]] = {
    "fire": lambda engine, ref, actor: engine.fire(ref, "answer", actor=actor).require(),
    "fire_many": by_many,
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("actor", [SALES, ROOT, SYSTEM], ids=lambda actor: actor.id)
def test_no_actor_and_no_interface_is_above_the_rules(
    calls: Engine, path: str, actor: Actor
) -> None:
    """Super-users and the system itself are judged like anybody."""
    ref = calls.ref(("call", "c"))
    with pytest.raises(RefusedError, match="nobody_answers"):
        PATHS[path](calls, ref, actor)
    assert calls.get(ref).state == "ringing"


def test_what_a_policy_raises_is_judged_too(calls: Engine) -> None:
    """A policy cannot let itself through another's refusal."""
    waved = calls.fire(("call", "c"), "$wave_through", {"events": ["answer"]}, actor=ROOT)
    assert [one.record.entry for one in waved.caused if one.record] == [Entry.RAISE_REFUSED]
    assert calls.get(("call", "c")).state == "ringing"


def test_an_import_observes_and_decides_nothing(calls: Engine) -> None:
    """A log's row is journaled as what it is: no timer, task or message comes of it."""
    row = Observed(("call", "old"), "picked up", "answered", AT, "their system", {"number": "1"})
    calls.observe_many([row])
    (record,) = calls.journal(("call", "old"))
    assert (record.entry, record.effects, record.messages) == (Entry.OBSERVATION, (), ())


def test_an_override_is_an_event_with_a_right_and_a_reason(calls: Engine) -> None:
    """Who places an entity by hand needs the right, says why, and stands in the journal."""
    placing = Adopting(("call", "c"), "answered", {}, reason="answered on another line")
    with pytest.raises(RefusedError):
        calls.adopt(placing, actor=SALES).require()
    calls.adopt(placing, actor=ROOT).require()
    last = list(calls.journal(("call", "c")))[-1]
    assert (last.entry, last.event.actor.id) == (Entry.ADOPTION, "root")
    assert last.event.form.reason == "answered on another line"


def test_no_caller_fires_the_engines_own_events(calls: Engine) -> None:
    """Observing, mirroring and the rest are no back door of `fire`."""
    for name in ("$adopt", "$observe", "$mirror", "$message_refused", "$attach", "$retire"):
        with pytest.raises(UnknownEventError):
            calls.fire(("call", "c"), name, {"state": "answered"}, actor=ROOT)
