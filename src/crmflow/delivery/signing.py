"""Signatures of webhooks, as https://www.standardwebhooks.com specifies them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

PREFIX = "whsec_"


def signed(secret: str, id_: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """
    Return the headers that prove who sends a message.

    Args:
        secret: `whsec_` and a key in base64; of several, with spaces between, each signs, so
            that a key can be changed while receivers still know the old one.
        id_: The message's id.
        at: Aware instant of sending.
        body: What is sent.

    Raises:
        ValueError: The secret has no such keys; nothing of it is told.
    """
    stamp = str(int(at.timestamp()))
    told = f"{id_}.{stamp}.".encode() + body
    proofs = [_proof(key, told) for key in map(_key, secret.split())]
    if not proofs:
        raise ValueError("the secret is empty")
    return {"webhook-id": id_, "webhook-timestamp": stamp, "webhook-signature": " ".join(proofs)}


def _proof(key: bytes, told: bytes) -> str:
    return f"v1,{base64.b64encode(hmac.digest(key, told, hashlib.sha256)).decode()}"


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key or not text.startswith(PREFIX):
        raise ValueError(f"the secret is no signing key: {PREFIX!r} and base64")
    return key
