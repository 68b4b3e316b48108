"""What must be true once all lives have been lived, whatever was done to those who lived them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

from crmflow.codec import chained
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.flow.commits import NO_HASH
from tests.faults.jobs import LEDGERS, TICKS, ledger_of

FAULTS = ("lost", "doubled", "stuck")
EVENTS = ("begin", "tick", "poke", "note")
"""What journals tell of, besides of messages that were parked."""


def audited(engine: Engine, pokes: Mapping[str, int], notes: Path) -> dict[str, int]:
    """
    Count what was lost, doubled or is stuck, of all ticks, pokes, messages and parcels.

    Args:
        engine: Over the store, with nobody else at work.
        pokes: Each job that somebody was told is there, and how many pokes were acknowledged.
        notes: What the outside was given, a key a line.

    Returns:
        Counts by name; those of `FAULTS` should be 0.
    """
    counts: Counter[str] = Counter(dict.fromkeys(FAULTS, 0))
    left = engine.backlog()
    counts["stuck"] = left.due + left.waiting + left.parked + left.pending
    told = _told(engine)
    given = Counter(notes.read_text("utf-8").split() if notes.exists() else ())
    for name, poked in pokes.items():
        job = engine.get(("job", name))
        _count(counts, "ticks", TICKS, job.facts.ticks)
        _count(counts, "pokes", poked, job.facts.pokes)
        _count(counts, "records", 1 + TICKS + poked, _records(engine, engine.ref(("job", name))))
        for number in range(1, TICKS + 1):
            _count(counts, "messages", 1, told[name].count(number))
        assert told[name] == sorted(told[name]), f"{name} was told out of order: {told[name]}"
        times = [count for key, count in given.items() if f"/{name}/" in key]
        _count(counts, "parcels", TICKS, len(times))
        counts["parcels given again"] += sum(times) - len(times)
    counts["lives"] = len(pokes)
    return dict(counts)


def _count(counts: Counter[str], what: str, wanted: int, found: int) -> None:
    counts[what] += found
    counts["lost"] += max(wanted - found, 0)
    counts["doubled"] += max(found - wanted, 0)


def _told(engine: Engine) -> defaultdict[str, list[int]]:
    """Return which ticks of each job were told to its ledger, in the order they came."""
    told: defaultdict[str, list[int]] = defaultdict(list)
    for number in range(LEDGERS):
        ledger = engine.ref(("ledger", f"L-{number}"))
        if engine.store.load([ledger]) == [None]:
            continue
        _records(engine, ledger)
        for record in engine.journal(ledger):
            form = record.event.form
            assert ledger_of(form.of) == ledger.id, f"{form} was told to {ledger}"
            told[form.of].append(form.number)
    return told


def _records(engine: Engine, ref: EntityRef) -> int:
    """Return how many records of `EVENTS` there are, the hash chain checked to its head."""
    version, head, found = 0, NO_HASH, 0
    for record in engine.store.journal(ref, limit=10**6):
        version, head = version + 1, chained(head, record.body)
        found += record.event in EVENTS
        assert (record.version, record.hash) == (version, head), f"{ref} breaks at {version}"
    (row,) = engine.store.load([ref])
    assert row is not None, f"{ref} is gone"
    assert (row.version, row.head) == (version, head), f"{ref} is not where its journal ends"
    return found
