"""Races, claims and verdicts: nothing lost, nothing doubled, nothing undecided."""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.core.claim import Claim
from crmflow.core.decision import Decision
from crmflow.core.errors import ConflictError, CrmflowError, PolicyFailedError
from crmflow.core.form import Text
from crmflow.core.journal import Entry
from crmflow.core.judging import Judge
from crmflow.core.machine import ANY, Asked, Kind, Machine, Row, State
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.refusal import Because
from crmflow.core.updates import copied
from crmflow.core.verdict import Answer, Verdict
from crmflow.engine.driving import drive
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing
from crmflow.flow.run import TRIES
from crmflow.hookspecs import hookimpl
from crmflow.storage.commit import Commit, Outcome
from crmflow.storage.memory import MemoryStore
from crmflow.storage.rows import EntityRow
from tests.engine.machines import AT, CALL, HOUR, SALES, engine


@attrs.frozen
class Badge:
    """What is known of a badge."""

    number: str
    uses: int = 0


@attrs.frozen
class Issue:
    """What a badge is issued with."""

    number: Text


def _number(attempt: Asked) -> tuple[Claim, ...]:
    return (Claim("badge", attempt.form.number),)


BADGE = Machine(
    "badge",
    Badge,
    (
        State("valid", "有效", "Valid", Kind.INITIAL),
        State("void", "作废", "Void", Kind.FINAL),
    ),
    (
        Row(UNBORN, "issue", "valid", form=Issue, sets=copied("number"), claims=_number),
        Row("valid", "renumber", form=Issue, sets=copied("number"), claims=_number),
        Row("valid", "use", sets=lambda attempt: {"uses": attempt.facts.uses + 1}),
        Row(ANY, "revoke", "void"),
    ),
    zh="证件",
    en="badge",
)


class Racing(MemoryStore):
    """A memory store in which somebody else is quicker, so many times."""

    def __init__(self, quicker: Callable[[], object], times: int) -> None:
        super().__init__()
        self.quicker = quicker
        self.times = times

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Let the other one go first."""
        if self.times:
            self.times -= 1
            times, self.times = self.times, 0
            self.quicker()
            self.times = times
        return super().commit(batch)


def raced(times: int) -> tuple[Engine, EntityRef]:
    """Return an engine whose next commits lose against a use of the badge."""
    store = Racing(lambda: badges.fire(badge, "use", actor=SALES).require(), 0)
    badges = engine(store, BADGE)
    badge = badges.create("badge", {"number": "7"}, actor=SALES).require().entity
    store.times = times
    return badges, badge


def test_a_lost_race_is_decided_anew() -> None:
    """Where the caller named no version, losing is harmless: both events count."""
    badges, badge = raced(3)
    assert badges.fire(badge, "use", actor=SALES).require().snapshot.facts.uses == 4
    assert badges.get(badge).version == 5


def test_a_race_lost_for_ever_is_reported() -> None:
    """After so many tries the caller is told, and nothing of it is stored."""
    badges, badge = raced(TRIES)
    with pytest.raises(ConflictError, match="expected unchanged and is at version"):
        badges.fire(badge, "use", actor=SALES)
    assert badges.get(badge).facts.uses == TRIES


def test_a_race_lost_on_a_version_is_reported_at_once() -> None:
    """Who names a version is not decided for anew."""
    badges, badge = raced(1)
    with pytest.raises(ConflictError, match="at version 1 and is at version 2"):
        badges.fire(badge, "use", actor=SALES, version=1)


def test_a_batch_decides_anew_what_stood_on_something_lost() -> None:
    """A member refused because of an uncommitted one is asked again, in order."""
    store = Racing(lambda: badges.fire(badge, "revoke", actor=SALES).require(), 0)
    badges = engine(store, BADGE)
    badge = badges.create("badge", {"number": "7"}, actor=SALES).require().entity
    other = badges.create("badge", {"number": "8"}, actor=SALES).require().entity
    store.times = 1
    firings = [
        Firing(badge, "use", actor=SALES),
        Firing(other, "use", actor=SALES),
        Firing(badge, "use", actor=SALES),
        Firing(badge, "issue", {"number": "9"}, actor=SALES),
        Firing(other, "issue", {"number": "9"}, actor=SALES),
    ]
    answers = [a for a in badges.fire_many(firings) if isinstance(a, Decision)]
    assert [a.accepted for a in answers] == [False, True, False, False, False]
    because = [a.refusal.because for a in answers if a.refusal]
    assert because == [Because.FINAL, Because.FINAL, Because.FINAL, Because.NO_ROW]


@pytest.mark.parametrize("url", ["memory:", "sqlite"])
def test_many_threads_lose_nothing(url: str, tmp_path: Path) -> None:
    """Events fired from several threads on one entity are all counted, once."""
    with engine(f"sqlite:///{tmp_path}/b.db" if url == "sqlite" else url, BADGE) as badges:
        badge = badges.create("badge", {"number": "7"}, actor=SALES).require().entity
        counts = []

        def use() -> None:
            done = 0
            while done < 25:
                try:
                    badges.fire(badge, "use", actor=SALES).require()
                except ConflictError:
                    continue
                done += 1
            counts.append(done)

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counts == [25] * 4
        assert badges.get(badge).facts.uses == 100
        assert [r.version for r in badges.journal(badge)] == list(range(1, 102))


def test_a_timer_somebody_else_fired_is_not_reported() -> None:
    """What could not be committed is no decision; the other one's stands."""
    clock = ManualClock(AT)
    store = Racing(lambda: calls.fire(call, "answer", actor=SALES).require(), 0)
    calls = engine(store, CALL, clock=clock)
    call = calls.create("call", {"number": "1"}, actor=SALES).require().entity
    clock.advance(HOUR)
    store.times = 1
    assert calls.run_due().fired == ()
    assert [r.event.name for r in calls.journal(call)] == ["dial", "ring", "answer"]


