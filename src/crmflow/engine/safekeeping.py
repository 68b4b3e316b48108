"""The part of an engine that keeps what is stored: audits, anchors, master keys, pruning."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from crmflow.engine.seeking import Seeking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crmflow.core.ref import EntityRef
    from crmflow.engine.anchoring import Anchor, Head
    from crmflow.engine.findings import Audited
    from crmflow.engine.pruning import Prune, Pruner, Prunes
    from crmflow.engine.rekeying import MasterKey, Rewrapped
    from crmflow.engine.values import Due, Entity


class Safekeeping(Seeking):
    """What an engine does for what is stored, whatever it is about."""

    def anchor(self, file: str | Path) -> Anchor:
        """
        Write the heads of all journals to a file, signed where there is an audit key.

        Kept where nobody who changes the store can change it too, it tells later what no store
        tells of itself: a tail that was cut off, an entity that is gone, another store.

        Args:
            file: Where to; there must be nothing yet.

        Raises:
            AnchorError: The file is there, or cannot be written.
        """
        from pathlib import Path

        from crmflow.engine.anchoring import write

        vault = self.registry.codec.vault
        return write(Path(file), self.find(), self.registry.tenant, self.clock.now(), vault)

    def anchored(self, file: str | Path) -> Anchor:
        """
        Return what an anchor says as a whole, once it is found as it was written.

        Raises:
            AnchorError: It is no anchor, another tenant's, changed, or not signed although there
                is an audit key.
        """
        from pathlib import Path

        from crmflow.engine.anchoring import read

        return read(Path(file), self.registry.tenant, self.registry.codec.vault)

    def audit(
        self,
        about: str | Entity | None = None,
        *,
        anchor: str | Path | None = None,
        told: Callable[[Anchor], object] = lambda _: None,
        fold: bool = True,
    ) -> Iterator[Audited]:
        """
        Recompute every hash, fold every journal, and yield what is found of each entity.

        Any record that was changed, removed or moved is found, and so is a snapshot or a
        checkpoint that the journal does not lead to. A tail that was cut off with its head, an
        entity that is gone and a store that was replaced are found against an anchor only.

        Args:
            about: One machine, by name, or one entity; None for all there are.
            anchor: File that `anchor` wrote, or None. It is read once.
            told: Is called with what the anchor says, once it is found as it was written.
            fold: Whether to fold; without it no key is needed.

        Raises:
            UnknownMachineError: The machine is not switched on.
            UnknownEntityError: Neither the store nor the anchor has such an entity.
            AnchorError: The anchor cannot be relied on.
        """
        from crmflow.engine.auditing import audits

        kept = iter(()) if anchor is None else self._heads(anchor, told)
        if about is None or isinstance(about, str):
            if about is not None:
                self.registry.machine(about)
            mine = (head for head in kept if about in {None, head.ref.machine})
            return audits(self.registry, self.store, self.find(about), mine, fold=fold)
        return iter(self._audit_of(self.ref(about), kept, fold=fold))

    def _heads(self, file: str | Path, told: Callable[[Anchor], object]) -> Iterator[Head]:
        from pathlib import Path

        from crmflow.engine.anchoring import heads

        return heads(Path(file), self.registry.tenant, self.registry.codec.vault, told)

    def master_keys(self) -> tuple[MasterKey, ...]:
        """Return the master keys that are there or needed, and how many keys each wraps."""
        from crmflow.engine.rekeying import master_keys

        return master_keys(self.registry.codec.vault, self.store, self.registry.tenant)

    def rotate(self, told: Callable[[Rewrapped], object] = lambda _: None) -> Rewrapped:
        """
        Wrap every entity's key by the current master key, while the store is used.

        Values are not written anew: their keys stay what they are. What was wrapped stays so if
        this ends early, and running it again goes on. All engines must know both master keys
        before, and may forget the old one once `master_keys` tells that it wraps nothing.

        Args:
            told: Is called now and then, and at the end, with what was done so far.

        Raises:
            ConfigurationError: No row of `[[encryption]]` is in use.

        Rule: STO-002
        """
        from crmflow.engine.rekeying import rewrap

        return rewrap(self.registry.codec.vault, self.store, self.registry.tenant, told)

    def prune(
        self, told: Callable[[Prune], object] = lambda _: None, *, dry_run: bool = False
    ) -> Prunes:
        """
        Take the records from journals that need not be kept any longer, by rows of `[[retention]]`.

        Nothing goes without a row that says how long journals are kept, and nothing before a year
        has passed. A mark takes the place of what went, and the entity stays as it is. `run_due`
        does the same, a page of entities at a time.

        Args:
            told: Is called with each journal that lost records.
            dry_run: Whether to tell only what would go.

        Rules: STO-003 STO-005 STO-006
        """
        return self._pruner.run(self.clock.now(), told, dry_run=dry_run)

    def upkeep(self) -> Due:
        """
        Make the backups that are due, and prune the next journals; `run_due` does it, and workers.

        Rules: STO-001 STO-003
        """
        from crmflow.engine.backing_up import back_up_due
        from crmflow.engine.values import Due

        now = self.clock.now()
        made, failed = back_up_due(self.registry.tables, self.store, now)
        done = self._pruner.turn(now)
        return Due(errors=(*failed, *done.errors), backups=made, pruned=done.pruned)

    @cached_property
    def _pruner(self) -> Pruner:
        from crmflow.engine.pruning import Pruner

        return Pruner(self._flow)

    def _audit_of(self, ref: EntityRef, kept: Iterator[Head], *, fold: bool) -> list[Audited]:
        from crmflow.core.errors import UnknownEntityError
        from crmflow.engine.auditing import audits

        self.registry.machine(ref.machine)
        rows = [row for row in self.store.load([ref]) if row is not None]
        mine = (head for head in kept if head.ref == ref)
        found = list(audits(self.registry, self.store, rows, mine, fold=fold))
        if not found:
            raise UnknownEntityError(ref)
        return found
