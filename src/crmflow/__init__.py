"""
crmflow: a durable workflow engine for everything between a company and its customers.

The public names are loaded when first used, so that `import crmflow` costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crmflow.analysis.backtest import Backtest, backtest
    from crmflow.analysis.preview import MovedSinceError, Preview, preview
    from crmflow.analysis.simulation import Compared, Scenario, Simulated, compare, simulate
    from crmflow.analysis.source import Policies, ReadOnly, read_only
    from crmflow.clock import Clock, ManualClock, SystemClock
    from crmflow.config import Overlay
    from crmflow.core.actor import SYSTEM, Actor
    from crmflow.core.claim import Claim
    from crmflow.core.compiled import compile_machine
    from crmflow.core.decision import Decision
    from crmflow.core.entity import Snapshot
    from crmflow.core.erasure import ERASED
    from crmflow.core.errors import (
        AnchorError,
        BackupError,
        ConfigurationError,
        ConflictError,
        CrmflowError,
        DamagedError,
        DefinitionError,
        DeliveryError,
        DeliveryRejectedError,
        EntityExistsError,
        FarInstantError,
        GuardFailedError,
        IndexOutOfDateError,
        JournalPrunedError,
        KeyReusedError,
        MachineDefinitionError,
        MigrationError,
        NotSearchableError,
        PluginDefinitionError,
        PolicyFailedError,
        RefusedError,
        RequestError,
        SchemaOutOfDateError,
        SealedError,
        StoreError,
        StoreFileError,
        UnavailableError,
        UnknownEntityError,
        UnknownEventError,
        UnknownMachineError,
        UnstorableError,
        WorkFailedError,
    )
    from crmflow.core.event import Attempt, Event
    from crmflow.core.form import Check, Fault, Names, Text
    from crmflow.core.journal import Drop, Entry, JournalRecord, Put
    from crmflow.core.judging import Judge
    from crmflow.core.machine import (
        ANY,
        KEEP,
        Blank,
        Extension,
        Guard,
        Kind,
        Machine,
        Open,
        Row,
        Send,
        Start,
        State,
    )
    from crmflow.core.measure import Measure
    from crmflow.core.message import MessageKind, Parcel, RemoteHandler
    from crmflow.core.migration import Former, Migration
    from crmflow.core.money import Money
    from crmflow.core.people import Absence, People, Person
    from crmflow.core.policy import (
        Denied,
        Evolve,
        Evolved,
        Findable,
        Line,
        Occurrence,
        Outgoing,
        Policy,
        Raised,
    )
    from crmflow.core.proposal import Proposal
    from crmflow.core.ref import UNBORN, EntityRef
    from crmflow.core.refusal import Because, Refusal
    from crmflow.core.searching import Term
    from crmflow.core.tables import MachineRow, Table, TableRow, Tables
    from crmflow.core.task import Task
    from crmflow.core.timer import Elapsed, Timer
    from crmflow.core.updates import both, copied
    from crmflow.core.verdict import Answer, Verdict
    from crmflow.core.working_time import WorkingCalendar
    from crmflow.directory import Directory, ListedDirectory, toml_directory
    from crmflow.engine.anchoring import Anchor
    from crmflow.engine.async_engine import AsyncEngine
    from crmflow.engine.attaching import Attaching, PolicyMissingError
    from crmflow.engine.bulk import Bulk, Unmoved
    from crmflow.engine.engine import Engine
    from crmflow.engine.findings import Audited, Finding, Flaw
    from crmflow.engine.listing import Listed, UnknownRowError, WrongFormError
    from crmflow.engine.migrating import Affected, Impact, Migrating
    from crmflow.engine.paging import CursorError, LimitError, Page
    from crmflow.engine.pausing import PausedMachine
    from crmflow.engine.promising import Deadline
    from crmflow.engine.pruning import Prune, Prunes
    from crmflow.engine.ranking import Ranking, UnknownSchemeError
    from crmflow.engine.rekeying import MasterKey, Rewrapped
    from crmflow.engine.values import (
        Adopting,
        Due,
        Firing,
        Observed,
        UnknownActorError,
        UnknownMessageError,
    )
    from crmflow.engine.wanting import UnknownStateError, Wanted
    from crmflow.engine.working.pace import Pace
    from crmflow.engine.working.worker import Worker
    from crmflow.expressions import Expression, Scope
    from crmflow.flow.options import Explained, Option, OptionAnswer
    from crmflow.hookspecs import hookimpl
    from crmflow.policies.access import Reading
    from crmflow.storage.opening import open_store
    from crmflow.storage.port import Store
    from crmflow.storage.query import Alike, Backlog

__all__ = [
    "ANY",
    "ERASED",
    "KEEP",
    "SYSTEM",
    "UNBORN",
    "Absence",
    "Actor",
    "Adopting",
    "Affected",
    "Alike",
    "Anchor",
    "AnchorError",
    "Answer",
    "AsyncEngine",
    "Attaching",
    "Attempt",
    "Audited",
    "Backlog",
    "Backtest",
    "BackupError",
    "Because",
    "Blank",
    "Bulk",
    "Check",
    "Claim",
    "Clock",
    "Compared",
    "ConfigurationError",
    "ConflictError",
    "CrmflowError",
    "CursorError",
    "DamagedError",
    "Deadline",
    "Decision",
    "DefinitionError",
    "DeliveryError",
    "DeliveryRejectedError",
    "Denied",
    "Directory",
    "Drop",
    "Due",
    "Elapsed",
    "Engine",
    "EntityExistsError",
    "EntityRef",
    "Entry",
    "Event",
    "Evolve",
    "Evolved",
    "Explained",
    "Expression",
    "Extension",
    "FarInstantError",
    "Fault",
    "Findable",
    "Finding",
    "Firing",
    "Flaw",
    "Former",
    "Guard",
    "GuardFailedError",
    "Impact",
    "IndexOutOfDateError",
    "JournalPrunedError",
    "JournalRecord",
    "Judge",
    "KeyReusedError",
    "Kind",
    "LimitError",
    "Line",
    "Listed",
    "ListedDirectory",
    "Machine",
    "MachineDefinitionError",
    "MachineRow",
    "ManualClock",
    "MasterKey",
    "Measure",
    "MessageKind",
    "Migrating",
    "Migration",
    "MigrationError",
    "Money",
    "MovedSinceError",
    "Names",
    "NotSearchableError",
    "Observed",
    "Occurrence",
    "Open",
    "Option",
    "OptionAnswer",
    "Outgoing",
    "Overlay",
    "Pace",
    "Page",
    "Parcel",
    "PausedMachine",
    "People",
    "Person",
    "PluginDefinitionError",
    "Policies",
    "Policy",
    "PolicyFailedError",
    "PolicyMissingError",
    "Preview",
    "Proposal",
    "Prune",
    "Prunes",
    "Put",
    "Raised",
    "Ranking",
    "ReadOnly",
    "Reading",
    "Refusal",
    "RefusedError",
    "RemoteHandler",
    "RequestError",
    "Rewrapped",
    "Row",
    "Scenario",
    "SchemaOutOfDateError",
    "Scope",
    "SealedError",
    "Send",
    "Simulated",
    "Snapshot",
    "Start",
    "State",
    "Store",
    "StoreError",
    "StoreFileError",
    "SystemClock",
    "Table",
    "TableRow",
    "Tables",
    "Task",
    "Term",
    "Text",
    "Timer",
    "UnavailableError",
    "UnknownActorError",
    "UnknownEntityError",
    "UnknownEventError",
    "UnknownMachineError",
    "UnknownMessageError",
    "UnknownRowError",
    "UnknownSchemeError",
    "UnknownStateError",
    "Unmoved",
    "UnstorableError",
    "Verdict",
    "Wanted",
    "WorkFailedError",
    "Worker",
    "WorkingCalendar",
    "WrongFormError",
    "backtest",
    "both",
    "compare",
    "compile_machine",
    "copied",
    "hookimpl",
    "open_store",
    "preview",
    "read_only",
    "simulate",
    "toml_directory",
]

_HOMES = {
    "analysis.backtest": ("Backtest", "backtest"),
    "analysis.preview": ("MovedSinceError", "Preview", "preview"),
    "analysis.simulation": ("Compared", "Scenario", "Simulated", "compare", "simulate"),
    "analysis.source": ("Policies", "ReadOnly", "read_only"),
    "clock": ("Clock", "ManualClock", "SystemClock"),
    "config": ("Overlay",),
    "core.actor": ("Actor", "SYSTEM"),
    "core.claim": ("Claim",),
    "core.compiled": ("compile_machine",),
    "core.decision": ("Decision",),
    "core.entity": ("Snapshot",),
    "core.erasure": ("ERASED",),
    "core.errors": (
        "AnchorError",
        "BackupError",
        "ConfigurationError",
        "ConflictError",
        "CrmflowError",
        "DamagedError",
        "DefinitionError",
        "DeliveryError",
        "DeliveryRejectedError",
        "EntityExistsError",
        "FarInstantError",
        "GuardFailedError",
        "IndexOutOfDateError",
        "JournalPrunedError",
        "KeyReusedError",
        "MachineDefinitionError",
        "MigrationError",
        "NotSearchableError",
        "PluginDefinitionError",
        "PolicyFailedError",
        "RefusedError",
        "RequestError",
        "SchemaOutOfDateError",
        "SealedError",
        "StoreError",
        "StoreFileError",
        "UnavailableError",
        "UnknownEntityError",
        "UnknownEventError",
        "UnknownMachineError",
        "UnstorableError",
        "WorkFailedError",
    ),
    "core.event": ("Attempt", "Event"),
    "core.form": ("Check", "Fault", "Names", "Text"),
    "core.journal": ("Drop", "Entry", "JournalRecord", "Put"),
    "core.judging": ("Judge",),
    "core.machine": (
        "ANY",
        "Blank",
        "Extension",
        "Guard",
        "KEEP",
        "Kind",
        "Machine",
        "Open",
        "Row",
        "Send",
        "Start",
        "State",
    ),
    "core.measure": ("Measure",),
    "core.message": ("MessageKind", "Parcel", "RemoteHandler"),
    "core.migration": ("Former", "Migration"),
    "core.money": ("Money",),
    "core.people": ("Absence", "People", "Person"),
    "core.policy": (
        "Denied",
        "Evolve",
        "Evolved",
        "Findable",
        "Line",
        "Occurrence",
        "Outgoing",
        "Policy",
        "Raised",
    ),
    "core.proposal": ("Proposal",),
    "core.ref": ("EntityRef", "UNBORN"),
    "core.refusal": ("Because", "Refusal"),
    "core.searching": ("Term",),
    "core.tables": ("MachineRow", "Table", "TableRow", "Tables"),
    "core.task": ("Task",),
    "core.timer": ("Elapsed", "Timer"),
    "core.updates": ("both", "copied"),
    "core.verdict": ("Answer", "Verdict"),
    "core.working_time": ("WorkingCalendar",),
    "directory": ("Directory", "ListedDirectory", "toml_directory"),
    "engine.anchoring": ("Anchor",),
    "engine.async_engine": ("AsyncEngine",),
    "engine.attaching": ("Attaching", "PolicyMissingError"),
    "engine.bulk": ("Bulk", "Unmoved"),
    "engine.engine": ("Engine",),
    "engine.findings": ("Audited", "Finding", "Flaw"),
    "engine.listing": ("Listed", "UnknownRowError", "WrongFormError"),
    "engine.migrating": ("Affected", "Impact", "Migrating"),
    "engine.paging": ("CursorError", "LimitError", "Page"),
    "engine.pausing": ("PausedMachine",),
    "engine.promising": ("Deadline",),
    "engine.pruning": ("Prune", "Prunes"),
    "engine.ranking": ("Ranking", "UnknownSchemeError"),
    "engine.rekeying": ("MasterKey", "Rewrapped"),
    "engine.values": (
        "Adopting",
        "Due",
        "Firing",
        "Observed",
        "UnknownActorError",
        "UnknownMessageError",
    ),
    "engine.wanting": ("UnknownStateError", "Wanted"),
    "engine.working.pace": ("Pace",),
    "engine.working.worker": ("Worker",),
    "expressions": ("Expression", "Scope"),
    "flow.options": ("Explained", "Option", "OptionAnswer"),
    "hookspecs": ("hookimpl",),
    "policies.access": ("Reading",),
    "storage.opening": ("open_store",),
    "storage.port": ("Store",),
    "storage.query": ("Alike", "Backlog"),
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
