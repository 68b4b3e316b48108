"""Rows that are tried in their order: chains, their steps, targets, tiers, assignments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import partial

import attrs

from crmflow.analysis.checking.alternatives import Alternative, Gaps, compared
from crmflow.analysis.checking.space import Space
from crmflow.analysis.checking.subject import Placed, Subject
from crmflow.analysis.fault import Fault
from crmflow.core.machine import Machine
from crmflow.policies.approvals.binding import grouped
from crmflow.policies.approvals.rows import Chain
from crmflow.policies.assignment.rows import Assignment
from crmflow.policies.sla.definition import Definition, Target
from crmflow.policies.tiers.placing import scope_of
from crmflow.policies.tiers.scheme import Kind, Scheme

__all__ = ["assignments", "chains", "steps", "targets", "tiers"]


def _alternative(
    one: Placed[Chain] | Placed[Assignment] | Placed[Definition] | Placed[Scheme],
    path: str,
    name: str,
    when: str | None,
    outcome: object,
) -> Alternative:
    return Alternative(name, when, outcome, partial(one.fault, path=path, name=name))


def chains(subject: Subject) -> Iterator[Fault]:
    """Yield what is wrong between the chains of one event or state, on each day."""
    groups: dict[tuple[str, str], list[Placed[Chain]]] = defaultdict(list)
    for one, machine in subject.about("chains", Chain):
        groups[machine.name, one.row.key].append(one)
    for (name, _), group in groups.items():
        told: set[tuple[str, str]] = set()
        for day in subject.days(one.row for one in group):
            rows = [one for one in group if one.row.in_force(day)]
            found = [_alternative(o, ".when", o.row.name, o.row.when, _asks(o.row)) for o in rows]
            if found:
                space = _space(subject, subject.machines[name], rows[0].row)
                yield from _first(compared(found, space), subject, day, told)


def _first(
    found: Iterable[Fault], subject: Subject, day: date, told: set[tuple[str, str]]
) -> Iterator[Fault]:
    """Yield faults that no earlier day had; of a later day than today with it in the example."""
    later = f" ({day})" if day > subject.tables.day(subject.at) else ""
    for fault in found:
        if (fault.kind, fault.where) not in told:
            told.add((fault.kind, fault.where))
            shown = {name: f"{fault.values[name]}{later}" for name in _SHOWN & {*fault.values}}
            yield attrs.evolve(fault, values={**fault.values, **shown})


_SHOWN = frozenset({"example", "earlier"})
"""Values of a message that hold on one day."""


def _asks(row: Chain) -> object:
    return None if row.is_none else row.walk


def _space(subject: Subject, machine: Machine, row: Chain) -> Space:
    form = machine.form(row.event) if row.event else None
    return Space.about(machine, subject.tables, form)


def steps(subject: Subject) -> Iterator[Fault]:
    """Yield what is wrong between the alternatives of one step."""
    for one, machine in subject.about("chains", Chain):
        place = 0
        for group in grouped(one.row.steps):
            names = [f".steps[{place + number}].when" for number in range(len(group))]
            found = [
                _alternative(one, path, f"{step.name} {number + 1}", step.when, step.approvers)
                for number, (path, step) in enumerate(zip(names, group, strict=True))
            ]
            yield from compared(found, _space(subject, machine, one.row))
            place += len(group)


def targets(subject: Subject) -> Iterator[Fault]:
    """Yield what is wrong between the targets of one deadline; the default is left out."""
    for one, machine in subject.about("deadlines", Definition):
        found = [
            _alternative(one, f".targets[{number}]", str(target.end), text, target.end)
            for number, target in enumerate(one.row.targets)
            if (text := _condition(target)) is not None
        ]
        if found:
            yield from compared(found, Space.about(machine, subject.tables, None), Gaps.NOWHERE)


def _condition(target: Target) -> str | None:
    """Return when a target fits, as one expression; None where it always does."""
    parts = [_matches(name, wanted) for name, wanted in target.match.items()]
    parts += [f"({target.when})"] if target.when else []
    return " and ".join(parts) or None


def _matches(name: str, wanted: object) -> str:
    values = wanted if isinstance(wanted, list | tuple) else (wanted,)
    return f"({' or '.join(f'{name} == {_written(value)}' for value in values)})"


_WORDS: Mapping[object, str] = {None: "null", True: "true", False: "false"}


def _written(value: object) -> str:
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, str):
        return f'"{value}"' if '"' not in value else f"'{value}'"
    return str(value)


def tiers(subject: Subject) -> Iterator[Fault]:
    """Yield the tiers of a scheme by expressions that better ones leave nothing."""
    for one, _ in subject.about("schemes", Scheme):
        if one.row.kind is Kind.EXPRESSIONS:
            found = [
                # The better of two tiers is meant to win: they do not contradict each other.
                _alternative(one, f".tiers[{number}].expression", tier.name, tier.expression, None)
                for number, tier in enumerate(one.row.tiers)
            ]
            yield from compared(found, Space.of(scope_of(one.row)))


def assignments(subject: Subject) -> Iterator[Fault]:
    """Yield entities of a machine with assignments that none of them is for."""
    groups: dict[str, list[Placed[Assignment]]] = defaultdict(list)
    for one, machine in subject.about("assignments", Assignment):
        groups[machine.name].append(one)
    told: set[tuple[str, str]] = set()
    for name, group in groups.items():
        for day in subject.days(one.row for one in group):
            rows = [one for one in group if one.row.in_force(day)]
            found = [_alternative(o, ".when", o.row.name, o.row.when, None) for o in rows]
            if found:
                space = Space.about(subject.machines[name], subject.tables, None)
                yield from _first(compared(found, space, Gaps.ANYWHERE), subject, day, told)
