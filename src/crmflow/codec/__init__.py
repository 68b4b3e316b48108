"""
The codec: snapshots, records and messages to bytes and back.

JSON by msgspec, shaped by cattrs: readable with any tool, instants as integer
microseconds UTC, decimals and money as text. What equals its default is left
out, so a fact added later reads as its default in older rows; what today's
machine no longer knows stays in the bytes and is passed over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from crmflow.codec.events import Events, dumped
from crmflow.codec.facts import Today, changes
from crmflow.codec.sealing import MARKS, Seal, Vault
from crmflow.codec.shapes import EPOCH, micros, moment, shape_of, storable
from crmflow.core.claim import Claim
from crmflow.core.compiled import Basis
from crmflow.core.entity import NOTHING, Attached, PolicyState, Received, Snapshot
from crmflow.core.errors import DamagedError, UnstorableError
from crmflow.core.hold import Hold
from crmflow.core.journal import Drop, Effect, Entry, JournalRecord, Put, Shelf
from crmflow.core.link import Link, Watcher
from crmflow.core.machine import Machine
from crmflow.core.message import Message
from crmflow.core.pause import Pause
from crmflow.core.policy import Policy
from crmflow.core.ref import EntityRef
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.core.verdict import Verdict

__all__ = ["EPOCH", "SHELVES", "UNREADABLE", "Codec", "chained", "micros", "moment"]

UNREADABLE = (
    ArithmeticError,
    AttributeError,
    ExceptionGroup,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading bytes that somebody changed may raise."""

_STRANGE: Mapping[type[Exception], str] = {
    RecursionError: "values nested without end",
    UnicodeEncodeError: "a text that is no Unicode text: it holds half of a character",
    ValueError: "a whole number of more digits than Python writes",
}

SHELVES: Mapping[Shelf, type] = {
    "timers": Timer,
    "tasks": Task,
    "links": Link,
    "watchers": Watcher,
    "claims": Claim,
    "received": Received,
    "holds": Hold,
    "policies": PolicyState,
    "pauses": Pause,
    "frozen": Timer,
}


def chained(previous: bytes, body: bytes) -> bytes:
    """Return the hash of a record: SHA-256 over the hash before it and its bytes."""
    return hashlib.sha256(previous + body).digest()


