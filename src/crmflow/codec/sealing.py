"""
Values that are encrypted beside what protects the store: a key per entity, wrapped by a master key.

A sealed value is written as a token that names its entity and field, so whatever it stands in can
be read without being told whose it is. AES-GCM binds it to tenant, machine, id, field and the
token's shape: a token moved elsewhere does not open. Master keys are never written; the entity's
own key is in the store, wrapped. Where that is destroyed, its values read as `ERASED` (STO-002).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import attrs
import msgspec

from crmflow.codec.cipher import decrypted, encrypted, fresh_key
from crmflow.core.claim import Claim
from crmflow.core.entity import Snapshot
from crmflow.core.erasure import ERASED
from crmflow.core.errors import SealedError
from crmflow.core.ref import EntityRef

SEALED = "$sealed"
GONE = "$erased"
MARKS = (b'"$sealed"', b'"$erased"')
"""What bytes with such a value have in them."""

INDEX = "index"
"""Name of the key of what is compared without being opened: terms and claims."""

WORDED = frozenset({"address", "subject", "text"})
"""Where a message may say a value in words or send it to one, whatever field it is from."""

DESTROYED = b""
"""In place of an entity's key, for ever."""


@attrs.frozen
class Sealing:
    """
    What is sealed of the entities of one machine.

    Args:
        fields: Names: what stands under one of them, in facts, forms, messages or a
            policy's state, however deep.
        claims: Scopes of claims.
        applies: Whether an entity's values are sealed from now on; once they are they stay so.
    """

    fields: frozenset[str]
    claims: frozenset[str] = frozenset()
    applies: Callable[[Snapshot[Any]], bool] = lambda _snapshot: True


