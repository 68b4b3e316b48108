"""After the third phase: show the stateful policies what happened and add what they answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

import attrs
from msgspec.structs import replace

from crmflow.core.compiled import Compiled
from crmflow.core.consequences import derived_id
from crmflow.core.decision import Decision
from crmflow.core.entity import PolicyState, Snapshot
from crmflow.core.errors import PolicyFailedError
from crmflow.core.journal import Drop, Effect, JournalRecord, Put, attach
from crmflow.core.machine import Row
from crmflow.core.message import Message
from crmflow.core.people import NOBODY, People
from crmflow.core.plain import plain
from crmflow.core.policy import Denied, Evolve, Evolved, Occurrence, Outgoing, Policy, Raised
from crmflow.core.task import Task

HOOK = "policies_for"


@attrs.frozen
class BoundEvolve:
    """What a policy runs after one event, with the plugin it comes from."""

    plugin: str
    policy: Policy
    run: Evolve


@attrs.frozen
class Follow:
    """An event that a policy raised, and the policy."""

    policy: str
    raised: Raised


def evolve(
    compiled: Compiled,
    bound: Iterable[BoundEvolve],
    before: Snapshot[Any],
    decision: Decision,
    row: Row | None,
    people: People = NOBODY,
) -> tuple[Decision, tuple[Follow, ...]]:
    """
    Return a decision with what the policies add to it, and the events they raise.

    Args:
        compiled: The entity's machine.
        bound: What runs after the event, in order of the policies' names.
        before: The entity before the event.
        decision: An accepted decision.
        row: The row taken or held, or None.
        people: The directory at the event's instant.

    Raises:
        PolicyFailedError: A policy raised, or answered what it may not; names its plugin.
    """
    if decision.record is None:
        return decision, ()
    after = decision.snapshot
    seen = Occurrence(before, after, decision.event, decision.record.entry, row, people)
    answers: list[tuple[BoundEvolve, Evolved]] = []
    for one in bound:
        answer = ask(one, after.policy(one.policy.name), seen)
        if isinstance(answer, Denied):
            raise failed(one, decision.event.name, "only its reserved events can be denied")
        if answer is not None:
            answers.append((one, answer))
    return add(compiled, decision, answers) if answers else (decision, ())


def add(
    compiled: Compiled, decision: Decision, answers: Iterable[tuple[BoundEvolve, Evolved]]
) -> tuple[Decision, tuple[Follow, ...]]:
    """
    Return a decision with what policies answered, and the events they raise.

    Raises:
        PolicyFailedError: A policy touches what is not its own; names its plugin.
    """
    # An accepted decision has one.
    record, after = cast("JournalRecord", decision.record), decision.snapshot
    follows: list[Follow] = []
    own = len(record.effects)
    for bound, answer in answers:
        record = _added(compiled, bound, record, answer, after)
        follows += [Follow(bound.policy.name, raised) for raised in answer.raises]
    effects = record.effects[own:]
    if effects:
        after = replace(after, attached=attach(after.attached, effects))
    return replace(decision, record=record, snapshot=after), tuple(follows)


def ask(bound: BoundEvolve, state: object, seen: Occurrence) -> Evolved | Denied | None:
    """
    Return a policy's answer.

    Raises:
        PolicyFailedError: It raised or gave something else; names its plugin.
    """
    try:
        answer: object = bound.run(state, seen)
    except Exception as error:
        raise PolicyFailedError(bound.plugin, HOOK, seen.event.name) from error
    if answer is None or isinstance(answer, Evolved | Denied):
        return answer
    fault = f"evolve gives Evolved, Denied or None, not {answer!r}"
    raise failed(bound, seen.event.name, fault)


def _added(
    compiled: Compiled,
    bound: BoundEvolve,
    record: JournalRecord,
    answer: Evolved,
    after: Snapshot[Any],
) -> JournalRecord:
    """Return a record with what a policy adds to it."""
    effects = (*record.effects, *_kept(bound.policy, answer, after))
    if not (answer.effects or answer.messages or answer.verdicts):  # as it mostly is
        return replace(record, effects=effects)
    fault = next(_faults(compiled, bound.policy, answer, after), None)
    if fault is not None:
        raise failed(bound, record.event.name, fault)
    messages = tuple(
        _message(record, ordinal, sent)
        for ordinal, sent in enumerate(answer.messages, _next(record.messages))
    )
    return replace(
        record,
        effects=(*effects, *_owned(bound.policy, answer, after)),
        messages=(*record.messages, *messages),
        # A record that is decided again has them already.
        verdicts=(*record.verdicts, *(v for v in answer.verdicts if v not in record.verdicts)),
    )


def failed(bound: BoundEvolve, event: str, fault: str) -> PolicyFailedError:
    """Return the error of a policy that answers what it may not, with the fault as its cause."""
    error = PolicyFailedError(bound.plugin, HOOK, event)
    error.__cause__ = ValueError(fault)
    return error


def _kept(policy: Policy, answer: Evolved, after: Snapshot[Any]) -> tuple[Effect, ...]:
    """Return how the policy's own state changes."""
    before = after.policy(policy.name)
    if answer.state is None:
        return () if before is None else (Drop("policies", policy.name),)
    if answer.state is before or answer.state == before:
        return ()
    return (Put("policies", PolicyState(policy.name, policy.schema, answer.state)),)


def _owned(policy: Policy, answer: Evolved, after: Snapshot[Any]) -> Iterator[Effect]:
    """Yield what it adds, the tasks it opens marked as its own; others' keep their owner."""
    for effect in answer.effects:
        if isinstance(effect, Put) and isinstance(effect.item, Task):
            owners = {task.name: task.policy for task in after.tasks}
            owner = owners.get(effect.item.name, policy.name)
            yield Put("tasks", attrs.evolve(effect.item, policy=owner))
        else:
            yield effect


OWN = frozenset({"timers", "tasks", "claims", "holds"})
"""Shelves a policy may touch."""


def _faults(
    compiled: Compiled, policy: Policy, answer: Evolved, after: Snapshot[Any]
) -> Iterator[str]:
    ended = after.state in compiled.final
    for effect in answer.effects:
        put = isinstance(effect, Put)
        if effect.shelf not in OWN or (put and effect.shelf == "holds"):
            yield f"a policy adds timers, tasks and claims and ends holds, not {effect}"
        elif effect.shelf == "timers" and not effect.of.startswith(f"{policy.name}:"):
            yield f"its timers are named '{policy.name}:...', not {effect.of!r}"
        elif put and ended and effect.shelf != "claims":
            yield f"{after.state!r} is final: it keeps no {effect.shelf}, {effect.of!r} neither"


def _next(messages: tuple[Message, ...]) -> int:
    return messages[-1].ordinal + 1 if messages else 0


def _message(record: JournalRecord, ordinal: int, sent: Outgoing) -> Message:
    to = sent.id or derived_id(record.ref, record.version, ordinal)
    payload = {name: plain(value) for name, value in sent.payload.items()}
    return Message(ordinal, sent.kind, sent.machine, to, sent.event, payload, sent.link)
