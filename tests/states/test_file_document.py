"""The machine `file_document`, catalogue 3.9."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.states.file_document.forms import BEFORE_AFTER, Part
from tests.states.case import Case, declared, legal, pairs, walk_of

Plain = Mapping[str, object]


def piece(part: str, matter: str = "contract", **more: object) -> Plain:
    """Return a piece of a document as a payload has it."""
    return {"matter": matter, "part": part, **more}


REPLY, REQUEST = piece("reply", pages=2), piece("request")
PRINTED, DRAFT = piece("printed_text", copies=2, pages=3), piece("final_draft", pages=3)
MAIN, ATTACHMENT = piece("main_text", pages=4), piece("attachment")
ENGLISH = piece("main_text", pages=4, language="en")
ALL = [REPLY, REQUEST, PRINTED, DRAFT, MAIN, ENGLISH, ATTACHMENT]
NUMBERS = [
    {"first": 1, "last": 2}, {"first": 3, "last": 3}, {"first": 4, "last": 9},
    {"first": 10, "last": 12}, {"first": 13, "last": 16}, {"first": 17, "last": 20},
    {"first": 21, "last": 21},
]  # fmt: skip
PAYLOADS: Mapping[str, Plain] = {
    "receive": {"customer": "C-1", "title": "supply contract", "pieces": ALL},
    "check": {"found": ALL},
    "find_gap": {"found": ALL[1:], "missing": "the reply"},
    "supplement": {},
    "sort": {"arranged": ALL},
    "number": {"numbers": NUMBERS, "fronts": "top_right", "backs": "top_left"},
    "file": {"confidentiality": "confidential", "place": "room 2, shelf 7"},
}
TABLE = (
    "receive: - -> received",
    "check: received -> checked",
    "find_gap: received -> incomplete",
    "supplement: incomplete -> received",
    "sort: checked -> sorted",
    "number: sorted -> numbered",
    "file: numbered -> filed",
)
PATHS = {
    "-": (),
    "received": ("receive",),
    "incomplete": ("receive", "find_gap"),
    "checked": ("receive", "check"),
    "sorted": ("receive", "check", "sort"),
    "numbered": ("receive", "check", "sort", "number"),
}
LEGAL = legal(PATHS, TABLE)


def document(*steps: str) -> Case:
    """Return a document that has taken these steps."""
    return Case("file_document", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("file_document") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = document(*PATHS[source], event)
    assert case.state == to
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "receive", {"customer": None}, "$.customer"),
        ((), "receive", {"pieces": []}, "no_pieces"),
        ((), "receive", {"pieces": [piece("note")]}, "$.pieces[0].part"),
        ((), "receive", {"pieces": [piece("reply", copies=0)]}, "$.pieces[0].copies"),
        (("receive",), "find_gap", {"found": ALL}, "nothing_missing"),
        (("receive",), "find_gap", {"missing": " "}, "$.missing"),
        (("receive", "check", "sort"), "number", {"fronts": "top_left"}, "wrong_corner"),
        (("receive", "check", "sort"), "number", {"backs": "bottom_left"}, "wrong_corner"),
        (("receive", "check", "sort"), "number", {"numbers": NUMBERS[:-1]}, "not_consecutive"),
        (PATHS["numbered"], "file", {"confidentiality": "open"}, "$.confidentiality"),
        (PATHS["numbered"], "file", {"confidentiality": None}, "$.confidentiality"),
        (PATHS["numbered"], "file", {"place": None}, "$.place"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason; confidentiality is set (ACC-001)."""
    case = document(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == {why}


@pytest.mark.parametrize(
    "found",
    [
        ALL[1:],
        [piece("reply", pages=1), *ALL[1:]],
        [*ALL[:2], piece("printed_text", copies=1, pages=3), *ALL[3:]],
        [piece("reply", "letter", pages=2), *ALL[1:]],
    ],
    ids=["kind", "pages", "copies", "matter"],
)
def test_kinds_copies_and_pages_are_complete(found: list[Plain]) -> None:
    """What is missing is found, supplemented and checked again (REC-042)."""
    case = document("receive")
    assert case.why_not("check", payload={"found": found}) == {"pieces_missing"}
    case.fire("find_gap", payload={"found": found, "missing": "some"}).require()
    assert (case.facts.missing, case.tasks) == ("some", {"supplement": "file_keeper"})
    case.go("supplement", "check")
    assert (case.state, case.facts.missing) == ("checked", None)


def sorted_as(*pieces: Plain) -> set[str]:
    """Return why a document of these pieces is not sorted in this order; nothing where it is."""
    case = Case("file_document", PAYLOADS)
    case.fire("receive", payload=case.but("receive", pieces=list(pieces))).require()
    case.fire("check", payload={"found": list(pieces)}).require()
    decision = case.fire("sort", payload={"arranged": list(pieces)})
    refusal = decision.refusal
    return (
        set()
        if refusal is None
        else {reason.code for tried in refusal.tried for reason in tried.reasons}
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [("reply", "request"), ("printed_text", "final_draft"), ("main_text", "attachment")],
)
def test_three_pairs_have_their_order(first: str, second: str) -> None:
    """
    Reply before request, printed text before final draft, main text before attachment.

    REC-044, AMB-50.
    """
    assert sorted_as(piece(first), piece(second)) == set()
    assert sorted_as(piece(second), piece(first)) == {"wrong_order"}
    assert sorted_as(piece(second, "a"), piece(first, "b")) == set()


def test_related_versions_stay_together() -> None:
    """Forwarding note and original, instruction and reply, language versions (REC-043)."""
    note, original = piece("forwarding_note", "a"), piece("original", "a")
    instruction, reply = piece("instruction", "b"), piece("reply", "b")
    english = piece("original", "a", language="en")
    assert sorted_as(note, original, english, instruction, reply) == set()
    assert sorted_as(note, instruction, reply, original, english) == {"versions_apart"}


def test_all_pieces_are_sorted_and_no_others() -> None:
    """What was checked is what is filed (REC-043)."""
    case = document("receive", "check")
    for arranged in (ALL[1:], [*ALL, REPLY], [REPLY, *ALL[:-1]]):
        assert "not_the_same_pieces" in case.why_not("sort", payload={"arranged": arranged})


PIECES = st.lists(
    st.builds(
        piece,
        st.sampled_from([part.value for part in Part]),
        st.sampled_from("ab"),
        copies=st.integers(1, 3),
        pages=st.integers(1, 5),
    ),
    min_size=1,
    max_size=6,
)


def order(one: Plain) -> tuple[object, int]:
    """Return where a piece belongs: its matter, and whether another part comes before."""
    later = {second.value for _, second in BEFORE_AFTER}
    return one["matter"], one["part"] in later


@given(pieces=PIECES)
def test_any_document_can_be_filed(pieces: list[Plain]) -> None:
    """By matter, in order, its pages numbered on (REC-043, REC-044, REC-045)."""
    case = Case("file_document", PAYLOADS)
    arranged = sorted(pieces, key=order)
    case.fire("receive", payload=case.but("receive", pieces=pieces)).require()
    case.fire("check", payload={"found": pieces}).require()
    case.fire("sort", payload={"arranged": arranged}).require()
    numbers, last = [], 0
    for one in case.facts.arranged:
        first, last = last + 1, last + one.copies * one.pages
        numbers.append({"first": first, "last": last})
    wrong = [{**numbers[0], "last": numbers[0]["last"] + 1}, *numbers[1:]]
    assert case.why_not("number", payload=case.but("number", numbers=wrong)) == {"not_consecutive"}
    case.fire("number", payload=case.but("number", numbers=numbers)).require()
    case.go("file")
    assert case.facts.numbers[-1].last == sum(one.copies * one.pages for one in case.facts.pieces)


def test_pages_are_numbered_in_filing_order() -> None:
    """Consecutively, top right on fronts and top left on backs (REC-045)."""
    case = document("receive", "check", "sort")
    swapped = [NUMBERS[1], NUMBERS[0], *NUMBERS[2:]]
    assert case.why_not("number", payload=case.but("number", numbers=swapped)) == {
        "not_consecutive"
    }
    case.go("number")
    assert [(one.first, one.last) for one in case.facts.numbers][:2] == [(1, 2), (3, 3)]


def test_a_filed_document_is_confidential_and_has_its_place() -> None:
    """It can be found again, and is handled apart (REC-049, ACC-001)."""
    case = document(*PATHS["numbered"], "file")
    assert (case.facts.confidentiality, case.facts.place) == ("confidential", "room 2, shelf 7")


TestFileDocumentWalk = walk_of("file_document", PAYLOADS)
