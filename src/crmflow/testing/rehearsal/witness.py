"""The witness: a store under all others that sees every commit, and knows what must be there."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import cast

import attrs

from crmflow.codec import chained
from crmflow.core.ref import EntityRef
from crmflow.flow.commits import NO_HASH
from crmflow.storage.commit import Commit, Committed, Outcome
from crmflow.storage.port import Store
from crmflow.storage.rows import EntityRow, JournalRow, MessageRow, Place

RECENT = 50
"""So many of the messages sent last are remembered whole, to be handed over again."""


@attrs.define(eq=False, slots=False)
class Witness:
    """
    Passes everything on to a store, and notes what the store says it has written.

    Attributes:
        store: The store.
        rows: Each entity as it was committed last, in the order of their creation.
        keys: The version by which each key of an entity was committed.
        sent: Every message that was committed, and whom it is for.
        recent: The last of these, as they were sent.
        fresh: Entities that were committed since somebody looked, in order.
        records: How many records were committed.
        messages: How many messages.
        late: How many of the records are of an instant before their commit.
    """

    store: Store
    rows: dict[EntityRef, EntityRow] = attrs.field(factory=dict, init=False)
    keys: dict[tuple[EntityRef, str], int] = attrs.field(factory=dict, init=False)
    sent: dict[Place, EntityRef] = attrs.field(factory=dict, init=False)
    recent: deque[MessageRow] = attrs.field(factory=lambda: deque(maxlen=RECENT), init=False)
    fresh: dict[EntityRef, None] = attrs.field(factory=dict, init=False)
    records: int = attrs.field(default=0, init=False)
    messages: int = attrs.field(default=0, init=False)
    late: int = attrs.field(default=0, init=False)

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Pass on, and note what was written; it must follow on what was before."""
        outcomes = self.store.commit(batch)
        for one, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Committed):
                self._note(one)
        return outcomes

    def __getattr__(self, name: str) -> object:
        # Found at once from now on.
        found = vars(self)[name] = getattr(self.store, name)
        return found

    def port(self) -> Store:
        """Return it as the store that it is."""
        return cast("Store", self)

    def _note(self, commit: Commit) -> None:
        ref, before = commit.row.ref, self.rows.get(commit.row.ref)
        version, head = (0, NO_HASH) if before is None else (before.version, before.head)
        for record in commit.records:
            version, head = version + 1, chained(head, record.body)
            assert (record.version, record.hash) == (version, head), f"a gap at {ref} v{version}"
            self._note_key(ref, record)
            self.late += record.at < record.recorded_at
        assert (commit.row.version, commit.row.head) == (version, head), f"{ref} has another head"
        assert before is None or commit.row.at >= before.at, f"the time of {ref} went back"
        for message in commit.messages:
            assert message.place not in self.sent, f"{message.name} was sent twice"
            self.sent[message.place] = message.target
        self.rows[ref] = commit.row
        self.fresh[ref] = None
        self.recent.extend(commit.messages)
        self.records += len(commit.records)
        self.messages += len(commit.messages)

    def _note_key(self, ref: EntityRef, record: JournalRow) -> None:
        if record.key is not None:
            assert (ref, record.key) not in self.keys, f"{ref} decided {record.key!r} twice"
            self.keys[ref, record.key] = record.version
