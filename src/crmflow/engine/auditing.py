"""
Auditing: whether stored journals are whole, and lead to what is stored of their entities.

Hashes cover the bytes as they are stored, so they are verified without any key. A cut tail, a
removed entity and a replaced store are whole in themselves: only an anchor that is kept
elsewhere tells them (`crmflow.engine.anchoring`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crmflow.core.ref import EntityRef
from crmflow.engine.anchoring import Head, paired
from crmflow.engine.chain import Chain
from crmflow.engine.findings import Audited, Finding, Flaw
from crmflow.flow.registry import Registry
from crmflow.storage.port import PAGE, Store
from crmflow.storage.rows import EntityRow, JournalRow


def audits(
    registry: Registry,
    store: Store,
    rows: Iterable[EntityRow],
    anchored: Iterable[Head] = (),
    *,
    fold: bool = True,
) -> Iterator[Audited]:
    """
    Yield what an audit finds of each entity, in order of (machine, id).

    Args:
        registry: Its machines fold the journals; those of others have their hashes verified alone.
        store: Where the journals are.
        rows: The entities, in that order.
        anchored: Heads of an anchor, those of the same entities, in that order.
        fold: Whether to fold at all, which needs the keys of what is encrypted.
    """
    for one, head in paired(rows, anchored):
        if isinstance(one, Head):
            yield Audited(one.ref, 0, (Finding(one.ref, one.version, Flaw.GONE),))
        else:
            yield audited(registry, store, one, head, fold=fold)


def audited(
    registry: Registry, store: Store, row: EntityRow, head: Head | None = None, *, fold: bool = True
) -> Audited:
    """
    Return what is wrong with an entity's journal; see `audits`.

    Args:
        registry: Its machines fold.
        store: Where the journal is.
        row: The entity as stored; records committed since it was read are left out.
        head: Where an anchor says that the journal stood, or None.
        fold: Whether to fold.
    """
    folds = fold and row.ref.machine in registry.machines
    mark = store.pruned(row.ref)
    chain = Chain(registry, store, row.ref, fold=folds, anchored=head, mark=mark)
    whole = (mark is None or chain.start(mark)) and all(
        chain.take(stored) for stored in journal(store, row.ref, row.version)
    )
    if whole:
        chain.end(row)
    if chain.findings:
        (now,) = store.load([row.ref])
        if now is not None and (now != row or store.pruned(row.ref) != mark):
            # Pruned meanwhile: what was read was neither the one nor the other.
            return audited(registry, store, now, head, fold=fold)
    return Audited(row.ref, chain.records, tuple(chain.findings))


def journal(store: Store, ref: EntityRef, until: int, after: int = 0) -> Iterator[JournalRow]:
    """Yield an entity's records behind version *after*, up to version *until*."""
    while page := store.journal(ref, after=after, limit=PAGE):
        yield from (row for row in page if row.version <= until)
        after = page[-1].version
        if after >= until:
            return
