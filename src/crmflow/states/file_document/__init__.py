"""
File document (档案文件): the filing of one paper or electronic document (catalogue 3.9).

A document has pieces: its printed text and final draft, a reply and the request it
answers, attachments, versions in several languages. They stay together, in order, and
their pages are numbered in that order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from crmflow.core.dealing import KNOW_CUSTOMER
from crmflow.core.machine import Asked, Changes, Guard, Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied
from crmflow.states.file_document.forms import (
    BEFORE_AFTER,
    Arrangement,
    Corner,
    DocumentFacts,
    DocumentState,
    Filing,
    Gap,
    Inventory,
    Numbering,
    Part,
    Piece,
    Receipt,
)

__all__ = ["FILE_DOCUMENT"]

KEEPER = "file_keeper"
S = DocumentState


def _is_complete(attempt: Asked) -> bool:
    return not Counter(attempt.facts.pieces) - Counter(attempt.form.found)


def _keeps_all(attempt: Asked) -> bool:
    return Counter(attempt.form.arranged) == Counter(attempt.facts.pieces)


def _is_grouped(attempt: Asked) -> bool:
    pieces = attempt.form.arranged
    breaks = sum(one.matter != other.matter for one, other in pairwise(pieces))
    return bool(len({piece.matter for piece in pieces}) == breaks + 1)


def _comes_before(pieces: Sequence[Piece], first: Part, second: Part) -> bool:
    """Say whether in each matter no piece that is the second precedes one that is the first."""
    late: set[str] = set()
    for piece in pieces:
        if piece.part is first and piece.matter in late:
            return False
        if piece.part is second:
            late.add(piece.matter)
    return True


def _is_in_order(attempt: Asked) -> bool:
    """Say whether of each pair the first comes first, as spoiled words are read (AMB-50)."""
    return all(_comes_before(attempt.form.arranged, *pair) for pair in BEFORE_AFTER)


def _is_consecutive(attempt: Asked) -> bool:
    pieces, numbers, expected = attempt.facts.arranged, attempt.form.numbers, 1
    if len(pieces) != len(numbers):
        return False
    for piece, pages in zip(pieces, numbers, strict=True):
        length = piece.copies * piece.pages
        if (pages.first, pages.last) != (expected, expected + length - 1):
            return False
        expected += length
    return True


def _is_in_position(attempt: Asked) -> bool:
    return (attempt.form.fronts, attempt.form.backs) == (Corner.TOP_RIGHT, Corner.TOP_LEFT)


HAS_PIECES = Guard(
    lambda attempt: bool(attempt.form.pieces), "no_pieces", needs="form", rules="REC-042"
)
COMPLETE = Guard(_is_complete, "pieces_missing", needs="form", rules="REC-042")
INCOMPLETE = Guard(
    lambda attempt: not _is_complete(attempt), "nothing_missing", needs="form", rules="REC-042"
)
KEEPS_ALL = Guard(_keeps_all, "not_the_same_pieces", needs="form", rules="REC-043")
GROUPED = Guard(_is_grouped, "versions_apart", needs="form", rules="REC-043")
IN_ORDER = Guard(_is_in_order, "wrong_order", needs="form", rules="REC-044")
CONSECUTIVE = Guard(_is_consecutive, "not_consecutive", needs="form", rules="REC-045")
IN_POSITION = Guard(_is_in_position, "wrong_corner", needs="form", rules="REC-045")


def checked(_attempt: Asked) -> Changes:
    """Return that nothing is missing any more."""
    return {"missing": None}


KNOWN = ("customer", "title", "pieces")
ARRANGED = (*KNOWN, "arranged")

FILE_DOCUMENT = Machine(
    "file_document",
    DocumentFacts,
    zh="档案文件",
    en="file document",
    searchable="title:text customer",
    states=(
        State(S.RECEIVED, "已收到", "received", Kind.INITIAL, requires=KNOWN),
        State(S.INCOMPLETE, "不齐全", "incomplete", requires=(*KNOWN, "missing")),
        State(S.CHECKED, "已核对", "checked", requires=KNOWN),
        State(S.SORTED, "已整理", "sorted", requires=ARRANGED),
        State(S.NUMBERED, "已编页", "numbered", requires=(*ARRANGED, "numbers")),
        State(
            S.FILED, "已归档", "filed", Kind.FINAL,
            requires=(*ARRANGED, "numbers", "confidentiality", "place"),
        ),
    ),
    rows=(
        Row(
            UNBORN, "receive", S.RECEIVED, form=Receipt, guards=(HAS_PIECES,),
            sets=copied("customer", "title", "pieces"), send=(KNOW_CUSTOMER,),
            tasks=(Open("check", KEEPER),),
            rules="REC-042",
        ),
        Row(
            S.RECEIVED, "check", S.CHECKED, form=Inventory, guards=(COMPLETE,), sets=checked,
            tasks=(Open("sort", KEEPER),), done="check",
            rules="REC-042",
        ),
        Row(
            S.RECEIVED, "find_gap", S.INCOMPLETE, form=Gap, guards=(INCOMPLETE,),
            sets=copied("missing"), tasks=(Open("supplement", KEEPER),), done="check",
            rules="REC-042",
        ),
        Row(
            S.INCOMPLETE, "supplement", S.RECEIVED,
            tasks=(Open("check", KEEPER),), done="supplement",
            rules="REC-042",
        ),
        Row(
            S.CHECKED, "sort", S.SORTED, form=Arrangement, guards=(KEEPS_ALL, GROUPED, IN_ORDER),
            sets=copied("arranged"), tasks=(Open("number", KEEPER),), done="sort",
            rules="REC-043 REC-044",
        ),
        Row(
            S.SORTED, "number", S.NUMBERED, form=Numbering, guards=(CONSECUTIVE, IN_POSITION),
            sets=copied("numbers"), tasks=(Open("file", KEEPER),), done="number",
            rules="REC-045",
        ),
        Row(
            S.NUMBERED, "file", S.FILED, form=Filing, sets=copied("confidentiality", "place"),
            rules="REC-049 ACC-001",
        ),
    ),
)  # fmt: skip
"""The machine `file_document`."""
