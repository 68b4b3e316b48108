"""A message's key as it is spelt for headers and names of files."""

from __future__ import annotations

import hashlib

import pytest

from crmflow.core.message import LONGEST, Message, MessageKind, Parcel
from crmflow.core.ref import EntityRef


def parcel(id_: str) -> Parcel:
    """Return a message of an entity with an id."""
    return Parcel(
        EntityRef("main", "lead", id_), 2, 1, Message(1, MessageKind.FIRE, "erp", "x", "told", {})
    )


@pytest.mark.parametrize(
    ("id_", "safe", "spelt"),
    [
        ("L-1", "", "main%2Flead%2FL-1%2F2%2F1"),
        ("L-1", "/", "main/lead/L-1/2/1"),
        ("a.b~_", "/", "main/lead/a%2Eb~_/2/1"),
        ("é", "/", "main/lead/%C3%A9/2/1"),
    ],
)
def test_a_key_is_spelt_without_full_stops(id_: str, safe: str, spelt: str) -> None:
    """In ASCII alone, so that its parts cannot be mistaken."""
    assert parcel(id_).spelt(safe) == spelt


def test_a_long_key_is_short_and_still_its_own() -> None:
    """Its end is a digest of all of it."""
    fits = "x" * (LONGEST - len("main/lead//2/1"))
    assert parcel(fits).spelt("/") == f"main/lead/{fits}/2/1"
    whole = f"main/lead/{fits}x/2/1"
    digest = hashlib.sha256(whole.encode()).hexdigest()[:16]
    assert parcel(fits + "x").spelt("/") == whole[:LONGEST] + digest
