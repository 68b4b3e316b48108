"""What a commit gives to the statements of `sql`, in the order they take it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.commit import Commit, KeyConflict
from crmflow.storage.query import Find
from crmflow.storage.rows import (
    DuePlace,
    MessageRow,
    MessageStatus,
    Spot,
    TaskPlace,
    TaskRow,
    TimerRow,
)
from crmflow.storage.tables import EVER, NEVER

Values = Sequence[object]
"""The values of one statement, in the order it takes them."""

MESSAGE_KEY = ("machine", "id", "version", "ordinal")
"""What names a message of a tenant, and orders the outbox."""


def waves(batch: Sequence[Commit]) -> Iterator[Sequence[Commit]]:
    """
    Cut a batch where an entity comes again.

    Within a wave, statements may be run table by table: their order across
    different entities makes no difference, except to claims.
    """
    if len(batch) == 1:
        yield batch
        return
    wave: list[Commit] = []
    seen: set[EntityRef] = set()
    for one in batch:
        if one.row.ref in seen:
            yield wave
            wave, seen = [], set()
        wave.append(one)
        seen.add(one.row.ref)
    yield wave


def created(commit: Commit) -> Values:
    """Return the values of `create`."""
    row, ref = commit.row, commit.row.ref
    return (
        ref.tenant,
        ref.machine,
        ref.id,
        row.version,
        row.state,
        row.at,
        row.snapshot,
        row.head,
    )


def moved(commit: Commit) -> Values:
    """Return the values of `move`."""
    row, ref = commit.row, commit.row.ref
    return (
        row.version,
        row.state,
        row.at,
        row.snapshot,
        row.head,
        ref.tenant,
        ref.machine,
        ref.id,
        commit.expected,
    )


def records(commit: Commit) -> list[Values]:
    """Return the values of `append`."""
    ref = commit.row.ref
    return [
        (
            ref.tenant,
            ref.machine,
            ref.id,
            one.version,
            one.at,
            one.recorded_at,
            one.entry,
            one.event,
            one.key,
            one.body,
            one.hash,
        )
        for one in commit.records
    ]


def keys(commit: Commit) -> list[Values]:
    """Return the values of `add_key`."""
    ref, scope = commit.row.ref, commit.scope
    return [
        (ref.tenant, ref.machine, scope, key, ref.id, version)
        for key, version in commit.keys.items()
    ]


def _timers(commit: Commit) -> list[Values]:
    return [(*_own(commit), one.name, one.due_at, one.generation, 0) for one in commit.timers]


def _timers_gone(commit: Commit) -> list[Values]:
    return [(*_own(commit), name) for name in commit.timers_gone]


def _tasks(commit: Commit) -> list[Values]:
    return [
        (
            *_own(commit),
            one.name,
            one.id,
            one.role,
            one.opened_at,
            NEVER if one.due_at is None else one.due_at,
        )
        for one in commit.tasks
    ]


def _tasks_gone(commit: Commit) -> list[Values]:
    return [(*_own(commit), name) for name in commit.tasks_gone]


def _messages(commit: Commit) -> list[Values]:
    return [
        (
            *message_key(one),
            one.target.tenant,
            one.target.machine,
            one.target.id,
            one.body,
            one.at,
            one.sent_at,
            one.status,
            one.detail,
            one.attempts,
            one.not_before,
        )
        for one in commit.messages
    ]


def terms(ref: EntityRef, found: Iterable[Term]) -> list[Values]:
    """Return the values of `add_term` and `drop_term`."""
    return [(ref.tenant, ref.machine, one.field, one.term, ref.id) for one in found]


def _terms(commit: Commit) -> list[Values]:
    return terms(commit.row.ref, commit.terms)


def _terms_gone(commit: Commit) -> list[Values]:
    return terms(commit.row.ref, commit.terms_gone)


def _secrets(commit: Commit) -> list[Values]:
    return [] if commit.secret is None else [(*_own(commit), commit.secret)]


def _checkpoints(commit: Commit) -> list[Values]:
    return [(*_own(commit), one.at, one.version, one.snapshot) for one in commit.checkpoints]


PARTS: Mapping[str, Callable[[Commit], list[Values]]] = {
    "drop_timer": _timers_gone,
    "set_timer": _timers,
    "drop_task": _tasks_gone,
    "set_task": _tasks,
    "drop_term": _terms_gone,
    "add_term": _terms,
    "set_secret": _secrets,
    "send": _messages,
    "keep": _checkpoints,
}
"""What each further statement of a commit takes; removals come first."""


def claims_gone(commit: Commit) -> list[Values]:
    """Return the values of `free_claim`."""
    tenant, machine, id_ = _own(commit)
    return [(tenant, one.scope, one.value, machine, id_) for one in commit.claims_gone]


def claims(commit: Commit) -> list[Values]:
    """Return the values of `take_claim`."""
    tenant, machine, id_ = _own(commit)
    return [(tenant, one.scope, one.value, machine, id_) for one in commit.claims]


def message_key(message: MessageRow) -> Values:
    """Return the place of a message in the outbox, its tenant first."""
    return (message.source.tenant, *message.spot)


def among(names: Iterable[str]) -> str:
    """Return names as the one parameter that `claim_due` and `claim_messages` look into."""
    return f" {' '.join(names)} "


def marked(message: MessageRow, held: int | None) -> Values:
    """Return the values of `mark`."""
    new = (message.status, message.detail, message.attempts, message.not_before)
    return (*new, *message_key(message), message.not_before if held is None else held)


def used(tenant: str, machine: str, key: str, found: Sequence[Sequence[Any]]) -> KeyConflict | None:
    """Return who used a key, of what `keyed` reads."""
    for id_, version in found:
        return KeyConflict(key, EntityRef(tenant, machine, id_), version)
    return None


def task(tenant: str, row: Sequence[Any]) -> TaskRow:
    """Return a task of what `tasks` reads."""
    machine, id_, name, task_id, role, opened_at, due_at = row
    deadline = None if due_at == NEVER else due_at
    return TaskRow(EntityRef(tenant, machine, id_), task_id, name, role, opened_at, deadline)


def timer(tenant: str, row: Sequence[Any]) -> TimerRow:
    """Return a timer of what `due` reads."""
    machine, id_, *rest = row
    return TimerRow(EntityRef(tenant, machine, id_), *rest)


def timer_key(one: TimerRow) -> Values:
    """Return the place of a timer."""
    return (one.ref.tenant, one.ref.machine, one.ref.id, one.name)


def message(tenant: str, row: Sequence[Any]) -> MessageRow:
    """Return a message of what `outbox` reads."""
    machine, id_, version, ordinal, target, of, target_id, body, at, sent_at, status, *rest = row
    source, to = EntityRef(tenant, machine, id_), EntityRef(target, of, target_id)
    return MessageRow(source, version, ordinal, to, body, at, sent_at, MessageStatus(status), *rest)


def leased(tenant: str, row: Sequence[Any], end: int) -> MessageRow:
    """Return a message of what `first_waiting` reads, leased until an end."""
    return message(tenant, (*row[:-1], end))


def _own(commit: Commit) -> tuple[str, str, str]:
    ref = commit.row.ref
    return (ref.tenant, ref.machine, ref.id)


def after_entity(after: tuple[str, str] | None, machine: str | None) -> Values | None:
    """
    Return where a page of entities starts, None where nothing can follow.

    Args:
        after: (machine, id) of the last one seen, or None.
        machine: The one machine asked for, or None.
    """
    last = after or ("", "")
    if machine is None:
        return last
    if last[0] > machine:
        return None
    return (machine, last[1] if last[0] == machine else "")


def after_task(after: TaskPlace | None) -> Values:
    """Return where a page of tasks starts."""
    if after is None:
        return (EVER, "", "", "")
    due_at, *rest = after
    return (NEVER if due_at is None else due_at, *rest)


def by_due(query: Find, until: int, after: DuePlace | None) -> Values:
    """
    Return the values of the statements that find entities by what is due.

    Args:
        query: The query.
        until: Due by this instant.
        after: Place of the last one seen.
    """
    place = (query.tenant, until, *(after or (EVER, "", "")))
    machines = () if query.machine is None else (query.machine, query.machine)
    states = () if query.state is None else (query.state,)
    terms = (text for one in query.terms for text in (one.field, one.term))
    return (*place, *machines, *states, *terms, query.limit)


def by_terms(query: Find, after: str) -> Values:
    """
    Return the values of the statement that finds entities by terms.

    Args:
        query: The query; it names a machine.
        after: The id seen last.
    """
    first, *others = query.terms
    more = (text for one in others for text in (one.field, one.term))
    state = () if query.state is None else (query.state,)
    place = (query.tenant, str(query.machine), first.field, first.term, after)
    return (*place, *more, *state, query.limit)


def after_message(after: Spot | None, source: EntityRef | None) -> Values | None:
    """
    Return where a page of messages starts, None where nothing can follow.

    Args:
        after: Spot of the last one seen, or None.
        source: The one source asked for, or None.
    """
    last = after or ("", "", -1, -1)
    if source is None:
        return last
    own = (source.machine, source.id)
    if last[:2] > own:
        return None
    return (*own, *(last[2:] if last[:2] == own else (-1, -1)))
