"""The check of targets: lookups without gaps, ranges and extensions in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum

from crmflow.core.checking import known
from crmflow.core.errors import ConfigurationError, did_you_mean
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.measure import Measure
from crmflow.core.plain import plain
from crmflow.core.tables import Tables
from crmflow.core.working_time import WorkingCalendar
from crmflow.policies.sla.definition import Definition, Kind, Target

SAMPLE = datetime(2024, 3, 5, 2, tzinfo=UTC)
"""A Tuesday morning of an ordinary week, by which measures of different kinds are compared."""


def targets(row: Definition, tables: Tables, path: str) -> Iterator[Fault]:
    """Yield the faults of a definition's targets and of what it can be extended to."""
    if not row.rows:
        yield Fault(f"{path}.target", "missing", "a target, or a list of targets")
        return
    yield from _lookup(row, path)
    for place, target in enumerate(row.rows):
        here = f"{path}.targets[{place}]" if place < len(row.targets) else path
        if target.limit is not None and not _shorter(target.target, target.limit, row, tables):
            yield Fault(f"{here}.limit", "order", f"a limit longer than {target.target}")
    yield from _steps(row, tables, path)


def _lookup(row: Definition, path: str) -> Iterator[Fault]:
    """Yield gaps and doubles of the lookup."""
    seen: list[Target] = []
    for place, target in enumerate(row.targets):
        here = f"{path}.targets[{place}]"
        if any(_same(target, other) for other in seen):
            yield Fault(here, "doubled", "other attributes than the rows before it")
        elif any(_is_default(other) for other in seen):
            yield Fault(here, "never_reached", "a place before the default, which always fits")
        seen.append(target)
    if not _is_default(row.rows[-1]):
        expected = "a last row without match and when, or a target beside the targets"
        yield Fault(f"{path}.targets", "missing", expected)
    elif row.target is not None and any(map(_is_default, row.targets)):
        yield Fault(f"{path}.target", "doubled", "one default: the targets have one already")


def _same(one: Target, other: Target) -> bool:
    return (one.match, one.when) == (other.match, other.when)


def _is_default(target: Target) -> bool:
    return not target.match and target.when is None


def matched(match: Mapping[str, object], machine: Machine, path: str) -> Iterator[Fault]:
    """Yield facts nobody knows and values they cannot have."""
    kinds = kinds_of(machine.facts)
    for name, wanted in match.items():
        here = f"{path}.match.{name}"
        yield from known(here, name, kinds)
        options = _options(kinds.get(name, ()))
        values = wanted if isinstance(wanted, list | tuple) else (wanted,)
        for value in values if options else ():
            if value not in options:
                yield Fault(here, "unknown", did_you_mean(str(value), map(str, options)))


def _options(kinds: Iterable[object]) -> list[object]:
    """Return all values a fact can have, or none where it can have any."""
    for part in kinds:
        if isinstance(part, type) and issubclass(part, Enum):
            return [plain(member) for member in part]
        if part is bool:
            return [True, False]
    return []


def _steps(row: Definition, tables: Tables, path: str) -> Iterator[Fault]:
    """Yield extensions that are no longer than what was before them."""
    before = [target.end for target in row.rows]
    for place, step in enumerate(row.extension):
        if not all(_shorter(end, step.to, row, tables) for end in before):
            here = f"{path}.extension[{place}].to"
            expected = f"a limit longer than {' and '.join(dict.fromkeys(map(str, before)))}"
            yield Fault(here, "order", expected)
        before = [step.to]


def compared(rows: Sequence[Definition], tables: Tables) -> Iterator[Fault]:
    """Yield first responses that may come later than the resolution of the same entities."""
    for place, first in enumerate(rows):
        for other in rows if first.kind is Kind.FIRST_RESPONSE else ():
            if other.kind is not Kind.RESOLUTION or other.machine != first.machine:
                continue
            for one, two in ((a, b) for a in first.rows for b in other.rows if _same(a, b)):
                if _shorter(two.end, one.end, first, tables, other):
                    expected = f"a first response within {two.end}, as {other.name!r} has it"
                    yield Fault(f"$.deadlines[{place}].target", "order", expected)


def _shorter(
    one: Measure, other: Measure, row: Definition, tables: Tables, by: Definition | None = None
) -> bool:
    """Say whether a time is over before another, from an ordinary morning on."""
    first = _sample_due(one, _calendar(by or row, tables))
    second = _sample_due(other, _calendar(row, tables))
    return first < second


def _calendar(row: Definition, tables: Tables) -> WorkingCalendar:
    return tables.calendars.get(row.calendar or "") or WorkingCalendar.always(tables.zone)


def _sample_due(measure: Measure, calendar: WorkingCalendar) -> datetime:
    try:
        return measure.due_at(SAMPLE, calendar)
    except ConfigurationError:
        # Days that are not known yet lie far ahead: the length alone tells enough.
        return measure.due_at(SAMPLE, WorkingCalendar.always(calendar.zone))
