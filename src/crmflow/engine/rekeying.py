"""Master keys: which of them wrap how many entities' keys, and wrapping those anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import attrs

from crmflow.codec.sealing import Vault, wrapped_by
from crmflow.core.errors import ConfigurationError, SealedError
from crmflow.core.ref import EntityRef
from crmflow.storage.port import PAGE, Store


@attrs.frozen
class MasterKey:
    """
    A master key, and what it wraps.

    Attributes:
        name: Its name; empty for keys of entities that are destroyed.
        entities: How many entities' keys it wraps.
        current: Whether it wraps the keys of new entities.
        known: Whether it is among `storage.keys`; else what it wraps cannot be read.
    """

    name: str
    entities: int
    current: bool
    known: bool


@attrs.frozen
class Rewrapped:
    """
    What a rotation did so far.

    Attributes:
        seen: Keys of entities that were looked at.
        rewrapped: Those that were wrapped anew.
        errors: Those whose master key is not there, or whose bytes were changed.
    """

    seen: int = 0
    rewrapped: int = 0
    errors: tuple[SealedError, ...] = ()


def master_keys(vault: Vault, store: Store, tenant: str) -> tuple[MasterKey, ...]:
    """Return the master keys that are there or needed, in order of their names."""
    counts = Counter(wrapped_by(secret) or "" for _, secret in _secrets(store, tenant))
    if vault.current:
        counts.setdefault(vault.current, 0)
    return tuple(
        MasterKey(name, count, name == vault.current, not name or name in vault.keys)
        for name, count in sorted(counts.items())
        if name or count
    )


def rewrap(
    vault: Vault, store: Store, tenant: str, told: Callable[[Rewrapped], object]
) -> Rewrapped:
    """
    Wrap every entity's key by the current master key; see `Engine.rotate`.

    Raises:
        ConfigurationError: Nothing is encrypted, so there is no current key.
    """
    if not vault.current:
        raise ConfigurationError("the keys of encrypted fields", (_NOTHING,))
    done = Rewrapped()
    for ref, secret in _secrets(store, tenant):
        if done.seen and done.seen % PAGE == 0:
            told(done)
        try:
            new = vault.rewrapped(ref, secret)
        except SealedError as error:
            done = attrs.evolve(done, seen=done.seen + 1, errors=(*done.errors, error))
            continue
        # Where it is another by now, it was destroyed, or wrapped anew by somebody else.
        count = new is not None and store.rewrap(ref, secret, new)
        done = attrs.evolve(done, seen=done.seen + 1, rewrapped=done.rewrapped + count)
    told(done)
    return done


_NOTHING = "no row of [[encryption]] is in use that names a key to wrap by"


def _secrets(store: Store, tenant: str) -> Iterator[tuple[EntityRef, bytes]]:
    after: tuple[str, str] | None = None
    while page := store.secrets(tenant, after=after, limit=PAGE):
        yield from page
        last, _ = page[-1]
        after = (last.machine, last.id)
