"""
Which texts every store can keep, so that what one takes no other refuses.

Keys and indexes of servers hold texts up to a length, counted in bytes of UTF-8; some servers
cannot keep the character NUL at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from crmflow.core.errors import UnstorableError
from crmflow.core.ref import EntityRef
from crmflow.core.searching import LONGEST_TERM
from crmflow.storage.commit import Commit

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
    "term": LONGEST_TERM,
    "target_tenant": 128,
    "target_machine": 128,
    "target_id": 512,
    "status": 32,
    "digest": 128,
}
"""The longest text of each kind, in bytes of UTF-8; no key of them passes 2,600 bytes."""

_SHORT = min(LIMITS.values())
"""Plain characters that fit wherever they stand."""

_SHORT_REF = min(LIMITS[kind] for kind in ("tenant", "machine", "id", "key"))
"""Plain characters of an entity's name, all together, that fit wherever they stand."""


def check_ref(ref: EntityRef, key: str | None = None) -> None:
    """
    Check that an entity's name, and a caller's key, can be kept.

    Raises:
        UnstorableError: They cannot; all faults at once.
    """
    # Most are so plain that one look at all of them is enough; every step takes it.
    if _is_plain(f"{ref.tenant}{ref.machine}{ref.id}{key or ''}", _SHORT_REF):
        return
    error = _error((("tenant", ref.tenant), ("machine", ref.machine), ("id", ref.id), ("key", key)))
    if error is not None:
        raise error


def unstorable(commit: Commit) -> UnstorableError | None:
    """Return why the rows beside an entity's own cannot be kept, None where they can."""
    if not commit.has_more:
        return None
    return _error(_texts(commit))


def _texts(commit: Commit) -> Iterator[tuple[str, str]]:
    for timer in commit.timers:
        yield "name", timer.name
    for task in commit.tasks:
        yield "task_id", task.id
        yield "name", task.name
        yield "role", task.role
    for claim in commit.claims:
        yield "scope", claim.scope
        yield "value", claim.value
    for term in commit.terms:
        yield "field", term.field
        yield "term", term.term
    for message in commit.messages:
        yield "target_machine", message.target.machine
        yield "target_id", message.target.id


def _error(texts: Iterable[tuple[str, str | None]]) -> UnstorableError | None:
    faults = [
        fault
        for kind, text in texts
        if text and not _is_plain(text, _SHORT)
        for fault in _faults(kind, text)
    ]
    return UnstorableError(tuple(faults)) if faults else None


def _is_plain(text: str, most: int) -> bool:
    """Say whether a text is so plain, and so short, that nobody need count its bytes."""
    return len(text) <= most and text.isascii() and "\0" not in text


def _faults(kind: str, text: str) -> Iterator[str]:
    if "\0" in text:
        yield f"the {kind} {_shown(text)} contains the character NUL; leave it out"
    try:
        length = len(text.encode())
    except UnicodeEncodeError:
        yield f"the {kind} {_shown(text)} is no Unicode text: it holds half of a character"
        return
    if length > LIMITS[kind]:
        yield f"the {kind} {_shown(text)} has {length} bytes of UTF-8; {LIMITS[kind]} are allowed"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")  # noqa: PLR2004 - enough to know it