@attrs.frozen
class Seal:
    """
    The key of one entity and what is sealed with it.

    Attributes:
        ref: The entity.
        key: Its key, or None where it is destroyed: nothing is kept then.
        secret: The key as the store has it, wrapped.
        fields: Names of what is sealed.
        claims: Scopes of claims that are sealed.
        fresh: Whether the store does not have the key yet.
    """

    ref: EntityRef
    key: bytes | None = attrs.field(repr=False)
    secret: bytes = attrs.field(repr=False)
    fields: frozenset[str]
    claims: frozenset[str]
    fresh: bool = False

    def destroyed(self) -> Seal:
        """Return what is left once the key is destroyed: nothing can be read or kept."""
        return attrs.evolve(self, key=None, secret=DESTROYED, fresh=True)

    def tree(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return plain values with those under the names sealed."""
        if isinstance(value, Mapping):
            return {
                name: self.token(name, one) if name in self.fields else self.tree(one)
                for name, one in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.tree(one) for one in value]
        return value

    def item(self, shelf: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return an attached item: a policy's state, what a link tells, a claim."""
        if shelf == "claims" and body["scope"] in self.claims:
            return {**body, "value": self.token(body["scope"], body["value"])}
        if shelf in {"policies", "links"}:
            return {n: self.tree(v) if n in {"value", "facts"} else v for n, v in body.items()}
        return body

    def of(self, shelf: str, key: str) -> object:
        """Return the key of an item that is dropped; that of a claim has its value in it."""
        scope = key.split(" ", 1)[0]
        return self.token(scope, key) if shelf == "claims" and scope in self.claims else key

    def values(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a verdict: what it tells of the entity is sealed."""
        return {n: self.tree(v) if n == "values" else v for n, v in body.items()}

    def message(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a message: what it tells of the entity is sealed, in fields and in words."""
        telling = attrs.evolve(self, fields=self.fields | WORDED)
        return {n: telling.tree(v) if n == "payload" else v for n, v in body.items()}

    def token(self, field: str, value: object) -> object:
        """Return the token of a value; nothing of what is not known is nothing to seal."""
        if value is None:
            return None
        if self.key is None or value is ERASED:
            return {GONE: field}
        plain = msgspec.json.encode(value)
        told = base64.b64encode(encrypted(self.key, plain, self.ref, field)).decode()
        return {SEALED: [self.ref.tenant, self.ref.machine, self.ref.id, field, told]}


def wrapped_by(secret: bytes) -> str | None:
    """Return the name of the master key that wrapped a key, None where that is destroyed."""
    return None if secret == DESTROYED else secret.partition(b"\0")[0].decode()


def _nowhere(_ref: EntityRef) -> bytes | None:
    return None


@attrs.define
class Vault:
    """
    The master keys and what is sealed by them.

    Args:
        keys: Master keys of 32 bytes by name, `INDEX` among them; empty where nothing is sealed.
        current: Name of the key that wraps the keys of new entities.
        sealings: What is sealed, by machine.
        secret_of: Gives an entity's key as the store has it.
        auditing: Name of the key that signs what an audit relies on, or empty.
    """

    keys: Mapping[str, bytes] = attrs.field(factory=dict, repr=False)
    current: str = ""
    sealings: Mapping[str, Sequence[Sealing]] = attrs.field(factory=dict)
    secret_of: Callable[[EntityRef], bytes | None] = _nowhere
    auditing: str = ""

    def fields(self, machine: str) -> frozenset[str]:
        """Return the names of what is sealed of a machine's entities."""
        return frozenset[str]().union(*(one.fields for one in self.sealings.get(machine, ())))

    def claims(self, machine: str) -> frozenset[str]:
        """Return the scopes of claims of which a machine's entities keep a digest alone."""
        return frozenset[str]().union(*(one.claims for one in self.sealings.get(machine, ())))

    def seal(self, after: Snapshot[Any], secret: bytes | None) -> Seal | None:
        """
        Return what seals an entity's values from now on, None where nothing does.

        Args:
            after: The entity as it will be.
            secret: Its key as it was found with the entity, or None to ask the store.

        Raises:
            SealedError: The master key is not there.
        """
        ref = after.ref
        rules = self.sealings.get(ref.machine)
        if rules is None:
            return None
        if secret is None:
            secret = self.secret_of(ref)
        fresh = secret is None
        if secret is None:
            if not any(rule.applies(after) for rule in rules):
                return None
            key: bytes | None = fresh_key()
            secret = self._wrapped(ref, key or b"")
        else:
            key = self._key(ref, secret)
        return Seal(ref, key, secret, self.fields(ref.machine), self.claims(ref.machine), fresh)

    def _wrapped(self, ref: EntityRef, key: bytes) -> bytes:
        wrapped = encrypted(self.keys[self.current], key, ref, self.current)
        return self.current.encode() + b"\0" + wrapped

    def _key(self, ref: EntityRef, secret: bytes) -> bytes | None:
        name = wrapped_by(secret)
        if name is None:
            return None
        master = self.keys.get(name)
        if master is None:
            raise SealedError(ref, f"the key {name!r} is not among storage.keys")
        wrapped = secret.partition(b"\0")[2]
        return decrypted(master, wrapped, ref, name)

    def rewrapped(self, ref: EntityRef, secret: bytes) -> bytes | None:
        """
        Return an entity's key wrapped by the current master key, None where there is nothing to do.

        Args:
            ref: The entity.
            secret: Its key as the store has it, wrapped or destroyed.

        Raises:
            SealedError: The master key that wrapped it is not there, or its bytes were changed.
        """
        if wrapped_by(secret) in {None, self.current}:
            return None
        return self._wrapped(ref, self._key(ref, secret) or b"")

    def signed(self, told: bytes) -> str:
        """Return the signature of what is told: key and HMAC; empty without an audit key."""
        return f"{self.auditing}:{self._hmac(self.auditing, told)}" if self.auditing else ""

    def vouched(self, told: bytes, signature: str) -> bool:
        """
        Say whether a signature stands for what is told.

        Without an audit key none is asked for, and one that is there is not looked at.
        """
        if not self.auditing:
            return True
        name, _, found = signature.rpartition(":")
        if name not in self.keys:
            return False
        # As bytes: of texts that are not ASCII it would raise.
        return hmac.compare_digest(self._hmac(name, told).encode(), found.encode(errors="replace"))

    def _hmac(self, name: str, told: bytes) -> str:
        return hmac.new(self.keys[name], told, hashlib.sha256).hexdigest()

    def opened(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """
        Return plain values with every token opened, `ERASED` where its key is destroyed.

        Raises:
            SealedError: The master key is not there, or a token was changed.
        """
        return self._tree(value, {})

    def _tree(self, value: Any, known: dict[EntityRef, bytes | None]) -> Any:  # noqa: ANN401
        if isinstance(value, list):
            return [self._tree(one, known) for one in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {GONE}:
            return ERASED
        if value.keys() == {SEALED}:
            return self._value(value[SEALED], known)
        return {name: self._tree(one, known) for name, one in value.items()}

    def _value(self, token: list[str], known: dict[EntityRef, bytes | None]) -> Any:  # noqa: ANN401
        *place, field, told = token
        ref = EntityRef(*place)
        if ref not in known:
            secret = self.secret_of(ref)
            if secret is None:
                raise SealedError(ref, "the store has no key of it")
            known[ref] = self._key(ref, secret)
        key = known[ref]
        if key is None:
            return ERASED
        return msgspec.json.decode(decrypted(key, base64.b64decode(told), ref, field))

    def blind(self, tenant: str, machine: str, field: str, text: str) -> str:
        """Return what a value is compared by in its place: the same for the same, else nothing."""
        return self._hmac(INDEX, msgspec.json.encode([tenant, machine, field, text]))

    def blinded(self, ref: EntityRef, claims: Collection[Claim]) -> tuple[Claim, ...]:
        """Return claims as the store keeps them."""
        hidden = self.claims(ref.machine)
        return tuple(
            Claim(one.scope, self.blind(ref.tenant, "", one.scope, one.value))
            if one.scope in hidden
            else one
            for one in claims
        )