def test_a_form_that_is_built_already_is_taken() -> None:
    """A caller may give the form itself instead of a mapping."""
    with engine("memory:", BADGE) as badges:
        form: Mapping[str, object] = Issue("7")  # type: ignore[assignment]
        decision = badges.create("badge", form, actor=SALES).require()
        assert decision.snapshot.facts == Badge("7")


def test_a_claim_that_is_held_is_a_refusal() -> None:
    """Who holds the value is named; it is no conflict, and the key stays free."""
    with engine("memory:", BADGE) as badges:
        first = badges.create("badge", {"number": "7"}, actor=SALES, id="a").require().entity
        refused = badges.create("badge", {"number": "7"}, actor=SALES, id="b", key="k")
        assert refused.refusal is not None
        assert refused.refusal.because is Because.CLAIM
        assert refused.refusal.detail == "badge '7' is held by badge a"
        badges.fire(first, "renumber", {"number": "7"}, actor=SALES).require()
        badges.fire(first, "revoke", actor=SALES).require()
        assert badges.create("badge", {"number": "7"}, actor=SALES, id="b", key="k").accepted


class Watching:
    """A policy that refuses, holds, or fails at using a badge, as told."""

    def __init__(self, answer: Answer | None) -> None:
        self.answer = answer

    @hookimpl
    def judge_for(self, machine: Machine, event: str) -> Judge | None:
        """Judge the use of badges."""
        if (machine.name, event) != ("badge", "use"):
            return None

        def ask(_before: object, _proposal: object) -> Verdict:
            if self.answer is None:
                raise ZeroDivisionError
            return Verdict("gate", self.answer, "closed", "night", "1", "ACC-001", "guard")

        return ask

    @hookimpl
    def texts(self, lang: str) -> Mapping[str, object]:
        """Say why."""
        return {"reasons": {"closed": "大门已关" if lang == "zh" else "the gate is closed"}}


@pytest.fixture
def watched() -> Iterator[tuple[Engine, EntityRef, Watching]]:
    """An engine whose gate can be told what to answer, and a badge."""
    policy = Watching(Answer.ALLOW)
    with Engine("memory:", machines=[BADGE], plugins=[policy]) as badges:
        badge = badges.create("badge", {"number": "7"}, actor=SALES, at=AT).require().entity
        yield badges, badge, policy


