"""
A population placed in one pass, whatever its size, in bounded memory.

A scheme of shares must rank everybody before it knows the first tier: what is read goes
to a private file of SQLite, which sorts on disk and is gone afterwards. Numbers are
written as bytes that sort like the numbers, so the order is exact.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import date
from decimal import Decimal
from itertools import groupby

import attrs

from crmflow.policies.tiers.metrics import Tally, Window
from crmflow.policies.tiers.placing import POPULATION, RANK, Criteria, Metrics, Placement, place
from crmflow.policies.tiers.scheme import Better, Kind

Member = tuple[str, Metrics]
"""(id, metrics) of one member of a population."""

_CACHE_KIB = 4_096
_FAR = 1 << 62
_NINES = bytes.maketrans(b"0123456789", b"9876543210")


@attrs.frozen
class Placed:
    """
    One member of a population, placed.

    Attributes:
        id: Who.
        placement: Tier and reasons.
        rank: Place from 1; None where the scheme does not rank, or could not.
        population: How many were ranked; None likewise.
        value: What it was ranked by; None likewise.
    """

    id: str
    placement: Placement
    rank: int | None = None
    population: int | None = None
    value: Decimal | None = None

    @property
    def tier(self) -> str | None:
        """Name of the tier; None for unrated."""
        return self.placement.tier


class DoubledError(ValueError):
    """An id that a population names twice, so that no ranking of it is right."""

    def __init__(self, id: str) -> None:  # noqa: A002 - the field's word
        super().__init__(id)
        self.id = id

    def __str__(self) -> str:
        return f"{self.id!r} is in the population twice: give each member once"


def tier_population(
    criteria: Criteria,
    members: Iterable[Member],
    present: Callable[[str], str | None] = lambda _id: None,
) -> Iterator[Placed]:
    """
    Yield every member with its tier; *members* is read once, whatever its length.

    A scheme of shares ranks by its metric, members of equal value by id, and yields in that
    order, last those whose metric is missing; they are no part of the population whose
    shares are taken. Any other scheme places each member by itself, in the order given.

    Args:
        criteria: The scheme made ready.
        members: Ids, each once, and metrics.
        present: The tier somebody holds now, which a margin may keep.

    Raises:
        DoubledError: An id is there twice (schemes of shares only).

    Rules: TIE-035, KAM-009
    """
    if criteria.scheme.kind is Kind.SHARES:
        yield from _ranked(criteria, members, present)
        return
    for who, metrics in members:
        yield Placed(who, place(criteria, metrics, present(who)))


def _ranked(
    criteria: Criteria, members: Iterable[Member], present: Callable[[str], str | None]
) -> Iterator[Placed]:
    scheme = criteria.scheme
    by = scheme.ranked_by or ""
    order = "DESC" if _better(criteria, by) is Better.MORE else "ASC"
    with closing(_spill("CREATE TABLE member (id TEXT, value BLOB, told TEXT)")) as spill:
        values = ((who, *_keyed(metrics.get(by))) for who, metrics in members)
        spill.executemany("INSERT INTO member VALUES (?, ?, ?)", values)
        _refuse_doubles(spill)
        (count,) = spill.execute("SELECT count(value) FROM member").fetchone()
        population = Decimal(count)
        ranked = spill.execute(
            f"SELECT id, told FROM member WHERE value IS NOT NULL ORDER BY value {order}, id"  # noqa: S608 - one of two words
        )
        for rank, (who, told) in enumerate(ranked, 1):
            metrics = {RANK: Decimal(rank), POPULATION: population}
            placement = place(criteria, metrics, present(who))
            yield Placed(who, placement, rank, count, Decimal(told))
        for (who,) in spill.execute("SELECT id FROM member WHERE value IS NULL ORDER BY id"):
            yield Placed(who, attrs.evolve(place(criteria, {}, present(who)), lacking=(by,)))


def _better(criteria: Criteria, name: str) -> Better:
    return next(metric.better for metric in criteria.scheme.metrics if metric.name == name)


def _refuse_doubles(spill: sqlite3.Connection) -> None:
    found = spill.execute("SELECT id FROM member GROUP BY id HAVING count(*) > 1 LIMIT 1")
    doubled = found.fetchone()
    if doubled is not None:
        raise DoubledError(doubled[0])


def _spill(schema: str) -> sqlite3.Connection:
    """Return a private database that lives on disk and is gone when closed."""
    spill = sqlite3.connect("", isolation_level=None)
    for line in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}"):
        spill.execute(f"PRAGMA {line}")
    spill.execute("PRAGMA temp_store=FILE")
    spill.execute("BEGIN")
    spill.execute(schema)
    return spill


def _keyed(value: object) -> tuple[bytes | None, str | None]:
    """Return a number as bytes that sort like it, and as text; None where it is missing."""
    return (_key(value), str(value)) if isinstance(value, Decimal) else (None, None)


def _key(value: Decimal) -> bytes:
    if not value:
        return b"\x01"
    digits = f"{value.copy_abs():E}".partition("E")[0].replace(".", "").rstrip("0").encode()
    if value > 0:
        return b"\x02" + (_FAR + value.adjusted()).to_bytes(8, "big") + digits
    far = (_FAR - value.adjusted()).to_bytes(8, "big")
    return b"\x00" + far + digits.translate(_NINES) + b"~"


@attrs.frozen
class Dated:
    """
    One dated amount of somebody.

    Attributes:
        id: Whose.
        on: Its day.
        amount: The amount; negative where it is taken off.
        order: What it belongs to: lines of one order count once; None for itself.
        counts: Whether it counts as often; a refund does not.
    """

    id: str
    on: date
    amount: Decimal
    order: str | None = None
    counts: bool = True


def measure_population(
    amounts: Iterable[Dated], windows: Mapping[str, Window], on: date
) -> Iterator[tuple[str, dict[str, Decimal | None]]]:
    """
    Yield the metrics of everybody who has an amount, by id; *amounts* is read once.

    Args:
        amounts: In any order.
        windows: Window by the name of its metric; their events and fields do not matter.
        on: The day at whose end the windows end.
    """
    schema = "CREATE TABLE amount (id TEXT, day INTEGER, amount TEXT, part TEXT, counts INTEGER)"
    with closing(_spill(schema)) as spill:
        rows = ((a.id, a.on.toordinal(), str(a.amount), a.order, a.counts) for a in amounts)
        spill.executemany("INSERT INTO amount VALUES (?, ?, ?, ?, ?)", rows)
        found = spill.execute(
            "SELECT id, day, amount, part, counts FROM amount ORDER BY id, part, day"
        )
        for who, lines in groupby(found, key=lambda row: row[0]):
            tally, last = Tally(windows, on), None
            for _, day, amount, part, counts in lines:
                again = part is not None and part == last
                last = part
                tally.add(date.fromordinal(day), Decimal(amount), count=int(counts and not again))
            yield who, tally.metrics()
