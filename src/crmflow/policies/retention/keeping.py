"""How long an entity is kept, and why: pure, and never before one year has passed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import islice
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.local_time import moment_of
from crmflow.core.measure import Measure, Unit
from crmflow.core.policy import Line
from crmflow.core.ref import EntityRef
from crmflow.core.working_time import WorkingCalendar
from crmflow.policies.retention.row import Retention

FLOOR = Measure(12, Unit.MONTHS)
"""Kept so long at least from the last change or dealing, whichever is later (STO-003)."""

FLOOR_RULES = ("STO-003", "AMB-13")
_DAY = timedelta(days=1)


class Fate(StrEnum):
    """What may become of an entity now; nothing of it happens by itself."""

    KEEP = "keep"
    ARCHIVE = "archive"
    PURGE = "purge"


@attrs.frozen(kw_only=True)
class Kept:
    """
    How long an entity must be kept.

    Attributes:
        since: Aware UTC instant of the last change or dealing.
        until: Aware UTC instant before which it must not be purged.
        why: What makes it so, with rows and rules.
    """

    since: datetime
    until: datetime
    why: tuple[Line, ...]


@attrs.frozen(kw_only=True)
class Finding:
    """
    What is found of one entity.

    Attributes:
        ref: Which.
        fate: What may become of it.
        until: Aware UTC instant until which it must be kept.
        places: Where the originals are.
        keepers: Roles that keep them.
        why: Why, with rows and rules.
    """

    ref: EntityRef
    fate: Fate
    until: datetime
    places: tuple[str, ...] = ()
    keepers: tuple[str, ...] = ()
    why: tuple[Line, ...] = ()


def applying(rows: Iterable[Retention], snapshot: Snapshot[Any], on: date) -> tuple[Retention, ...]:
    """Return the rows that are about an entity in its present state on a day."""
    return tuple(
        row
        for row in rows
        if row.machine == snapshot.ref.machine and row.about(snapshot.state) and row.in_force(on)
    )


def touched(
    rows: Iterable[Retention], snapshot: Snapshot[Any], zone: tzinfo
) -> tuple[datetime, str]:
    """Return the instant of the last change or dealing, and the fact that tells it, if one does."""
    found = tuple(rows)
    named = any(row.changes for row in found)
    # What policies do day by day is no change of what is known: else nothing would ever be over.
    last, told = snapshot.entered_at if named else snapshot.at, ""
    for name in dict.fromkeys(name for row in found for name in (*row.changes, *row.dealings)):
        value = getattr(snapshot.facts, name, None)
        # Where only its day is known, a dealing may have been at any time of it.
        at = None if value is None else moment_of(zone, value, _DAY)
        if at is not None and at > last:
            last, told = at, name
    return last, told


def kept_until(
    rows: Iterable[Retention], snapshot: Snapshot[Any], on: date, zone: tzinfo = UTC
) -> Kept:
    """
    Return how long an entity must be kept, were nothing to happen to it any more.

    Args:
        rows: Rows of the table.
        snapshot: The entity.
        on: The company's day, for rows with effective dates.
        zone: The company's zone.

    Rules: STO-003, STO-005, STO-006, AMB-13
    """
    mine, calendar = applying(rows, snapshot, on), WorkingCalendar.always(zone)
    since, told = touched(mine, snapshot, zone)
    until = FLOOR.due_at(since, calendar)
    why = [
        Line("retention_dealing" if told else "retention_change", {"at": since, "fact": told}),
        Line("retention_floor", {"until": until}, FLOOR_RULES),
    ]
    for row in mine:
        for span in _spans(row):
            longer = span.due_at(since, calendar)
            why.append(_line("retention_row", row, until=longer, keep=str(span)))
            until = max(until, longer)
    return Kept(since=since, until=until, why=tuple(why))


def _spans(row: Retention) -> Iterator[Measure]:
    if row.keep is not None:
        yield row.keep
    if row.days is not None:
        yield Measure(row.days, Unit.DAYS)


def _line(code: str, row: Retention, **values: object) -> Line:
    return Line(code, values, row.rules, row.edition)


def find(
    rows: Iterable[Retention], snapshot: Snapshot[Any], at: datetime, zone: tzinfo = UTC
) -> Finding:
    """
    Return what may become of an entity, and why.

    Args:
        rows: Rows of the table.
        snapshot: The entity.
        at: Aware instant that is now.
        zone: The company's zone.

    Rules: STO-003 to STO-006, LIF-007, REV-023, SUR-012, AMB-13
    """
    day = at.astimezone(zone).date()
    mine = applying(rows, snapshot, day)
    kept = kept_until(mine, snapshot, day, zone)
    why = [*kept.why, *(_place(row) for row in mine if row.place or row.keeper)]
    fate = Fate.KEEP
    archiving = [row for row in mine if _archives(row, kept.since, at, zone)]
    if archiving:
        fate = Fate.ARCHIVE
        why += [_line("retention_archive", row) for row in archiving]
    purging = [row for row in mine if row.purge]
    if not purging:
        why.append(Line("retention_never_purged", {}, FLOOR_RULES))
    elif kept.until <= at:
        fate = Fate.PURGE
        why += [_line("retention_purge", row, until=kept.until) for row in purging]
    return Finding(
        ref=snapshot.ref,
        fate=fate,
        until=kept.until,
        places=tuple(row.place for row in mine if row.place is not None),
        keepers=tuple(row.keeper for row in mine if row.keeper is not None),
        why=tuple(why),
    )


def _place(row: Retention) -> Line:
    return _line("retention_place", row, place=row.place or "", keeper=row.keeper or "")


def _archives(row: Retention, since: datetime, at: datetime, zone: tzinfo) -> bool:
    if not row.archive:
        return False
    after = row.archive_after
    return after is None or after.due_at(since, WorkingCalendar.always(zone)) <= at


def candidates(
    rows: Sequence[Retention],
    snapshots: Iterable[Snapshot[Any]],
    fate: Fate,
    at: datetime,
    *,
    zone: tzinfo = UTC,
    page: int = 100,
) -> Iterator[tuple[Finding, ...]]:
    """
    Yield what may be archived or purged, in pages, in the order of the snapshots.

    Args:
        rows: Rows of the table.
        snapshots: Entities, read as far as the pages are.
        fate: What is looked for.
        at: Aware instant that is now.
        zone: The company's zone.
        page: Findings of a page; the last may have fewer.
    """
    found = (find(rows, snapshot, at, zone) for snapshot in snapshots)
    wanted = (one for one in found if one.fate is fate)
    while some := tuple(islice(wanted, page)):
        yield some
