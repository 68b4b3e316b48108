"""What complaints, service requests and their kin have in common."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from crmflow.core.cases import (
    GIVES_UP,
    FirstResponse,
    Unresolved,
    call_back,
    called_back,
    cycle,
    dealt,
    missed,
    responded,
    told,
)
from crmflow.core.link import Link
from crmflow.core.machine import Asked
from crmflow.core.ref import EntityRef
from tests.core.samples import AT, REF

CALLS = tuple(
    Link("revisit", EntityRef("main", "revisit", f"V-{n}"), 1, "done", {}) for n in (1, 2)
)


def case(links: tuple[Link, ...] = (), call_backs: int = 0, **form: object) -> Any:  # noqa: ANN401 - an attempt
    """Return what is asked of a case, with what it is linked to as a revisit."""
    facts = SimpleNamespace(customer="C-1", call_backs=call_backs, reopened=form.pop("reopened", 0))
    return SimpleNamespace(
        form=SimpleNamespace(**form),
        facts=facts,
        snapshot=SimpleNamespace(ref=REF, facts=facts),
        linked=lambda name: links if name == "revisit" else (),
    )


@pytest.mark.parametrize(
    ("unresolved", "reopened", "may"),
    [
        (Unresolved.NOT_REACHED, 0, True),
        (Unresolved.NOT_SATISFIED, 0, False),
        (Unresolved.NOT_SATISFIED, 1, True),
    ],
)
def test_a_case_is_given_up_after_a_second_try(
    unresolved: Unresolved, reopened: int, *, may: bool
) -> None:
    """Unless nobody can be reached (AMB-42)."""
    assert GIVES_UP.fn(case(unresolved=unresolved, reopened=reopened)) is may


@pytest.mark.parametrize(
    ("links", "call_backs", "newest"),
    [
        ((), 0, None),
        (CALLS[:1], 1, CALLS[0]),
        (CALLS, 2, CALLS[1]),
        (CALLS, 1, CALLS[1]),
        (CALLS[:1], 2, None),
    ],
)
def test_the_newest_call_back_is_the_one_that_counts(
    links: tuple[Link, ...], call_backs: int, newest: Link | None
) -> None:
    """One that was opened and has not told yet hides those before (CMP-034)."""
    assert called_back(case(links, call_backs)) is newest


def test_an_improvement_says_what_it_came_from() -> None:
    """Source, need, customer and entity."""
    opening = cycle("review", lambda attempt: f"of {attempt.facts.customer}")
    assert opening(case()) == {
        "source": "review", "need": "of C-1", "customer": "C-1", "origin": str(REF),
    }  # fmt: skip


def test_a_revisit_is_listed_by_when_the_call_is_due() -> None:
    """A phone call to the case's customer, which knows where it comes from."""
    asked = case()
    asked.snapshot.tasks = (SimpleNamespace(name="call_back", due_at=AT),)
    listed = {
        "kind": "phone", "purpose": "call_back", "customer": "C-1", "origin": str(REF),
    }  # fmt: skip
    assert call_back(asked) == {**listed, "due_at": AT}
    asked.snapshot.tasks = ()
    assert call_back(asked) == {**listed, "due_at": None}


def test_a_missed_deadline_is_stamped_and_counted() -> None:
    """By the fact that is named, with the others of the case."""
    asked = SimpleNamespace(at=AT, facts=SimpleNamespace(breaches=1))
    assert missed("limit_missed_at")(cast("Asked", asked)) == {"limit_missed_at": AT, "breaches": 2}


@pytest.mark.parametrize(
    ("solution", "handling", "response"),
    [("repair", None, "repair"), (None, "ask the maker", "ask the maker"), ("a", "b", "a")],
)
def test_a_first_response_is_what_was_promised(
    solution: str | None, handling: str | None, response: str
) -> None:
    """The solution, else the way of handling; and whether it is complex, where that is said."""
    form = FirstResponse(AT, solution, handling, is_complex=True)
    assert responded(cast("Asked", SimpleNamespace(form=form, at=AT))) == {
        "promised_at": AT, "is_complex": True, "response": response, "responded_at": AT,
    }  # fmt: skip


def test_the_customer_record_is_told_of_cases_and_contacts() -> None:
    """By courtesy, to the customer's own record (DEV-010)."""
    noted, contact = dealt("complaint"), told(lambda attempt: attempt.form.result)
    asked = case(result="will call")
    assert [(one.machine, one.event, one.courtesy) for one in (noted, contact)] == [
        ("customer", "note_dealing", True), ("customer", "note_contact", True),
    ]  # fmt: skip
    assert noted.to is not None
    assert noted.to(asked) == "C-1"
    assert noted.payload(asked) == {"kind": "complaint", "origin": str(REF)}
    assert contact.payload(asked) == {"result": "will call", "origin": str(REF)}
