"""A store that tells what was committed, whoever caused it: a caller, a timer or a message."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import cast

from msgspec.structs import replace

from crmflow.core.errors import BackupError
from crmflow.storage.commit import Commit, Committed, Outcome
from crmflow.storage.port import Store


class WatchedStore:
    """
    Passes everything on to a store.

    What is sent to handlers or to machines that are switched off leaves the company: it is not
    put in the outbox, so that nobody outside hears of what is only simulated. The journals have it
    all the same. No backup is made either.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: list[Commit] = []
        self.targets: Container[str] = ()
        """Machines that messages are handed over to."""

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Write each member whole or not at all; what is written is told by `taken`."""
        kept = [
            replace(
                one,
                messages=tuple(
                    message for message in one.messages if message.target.machine in self.targets
                ),
            )
            if one.messages
            else one
            for one in batch
        ]
        outcomes = self._store.commit(kept)
        self._seen += [
            one for one, how in zip(kept, outcomes, strict=True) if isinstance(how, Committed)
        ]
        return outcomes

    def taken(self) -> list[Commit]:
        """Return what was committed since it was asked last, in order."""
        seen, self._seen = self._seen, []
        return seen

    def copy(self, path: str) -> None:
        """Raise: real backups of the folder would go for it."""
        raise BackupError(path, "what is simulated is not backed up")

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def port(self) -> Store:
        """Return it as the store that it is."""
        return cast("Store", self)
