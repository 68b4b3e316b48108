"""
The codec: snapshots, records and messages to bytes and back.

JSON by msgspec, shaped by cattrs: readable with any tool, instants as integer
microseconds UTC, decimals and money as text. What equals its default is left
out, so a fact added later reads as its default in older rows; what today's
machine no longer knows stays in the bytes and is passed over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import msgspec
from cattrs.errors import StructureHandlerNotFoundError

from crmflow.codec.shapes import EPOCH, actor_of, converter, micros, moment
from crmflow.core.actor import Actor
from crmflow.core.claim import Claim
from crmflow.core.compiled import Basis
from crmflow.core.entity import NOTHING, Attached, PolicyState, Received, Snapshot
from crmflow.core.errors import MachineDefinitionError
from crmflow.core.event import Cause, Event
from crmflow.core.hold import Hold
from crmflow.core.journal import Drop, Effect, Entry, JournalRecord, Put, Shelf
from crmflow.core.link import Link, Watcher
from crmflow.core.machine import Machine
from crmflow.core.message import Message
from crmflow.core.policy import Policy
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import FORMS
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.core.verdict import Verdict

__all__ = ["EPOCH", "SHELVES", "Codec", "chained", "micros", "moment"]

SHELVES: Mapping[Shelf, type] = {
    "timers": Timer,
    "tasks": Task,
    "links": Link,
    "watchers": Watcher,
    "claims": Claim,
    "received": Received,
    "holds": Hold,
    "policies": PolicyState,
}


def chained(previous: bytes, body: bytes) -> bytes:
    """Return the hash of a record: SHA-256 over the hash before it and its bytes."""
    return hashlib.sha256(previous + body).digest()


@attrs.frozen
class _Shape:
    """The two directions of one class, looked up once."""

    dump: Callable[[Any], Any]
    load: Callable[[Any, Any], Any]
    cls: type


class Codec:
    """
    Encodes and decodes what an engine's machines need.

    Args:
        machines: The machines, whose facts and form classes give the shapes.
        policies: Stateful policies of each machine; the state of one that is not among
            them stays the bytes it is.

    Raises:
        MachineDefinitionError: Facts or a form have a field of a type that cannot be stored.
    """

    def __init__(
        self,
        machines: Mapping[str, Machine],
        policies: Mapping[str, Sequence[Policy]] | None = None,
    ) -> None:
        self._converter = converter()
        self._json = msgspec.json.Encoder()
        self._facts = {name: self._kept(name, machine.facts) for name, machine in machines.items()}
        self._forms: dict[tuple[str, str], type] = {}
        for name, machine in machines.items():
            for event in machine.events:
                form = machine.form(event)
                if form is not None:
                    self._forms[name, event] = self._kept(name, form).cls
        self._policies: dict[tuple[str, str], tuple[Policy, _Shape]] = {}
        for name, bound in (policies or {}).items():
            for policy in bound:
                self._policies[name, policy.name] = policy, self._kept(name, policy.state)
                for event, form in policy.reserved.items():
                    if form is not None:
                        self._forms[name, event] = self._kept(name, form).cls
        self._fields = {
            name: {f.name: f.type for f in attrs.fields(attrs.resolve_types(machine.facts))}
            for name, machine in machines.items()
        }
        self._shelves = {shelf: self._shape(cls) for shelf, cls in SHELVES.items()}
        self._message = self._shape(Message)
        self._verdict = self._shape(Verdict)

    def _shape(self, cls: type) -> _Shape:
        """Return the class's two directions."""
        convert = self._converter
        return _Shape(convert.get_unstructure_hook(cls), convert.get_structure_hook(cls), cls)

    def _kept(self, machine: str, cls: type) -> _Shape:
        """Return the two directions of a machine's class."""
        try:
            return self._shape(cls)
        except StructureHandlerNotFoundError as error:
            fault = f"{cls.__name__} has a field of a type that cannot be stored: {error.type_}"
            raise MachineDefinitionError(machine, (fault,)) from error

    def encode_snapshot(self, snapshot: Snapshot[Any]) -> bytes:
        """Return a snapshot's bytes; its row holds the ref, version and instant."""
        known = snapshot.facts
        body: dict[str, object] = {
            "state": snapshot.state,
            "entered_at": micros(snapshot.entered_at),
            # A held creation leaves the entity without facts.
            "facts": None if known is None else self._facts[snapshot.ref.machine].dump(known),
        }
        attached = snapshot.attached
        if attached is not NOTHING:
            machine = snapshot.ref.machine
            for shelf in self._shelves:
                items = getattr(attached, shelf)
                if items:
                    body[shelf] = [self._dump_item(machine, shelf, item) for item in items]
        return self._json.encode(body)

    def _dump_item(self, machine: str, shelf: Shelf, item: Any) -> object:  # noqa: ANN401
        """Return an attached item as plain values; a policy's state in the policy's shape."""
        if isinstance(item, PolicyState) and (machine, item.policy) in self._policies:
            _, shape = self._policies[machine, item.policy]
            return {"policy": item.policy, "schema": item.schema, "value": shape.dump(item.value)}
        return self._shelves[shelf].dump(item)

    def _load_item(self, machine: str, shelf: Shelf, found: Any) -> Any:  # noqa: ANN401
        """Return an attached item; an older state of a policy in today's shape."""
        shape = self._shelves[shelf]
        item = shape.load(found, shape.cls)
        if isinstance(item, PolicyState) and (machine, item.policy) in self._policies:
            policy, kept = self._policies[machine, item.policy]
            value: Any = item.value
            if item.schema != policy.schema:
                value = policy.upgraded(item.schema, value)
            return PolicyState(item.policy, policy.schema, kept.load(value, kept.cls))
        return item

    def decode_snapshot(self, ref: EntityRef, version: int, at: int, body: bytes) -> Snapshot[Any]:
        """Return the snapshot of a row or checkpoint."""
        found = msgspec.json.decode(body)
        facts, state = self._facts[ref.machine], found.pop("state")
        entered_at = moment(found.pop("entered_at"))
        stored = found.pop("facts")
        known = None if stored is None else facts.load(stored, facts.cls)
        attached = NOTHING if not found else self._attached(ref.machine, found)
        return Snapshot(ref, state, version, moment(at), entered_at, known, attached)

    def _attached(self, machine: str, found: Mapping[Any, Any]) -> Attached:
        shelves: dict[str, Any] = {
            shelf: tuple(self._load_item(machine, shelf, item) for item in items)
            for shelf, items in found.items()
        }
        return Attached(**shelves)

    def encode_record(self, record: JournalRecord) -> bytes:
        """Return a journal record's bytes, the ref and version included."""
        dump = self._converter.unstructure
        body: dict[str, object] = {
            "ref": [record.ref.tenant, record.ref.machine, record.ref.id],
            "version": record.version,
            "entry": record.entry,
            "event": self._dump_event(record.event),
            "before": record.before,
            "row": record.row,
            "machine": record.basis.machine,
        }
        if record.to is not None:
            body["to"] = record.to
        if record.basis.policies:
            body["policies"] = record.basis.policies
        if record.facts:
            body["facts"] = {name: dump(value) for name, value in record.facts.items()}
        if record.effects:
            machine = record.ref.machine
            body["effects"] = [self._dump_effect(machine, effect) for effect in record.effects]
        if record.messages:
            body["messages"] = [self._message.dump(message) for message in record.messages]
        if record.verdicts:
            body["verdicts"] = [self._verdict.dump(verdict) for verdict in record.verdicts]
        if record.reads is not None:
            body["reads"] = record.reads
        return self._json.encode(body)

    def _dump_event(self, event: Event[Any]) -> dict[str, object]:
        actor = event.actor
        who: dict[str, object] = {"id": actor.id}
        if actor.roles:
            who["roles"] = sorted(actor.roles)
        if actor.departments:
            who["departments"] = sorted(actor.departments)
        body: dict[str, object] = {"name": event.name, "actor": who, "at": micros(event.at)}
        if event.form is not None:
            body["form"] = self._converter.unstructure(event.form)
        if event.key is not None:
            body["key"] = event.key
        if event.cause is not None:
            body["cause"] = self._converter.unstructure(event.cause)
        return body

    def _dump_effect(self, machine: str, effect: Effect) -> list[object]:
        if isinstance(effect, Put):
            return [effect.shelf, self._dump_item(machine, effect.shelf, effect.item)]
        return [effect.shelf, effect.of]

    def decode_record(self, body: bytes) -> JournalRecord:
        """Return a journal record; older shapes are upcast here, never rewritten."""
        found = msgspec.json.decode(body)
        ref = EntityRef(*found["ref"])
        load = self._converter.structure
        fields = self._fields[ref.machine]
        return JournalRecord(
            ref,
            found["version"],
            Entry(found["entry"]),
            self._load_event(ref.machine, found["event"]),
            found["before"],
            found.get("to"),
            {n: load(v, fields[n]) for n, v in found.get("facts", {}).items() if n in fields},
            tuple(self._load_effect(ref.machine, *effect) for effect in found.get("effects", ())),
            tuple(self._message.load(item, Message) for item in found.get("messages", ())),
            found["row"],
            Basis(found["machine"], found.get("policies", "")),
            tuple(self._verdict.load(item, Verdict) for item in found.get("verdicts", ())),
            found.get("reads"),
        )

    def _load_event(self, machine: str, found: Mapping[str, Any]) -> Event[Any]:
        name, cause = found["name"], found.get("cause")
        return Event(
            name,
            actor_of(found["actor"], Actor),
            moment(found["at"]),
            self._load_form(machine, name, found["form"]) if "form" in found else None,
            found.get("key"),
            None if cause is None else self._converter.structure(cause, Cause),
        )

    def _load_form(self, machine: str, event: str, form: Mapping[str, Any]) -> object:
        """Return a form, or its plain fields where no class of today reads them any more."""
        cls = FORMS.get(event) or self._forms.get((machine, event))
        if cls is None:
            return form
        try:
            found: object = self._converter.structure(form, cls)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return form  # as an older release took it, before a field became needed
        return found

    def _load_effect(self, machine: str, shelf: Shelf, item: str | Mapping[str, object]) -> Effect:
        if isinstance(item, str):
            return Drop(shelf, item)
        return Put(shelf, self._load_item(machine, shelf, item))

    def encode_message(self, message: Message) -> bytes:
        """Return a message's bytes."""
        return bytes(self._json.encode(self._message.dump(message)))

    def decode_message(self, body: bytes) -> Message:
        """Return a message."""
        message: Message = self._message.load(msgspec.json.decode(body), Message)
        return message
