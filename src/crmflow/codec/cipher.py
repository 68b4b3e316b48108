"""AES-GCM: bytes encrypted for one field of one entity, which open nowhere else."""

from __future__ import annotations

import os
from typing import Any

import msgspec

from crmflow.core.errors import SealedError
from crmflow.core.ref import EntityRef

_SHAPE = 1
_NONCE = 12
_KEY = 32


def fresh_key() -> bytes:
    """Return a new key of 32 bytes."""
    return os.urandom(_KEY)


def encrypted(key: bytes, plain: bytes, ref: EntityRef, field: str) -> bytes:
    """
    Return bytes encrypted, the nonce in front.

    Args:
        key: 32 bytes.
        plain: The bytes.
        ref: The entity they are bound to.
        field: Name of what they are of it.

    Raises:
        ImportError: The package for it is not installed; names the extra.
    """
    nonce = os.urandom(_NONCE)
    found: bytes = nonce + _cipher(key).encrypt(nonce, plain, _about(ref, field))
    return found


def decrypted(key: bytes, sealed: bytes, ref: EntityRef, field: str) -> bytes:
    """
    Return what was encrypted.

    Raises:
        SealedError: By another key, for another entity or field, or changed since.
        ImportError: As for `encrypted`.
    """
    cipher = _cipher(key)
    from cryptography.exceptions import InvalidTag

    try:
        found: bytes = cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _about(ref, field))
    except InvalidTag as error:
        raise SealedError(ref, "its key is another one, or its bytes were changed") from error
    return found


def _about(ref: EntityRef, field: str) -> bytes:
    return msgspec.json.encode([_SHAPE, ref.tenant, ref.machine, ref.id, field])


def _cipher(key: bytes) -> Any:  # noqa: ANN401 - the library's own
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        message = "encrypted fields need cryptography: pip install 'crmflow[crypto]'"
        raise ImportError(message) from error
    return AESGCM(key)
