"""What is known of a document, and what its events must bring."""

from __future__ import annotations

from enum import StrEnum

import attrs

from crmflow.core.form import Some, Text


class DocumentState(StrEnum):
    """Where a document is."""

    RECEIVED = "received"
    INCOMPLETE = "incomplete"
    CHECKED = "checked"
    SORTED = "sorted"
    NUMBERED = "numbered"
    FILED = "filed"


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
