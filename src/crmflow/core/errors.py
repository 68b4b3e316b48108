"""
The exceptions of crmflow, one sentence each.

CrmflowError
├ DefinitionError            author: while declaring or loading
│ ├ MachineDefinitionError
│ ├ PluginDefinitionError
│ └ ConfigurationError
├ RequestError               caller: the same call fails again
│ ├ UnknownMachineError
│ ├ UnknownEntityError
│ ├ UnknownEventError
│ ├ EntityExistsError
│ ├ KeyReusedError
│ ├ NotSearchableError
│ ├ JournalPrunedError
│ ├ FarInstantError          no request is of such an instant
│ ├ UnstorableError          no store keeps such a text
│ └ RefusedError             only from Decision.require()
├ MigrationError             no road to today's definition of the machine
├ GuardFailedError           a guard or update raised; nothing was changed
├ PolicyFailedError          names plugin and hook; nothing was changed
├ WorkFailedError            one timer or message cannot be worked on; the rest goes on
├ DeliveryError              the outside took no message now: it is tried again
├ DeliveryRejectedError      and never will: the message is parked
└ StoreError
  ├ ConflictError            retryable
  ├ UnavailableError         retryable
  ├ StoreFileError           the file is not ours, corrupt or full
  ├ BackupError              a backup cannot be made, or is not whole
  ├ AnchorError              an anchor cannot be made or relied on
  ├ SealedError              encrypted values cannot be opened
  ├ DamagedError             stored bytes are not what was written
  ├ SchemaOutOfDateError     run `crmflow db upgrade`
  └ IndexOutOfDateError      run `crmflow db reindex`
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import datetime, timedelta

import attrs

from crmflow.core.ref import EntityRef


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """
    Return a hint naming the nearest known word, else all that are known.

    Args:
        word: What was written.
        known: What would have been right.

    Returns:
        One sentence, ending in a full stop.
    """
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known: {', '.join(map(repr, names))}." if names else "None is known."


def _listed(faults: Iterable[str]) -> str:
    return "".join(f"\n  - {fault}" for fault in faults)


class CrmflowError(Exception):
    """Anything crmflow raises on purpose."""


class DefinitionError(CrmflowError):
    """What an author declared cannot be loaded."""


@attrs.define
class MachineDefinitionError(DefinitionError):
    """A machine's table contradicts itself; all faults at once."""

    machine: str
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return f"machine {self.machine!r} cannot be used:{_listed(self.faults)}"


@attrs.define
class PluginDefinitionError(DefinitionError):
    """A plugin cannot be loaded."""

    plugin: str
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return f"plugin {self.plugin!r} cannot be used:{_listed(self.faults)}"


@attrs.define
class ConfigurationError(DefinitionError):
    """A configuration file or value is wrong or missing; all faults at once."""

    source: str
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return f"configuration from {self.source} cannot be used:{_listed(self.faults)}"


class RequestError(CrmflowError):
    """The caller asked for what cannot be; the same call fails again."""


@attrs.define
class UnknownMachineError(RequestError):
    """No such machine is switched on in this engine."""

    machine: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"unknown machine {self.machine!r}. {did_you_mean(self.machine, self.known)}"


@attrs.define
class UnknownEntityError(RequestError):
    """No such entity is in the store."""

    ref: EntityRef

    def __str__(self) -> str:
        return f"there is no {self.ref} for tenant {self.ref.tenant!r}."


@attrs.define
class UnknownEventError(RequestError):
    """The machine declares no such event."""

    machine: str
    event: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        hint = did_you_mean(self.event, self.known)
        return f"machine {self.machine!r} has no event {self.event!r}. {hint}"


@attrs.define
class EntityExistsError(RequestError):
    """An entity with this id was created before, under another key or none."""

    ref: EntityRef

    def __str__(self) -> str:
        return f"{self.ref} exists already; choose another id or fire an event on it."


@attrs.define
class KeyReusedError(RequestError):
    """The key belongs to another request."""

    ref: EntityRef
    key: str

    def __str__(self) -> str:
        return (
            f"key {self.key!r} was used for another request on {self.ref}; "
            "a key repeats one request only, so draw a new one."
        )


@attrs.define
class NotSearchableError(RequestError):
    """Entities are not searched by this fact; `machine` is None where none is named."""

    machine: str | None
    field: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        if self.machine is None:
            return f"a search by {self.field!r} names the machine: facts are a machine's own."
        hint = did_you_mean(self.field, self.known)
        return f"{self.machine} is not searched by {self.field!r}. {hint}"


@attrs.define
class JournalPrunedError(RequestError):
    """What is asked for stood in records that are pruned."""

    ref: EntityRef
    version: int

    def __str__(self) -> str:
        return (
            f"what {self.ref} was before version {self.version} is pruned from its journal; "
            "ask for a later version or instant."
        )


@attrs.define
class FarInstantError(RequestError):
    """An instant lies so far from now that no request is meant to be of it."""

    at: datetime
    now: datetime

    def __str__(self) -> str:
        return (
            f"{self.at.isoformat()} is no instant of a request: it is more than "
            f"a thousand years from now ({self.now.isoformat()})."
        )


@attrs.define
class RefusedError(RequestError):
    """A decision that had to be accepted was refused; `reasons` says why."""

    ref: EntityRef
    event: str
    state: str
    reasons: tuple[str, ...]
    possible: tuple[str, ...]

    def __str__(self) -> str:
        why = "; ".join(self.reasons)
        possible = ", ".join(map(repr, self.possible)) or "nothing"
        return f"{self.ref} cannot {self.event!r} from {self.state!r}: {why}. Possible: {possible}."


