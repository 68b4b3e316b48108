"""
Recorded journals: what one release stored, which every later one must still fold.

A file has the entities of one machine, JSON, a line per entity or record, the bytes as they were
stored. Lines are chained like a journal and the last one has the root, so that nobody mends a
recorded journal instead of the code that no longer reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
import msgspec
from msgspec import Struct

from crmflow.codec import chained
from crmflow.core.errors import CrmflowError, DamagedError, did_you_mean
from crmflow.core.journal import Put
from crmflow.core.machine import Machine
from crmflow.core.ref import EntityRef
from crmflow.engine.auditing import journal
from crmflow.engine.engine import Engine
from crmflow.flow.commits import NO_HASH, indexed, snapshot_of, terms_of
from crmflow.flow.registry import Registry
from crmflow.storage.commit import Commit, Committed
from crmflow.storage.port import Store
from crmflow.storage.rows import EntityRow, JournalRow

SHAPE = 1
"""What the lines of a file are; its first line tells it."""


class Head(Struct, forbid_unknown_fields=True):
    """
    The first line: what was recorded.

    Attributes:
        journals: Shape of the file.
        release: Release of crmflow that stored it.
        edition: The machine as it was, with its number.
        states: Its states then.
        rows: Its rows then, by name.
        facts: Names of its facts then.
    """

    journals: int
    release: str
    edition: str
    states: tuple[str, ...]
    rows: tuple[str, ...]
    facts: tuple[str, ...]

    @property
    def machine(self) -> str:
        """Name of the machine."""
        return self.edition.partition(" ")[0]


class _Record(Struct, array_like=True):
    version: int
    at: int
    recorded_at: int
    entry: str
    event: str
    key: str | None
    hash: str
    body: str


class _Entity(Struct, forbid_unknown_fields=True):
    tenant: str
    id: str
    version: int
    state: str
    at: int
    head: str
    snapshot: str
    journal: tuple[_Record, ...]


class _Root(Struct, forbid_unknown_fields=True):
    root: str


@attrs.define
class RecordingError(CrmflowError):
    """
    A recorded journal cannot be relied on, or no longer folds.

    Attributes:
        file: Its path.
        faults: Everything that is wrong.
    """

    file: str
    faults: tuple[str, ...]

    def __str__(self) -> str:
        told = "".join(f"\n  - {fault}" for fault in self.faults)
        return f"recorded journals {self.file}:{told}"


def record(engine: Engine, machine: str, file: Path) -> int:
    """
    Write the journals of all entities of a machine into a new file.

    Args:
        engine: Over the store that has them.
        machine: Name of the machine.
        file: Where to; there must be nothing yet, for what was recorded stays.

    Returns:
        How many entities were recorded.

    Raises:
        UnknownMachineError: The machine is not switched on.
        RecordingError: Entities cannot be folded from what a file has: their values are
            encrypted, and a key is no part of a test, or their journals were pruned.
        FileExistsError: The file is there.
    """
    declared = engine.registry.machine(machine).machine
    rows = list(engine.find(machine))
    faults = [fault for row in rows for fault in _unfit(engine.store, row.ref)]
    if faults:
        raise RecordingError(str(file), tuple(faults))
    entities = [_entity(engine, row) for row in rows]
    root = NO_HASH
    with file.open("xb") as out:
        for line in (_head(declared), *entities):
            body = msgspec.json.encode(line)
            root = chained(root, body)
            out.write(body + b"\n")
        out.write(msgspec.json.encode(_Root(root.hex())) + b"\n")
    return len(entities)


def _head(machine: Machine) -> Head:
    return Head(
        SHAPE,
        version("crmflow"),
        machine.edition,
        tuple(state.name for state in machine.states),
        tuple(row.name for row in machine.rows),
        tuple(field.name for field in attrs.fields(machine.facts)),
    )


def _unfit(store: Store, ref: EntityRef) -> Iterator[str]:
    """Yield why an entity cannot be recorded."""
    if store.secret(ref) is not None:
        yield f"{ref} has encrypted values: record others"
    if store.pruned(ref) is not None:
        yield f"the journal of {ref} was pruned and begins in the middle: record others"


def _entity(engine: Engine, row: EntityRow) -> _Entity:
    records = tuple(
        _Record(
            one.version, one.at, one.recorded_at, one.entry, one.event, one.key,
            one.hash.hex(), one.body.decode(),
        )
        for one in journal(engine.store, row.ref, row.version)
    )  # fmt: skip
    ref, head, snapshot = row.ref, row.head.hex(), row.snapshot.decode()
    return _Entity(ref.tenant, ref.id, row.version, row.state, row.at, head, snapshot, records)


def recorded(file: Path) -> Head:
    """
    Return what a file of recorded journals says of itself.

    Raises:
        RecordingError: It is no such file.
    """
    return _read(file)[0]


def _read(file: Path) -> tuple[Head, list[_Entity]]:
    """Return a file's lines, once it is found to be as it was written."""
    first, *lines = file.read_bytes().splitlines() or [b""]
    root = NO_HASH
    for line in (first, *lines[:-1]):
        root = chained(root, line)
    try:
        head = msgspec.json.decode(first, type=Head)
        last = msgspec.json.decode(b"".join(lines[-1:]), type=_Root)
        found = [msgspec.json.decode(line, type=_Entity) for line in lines[:-1]]
    except msgspec.DecodeError as error:
        told = f"it is no file of recorded journals, or not whole: {error}"
        raise RecordingError(str(file), (told,)) from error
    faults = []
    if head.journals != SHAPE:
        faults.append(f"it is of shape {head.journals}; this release reads shape {SHAPE}")
    if last.root != root.hex():
        faults.append("it was changed after it was recorded; take it from where it is kept")
    if faults:
        raise RecordingError(str(file), tuple(faults))
    return head, found


