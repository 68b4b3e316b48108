"""
Which texts every store can keep, so that what one takes no other refuses.

Keys and indexes of servers hold texts up to a length, counted in bytes of UTF-8; some servers
cannot keep the character NUL at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crmflow.core.errors import UnstorableError
from crmflow.core.ref import EntityRef

LIMITS: Mapping[str, int] = {
    "tenant": 128,
    "machine": 128,
    "id": 512,
    "state": 128,
    "entry": 64,
    "event": 128,
    "key": 512,
    "scope": 512,
    "name": 1024,
    "task_id": 512,
    "role": 512,
    "value": 1024,
    "field": 128,
    "term": 768,
    "target_tenant": 128,
    "target_machine": 128,
    "target_id": 512,
    "status": 16,
    "digest": 128,
}
"""The longest text of each kind, in bytes of UTF-8; no key of them passes 2,600 bytes."""

_WIDEST = 4
"""Bytes of a character at most."""


def check_texts(**texts: str | None) -> None:
    """
    Check that texts can be kept.

    Args:
        texts: Each by its kind, a name of `LIMITS`; None is nothing to keep.

    Raises:
        UnstorableError: They cannot; all faults at once.
    """
    faults = [
        fault for kind, text in texts.items() if text is not None for fault in _faults(kind, text)
    ]
    if faults:
        raise UnstorableError(tuple(faults))


def check_ref(ref: EntityRef, key: str | None = None) -> None:
    """
    Check that an entity's name, and a caller's key, can be kept.

    Raises:
        UnstorableError: They cannot; all faults at once.
    """
    check_texts(tenant=ref.tenant, machine=ref.machine, id=ref.id, key=key)


def _faults(kind: str, text: str) -> Iterator[str]:
    limit = LIMITS[kind]
    if "\0" in text:
        yield f"the {kind} {_shown(text)} contains the character NUL; leave it out"
    # Most are so short that nobody need count their bytes.
    if len(text) * _WIDEST <= limit and text.isascii():
        return
    try:
        length = len(text.encode())
    except UnicodeEncodeError:
        yield f"the {kind} {_shown(text)} is no Unicode text: it holds half of a character"
        return
    if length > limit:
        yield f"the {kind} {_shown(text)} has {length} bytes of UTF-8; {limit} are allowed"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")  # noqa: PLR2004 - enough to know it
