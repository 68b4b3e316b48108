"""Batches in rehearsals: some of one take effect and others not, and each answer is right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

import attrs
import pytest

from crmflow.core.decision import Decision
from crmflow.core.errors import ConflictError, UnavailableError
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing
from crmflow.flow.run import Answered
from crmflow.testing.rehearsal.bulk import Many
from crmflow.testing.rehearsal.faults import Cut, Overtaken, Torn
from crmflow.testing.rehearsal.stage import Stage
from crmflow.testing.rehearsal.steps import Ask
from tests.faults.jobs import ACTOR
from tests.faults.rehearsals import JOBS
from tests.testing.rehearsal.finding import STEPS, found_by
from tests.testing.rehearsal.lying import Hasty
from tests.testing.rehearsal.staging import JOB, OTHER, staged

AWAY = UnavailableError("memory:", "cut off")


@pytest.fixture
def stage() -> Stage:
    """Return a stage with two jobs."""
    return staged()


def asking(ref: EntityRef, key: str, event: str = "poke") -> Ask:
    """Return somebody who asks for an event."""
    return Ask(ref, event, {}, ACTOR, key)


def versions(stage: Stage, *refs: EntityRef) -> list[int]:
    """Return the versions of entities, as they are stored."""
    return [stage.engine.get(ref).version for ref in refs]


ALL = Many((asking(JOB, "k-1"), asking(OTHER, "k-2"), asking(JOB, "k-3")))
"""Two pokes of one job, and one of the other between them."""


def test_a_batch_is_told(stage: Stage) -> None:
    """With all who ask, and with what goes wrong."""
    torn = Torn(Many((asking(JOB, "k-1"), asking(OTHER, "k-2"))), 1, dies=True)
    told = (
        "at once: sales-1 asks poke of job J-1 with {} as k-1; "
        "sales-1 asks poke of job J-2 with {} as k-2"
    )
    assert str(torn) == f"{told}; the process dies when 1 of them are committed"
    assert str(attrs.evolve(torn, dies=False)).endswith(
        "; the store is away when 1 of them are committed"
    )


def test_what_is_refused_of_a_batch_leaves_the_rest(stage: Stage) -> None:
    """A job that has ended takes no poke, the other one does."""
    Many((asking(JOB, "k-0", "end"),)).take(stage, stage.engine)
    ALL.take(stage, stage.engine)
    assert versions(stage, JOB, OTHER) == [2, 2]
    assert stage.counts["batches taken in part"] == 1
    Many((asking(JOB, "k-4"),)).take(stage, stage.engine)
    assert stage.counts == {
        "timers": 0, "batches": 3, "refused": 3,
        "batches taken in part": 1, "batches answered in part": 0,
    }  # fmt: skip


@pytest.mark.parametrize("dies", [True, False])
@pytest.mark.parametrize("whole", [0, 1, 2])
def test_a_commit_that_is_cut_off_in_its_middle_is_finished(
    stage: Stage, whole: int, *, dies: bool
) -> None:
    """Asked once more, what was written is told again, and the rest is decided: nothing twice."""
    before = stage.engine
    Torn(ALL, whole, dies=dies).take(stage, stage.engine)
    assert versions(stage, JOB, OTHER) == [3, 2]
    assert (stage.counts["torn"], stage.counts["unanswered"]) == (1, 1)
    assert (stage.engine is not before) == dies
    assert [one.repeated for one in again(stage.engine)] == [True, True, True]


def again(engine: Engine) -> list[Decision]:
    """Return what the batch is answered once more."""
    answers = engine.fire_many(
        Firing(one.ref, one.event, actor=one.actor, key=one.key) for one in ALL.asks
    )
    return [cast("Decision", one) for one in answers]


def test_a_commit_of_fewer_is_not_cut_off(stage: Stage) -> None:
    """There is no middle of it."""
    Torn(ALL, 3, dies=True).take(stage, stage.engine)
    assert versions(stage, JOB, OTHER) == [3, 2]
    assert not stage.counts["torn"]


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("at", [3, 4])
def test_a_batch_is_answered_in_part(stage: Stage, at: int, *, after: bool) -> None:
    """
    Where somebody else was first and the store is then away, some are answered and some not.

    Call 2 is the commit of all; with calls 3 and 4 what was lost is read and committed anew.
    """
    cut = Cut(ALL, at, after=after, dies=False)
    Overtaken(cut, asking(OTHER, "k-0")).take(stage, stage.engine)
    assert versions(stage, JOB, OTHER) == [3, 3]
    assert stage.counts["batches answered in part"] == (0 if at == 4 and after else 1)
    assert (stage.counts["conflict"], stage.counts["store away"]) == (1, 1)


def test_an_answer_that_is_lost_alone_is_told_again(stage: Stage) -> None:
    """Nothing else of the batch is taken, and what is taken is found by its key at once."""
    stage.engine.fire(JOB, "end", actor=ACTOR)
    batch = Many((asking(JOB, "k-1"), asking(OTHER, "k-2")))
    Overtaken(Cut(batch, 4, after=True, dies=False), asking(OTHER, "k-0")).take(stage, stage.engine)
    assert versions(stage, JOB, OTHER) == [2, 3]
    assert (stage.counts["store away"], stage.counts["unanswered"]) == (1, 0)


def test_a_store_that_forgets_what_a_batch_has_lost_is_found() -> None:
    """What follows a lost member of its entity was decided on it, and must not be committed."""
    found = found_by(attrs.evolve(JOBS, stores=Hasty), steps=4 * STEPS)
    assert "a gap at " in found.reason
    assert "at once: " in found.story[-1]


@attrs.define
class Doctored:
    """An engine whose answers to batches are changed."""

    engine: Engine
    change: Callable[[tuple[Answered, ...]], Iterable[Answered]]

    def fire_many(self, firings: Iterable[Firing]) -> tuple[Answered, ...]:
        """Fire them, and tell something else."""
        return tuple(self.change(self.engine.fire_many(firings)))


def told(
    stage: Stage, change: Callable[[tuple[Answered, ...]], Iterable[Answered]], batch: Many = ALL
) -> None:
    """Take a batch whose answers are changed."""
    batch.take(stage, cast("Engine", Doctored(stage.engine, change)))


def test_answers_of_others_are_found(stage: Stage) -> None:
    """Each answer is that of its place."""
    with pytest.raises(AssertionError, match="k-1 of job J-1 was answered of job J-2"):
        told(stage, lambda answers: (answers[1], answers[0], answers[2]))


def test_answers_of_another_key_are_found(stage: Stage) -> None:
    """Also where it is one of the same entity."""
    with pytest.raises(AssertionError, match="was told as"):
        told(stage, lambda answers: (answers[2], answers[1], answers[0]))


@attrs.define
class Backwards:
    """An engine that begins at the end."""

    engine: Engine

    def fire_many(self, firings: Iterable[Firing]) -> tuple[Answered, ...]:
        """Fire the last one first."""
        return self.engine.fire_many(reversed([*firings]))[::-1]


def test_decisions_out_of_turn_are_found(stage: Stage) -> None:
    """Those of one entity follow each other in their order."""
    with pytest.raises(AssertionError, match=r"job J-1 has decided out of turn: \[3, 2\]"):
        ALL.take(stage, cast("Engine", Backwards(stage.engine)))


def test_a_missing_answer_is_found(stage: Stage) -> None:
    """There are as many as were asked for."""
    with pytest.raises(ValueError, match="shorter"):
        told(stage, lambda answers: answers[:2])


def test_a_second_decision_is_found(stage: Stage) -> None:
    """Whoever asks again with the same key is told so."""
    first: list[tuple[Answered, ...]] = []

    def keep(answers: tuple[Answered, ...]) -> tuple[Answered, ...]:
        first.append(answers)
        return answers

    told(stage, keep)
    with pytest.raises(AssertionError, match="k-1 was decided twice"):
        told(stage, lambda _: first[0])


def test_a_refusal_of_what_is_committed_is_found(stage: Stage) -> None:
    """Who is told that it was refused may ask for something else in its place."""
    ended = Many((asking(JOB, "k-0", "end"), asking(JOB, "k-4")))
    with pytest.raises(AssertionError, match="k-0 was refused and is committed as v2"):
        told(stage, lambda answers: (answers[1], answers[1]), ended)


def test_a_batch_that_is_refused_and_written_is_found(stage: Stage) -> None:
    """A refusal writes nothing."""
    ended = Many((asking(JOB, "k-4"),))
    stage.engine.fire(JOB, "end", actor=ACTOR)

    def writes(answers: tuple[Answered, ...]) -> tuple[Answered, ...]:
        stage.engine.fire(OTHER, "poke", actor=ACTOR)
        return answers

    with pytest.raises(AssertionError, match="refused as a whole changed"):
        told(stage, writes, ended)


def test_other_errors_are_found(stage: Stage) -> None:
    """The store may be away; nothing else may fail."""
    told(stage, lambda answers: (AWAY, *answers[1:]))
    assert stage.counts["unanswered"] == 1
    with pytest.raises(ConflictError):
        told(stage, lambda answers: (ConflictError(JOB, 1, 2), *answers[1:]))
