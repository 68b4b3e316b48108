"""Numbers people say and print, such as a customer's: derived from an entity, so never reused."""

from __future__ import annotations

import base64
import hashlib
import json

from crmflow.core.ref import EntityRef

__all__ = ["number_of"]

_ALPHABET = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
"""From the letters base32 writes to those of Crockford's: no I, L, O or U to misread."""

_DIGITS = 10


def number_of(ref: EntityRef, prefix: str) -> str:
    """
    Return an entity's number.

    It tells nothing of the entity. Among a million of them two are alike with a chance below
    one in two thousand, so who takes a number also claims it: the second is refused then.

    Args:
        ref: Which entity.
        prefix: What kind of number it is, such as `C`.

    Returns:
        The prefix, a hyphen and ten letters or digits; the same for the same entity always.

    Rules: REG-002 CON-001
    """
    told = json.dumps((ref.tenant, ref.machine, ref.id)).encode()
    digest = base64.b32encode(hashlib.sha256(told).digest()).decode()
    return f"{prefix}-{digest[:_DIGITS].translate(_ALPHABET)}"
