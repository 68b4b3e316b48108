"""Claims that follow the facts: what is given up is free, what a last row takes outlives it."""

from __future__ import annotations

import attrs
import pytest

from crmflow.core.claim import Claim
from crmflow.core.errors import UnstorableError
from crmflow.core.form import Text
from crmflow.core.machine import KEEP, Asked, Kind, Machine, Row, State
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing
from crmflow.storage.memory import MemoryStore
from tests.engine.machines import SALES


@attrs.frozen
class Desk:
    """Who sits where."""

    room: str
    phone: str | None = None


@attrs.frozen
class Moved:
    """A desk and its phone."""

    room: Text
    phone: Text | None = None


def _place(attempt: Asked) -> tuple[Claim, ...]:
    return (Claim("room", attempt.facts.room),)


def _all(attempt: Asked) -> tuple[Claim, ...]:
    phone = attempt.facts.phone
    return (*_place(attempt), *(() if phone is None else (Claim("phone", phone),)))


def _moved(attempt: Asked) -> dict[str, object]:
    return {"room": attempt.form.room, "phone": attempt.form.phone}


DESK = Machine(
    "desk",
    Desk,
    (
        State("used", "在用", "used", Kind.INITIAL),
        State("kept", "保留", "kept", Kind.FINAL),
        State("gone", "撤销", "gone", Kind.FINAL),
    ),
    (
        Row(UNBORN, "set_up", "used", form=Moved, sets=copied("room", "phone"), claims=_all),
        Row("used", "move", KEEP, form=Moved, sets=_moved, claims=_all),
        Row("used", "keep", "kept", claims=_place),
        Row("used", "remove", "gone"),
    ),
    zh="工位",
    en="desk",
)


@pytest.fixture
def desks() -> Engine:
    """Return an engine of desks."""
    return Engine(MemoryStore(), machines=[DESK])


def set_up(desks: Engine, room: str, phone: str | None = None) -> EntityRef:
    """Return a new desk."""
    return desks.create("desk", {"room": room, "phone": phone}, actor=SALES).require().entity


def is_free(desks: Engine, room: str = "none", phone: str | None = None) -> bool:
    """Say whether somebody could set up another desk."""
    form = {"room": room, "phone": phone}
    decision = desks.create("desk", form, actor=SALES)
    if decision.accepted:
        desks.fire(decision.entity, "remove", actor=SALES).require()
    return decision.accepted


def test_what_is_given_up_is_free_for_others(desks: Engine) -> None:
    """Of two claims the one that changed is freed, and so is one that nothing follows."""
    desk = set_up(desks, "1", "77")
    assert not is_free(desks, "1")
    desks.fire(desk, "move", {"room": "2", "phone": "77"}, actor=SALES).require()
    assert (is_free(desks, "1"), is_free(desks, "2")) == (True, False)
    assert not is_free(desks, phone="77")
    desks.fire(desk, "move", {"room": "2"}, actor=SALES).require()
    assert (is_free(desks, phone="77"), is_free(desks, "2")) == (True, False)
    assert desks.get(desk).attached.claims == (Claim("room", "2"),)


def test_a_claim_taken_by_the_last_row_outlives_its_entity(desks: Engine) -> None:
    """A number is never given twice, also not after the end; all else is freed (REG-002)."""
    desk = set_up(desks, "1", "77")
    desks.fire(desk, "keep", actor=SALES).require()
    assert (is_free(desks, "1"), is_free(desks, phone="77")) == (False, True)


def test_an_end_without_claims_frees_all(desks: Engine) -> None:
    """As before."""
    desk = set_up(desks, "1", "77")
    desks.fire(desk, "remove", actor=SALES).require()
    assert is_free(desks, "1", "77")


def test_a_clash_of_what_is_moved_to_changes_nothing(desks: Engine) -> None:
    """The one who holds it keeps it."""
    set_up(desks, "1")
    desk = set_up(desks, "2")
    refused = desks.fire(desk, "move", {"room": "1"}, actor=SALES)
    assert not refused.accepted
    assert desks.get(desk).facts.room == "2"


def test_a_claim_that_no_store_keeps_is_told_to_its_caller_alone(desks: Engine) -> None:
    """Nothing of it is written, and the others of the batch are none the worse."""
    first, second = set_up(desks, "1"), set_up(desks, "2")
    long = {"room": "9" * 1025}
    answers = desks.fire_many(
        [Firing(first, "move", long, actor=SALES), Firing(second, "remove", actor=SALES)]
    )
    assert isinstance(answers[0], UnstorableError)
    assert "has 1025 bytes of UTF-8; 1024 are allowed" in str(answers[0])
    assert (desks.get(first).version, desks.get(second).state) == (1, "gone")
    with pytest.raises(UnstorableError):
        desks.fire(first, "move", long, actor=SALES)
