"""What holds of an entity at any time, whatever was done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import attrs

from crmflow.codec import micros
from crmflow.core.entity import Snapshot
from crmflow.core.journal import Entry, JournalRecord, apply
from crmflow.engine.auditing import audited
from crmflow.engine.driving import at_once, drive
from crmflow.engine.engine import Engine
from crmflow.flow.history import History
from crmflow.policies.approvals import NAME, Approvals, Chain, Reason
from crmflow.policies.approvals.rows import OwnRequest
from crmflow.testing.walking.life import FUTURE, MANY, Life

Law = Callable[[Engine, Snapshot[Any]], object]
"""What an author states: asserts something of an entity, or returns whether it holds."""


@attrs.frozen
class Turn:
    """A record of a journal with the entity before and after it."""

    before: Snapshot[Any]
    record: JournalRecord
    after: Snapshot[Any]


def turns(life: Life) -> Iterator[Turn]:
    """Yield an entity's journal, folded record by record."""
    registry = life.engine.registry
    before = None
    for record in life.journal():
        if before is None:
            history = History(registry, life.store, at_once)
            before = drive(history.start(life.ref, record.version, record.event.at))
        after = apply(before, record, life.compiled.machine.facts)
        yield Turn(before, record, after)
        before = after


def hold(life: Life, invariants: tuple[Law, ...] = ()) -> None:
    """Assert every law of an entity that there is."""
    if not life.born:
        return
    seen, snapshot = list(turns(life)), life.snapshot
    _folds(life)
    _goes_forward(seen)
    _keeps_timers(life, snapshot)
    _ends(life, seen)
    _is_approved(life, seen)
    _owns_claims(life)
    for law in invariants:
        told = f"{getattr(law, '__name__', law)} does not hold"
        assert law(life.engine, snapshot) is not False, told


def _folds(life: Life) -> None:
    """Stored equals replayed, and the chain of hashes is whole."""
    (row,) = life.store.load([life.ref])
    assert row is not None
    findings = audited(life.engine.registry, life.store, row).findings
    assert not findings, findings


def _goes_forward(seen: list[Turn]) -> None:
    """Versions have no gaps, and time does not go back."""
    for one, other in pairwise(turn.record for turn in seen):
        assert other.version == one.version + 1, "a version is missing"
        assert other.event.at >= one.event.at, "time went back"


def _keeps_timers(life: Life, snapshot: Snapshot[Any]) -> None:
    """The stored timers are those of the snapshot, each fires an event that there is."""
    rows = life.store.due(life.ref.tenant, FUTURE, limit=MANY)
    stored = {(one.name, one.due_at, one.generation) for one in rows if one.ref == life.ref}
    known = {(one.name, micros(one.due_at), one.generation) for one in snapshot.timers}
    assert stored == known, "stored timers are not those of the snapshot"
    reserved = {event for machine, event in life.engine.registry.reserved if machine == life.name}
    events = {one.event for one in snapshot.timers}
    assert events <= {*life.compiled.events, *reserved}, "a timer fires an event that is not there"


def _ends(life: Life, seen: list[Turn]) -> None:
    """No event leaves a final state, and nothing waits in one."""
    for turn in seen:
        if turn.record.entry is not Entry.ADOPTION and turn.before.state in life.compiled.final:
            assert turn.after.state == turn.before.state, "an event left a final state"
        if turn.after.state in life.compiled.final:
            left = (*turn.after.timers, *turn.after.tasks, *turn.after.holds)
            assert not left, f"something waits in a final state: {left}"


def _is_approved(life: Life, seen: list[Turn]) -> None:
    """What needs an approval is not done without one, nor on the word of who asked alone."""
    chains = _chains(life)
    asked: set[str] = set()
    for turn in seen:
        record = turn.record
        if record.entry is Entry.HELD:
            asked.add(record.event.name)
        if record.entry is not Entry.DECISION:
            continue
        for chain in chains:
            if chain.event == record.event.name and _is_due(chain, record):
                assert record.event.name in asked, f"{record.event.name} was never held"
            elif chain.state == turn.before.state and turn.after.state != turn.before.state:
                _was_voted(life, chain, turn)


def _chains(life: Life) -> list[Chain]:
    """Return the chains that are in force whatever the facts are."""
    rows = life.engine.registry.tables.of("chains", Chain)
    return [one for one in rows if one.enabled and one.machine == life.name and not one.is_none]


def _is_due(chain: Chain, record: JournalRecord) -> bool:
    """Say whether an event needed this chain: always, or as is known by who let it pass."""
    return chain.when is None or record.event.raised_by == NAME


def _was_voted(life: Life, chain: Chain, turn: Turn) -> None:
    """A state is left by approving rows only once its chain has passed."""
    rows = [row for row in life.compiled.machine.rows if row.name == turn.record.row]
    if not any(row.vote == "approve" for row in rows):
        return
    state: Approvals | None = turn.after.policy(NAME)
    last = None if state is None else state.last(turn.before.state)
    if last is None:
        assert chain.when is not None, f"{turn.before.state} was left and nobody was asked"
        return
    assert last.reason is Reason.APPROVED, f"{turn.before.state} was left: {last.reason}"
    own = any(step.own_request is OwnRequest.ALLOW for step in chain.walk)
    assert own or last.requester.id not in last.approved_by, "who asked approved it too"


def _owns_claims(life: Life) -> None:
    """A claim is listed by its owner alone."""
    owners: dict[tuple[str, str], object] = {}
    for row in life.engine.find():
        for claim in life.engine.get(row.ref).attached.claims:
            held = owners.setdefault((claim.scope, claim.value), row.ref)
            assert held == row.ref, f"{claim} is listed by {held} and {row.ref}"