def replay_recorded(file: Path, engine: Engine) -> Sequence[EntityRef]:
    """
    Put recorded journals into an engine's store, fold them, and return the entities.

    The bytes must be those that were recorded; every journal must fold to its snapshot, and every
    entity must come to today's definition of its machine. The engine can go on with them: timers
    are due, tasks open, claims held, keys known. Two things are left behind: what was sent is not
    sent again, and the keys of creations are forgotten.

    Args:
        file: As `record` wrote it.
        engine: Over an empty store of the same tenant, with the machine switched on.

    Raises:
        RecordingError: The file was changed, or something no longer folds; all faults at once.
        MigrationError: An entity cannot come to today's definition.
    """
    head, entities = _read(file)
    if head.machine not in engine.registry.machines:
        known = did_you_mean(head.machine, engine.registry.machines)
        raise RecordingError(str(file), (f"the engine has no machine {head.machine!r}. {known}",))
    commits = [_commit(engine.registry, head.machine, one) for one in entities]
    refs = [one.row.ref for one in commits]
    outcomes = zip(refs, engine.store.commit(commits), strict=True)
    taken = [ref for ref, outcome in outcomes if not isinstance(outcome, Committed)]
    if taken:
        told = tuple(f"{ref} is in the store already: give an empty one" for ref in taken)
        raise RecordingError(str(file), told)
    flaws = [flaw for ref in refs for one in engine.audit(ref) for flaw in one.findings]
    if flaws:
        raise RecordingError(str(file), tuple(map(str, flaws)))
    for ref in refs:
        engine.get(ref)
    return refs


def _commit(registry: Registry, machine: str, one: _Entity) -> Commit:
    """Return what makes an entity anew, its journal and snapshot byte for byte."""
    ref, head = EntityRef(one.tenant, machine, one.id), bytes.fromhex(one.head)
    row = EntityRow(ref, one.version, one.state, one.at, one.snapshot.encode(), head)
    records = tuple(
        JournalRow(
            of.version, of.at, of.recorded_at, of.entry, of.event, of.key,
            of.body.encode(), bytes.fromhex(of.hash),
        )
        for of in one.journal
    )  # fmt: skip
    # A creation's key is not its own but its machine's: whoever creates anew may bear it.
    keys = {of.key: of.version for of in records[1:] if of.key is not None}
    return Commit(row, 0, records, keys, named=True, **_beside(registry, row))


def _beside(registry: Registry, row: EntityRow) -> dict[str, Any]:
    """Return what a store knows of an entity beside its bytes, from its snapshot."""
    codec = registry.codec
    try:
        snapshot = snapshot_of(codec, row)
    except DamagedError:  # the audit tells it, with all else that is wrong
        return {}
    attached = snapshot.attached
    effects = [
        *(Put("timers", one) for one in attached.timers),
        *(Put("tasks", one) for one in attached.tasks),
        *(Put("claims", one) for one in attached.claims),
    ]
    found = indexed(row.ref, effects)
    found["claims"] = codec.vault.blinded(row.ref, found["claims"])
    terms = terms_of(codec, registry.searching[row.ref.machine], snapshot)
    return {**found, "terms": tuple(sorted(terms))}
