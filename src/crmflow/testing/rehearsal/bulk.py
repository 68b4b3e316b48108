"""Events fired on many at once: each counts for itself, whatever becomes of the others."""

from __future__ import annotations

from collections import defaultdict

import attrs

from crmflow.core.decision import Decision
from crmflow.core.errors import UnavailableError
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing
from crmflow.flow.run import Answered
from crmflow.testing.rehearsal.stage import Stage
from crmflow.testing.rehearsal.steps import Ask


@attrs.frozen
class Many:
    """
    Several people's events are fired in one batch.

    Attributes:
        asks: What they ask for; of one entity perhaps several things.
    """

    asks: tuple[Ask, ...]

    def __str__(self) -> str:
        return f"at once: {'; '.join(map(str, self.asks))}"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Fire them: what is accepted is there, and what is refused or unanswered is told so."""
        before = stage.witness.records - stage.meanwhile
        known = [stage.witness.keys.get((ask.ref, ask.key)) for ask in self.asks]
        answers = engine.fire_many(
            Firing(ask.ref, ask.event, ask.payload, actor=ask.actor, key=ask.key)
            for ask in self.asks
        )
        fresh: dict[EntityRef, list[int]] = defaultdict(list)
        for ask, first, answer in zip(self.asks, known, answers, strict=True):
            decision = _decision(ask, first, answer, stage)
            if decision is None:
                stage.counts["unanswered"] += 1
                continue
            ask.hear(stage, decision)
            if decision.record is not None and not decision.repeated:
                fresh[ask.ref].append(decision.record.version)
        for ref, versions in fresh.items():
            assert versions == sorted(set(versions)), f"{ref} has decided out of turn: {versions}"
        self._count(stage, answers)
        # Where an answer was lost on its way, it is told as that of a repeat.
        now = [stage.witness.keys.get((ask.ref, ask.key)) for ask in self.asks]
        if now == known:
            after = stage.witness.records - stage.meanwhile
            assert after == before, "a batch that was refused as a whole changed what is stored"

    def _count(self, stage: Stage, answers: tuple[Answered, ...]) -> None:
        taken = sum(isinstance(one, Decision) and one.accepted for one in answers)
        stage.counts["batches"] += 1
        stage.counts["batches taken in part"] += 0 < taken < len(answers)
        stage.counts["batches answered in part"] += 0 < _failed(answers) < len(answers)


def _failed(answers: tuple[Answered, ...]) -> int:
    return sum(isinstance(one, Exception) for one in answers)


def _decision(ask: Ask, first: int | None, answer: Answered, stage: Stage) -> Decision | None:
    """Return what one member was answered, None where the store gave no answer."""
    if isinstance(answer, UnavailableError):
        return None
    if isinstance(answer, Exception):
        raise answer
    assert answer.entity == ask.ref, f"{ask.key} of {ask.ref} was answered of {answer.entity}"
    assert first is None or answer.repeated, f"{ask.key} was decided twice"
    there = stage.witness.keys.get((ask.ref, ask.key))
    told = answer.accepted or answer.repeated
    assert told or there is None, f"{ask.key} was refused and is committed as v{there}"
    return answer
