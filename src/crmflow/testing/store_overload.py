"""The suite's law of overload: whatever comes meanwhile, nothing that waits is passed over."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.core.ref import EntityRef
from crmflow.storage.port import Store
from crmflow.storage.rows import MessageRow, Place
from crmflow.testing.store_rows import commit_to, message, new_tenant

SOURCES = st.tuples(st.sampled_from(("account", "zone")), st.sampled_from("123"))
ROUNDS = st.lists(st.sets(SOURCES, max_size=4).map(sorted), min_size=1, max_size=4)


class Overloaded:
    """
    A store whose messages are handed over a few in each round, while as many come anew.

    Args:
        store: The store; the tenant is new.
        limit: How many are handed over in a round.
    """

    def __init__(self, store: Store, limit: int) -> None:
        self.store = store
        self.limit = limit
        self.tenant = new_tenant()
        self.now = 0
        self.waiting: list[MessageRow] = []
        self.bounds: dict[Place, int] = {}
        self._versions = dict[EntityRef, int]()

    def send(self, sources: Iterable[tuple[str, str]]) -> None:
        """Let entities send a message each, and note when it has to be handed over."""
        sent = [self._next(EntityRef(self.tenant, *source)) for source in sources]
        self.store.commit([commit_to(one.source, one.version, messages=(one,)) for one in sent])
        for number, one in enumerate(sent):
            older = len(self.waiting) + number
            before = sum(other.source == one.source for other in self.waiting)
            # In a round either its pair goes on, or as many go as can that were sent before.
            self.bounds[one.place] = self.now + before + older // self.limit
        self.waiting += sent

    def _next(self, source: EntityRef) -> MessageRow:
        version = self._versions[source] = self._versions.get(source, 0) + 1
        return message(source, version, sent_at=self.now)

    def hand_over(self) -> None:
        """Hand over what a round has room for; nothing that had to be is left."""
        given_ = self.store.claim_messages(
            self.tenant, targets=("contract",), now=self.now, lease=1, limit=self.limit
        )
        for one in given_:
            del self.bounds[one.place]
            self.store.settle(one)
        done = {one.place for one in given_}
        self.waiting = [one for one in self.waiting if one.place not in done]
        self.now += 1
        assert all(self.now <= bound for bound in self.bounds.values()), (self.bounds, given_)


class Overload:
    """What a store promises those who wait."""

    def test_none_waits_for_ever(self, store: Store) -> None:
        """However much comes meanwhile of others, each message goes in a bounded round."""

        @settings(max_examples=max(8, settings().max_examples // 12))
        @given(ROUNDS, st.integers(1, 3))
        def law(rounds: list[list[tuple[str, str]]], limit: int) -> None:
            found, others = Overloaded(store, limit), count()
            for sources in rounds:
                found.send(sources)
                found.hand_over()
            known = set(found.bounds)
            while known & found.bounds.keys():
                found.send(("account", f"new {next(others)}") for _ in range(limit))
                found.hand_over()

        law()