class Codec:
    """
    Encodes and decodes what an engine's machines need.

    Args:
        machines: The machines, whose facts and form classes give the shapes.
        policies: Stateful policies of each machine; the state of one that is not among
            them stays the bytes it is.
        vault: Opens values that are sealed.

    Raises:
        MachineDefinitionError: Facts or a form have a field of a type that cannot be stored.
    """

    def __init__(
        self,
        machines: Mapping[str, Machine],
        policies: Mapping[str, Sequence[Policy]] | None = None,
        vault: Vault | None = None,
    ) -> None:
        self.vault = Vault() if vault is None else vault
        self._json = msgspec.json.Encoder()
        self._today = {name: Today.of(machine) for name, machine in machines.items()}
        bound = {name: (policies or {}).get(name, ()) for name in machines}
        self._policies = {
            (name, policy.name): policy for name, found in bound.items() for policy in found
        }
        for name, policy in self._policies.items():
            storable(name[0], policy.state)
        self._events = Events.of(machines, bound)

    def _encoded(self, body: object) -> bytes:
        """
        Return the bytes of plain values.

        Raises:
            UnstorableError: No JSON can say one of them.
        """
        try:
            return self._json.encode(body)
        except (RecursionError, TypeError, ValueError) as fault:
            # What it says may hold the value.
            reason = _STRANGE.get(type(fault), "a value of a kind that no form has")
            raise UnstorableError((reason,)) from fault

    def encode_snapshot(self, snapshot: Snapshot[Any], seal: Seal | None = None) -> bytes:
        """Return a snapshot's bytes; its row holds the ref, version and instant."""
        machine, known = snapshot.ref.machine, snapshot.facts
        body: dict[str, object] = {
            "state": snapshot.state,
            "entered_at": micros(snapshot.entered_at),
            # A held creation leaves the entity without facts.
            "facts": None if known is None else self._today[machine].dump(known, seal),
        }
        if snapshot.definition != 1:
            body["definition"] = snapshot.definition
        attached = snapshot.attached
        if attached is not NOTHING:
            for shelf in SHELVES:
                items = getattr(attached, shelf)
                if items:
                    body[shelf] = [self._dump_item(machine, shelf, item, seal) for item in items]
        return self._encoded(body)

    def _dump_item(
        self,
        machine: str,
        shelf: Shelf,
        item: Any,  # noqa: ANN401
        seal: Seal | None,
    ) -> object:
        """Return an attached item as plain values; a policy's state in the policy's shape."""
        if isinstance(item, PolicyState) and (machine, item.policy) in self._policies:
            value = shape_of(self._policies[machine, item.policy].state).dump(item.value)
            body = {"policy": item.policy, "schema": item.schema, "value": value}
        else:
            body = shape_of(SHELVES[shelf]).dump(item)
        return body if seal is None else seal.item(shelf, body)

    def _load_item(self, machine: str, shelf: Shelf, found: Any) -> Any:  # noqa: ANN401
        """Return an attached item; an older state of a policy in today's shape."""
        shape = shape_of(SHELVES[shelf])
        item = shape.load(found, shape.cls)
        if isinstance(item, PolicyState) and (machine, item.policy) in self._policies:
            policy = self._policies[machine, item.policy]
            kept = shape_of(policy.state)
            value: Any = item.value
            if item.schema != policy.schema:
                value = policy.upgraded(item.schema, value)
            return PolicyState(item.policy, policy.schema, kept.load(value, kept.cls))
        return item

    def decode_snapshot(self, ref: EntityRef, version: int, at: int, body: bytes) -> Snapshot[Any]:
        """
        Return the snapshot of a row or checkpoint; facts of another definition as they are.

        Raises:
            DamagedError: The bytes are no snapshot of it.
            SealedError: An encrypted value cannot be opened.
        """
        try:
            return self._snapshot(ref, version, at, body)
        except UNREADABLE as fault:
            raise DamagedError(str(ref), type(fault).__name__) from fault

    def _snapshot(self, ref: EntityRef, version: int, at: int, body: bytes) -> Snapshot[Any]:
        found = self._read(body)
        state = found.pop("state")
        entered_at = moment(found.pop("entered_at"))
        stored, definition = found.pop("facts"), found.pop("definition", 1)
        known = None if stored is None else self._today[ref.machine].load(stored, definition)
        attached = NOTHING if not found else self._attached(ref.machine, found)
        return Snapshot(ref, state, version, moment(at), entered_at, known, attached, definition)

    def _attached(self, machine: str, found: Mapping[Any, Any]) -> Attached:
        shelves: dict[str, Any] = {
            shelf: tuple(self._load_item(machine, shelf, item) for item in items)
            for shelf, items in found.items()
        }
        return Attached(**shelves)

    def _read(self, body: bytes) -> Any:  # noqa: ANN401 - any JSON
        """Return what bytes hold, every sealed value opened."""
        found = msgspec.json.decode(body)
        return self.vault.opened(found) if any(mark in body for mark in MARKS) else found

    def today(self, machine: str) -> Today:
        """Return the facts of a machine by its definition of today."""
        return self._today[machine]

    def encode_record(self, record: JournalRecord, seal: Seal | None = None) -> bytes:
        """Return a journal record's bytes, the ref and version included."""
        body: dict[str, object] = {
            "ref": [record.ref.tenant, record.ref.machine, record.ref.id],
            "version": record.version,
            "entry": record.entry,
            "event": dumped(record.event, seal),
            "before": record.before,
            "row": record.row,
            "machine": record.basis.machine,
        }
        if record.to is not None:
            body["to"] = record.to
        if record.basis.policies:
            body["policies"] = record.basis.policies
        if record.facts:
            body["facts"] = changes(record.facts, seal)
        if record.effects:
            machine = record.ref.machine
            body["effects"] = [self._dump_effect(machine, one, seal) for one in record.effects]
        if record.messages:
            body["messages"] = [self._dump_message(message, seal) for message in record.messages]
        if record.verdicts:
            verdicts = [shape_of(Verdict).dump(verdict) for verdict in record.verdicts]
            body["verdicts"] = verdicts if seal is None else [seal.values(v) for v in verdicts]
        if record.reads is not None:
            body["reads"] = record.reads
        return self._encoded(body)

    def _dump_effect(self, machine: str, effect: Effect, seal: Seal | None) -> list[object]:
        if isinstance(effect, Put):
            return [effect.shelf, self._dump_item(machine, effect.shelf, effect.item, seal)]
        return [effect.shelf, effect.of if seal is None else seal.of(effect.shelf, effect.of)]

    def decode_record(self, body: bytes) -> JournalRecord:
        """
        Return a journal record; older shapes are upcast here, never rewritten.

        Raises:
            DamagedError: The bytes are no record.
            SealedError: An encrypted value cannot be opened.
        """
        try:
            return self._record(body)
        except UNREADABLE as fault:
            raise DamagedError("a journal", type(fault).__name__) from fault

    def _record(self, body: bytes) -> JournalRecord:
        found = self._read(body)
        ref = EntityRef(*found["ref"])
        basis = Basis(found["machine"], found.get("policies", ""))
        return JournalRecord(
            ref,
            found["version"],
            Entry(found["entry"]),
            self._events.load(ref.machine, found["event"]),
            found["before"],
            found.get("to"),
            self._today[ref.machine].changed(found.get("facts", {}), basis.version),
            tuple(self._load_effect(ref.machine, *effect) for effect in found.get("effects", ())),
            tuple(shape_of(Message).load(item, Message) for item in found.get("messages", ())),
            found["row"],
            basis,
            tuple(shape_of(Verdict).load(item, Verdict) for item in found.get("verdicts", ())),
            found.get("reads"),
        )

    def _load_effect(self, machine: str, shelf: Shelf, item: str | Mapping[str, object]) -> Effect:
        if isinstance(item, str):
            return Drop(shelf, item)
        return Put(shelf, self._load_item(machine, shelf, item))

    def encode_message(self, message: Message, seal: Seal | None = None) -> bytes:
        """Return a message's bytes."""
        return bytes(self._json.encode(self._dump_message(message, seal)))

    def _dump_message(self, message: Message, seal: Seal | None) -> object:
        body = shape_of(Message).dump(message)
        return body if seal is None else seal.message(body)

    def decode_message(self, body: bytes) -> Message:
        """Return a message."""
        message: Message = shape_of(Message).load(self._read(body), Message)
        return message
