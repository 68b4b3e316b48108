from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import TypeVar

import pytest

from crmflow.core.claim import Claim
from crmflow.core.errors import UnavailableError
from crmflow.core.ref import EntityRef
from crmflow.storage.commit import Commit, Committed, KeyConflict
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store
from crmflow.storage.query import Find
from crmflow.storage.rows import TimerRow
from crmflow.testing.store_model import StoreModel
from crmflow.testing.store_rows import commit_to, message, new_tenant
from tests.storage.cutting import Cutting
from tests.storage.servers import postgresql, schema_of, with_options

T = TypeVar("T")
MESSAGES = 10
"""What a life says to the server."""


@pytest.fixture(scope="module")
def schema() -> Iterator[str]:
    """Return the name of a schema whose tables are made."""
    with schema_of(postgresql()) as url:
        open_store(url).close()
        yield url.rpartition("=")[2]


def batches(tenant: str) -> list[list[Commit]]:
    """Return what a life commits: alone, in a batch, and in a batch of several waves."""
    refs = [EntityRef(tenant, "deal", f"D-{number}") for number in range(6)]
    claim = Claim("email", "info@example.com")
    timer, sent = TimerRow(refs[0], "remind", 5, 1), message(refs[0], 2)
    return [
        [commit_to(refs[0], key="a", named=True, claims=(claim,), timers=(timer,))],
        [commit_to(refs[0], 2, key="b", claims_gone=(claim,), messages=(sent,))],
        [commit_to(one, key="c", named=True) for one in refs[1:]],
        [
            commit_to(refs[1], 2, key="d", claims=(claim,)),
            commit_to(refs[1], 3, key="e", claims_gone=(claim,)),
            commit_to(refs[2], 2, key="f", claims=(claim,)),
        ],
    ]


def insisted(call: Callable[[], T]) -> T:
    """Make a call until it is answered."""
    for _ in range(9):
        try:
            return call()
        except UnavailableError:
            continue
    raise AssertionError("it is never answered")


def lived(store: Store, tenant: str) -> None:
    """Commit everything, again where it is not known whether it was; then settle the message."""
    for batch in batches(tenant):
        for one, outcome in zip(batch, insisted(partial(store.commit, batch)), strict=True):
            version = one.row.version
            ((key, _),) = one.keys.items()
            done = (Committed(version), KeyConflict(key, one.row.ref, version))
            # What followed a member that turned out to be done already is asked for again.
            if outcome not in done:
                (outcome,) = insisted(partial(store.commit, [one]))  # noqa: PLW2901 - its last word
            assert outcome in done
    for sent in insisted(lambda: store.outbox(tenant)):
        insisted(partial(store.settle, sent))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, MESSAGES + 1))
def test_a_cut_loses_and_doubles_nothing(schema: str, number: int, after: bool) -> None:
    """
    Wherever the way to the server is cut, who insists with the same keys has all of it once.

    Whether the server had the statement or not: what is told is that it is unknown.
    """
    tenant, model = new_tenant(), StoreModel()
    for batch in batches(tenant):
        assert all(isinstance(model.commit(one), Committed) for one in batch)
    with closing(Cutting(postgresql())) as way:
        options = {"schema": schema, "pool": "1", "timeout": "5"}
        with closing(open_store(with_options(way.url, **options))) as store:
            store.load([EntityRef(tenant, "deal", "D-0")])  # connected by now
            way.cut(number, after=after)
            lived(store, tenant)
            assert way.left == 0
            assert store.find(Find(tenant)) == model.find(Find(tenant))
            for ref, records in model.records.items():
                assert store.journal(ref) == records
            assert store.due(tenant, 9, limit=9) == model.due(9)
            assert store.outbox(tenant) == []
            holder = commit_to(EntityRef(tenant, "deal", "D-9"), claims=tuple(model.held))
            assert store.commit([holder]) != [Committed(1)]
