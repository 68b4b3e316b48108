"""Laws of pruning: a pruned journal tells all that it must, and nobody else sees a difference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import SYSTEM
from crmflow.core.errors import JournalPrunedError, UnavailableError, UnknownEntityError
from crmflow.core.measure import Measure, Unit
from crmflow.engine.engine import Engine
from crmflow.engine.pruning import Prunes
from crmflow.policies.retention import PRUNE
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store
from crmflow.testing import CrashingStore
from tests.policies.test_retention import AT, CARD, DAY

CALLS = ("find", "load", "journal", "checkpoint", "outbox", "secret", "pruned", "commit", "prune")
MONTH = 30 * DAY
CARD_REF = ("card", "C-1")

Steps = Sequence[tuple[str, int]]
steps = st.lists(
    st.tuples(st.sampled_from(("deal", "deal", "prune")), st.integers(0, 500)), max_size=25
)
spans = st.integers(12, 30)


def cards(store: Store, clock: ManualClock, months: int | None) -> Engine:
    """Return an engine of cards whose journals are kept so long; for ever where None."""
    row = {"name": "journals", "machine": "card"}
    kept = row if months is None else {**row, "journal": f"{months}mo"}
    own = Overlay({"company.zone": "Asia/Shanghai"}, {"retention": [kept]})
    return Engine(store, machines=[CARD], config=own, clock=clock)


def lived(engine: Engine, clock: ManualClock, history: Steps, *, prunes: bool) -> list[datetime]:
    """Let a card live, pruned in between or not, and return the instants of its dealings."""
    engine.create("card", {}, actor=SYSTEM, id="C-1", key="first").require()
    seen = [clock.now()]
    for number, (what, days) in enumerate(history):
        clock.advance(days * DAY)
        if what == "deal":
            said = {"dealt_at": clock.now().isoformat()}
            engine.fire(CARD_REF, "deal", said, actor=SYSTEM, key=f"key-{number}").require()
            seen.append(clock.now())
        elif prunes:
            assert not engine.prune().errors
    return seen


@given(history=steps, months=spans)
@example(history=[("deal", 0)] * 3 + [("deal", 400), ("prune", 395), ("deal", 0)], months=12)
@example(history=[("deal", 400)] * 9 + [("prune", 0), ("prune", 500)], months=12)
@settings(max_examples=25)
def test_a_pruned_journal_tells_all_that_it_must(history: Steps, months: int) -> None:
    """
    Beside a twin whose journal is kept for ever: the same entity, at every instant there is left.

    Rules: STO-003 STO-005
    """
    clock, other = ManualClock(AT), ManualClock(AT)
    pruned, whole = cards(MemoryStore(), clock, months), cards(MemoryStore(), other, None)
    lived(whole, other, history, prunes=False)
    seen = lived(pruned, clock, history, prunes=True)
    assert pruned.get(CARD_REF).facts == whole.get(CARD_REF).facts
    assert pruned.get(CARD_REF).at == whole.get(CARD_REF).at
    mark = pruned.store.pruned(pruned.ref(CARD_REF))
    for at in seen:
        try:
            was = pruned.get(CARD_REF, at=at)
        except JournalPrunedError:
            assert mark is not None
            span = Measure(months, Unit.MONTHS)
            assert at + timedelta(days=months * 28) <= clock.now(), span
        else:
            assert was.facts == whole.get(CARD_REF, at=at).facts
    left = [one for one in pruned.journal(CARD_REF) if one.event.name != PRUNE]
    kept = {one.event.at for one in whole.journal(CARD_REF)}
    assert {at for at in kept if at + timedelta(days=months * 31) > clock.now()} <= {
        one.event.at for one in left
    }
    assert [one.findings for one in pruned.audit()] == [()]
    assert all(one.differs == () for one in pruned.redecide(CARD_REF))


@given(history=steps, months=spans, crash=st.integers(1, 40), after=st.booleans())
@example(history=[("deal", 30)] * 9 + [("deal", 500)], months=12, crash=1, after=True)
@settings(max_examples=30)
def test_wherever_it_ends_nothing_is_gone_that_no_mark_stands_for(
    history: Steps, months: int, crash: int, after: bool
) -> None:
    """A crash at any call: what is there is whole, and the next run does what is left."""
    clock, store = ManualClock(AT), MemoryStore()
    lived(cards(store, clock, None), clock, history, prunes=False)
    fault = UnavailableError("memory:", "it fell")
    falling = CrashingStore(store, fault, at=crash, after=after, calls=CALLS)
    falls = cards(falling, clock, months)
    falling.count = 0
    try:
        fell = bool(falls.prune().errors)
    except UnavailableError:
        fell = True
    sound = cards(store, clock, months)
    assert [one.findings for one in sound.audit()] == [()]
    before = sound.get(CARD_REF)
    done = sound.prune()
    assert fell or done == Prunes(seen=1)
    assert [one.findings for one in sound.audit()] == [()]
    assert sound.get(CARD_REF).facts == before.facts
    assert sound.prune() == Prunes(seen=1)


@given(history=steps, months=spans)
@settings(max_examples=20)
def test_keys_live_as_long_as_their_records(history: Steps, months: int) -> None:
    """A repeat of what is left is known as one; the key of what is gone is free again."""
    clock, store = ManualClock(AT), MemoryStore()
    engine = cards(store, clock, months)
    lived(engine, clock, history, prunes=True)
    kept = {one.event.key for one in engine.journal(CARD_REF)}
    ref = engine.ref(CARD_REF)
    for number, (what, _) in enumerate(history):
        used = store.keyed(ref.tenant, ref.machine, ref.id, f"key-{number}")
        assert (used is not None) == (f"key-{number}" in kept), what
    try:
        engine.get(CARD_REF, at=AT - DAY)
    except UnknownEntityError:
        assert "first" in kept
    except JournalPrunedError:
        assert "first" not in kept
