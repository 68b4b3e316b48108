"""Whether a scenario fits the company: machines, states, events, roles, calendars, deadlines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import attrs

from crmflow.analysis.simulation.case_rows import Arrivals, Doing, Mix, Weights
from crmflow.analysis.simulation.company import Company
from crmflow.analysis.simulation.law_rows import Kind, LawRow, SimpleLaw
from crmflow.analysis.simulation.payloads import place_faults
from crmflow.analysis.simulation.rows import ScenarioRows
from crmflow.core.errors import ConfigurationError, did_you_mean
from crmflow.core.machine import Machine
from crmflow.policies.sla import DEADLINES, Definition


def check(company: Company) -> None:
    """
    Check a scenario against the company it is about.

    Raises:
        ConfigurationError: Names every fault with its path, such as `$.doings[2].event`.
    """
    faults = tuple(_Check(company).faults())
    if faults:
        raise ConfigurationError(f"scenario {company.scenario.name!r}", faults)


@attrs.frozen
class _Check:
    company: Company

    @property
    def rows(self) -> ScenarioRows:
        return self.company.scenario.rows

    def machine(self, name: str) -> Machine | None:
        found = self.company.engine.registry.machines.get(name)
        return None if found is None else found.machine

    def faults(self) -> Iterator[str]:
        """Yield every fault."""
        for place, arrivals in enumerate(self.rows.arrivals):
            yield from self._arrivals(f"$.arrivals[{place}]", arrivals)
        for place, doing in enumerate(self.rows.doings):
            yield from self._doing(f"$.doings[{place}]", doing)
        yield from self._people()
        deadlines = {row.name for row in self.company.tables.of(DEADLINES.name, Definition)}
        for place, cost in enumerate(self.rows.costs):
            yield from _known(f"$.costs[{place}].deadline", cost.deadline, deadlines)
        for place, history in enumerate(self.rows.histories):
            yield from self._machine(f"$.histories[{place}].machine", history.machine)
            yield from self._calendar(f"$.histories[{place}].calendar", history.calendar)

    def _people(self) -> Iterator[str]:
        if self.rows.queue.by is not None:
            machines = self.company.engine.registry.machines.values()
            facts = {field.name for one in machines for field in attrs.fields(one.machine.facts)}
            yield from _known("$.queue.by", self.rows.queue.by, facts)
        ids = {one.id for one in self.company.members}
        for place, staff in enumerate(self.rows.staff):
            if staff.superior is not None:
                yield from _known(f"$.staff[{place}].superior", staff.superior, ids)
        for place, voting in enumerate(self.rows.voting):
            if voting.machine is not None:
                yield from self._machine(f"$.voting[{place}].machine", voting.machine)
            if any(one.law is Kind.FIT for one in (voting.takes, *voting.takes.parts)):
                yield f"$.voting[{place}].takes: fit, expected a law that is given"
            yield from _places(f"$.voting[{place}]", voting.payload or {}, {})

    def _arrivals(self, path: str, row: Arrivals) -> Iterator[str]:
        yield from self._machine(f"{path}.machine", row.machine)
        yield from self._calendar(f"{path}.during", row.during)
        yield from self._history(f"{path}.history", row.history)
        for place, mix in enumerate(row.mix):
            yield from self._mix(f"{path}.mix[{place}]", mix)

    def _mix(self, path: str, mix: Mix) -> Iterator[str]:
        yield from self._history(f"{path}.history", mix.history)
        yield from _places(path, mix.payload, mix.draws)

    def _doing(self, path: str, row: Doing) -> Iterator[str]:
        yield from self._machine(f"{path}.machine", row.machine)
        yield from self._calendar(f"{path}.calendar", row.calendar)
        if (machine := self.machine(row.machine)) is not None:
            names = {state.name for state in machine.states}
            for place, state in enumerate(row.states):
                yield from _known(f"{path}.states[{place}]", state, names)
            if row.to is not None:
                yield from _known(f"{path}.to", row.to, names)
            yield from _known(f"{path}.event", row.event, set(self._events(row.machine)))
            facts = {field.name for field in attrs.fields(machine.facts)}
            for name in row.match:
                yield from _known(f"{path}.match.{name}", name, facts)
        if row.role and not any(one.has(row.role, row.skill) for one in self.company.members):
            skilled = "" if row.skill is None else f" and skill {row.skill!r}"
            yield f"{path}.role: nobody of the staff has role {row.role!r}{skilled}"
        yield from self._until(f"{path}.until", row)
        for name in ("after", "takes", "again"):
            yield from self._law(f"{path}.{name}", getattr(row, name))
        yield from _places(path, row.payload, row.draws)

    def _until(self, path: str, row: Doing) -> Iterator[str]:
        if row.until is None:
            return
        yield from _known(path, row.until, {one.name for one in self.rows.doings})
        for one in self.rows.doings:
            # Only the staff is seen to begin something, and each entity is looked at by itself.
            if one.name == row.until and (one is row or not one.role or one.machine != row.machine):
                yield f"{path}: {one.name!r}, expected another doing of {row.machine!r} with a role"

    def _events(self, machine: str) -> Collection[str]:
        return self.company.engine.registry.machine(machine).events

    def _law(self, path: str, row: SimpleLaw | None) -> Iterator[str]:
        if row is None:
            return
        yield from self._history(f"{path}.history", row.history)
        for place, part in enumerate(row.parts if isinstance(row, LawRow) else ()):
            yield from self._law(f"{path}.parts[{place}]", part)

    def _machine(self, path: str, name: str) -> Iterator[str]:
        yield from _known(path, name, self.company.engine.registry.machines.keys())

    def _calendar(self, path: str, name: str | None) -> Iterator[str]:
        if name is not None:
            yield from _known(path, name, self.company.tables.calendars.keys())

    def _history(self, path: str, name: str | None) -> Iterator[str]:
        if name is not None:
            yield from _known(path, name, {row.name for row in self.rows.histories})


def _places(
    path: str, payload: Mapping[str, object], draws: Mapping[str, Weights]
) -> Iterator[str]:
    yield from (f"{path}.payload: {fault}" for fault in place_faults(payload))
    for field, weights in draws.items():
        yield from (f"{path}.draws.{field}: {fault}" for fault in place_faults(list(weights)))


def _known(path: str, name: str, known: Collection[str]) -> Iterator[str]:
    if name not in known:
        yield f"{path}: unknown {name!r}. {did_you_mean(name, known)}"
