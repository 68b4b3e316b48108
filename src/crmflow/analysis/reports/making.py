"""Making a report of a store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from crmflow.analysis.reports import groups, indicators, lives, satisfaction
from crmflow.analysis.reports.kept import deadline_label, kept
from crmflow.analysis.reports.told import Told
from crmflow.core.entity import Snapshot
from crmflow.core.journal import JournalRecord
from crmflow.core.machine import Machine
from crmflow.engine.attaching import snapshots
from crmflow.engine.engine import Engine
from crmflow.policies.kpi import Kpi, Report, Sample, Telling, measured
from crmflow.policies.sla import waits
from crmflow.policies.sla.report import Entity
from crmflow.policies.sla.run import Deadlines


@attrs.frozen
class _Making:
    """What a report is made of."""

    engine: Engine
    report: Report
    lang: str
    brought: Mapping[str, Sequence[Sample]]

    @property
    def machine(self) -> Machine:
        """The report's machine."""
        # The check of the table has seen that it is named.
        return self.engine.registry.machine(self.report.machine or "").machine

    def entities(self, machine: str) -> Iterator[Snapshot[Any]]:
        """Yield the entities of a machine."""
        return snapshots(self.engine.registry, self.engine.store, machine)

    def journals(self) -> Iterator[Iterable[JournalRecord]]:
        """Yield the journal of each entity of the report's machine."""
        return (self.engine.journal(one.ref) for one in self.entities(self.machine.name))


def make(
    engine: Engine,
    report: Report,
    *,
    lang: str = "en",
    brought: Mapping[str, Sequence[Sample]] | None = None,
) -> Told:
    """
    Return a report of all that is in an engine's store; it reads everything and asks no right.

    Args:
        engine: Whose entities; the report's machine must be switched on.
        report: A row of the table of reports.
        lang: Language of labels and advice: `en` or `zh`.
        brought: Samples from elsewhere, by the name of their indicator.

    Raises:
        UnknownMachineError: The report's machine is not switched on.
    """
    made = _Making(engine, report, lang, brought or {})
    makers: Mapping[Telling, Callable[[_Making], Told]] = {
        Telling.INDICATORS: _indicators,
        Telling.STAYS: _stays,
        Telling.STEPS: _steps,
        Telling.DEADLINES: _deadlines,
        Telling.GROUPS: _groups,
        Telling.RANKING: _ranking,
        Telling.SATISFACTION: _satisfaction,
    }
    return makers[report.tells](made)


def _indicators(made: _Making) -> Told:
    registry, report = made.engine.registry, made.report
    wanted = [
        kpi
        for kpi in registry.tables.of("kpis", Kpi)
        if kpi.enabled
        and (
            kpi.name in report.kpis
            or (not report.kpis and (kpi.entities in registry.machines or kpi.name in made.brought))
        )
    ]
    by_machine: dict[str, list[Kpi]] = defaultdict(list)
    for kpi in wanted:
        by_machine[kpi.entities or ""].append(kpi)
    found = {name: list(samples) for name, samples in made.brought.items()}
    for name in by_machine.keys() & registry.machines.keys():
        machine = registry.machine(name).machine
        ready = [measured(kpi, machine, registry.tables) for kpi in by_machine[name]]
        alive = ((one, made.engine.journal(one.ref)) for one in made.entities(name))
        for kpi_name, samples in indicators.samples(ready, alive).items():
            found.setdefault(kpi_name, []).extend(samples)
    return indicators.told_of(wanted, found, made.lang, report.forecast)


def _stays(made: _Making) -> Told:
    return lives.times(made.machine, made.journals(), made.engine.texts(made.lang))


def _steps(made: _Making) -> Told:
    texts = made.engine.texts(made.lang)
    return lives.steps(made.machine, made.report.states, made.journals(), texts)


def _deadlines(made: _Making) -> Told:
    tables = made.engine.registry.tables
    label = deadline_label(tables, made.engine.texts(made.lang))
    return kept(made.report, _with_deadlines(made), tables.zone, label, waits(tables))


def _with_deadlines(made: _Making) -> Iterator[Entity]:
    for machine in made.engine.registry.machines:
        if made.report.machine in (None, machine):
            for snapshot in made.entities(machine):
                state = snapshot.policy("sla")
                if isinstance(state, Deadlines):
                    yield snapshot.ref, machine, state


def _groups(made: _Making) -> Told:
    return groups.groups(_counted(made), made.entities(made.machine.name))


def _ranking(made: _Making) -> Told:
    return groups.ranking(_counted(made), made.entities(made.machine.name))


def _counted(made: _Making) -> groups.Counted:
    engine = made.engine
    tables, texts = engine.registry.tables, engine.texts(made.lang)
    return groups.Counted.of(made.report, made.machine, tables, texts, engine.clock.now())


def _satisfaction(made: _Making) -> Told:
    zone = made.engine.registry.tables.zone
    texts = made.engine.texts(made.lang)
    return satisfaction.found(made.entities(made.machine.name), zone, texts)
