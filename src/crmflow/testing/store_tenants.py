"""The suite's law of tenants: what others have and do makes no difference to any answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.core.claim import Claim
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.port import Store
from crmflow.storage.query import Find
from crmflow.storage.rows import Checkpoint, MessageStatus, Pruned, TaskRow, TimerRow
from crmflow.testing.store_rows import commit_to, message, new_tenant

IDS = ("1", "2")
NUMBERS = range(4)
MACHINE, TARGETS = "deal", ("contract",)

Query = Callable[[Store, str], object]
Change = Callable[[Store, EntityRef, int], object]


def _each(ask: Callable[[Store, EntityRef], object]) -> Query:
    """Return the query that asks about every entity there may be."""
    return lambda store, tenant: [ask(store, EntityRef(tenant, MACHINE, id_)) for id_ in IDS]


def _keyed(store: Store, ref: EntityRef) -> object:
    keys = [f"{ref.id} {n}" for n in range(1, 9)]
    return [store.keyed(ref.tenant, MACHINE, scope, key) for key in keys for scope in ("", ref.id)]


TERMS = tuple(Term("name", str(n)) for n in NUMBERS)

QUERIES: Mapping[str, Query] = {
    "load": _each(lambda store, ref: store.load([ref, ref])),
    "keyed": _each(_keyed),
    "journal": _each(lambda store, ref: store.journal(ref)),
    "checkpoint": _each(lambda store, ref: store.checkpoint(ref, until=9)),
    "secret": _each(lambda store, ref: store.secret(ref)),
    "pruned": _each(lambda store, ref: store.pruned(ref)),
    "due": lambda store, tenant: store.due(tenant, 9, limit=9),
    "tasks": lambda store, tenant: (store.tasks(tenant), store.tasks(tenant, roles=["sales"])),
    "outbox": lambda store, tenant: store.outbox(tenant),
    "backlog": lambda store, tenant: store.backlog(tenant, 9),
    "find": lambda store, tenant: [
        store.find(query)
        for query in (Find(tenant), *(Find(tenant, MACHINE, terms=(t,)) for t in TERMS))
    ],
    "find_due": lambda store, tenant: store.find_due(Find(tenant, MACHINE), 9),
    "terms": lambda store, tenant: store.terms(tenant, MACHINE, "name", until="~"),
    "alike": lambda store, tenant: store.alike(tenant, MACHINE, TERMS, limit=9),
    "secrets": lambda store, tenant: store.secrets(tenant),
    "counts": lambda store, tenant: store.counts(tenant),
    "enrolled": lambda store, tenant: store.enrolled(tenant),
    "policy_set": lambda store, tenant: [store.policy_set(tenant, str(n)) for n in NUMBERS],
}
"""Every query of the port, asked in full."""


def _commit(store: Store, ref: EntityRef, number: int) -> object:
    (row,) = store.load([ref])
    version = 1 if row is None else row.version + 1
    commit = commit_to(
        ref,
        version,
        state=("open", "won")[number % 2],
        key=f"{ref.id} {version}",
        timers=(TimerRow(ref, "ring", number, 1),),
        tasks=(TaskRow(ref, "1", "call", "sales", 1, number),),
        claims=(Claim("phone", str(number)),),
        terms=(TERMS[number],),
        messages=(message(ref, version),),
        checkpoints=(Checkpoint(version, version, b"kept"),),
        secret=str(number).encode(),
    )
    return store.commit([commit])


def _settle(store: Store, ref: EntityRef, _number: int) -> None:
    for one in store.outbox(ref.tenant, source=ref, limit=1):
        store.settle(one)


def _mark(store: Store, ref: EntityRef, _number: int) -> None:
    for one in store.outbox(ref.tenant, source=ref, limit=1):
        store.mark(attrs.evolve(one, status=MessageStatus.PARKED, detail="no"))


def _index(store: Store, ref: EntityRef, number: int) -> None:
    found = [row for row in store.load([ref]) if row is not None]
    store.index([(row, (TERMS[number],)) for row in found])


def _prune(store: Store, ref: EntityRef, _number: int) -> object:
    rows = store.journal(ref, limit=1)
    keys = {row.key: row.version for row in rows if row.key is not None}
    return [store.prune(ref, Pruned(one.version, one.at, one.hash, b"was"), keys) for one in rows]


CHANGES: Mapping[str, Change] = {
    "commit": _commit,
    "settle": _settle,
    "mark": _mark,
    "index": _index,
    "prune": _prune,
    "unindex": lambda store, ref, _: store.unindex(ref.tenant, MACHINE),
    "rewrap": lambda store, ref, n: store.rewrap(ref, store.secret(ref) or b"", b"new %d" % n),
    "claim_due": lambda store, ref, n: store.claim_due(
        ref.tenant, 9, now=n, lease=2, limit=1, machines=(MACHINE,)
    ),
    "claim_messages": lambda store, ref, n: store.claim_messages(
        ref.tenant, now=n, lease=2, limit=1, targets=TARGETS
    ),
    "enroll": lambda store, ref, n: store.enroll(ref.tenant, [(MACHINE, str(n))]),
    "dismiss": lambda store, ref, n: store.dismiss(ref.tenant, MACHINE, str(n)),
    "keep_set": lambda store, ref, n: store.keep_set(ref.tenant, str(n), ref.id.encode()),
}
"""Everything that changes a store; what it answers is a query too."""

OF_ALL = frozenset({"copy", "verify", "close", "waking"})
"""What is about a store as a whole, whoever's."""

CALLS = st.tuples(
    st.sampled_from([*CHANGES, *["commit"] * 6]), st.sampled_from(IDS), st.sampled_from(NUMBERS)
)


class Tenants:
    """What a store promises to each of its tenants."""

    def test_tenants_make_no_difference_to_each_other(self, store: Store) -> None:
        """One among others and one alone, to whom the same happens, get the same answers."""

        @settings(max_examples=25, deadline=None)
        @given(calls=st.lists(st.tuples(st.booleans(), CALLS), max_size=20))
        def law(calls: Sequence[tuple[bool, tuple[str, str, int]]]) -> None:
            tenants = among, other, alone = new_tenant(), new_tenant(), new_tenant()
            for tenant in tenants:
                for number, id_ in enumerate(IDS):
                    _commit(store, EntityRef(tenant, MACHINE, id_), number)
            for mine, (name, id_, number) in calls:
                change = CHANGES[name]
                if mine:
                    first = change(store, EntityRef(among, MACHINE, id_), number)
                    second = change(store, EntityRef(alone, MACHINE, id_), number)
                    assert _said(among, first) == _said(alone, second), name
                else:
                    change(store, EntityRef(other, MACHINE, id_), number)
            for name, ask in QUERIES.items():
                assert _said(among, ask(store, among)) == _said(alone, ask(store, alone)), name

        law()


def _said(tenant: str, answer: object) -> str:
    """Return an answer as text in which one tenant is like another."""
    return repr(answer).replace(repr(tenant), "'tenant'")