@attrs.define
class UnstorableError(RequestError):
    """Texts that no store keeps: too long for an index, or with characters that are none."""

    faults: tuple[str, ...]

    def __str__(self) -> str:
        return f"this cannot be stored:{_listed(self.faults)}"


@attrs.define
class MigrationError(CrmflowError):
    """An entity cannot come to today's definition of its machine; nothing was changed."""

    ref: EntityRef
    found: int
    needed: int
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.ref} is of version {self.found} of its machine's definition "
            f"and cannot come to {self.needed}:{_listed(self.faults)}"
        )


@attrs.define
class GuardFailedError(CrmflowError):
    """A guard, update or effect of a machine raised; nothing was changed."""

    ref: EntityRef
    event: str
    part: str

    def __str__(self) -> str:
        return (
            f"{self.part} of event {self.event!r} raised on {self.ref}; "
            "nothing was changed. Mend the machine's function (see the cause)."
        )


@attrs.define
class PolicyFailedError(CrmflowError):
    """A plugin raised while it was asked; nothing was changed."""

    plugin: str
    hook: str
    event: str

    def __str__(self) -> str:
        asked = f" for event {self.event!r}" if self.event else ""
        return (
            f"plugin {self.plugin!r} raised in hook {self.hook!r}{asked}; "
            "nothing was changed. Mend or remove the plugin (see the cause)."
        )


@attrs.define
class WorkFailedError(CrmflowError):
    """
    One timer or message cannot be worked on; the rest goes on.

    Attributes:
        what: What it is.
        kind: Class of the cause.
    """

    what: str
    kind: str

    def __str__(self) -> str:
        return f"{self.what} cannot be worked on ({self.kind}, see the cause); the rest goes on."


@attrs.define
class DeliveryError(CrmflowError):
    """
    The outside took no message now; it is tried again.

    Attributes:
        handler: Name of the handler.
        reason: Why, without any secret and without what the message tells.
        after: How long to wait first, or None where nobody says.
        attempts: After so many the message is parked; None for whatever the worker does.
    """

    handler: str
    reason: str
    after: timedelta | None = None
    attempts: int | None = None

    def __str__(self) -> str:
        when = "" if self.after is None else f", not before {self.after.total_seconds():g} s"
        return f"delivery {self.handler!r} failed: {self.reason}; it is tried again{when}."


@attrs.define
class DeliveryRejectedError(CrmflowError):
    """The outside will never take a message as it is; it is parked with the reason."""

    handler: str
    reason: str

    def __str__(self) -> str:
        return (
            f"delivery {self.handler!r} is rejected: {self.reason}. "
            "Mend that, then `crmflow outbox retry`."
        )


class StoreError(CrmflowError):
    """The store could not do what was asked."""


@attrs.define
class ConflictError(StoreError):
    """Somebody else changed the entity first; read it again and decide anew."""

    ref: EntityRef
    expected: int | None
    found: int | None

    def __str__(self) -> str:
        wanted = "unchanged" if self.expected is None else f"at version {self.expected}"
        found = "changing all the time" if self.found is None else f"at version {self.found}"
        return f"{self.ref} was expected {wanted} and is {found}; read it again and retry."


@attrs.define
class UnavailableError(StoreError):
    """The store did not answer; whether it committed is unknown: retry with the key."""

    store: str
    reason: str

    def __str__(self) -> str:
        return f"store {self.store} is unavailable: {self.reason}. Retry with the same key."


@attrs.define
class StoreFileError(StoreError):
    """The store cannot be used as it is: foreign, corrupt, read-only or full."""

    store: str
    reason: str

    def __str__(self) -> str:
        return f"store {self.store} cannot be used: {self.reason}."


@attrs.define
class BackupError(StoreError):
    """A backup cannot be made or used."""

    file: str
    reason: str

    def __str__(self) -> str:
        return f"backup {self.file}: {self.reason}."


@attrs.define
class AnchorError(StoreError):
    """An anchor cannot be made, or cannot be relied on."""

    file: str
    reason: str

    def __str__(self) -> str:
        return f"anchor {self.file}: {self.reason}."


@attrs.define
class SealedError(StoreError):
    """Encrypted values of an entity cannot be opened; nothing of it was changed."""

    ref: EntityRef
    reason: str

    def __str__(self) -> str:
        return f"encrypted values of {self.ref} cannot be opened: {self.reason}."


@attrs.define
class DamagedError(StoreError):
    """Stored bytes say nothing that this release can read; nothing was changed."""

    what: str
    reason: str

    def __str__(self) -> str:
        return (
            f"what is stored of {self.what} cannot be read: {self.reason}. "
            "See `crmflow audit verify`, and restore a backup."
        )


@attrs.define
class SchemaOutOfDateError(StoreError):
    """The store's schema is of another release."""

    store: str
    found: str
    needed: str

    def __str__(self) -> str:
        return (
            f"store {self.store} has schema {self.found!r}, this release needs {self.needed!r}: "
            "run `crmflow db upgrade`, or use the release that wrote it."
        )


@attrs.define
class IndexOutOfDateError(StoreError):
    """The terms of a machine's entities are not those that its facts give today."""

    machine: str

    def __str__(self) -> str:
        return (
            f"what {self.machine!r} is searched by is not indexed whole: run `crmflow db reindex`, "
            "once every engine runs this release and configuration."
        )
