"""
crmflow: a durable workflow engine for everything between a company and its customers.

The public names are loaded when first used, so that `import crmflow` costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crmflow.clock import Clock, ManualClock, SystemClock
    from crmflow.core.actor import SYSTEM, Actor
    from crmflow.core.claim import Claim
    from crmflow.core.compiled import compile_machine
    from crmflow.core.decision import Decision
    from crmflow.core.entity import Snapshot
    from crmflow.core.errors import (
        ConfigurationError,
        ConflictError,
        CrmflowError,
        DefinitionError,
        EntityExistsError,
        GuardFailedError,
        KeyReusedError,
        MachineDefinitionError,
        PluginDefinitionError,
        PolicyFailedError,
        RefusedError,
        RequestError,
        SchemaOutOfDateError,
        StoreError,
        StoreFileError,
        UnavailableError,
        UnknownEntityError,
        UnknownEventError,
        UnknownMachineError,
    )
    from crmflow.core.event import Attempt, Event
    from crmflow.core.form import Check, Fault, Names, Text
    from crmflow.core.journal import JournalRecord
    from crmflow.core.judging import Judge
    from crmflow.core.machine import (
        ANY,
        KEEP,
        Blank,
        Guard,
        Kind,
        Machine,
        Open,
        Row,
        Send,
        Start,
        State,
        both,
        copied,
    )
    from crmflow.core.money import Money
    from crmflow.core.people import Absence, Person
    from crmflow.core.proposal import Proposal
    from crmflow.core.ref import UNBORN, EntityRef
    from crmflow.core.refusal import Because, Refusal
    from crmflow.core.timer import Elapsed
    from crmflow.core.verdict import Answer, Verdict
    from crmflow.directory import Directory, ListedDirectory, toml_directory
    from crmflow.engine.engine import Engine
    from crmflow.engine.values import Adopting, Due, Firing, Observed, UnknownActorError
    from crmflow.flow.options import Explained, Option, OptionAnswer
    from crmflow.hookspecs import hookimpl
    from crmflow.storage.opening import open_store
    from crmflow.storage.port import Store

__all__ = [
    "ANY",
    "KEEP",
    "SYSTEM",
    "UNBORN",
    "Absence",
    "Actor",
    "Adopting",
    "Answer",
    "Attempt",
    "Because",
    "Blank",
    "Check",
    "Claim",
    "Clock",
    "ConfigurationError",
    "ConflictError",
    "CrmflowError",
    "Decision",
    "DefinitionError",
    "Directory",
    "Due",
    "Elapsed",
    "Engine",
    "EntityExistsError",
    "EntityRef",
    "Event",
    "Explained",
    "Fault",
    "Firing",
    "Guard",
    "GuardFailedError",
    "JournalRecord",
    "Judge",
    "KeyReusedError",
    "Kind",
    "ListedDirectory",
    "Machine",
    "MachineDefinitionError",
    "ManualClock",
    "Money",
    "Names",
    "Observed",
    "Open",
    "Option",
    "OptionAnswer",
    "Person",
    "PluginDefinitionError",
    "PolicyFailedError",
    "Proposal",
    "Refusal",
    "RefusedError",
    "RequestError",
    "Row",
    "SchemaOutOfDateError",
    "Send",
    "Snapshot",
    "Start",
    "State",
    "Store",
    "StoreError",
    "StoreFileError",
    "SystemClock",
    "Text",
    "UnavailableError",
    "UnknownActorError",
    "UnknownEntityError",
    "UnknownEventError",
    "UnknownMachineError",
    "Verdict",
    "both",
    "compile_machine",
    "copied",
    "hookimpl",
    "open_store",
    "toml_directory",
]

_HOMES = {
    "clock": ("Clock", "ManualClock", "SystemClock"),
    "core.actor": ("Actor", "SYSTEM"),
    "core.claim": ("Claim",),
    "core.compiled": ("compile_machine",),
    "core.decision": ("Decision",),
    "core.entity": ("Snapshot",),
    "core.errors": (
        "ConfigurationError",
        "ConflictError",
        "CrmflowError",
        "DefinitionError",
        "EntityExistsError",
        "GuardFailedError",
        "KeyReusedError",
        "MachineDefinitionError",
        "PluginDefinitionError",
        "PolicyFailedError",
        "RefusedError",
        "RequestError",
        "SchemaOutOfDateError",
        "StoreError",
        "StoreFileError",
        "UnavailableError",
        "UnknownEntityError",
        "UnknownEventError",
        "UnknownMachineError",
    ),
    "core.event": ("Attempt", "Event"),
    "core.form": ("Check", "Fault", "Names", "Text"),
    "core.journal": ("JournalRecord",),
    "core.judging": ("Judge",),
    "core.machine": (
        "ANY",
        "Blank",
        "Guard",
        "KEEP",
        "Kind",
        "Machine",
        "Open",
        "Row",
        "Send",
        "Start",
        "State",
        "both",
        "copied",
    ),
    "core.money": ("Money",),
    "core.people": ("Absence", "Person"),
    "core.proposal": ("Proposal",),
    "core.ref": ("EntityRef", "UNBORN"),
    "core.refusal": ("Because", "Refusal"),
    "core.timer": ("Elapsed",),
    "core.verdict": ("Answer", "Verdict"),
    "directory": ("Directory", "ListedDirectory", "toml_directory"),
    "engine.engine": ("Engine",),
    "engine.values": ("Adopting", "Due", "Firing", "Observed", "UnknownActorError"),
    "flow.options": ("Explained", "Option", "OptionAnswer"),
    "hookspecs": ("hookimpl",),
    "storage.opening": ("open_store",),
    "storage.port": ("Store",),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"crmflow.{home}"), name)
    message = f"module 'crmflow' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