def test_a_verdict_refuses(watched: tuple[Engine, EntityRef, Watching]) -> None:
    """A policy's refusal names policy, row, version and rule, in words of its own."""
    badges, badge, policy = watched
    policy.answer = Answer.REFUSE
    decision = badges.fire(badge, "use", actor=SALES)
    assert decision.refusal is not None
    assert decision.refusal.because is Because.POLICY
    assert decision.refusal.roles == ("guard",)
    told = str(badges.explain(badge, "use", actor=SALES))
    assert "gate night 1: refuses: the gate is closed (ACC-001)" in told
    assert "大门已关" in str(badges.explain(badge, "use", actor=SALES, lang="zh"))
    assert badges.get(badge).version == 1


def test_a_verdict_holds(watched: tuple[Engine, EntityRef, Watching]) -> None:
    """A held event is journaled and waits; it is applied once the policy allows it."""
    badges, badge, policy = watched
    policy.answer = Answer.HOLD
    held = badges.fire(badge, "use", actor=SALES).require()
    assert held.held
    assert [hold.event for hold in badges.get(badge).holds] == ["use"]
    assert badges.fire(badge, "use", actor=SALES).refusal is not None
    policy.answer = Answer.ALLOW
    applied = badges.fire(badge, "use", actor=SALES).require().snapshot
    assert (applied.facts.uses, applied.holds) == (1, ())
    entries = [record.entry for record in badges.journal(badge)]
    assert entries == [Entry.DECISION, Entry.HELD, Entry.DECISION]


def test_a_held_creation_stands_in_the_journal_as_stored() -> None:
    """An entity whose creation waits is unborn, now and as of then."""

    class Doorkeeper:
        @hookimpl
        def judge_for(self, machine: Machine, event: str) -> Judge | None:
            """Hold every creation."""
            return lambda _before, _proposal: Verdict("door", Answer.HOLD, "asked")

    with Engine("memory:", machines=[BADGE], plugins=[Doorkeeper()]) as badges:
        held = badges.create("badge", {"number": "7"}, actor=SALES, at=AT).require()
        assert (held.held, held.snapshot.state) == (True, UNBORN)
        assert badges.get(held.entity) == badges.get(held.entity, at=AT + HOUR) == held.snapshot


def test_a_failing_policy_is_named(watched: tuple[Engine, EntityRef, Watching]) -> None:
    """Its plugin and hook are told, and nothing is stored."""
    badges, badge, policy = watched
    policy.answer = None
    with pytest.raises(PolicyFailedError, match="hook 'judge_for' for event 'use'"):
        badges.fire(badge, "use", actor=SALES)
    assert badges.get(badge).version == 1


def test_a_timer_a_policy_refuses_keeps_its_verdicts() -> None:
    """A refused timer's record holds what the policy said."""

    class Quiet:
        @hookimpl
        def judge_for(self, machine: Machine, event: str) -> Judge | None:
            """Refuse every ring."""
            verdict = Verdict("quiet", Answer.REFUSE, "night")
            return (lambda _before, _proposal: verdict) if event == "ring" else None

    with Engine("memory:", machines=[CALL], plugins=[Quiet()]) as calls:
        call = calls.create("call", {"number": "1"}, actor=SALES, at=AT).require().entity
        calls.run_due()
        refused = [r for r in calls.journal(call) if r.entry is Entry.TIMER_REFUSED]
        assert [verdict.policy for record in refused for verdict in record.verdicts] == ["quiet"]


def test_an_engine_that_would_have_to_wait_says_so() -> None:
    """A store that suspends cannot be driven by the synchronous engine."""

    class Pause:
        def __await__(self) -> Generator[None]:
            """Suspend once."""
            yield

    async def waits() -> None:
        await Pause()

    with pytest.raises(RuntimeError, match="cannot await"):
        drive(waits())


def test_an_entity_deleted_between_load_and_commit_is_a_conflict() -> None:
    """Whatever the store finds, a caller never gets a decision that is not stored."""

    class Empty(MemoryStore):
        def load(self, refs: Sequence[EntityRef]) -> Sequence[EntityRow | None]:
            """Find nothing that a creation could clash with."""
            return [None for _ in refs]

    badges = engine(Empty(), BADGE)
    badges.create("badge", {"number": "7"}, actor=SALES, id="a").require()
    answers: list[type[CrmflowError]] = []
    try:
        badges.create("badge", {"number": "8"}, actor=SALES, id="a")
    except CrmflowError as error:
        answers.append(type(error))
    assert answers == [ConflictError]
