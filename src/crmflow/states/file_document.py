"""
File document (档案文件): the filing of one paper or electronic document (catalogue 3.9).

A document has pieces: its printed text and final draft, a reply and the request it
answers, attachments, versions in several languages. They stay together, in order, and
their pages are numbered in that order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

import attrs

from crmflow.core.dealing import KNOW_CUSTOMER
from crmflow.core.form import Some, Text
from crmflow.core.machine import Asked, Changes, Guard, Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied

__all__ = ["FILE_DOCUMENT", "DocumentFacts", "DocumentState", "Part", "Piece"]

KEEPER = "file_keeper"


class DocumentState(StrEnum):
    """Where a document is."""

    RECEIVED = "received"
    INCOMPLETE = "incomplete"
    CHECKED = "checked"
    SORTED = "sorted"
    NUMBERED = "numbered"
    FILED = "filed"


S = DocumentState


class Part(StrEnum):
    """What a piece is of its document (REC-043)."""

    REPLY = "reply"
    REQUEST = "request"
    INSTRUCTION = "instruction"
    FORWARDING_NOTE = "forwarding_note"
    ORIGINAL = "original"
    PRINTED_TEXT = "printed_text"
    FINAL_DRAFT = "final_draft"
    MAIN_TEXT = "main_text"
    ATTACHMENT = "attachment"


BEFORE_AFTER = (
    (Part.REPLY, Part.REQUEST),
    (Part.PRINTED_TEXT, Part.FINAL_DRAFT),
    (Part.MAIN_TEXT, Part.ATTACHMENT),
)
"""The three pairs of which the first is filed before the second (REC-044, AMB-50)."""


class Corner(StrEnum):
    """Where the number of a page stands (REC-045)."""

    TOP_RIGHT = "top_right"
    TOP_LEFT = "top_left"
    BOTTOM_RIGHT = "bottom_right"
    BOTTOM_LEFT = "bottom_left"


class Confidentiality(StrEnum):
    """How secret a filed document is; customer files are confidential at least (ACC-001)."""

    CONFIDENTIAL = "confidential"
    SECRET = "secret"  # noqa: S105 - no password


@attrs.frozen
class Piece:
    """
    A piece of a document, in so many copies of so many pages.

    Attributes:
        matter: What it belongs to; the pieces of one matter are filed together.
        part: What it is of that matter.
        language: Language of this version.
        copies: How many copies.
        pages: Pages of one copy.
    """

    matter: Text
    part: Part
    language: Text = "zh"
    copies: Some = 1
    pages: Some = 1


@attrs.frozen
class Pages:
    """The numbers on a piece's pages, all its copies together."""

    first: Some
    last: Some


@attrs.frozen
class DocumentFacts:
    """
    What is known of a document.

    Attributes:
        customer: Id of the customer record.
        title: What it is.
        pieces: What it must consist of: kinds, copies, pages.
        missing: What was missing when it was last checked.
        arranged: The pieces in filing order.
        numbers: The page numbers of each, in that order.
        confidentiality: How secret it is.
        place: Where it is kept, file or folder.
    """

    customer: str
    title: str
    pieces: tuple[Piece, ...]
    missing: str | None = None
    arranged: tuple[Piece, ...] = ()
    numbers: tuple[Pages, ...] = ()
    confidentiality: Confidentiality | None = None
    place: str | None = None


@attrs.frozen
class Receipt:
    """A document of a customer, and what it must consist of."""

    customer: Text
    title: Text
    pieces: tuple[Piece, ...]


@attrs.frozen
class Inventory:
    """What was found: each piece with its copies and pages."""

    found: tuple[Piece, ...]


@attrs.frozen
class Gap:
    """What was found, and what is missing, in words."""

    found: tuple[Piece, ...]
    missing: Text


@attrs.frozen
class Arrangement:
    """The pieces in filing order."""

    arranged: tuple[Piece, ...]


@attrs.frozen
class Numbering:
    """
    The numbers that were written on the pages.

    Attributes:
        numbers: First and last number of each piece, in filing order.
        fronts: Where they stand on fronts.
        backs: Where they stand on backs.
    """

    numbers: tuple[Pages, ...]
    fronts: Corner
    backs: Corner


@attrs.frozen
class Filing:
    """How secret the document is, and where it is kept."""

    confidentiality: Confidentiality
    place: Text


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
