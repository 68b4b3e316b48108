"""
What the command line covers: nobody knows who looks over a shoulder, or reads its output later.

`entity read` shows by right, and notes it; everything else shows what masks leave for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

import attrs

from crmflow.cli.output import Record

if TYPE_CHECKING:
    from crmflow.core.entity import Snapshot
    from crmflow.core.journal import JournalRecord
    from crmflow.engine.bulk import Unmoved
    from crmflow.engine.engine import Engine
    from crmflow.policies.access import Cover
    from crmflow.storage.rows import MessageRow


def cover_of(engine: Engine, machine: str) -> Cover:
    """Return the strictest masks of a machine's facts, today."""
    from crmflow.policies.access import Cover

    tables = engine.registry.tables
    return Cover.of(tables, machine, tables.day(engine.clock.now()))


def hidden_of(engine: Engine, snapshot: Snapshot[Any], form: object = None) -> frozenset[str]:
    """Return the texts that masks hide of an entity, of what links tell it, and of a form."""
    cover = cover_of(engine, snapshot.ref.machine)
    told = (cover_of(engine, link.ref.machine).secrets(link.facts) for link in snapshot.links)
    return cover.secrets(snapshot.facts).union(cover.secrets(form), *told)


def covered_message(engine: Engine, row: MessageRow) -> MessageRow:
    """Return a message whose detail, why it is parked or failed, tells nothing that is hidden."""
    payload = engine.registry.codec.decode_message(row.body).payload
    machines = (row.source.machine, row.target.machine)
    hidden = frozenset[str]().union(*(cover_of(engine, one).secrets(payload) for one in machines))
    return attrs.evolve(row, detail=told_of([row.detail], hidden)[0])


def covered_reasons(engine: Engine, one: Unmoved, form: object) -> list[str]:
    """Return why an entity was not moved, without hidden texts: a claim tells its value."""
    if not one.refused:  # what went wrong tells no values; the entity may not even be there
        return list(one.reasons)
    return told_of(one.reasons, hidden_of(engine, engine.get(one.entity), form))


def scrubbed(document: Record, hidden: Iterable[str]) -> Record:
    """Return a document without the hidden texts, wherever they stand."""
    from crmflow.policies.access import without

    return cast("Record", without(document, hidden))


def told_of(lines: Iterable[str], hidden: Iterable[str]) -> list[str]:
    """Return lines without the hidden texts."""
    from crmflow.policies.access import without

    return cast("list[str]", without(list(lines), hidden))


def covered(engine: Engine, snapshot: Snapshot[Any], document: Record) -> Record:
    """Return the document of an entity, its facts masked, without hidden texts elsewhere."""
    facts = document["facts"]
    if isinstance(facts, dict):
        facts = cover_of(engine, snapshot.ref.machine).facts(facts)
    return scrubbed({**document, "facts": facts}, hidden_of(engine, snapshot))


def covered_rows(
    engine: Engine,
    machine: str,
    records: Iterable[JournalRecord],
    row_of: Callable[[JournalRecord], Record],
) -> Iterator[Record]:
    """Yield journal records as rows, covered; where there are masks, scopes of claims alone."""
    cover, hidden = cover_of(engine, machine), set[str]()
    for record in records:
        hidden |= cover.secrets(record.facts)
        row = row_of(record)
        facts, effects = cast("dict[str, object]", row["facts"]), cast("list[str]", row["effects"])
        if cover.masks:
            effects = [_of_scope(effect) for effect in effects]
        yield scrubbed({**row, "facts": cover.facts(facts), "effects": effects}, hidden)


def _of_scope(effect: str) -> str:
    shelf, _, of = effect.partition(" ")
    return f"{shelf} {of.partition(' ')[0]}" if shelf[1:] == "claims" else effect
