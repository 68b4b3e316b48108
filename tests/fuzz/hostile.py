"""Strategies for what nobody means: documents with something wrong in them, and broken bytes."""

from __future__ import annotations

import copy
import gzip
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

Draw = st.DrawFn
Document = dict[str, Any]
Place = tuple[Any, Any]
"""A mapping or list of a document, and a key or number in it."""


def nested(depth: int, *, key: str | None = None) -> object:
    """Return lists in lists, or mappings in mappings under a key."""
    found: object = "end"
    for _ in range(depth):
        found = [found] if key is None else {key: found}
    return found


TEXTS: st.SearchStrategy[str] = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        (
            "",
            " ",
            "\x00",
            "a\x00b",
            "\ud800",
            "\ufeff",
            "\r\n",
            "\x1b[31m",
            "'; DROP TABLE x; --",
            "%s %(a)s {0.__class__} {{ x }}",
            "../../etc/passwd",
            "$.a[0]",
            "客户" * 3,
            "e\u0301",
            "\u202egnp",
            "x" * 5000,
            "9" * 5000,
            "1e999999999",
            "1E+400 CNY",
            "-0",
            "NaN",
            "Infinity",
            "0001-01-01",
            "9999-12-31T23:59:59+23:59",
            "0001-01-01T00:00:00+23:59",
            "2026-02-30",
            "99999999999999999999d",
            "999999wd",
            "(" * 300,
            "a and " * 400,
        )
    ),
)
"""Any text, and those that are known to be trouble: no text, marks, injections, huge numbers."""

_NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from((10**30, -(10**30), 2**63, -(2**63) - 1, 2**64, 10**400)),
)

SCALARS: st.SearchStrategy[object] = st.one_of(
    st.none(), st.booleans(), _NUMBERS, TEXTS, st.binary(max_size=4)
)

VALUES: st.SearchStrategy[object] = st.one_of(
    st.recursive(
        SCALARS,
        lambda part: st.lists(part, max_size=3) | st.dictionaries(TEXTS, part, max_size=3),
        max_leaves=5,
    ),
    st.sampled_from((30, 400)).map(nested),
    st.sampled_from((30, 400)).map(lambda depth: nested(depth, key="a")),
)
"""Any value, in any depth: what is in JSON, and numbers and bytes that are not."""


def _places(document: object) -> Iterator[Place]:
    if isinstance(document, Mapping):
        pairs = list(document.items())
    else:
        pairs = list(enumerate(document)) if isinstance(document, list) else []
    for key, value in pairs:
        yield document, key
        yield from _places(value)


def _dropped(_draw: Draw, at: Any, key: Any) -> None:  # noqa: ANN401 - any JSON
    del at[key]


def _replaced(draw: Draw, at: Any, key: Any) -> None:  # noqa: ANN401 - any JSON
    at[key] = draw(VALUES)


def _renamed(draw: Draw, at: Any, key: Any) -> None:  # noqa: ANN401 - any JSON
    if isinstance(at, dict):
        at[draw(TEXTS)] = at.pop(key)
    else:
        at.append(at[key])


def _wrapped(_draw: Draw, at: Any, key: Any) -> None:  # noqa: ANN401 - any JSON
    at[key] = [at[key]]


def _spoilt(draw: Draw, at: Any, key: Any) -> None:  # noqa: ANN401 - any JSON
    """Change a text a little, or a number to one beside it."""
    value = at[key]
    if isinstance(value, str):
        cut = draw(st.integers(0, len(value)))
        at[key] = value[:cut] + draw(TEXTS) + value[cut:]
    elif isinstance(value, int | float):
        at[key] = -value
    else:
        at[key] = draw(SCALARS)


_WAYS: tuple[Callable[[Draw, Any, Any], None], ...] = (
    _replaced,
    _spoilt,
    _dropped,
    _renamed,
    _wrapped,
)


@st.composite
def mutated(draw: Draw, document: Document) -> Document:
    """Draw a document with one to three changes: dropped, doubled, renamed, of another type."""
    found = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(found))
        if not places:
            break
        draw(st.sampled_from(_WAYS))(draw, *draw(st.sampled_from(places)))
    return found


_PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        (b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\r\n", b'"', b"'", b"[", b"{", b"\\")
    ),
    st.sampled_from((b"[" * 5000, b"(" * 5000, b"9" * 5000, b'{"a":' * 3000, b"a." * 3000)),
)


def _cut(draw: Draw, raw: bytes) -> bytes:
    begin, end = sorted(draw(st.tuples(st.integers(0, len(raw)), st.integers(0, len(raw)))))
    return raw[:begin] + draw(_PIECES) + raw[end:]


def _put(draw: Draw, raw: bytes) -> bytes:
    place = draw(st.integers(0, len(raw)))
    return raw[:place] + draw(_PIECES) + raw[place:]


def _recoded(draw: Draw, raw: bytes) -> bytes:
    text = raw.decode("utf-8", "replace")
    return text.encode(
        draw(st.sampled_from(("utf-16", "utf-8-sig", "gb18030", "latin-1"))), "replace"
    )


def _packed(draw: Draw, raw: bytes) -> bytes:
    packed = gzip.compress(raw, mtime=0)
    return packed[: draw(st.integers(0, len(packed)))]


def _other_ends(draw: Draw, raw: bytes) -> bytes:
    return raw.replace(b"\n", draw(st.sampled_from((b"\r\n", b"\r", b"\n\n", b""))))


_BYTE_WAYS = (_cut, _put, _put, _recoded, _other_ends, _packed)


@st.composite
def mangled(draw: Draw, raw: bytes) -> bytes:
    """Draw bytes of a file after one to three mishaps, or any bytes at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=100))
    for _ in range(draw(st.integers(1, 3))):
        raw = draw(st.sampled_from(_BYTE_WAYS))(draw, raw)
    return raw
