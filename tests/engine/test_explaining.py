"""Why not, in words: rows, guards, faults, who could do it, in both languages."""

import attrs
import pytest

from crmflow.core.errors import GuardFailedError, UnknownEventError
from crmflow.core.machine import Guard
from crmflow.core.people import Person
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.flow.options import OptionAnswer, fields_of
from crmflow.flow.telling import tell_refusal
from crmflow.states import load
from tests.engine.machines import AT, CALL, HOUR, SALES, engine

SERVICE = SALES.__class__("service-1", {"customer_service"})
RECORD = {"problem_type": "quality", "demand": "refund", "mood": "angry"}


@pytest.fixture
def desk() -> Engine:
    """An engine of complaints whose directory knows two people."""
    people = ListedDirectory(
        (
            Person("service-1", ("customer_service",)),
            Person("head-1", ("department_head",)),
            Person("gm-1", ("general_manager",)),
        )
    )
    return Engine("memory:", machines=["complaint"], profile="demo", directory=people)


def received(desk: Engine) -> tuple[str, str]:
    """Return a complaint that was received."""
    form = {"customer": "C-1", "channel": "phone"}
    return "complaint", desk.create("complaint", form, actor="service-1", at=AT).entity.id


def test_a_refused_event_is_explained_in_english(desk: Engine) -> None:
    """State, rows, rule ids and what is possible instead."""
    case = received(desk)
    explained = desk.explain(case, "close", actor="service-1")
    assert explained.answer is OptionAnswer.REFUSED
    text = str(explained)
    assert "close (" in text
    assert "received (" in text
    assert "not possible in this state" in text
    assert "Possible now: " in text
    assert "record (" in text


def test_a_refused_event_is_explained_in_chinese(desk: Engine) -> None:
    """The same, in the other language."""
    text = str(desk.explain(received(desk), "close", actor="service-1", lang="zh"))
    assert "目前可以进行" in text
    assert "申请人: service-1 [customer_service (" in text


def test_a_missing_role_names_who_has_it(desk: Engine) -> None:
    """The roles that could do it are named, and their holders where the directory knows them."""
    explained = desk.explain(received(desk), "record", RECORD, actor="head-1")
    assert explained.answer is OptionAnswer.REFUSED
    assert "customer_service" in explained.refusal.roles
    assert "customer_service: service-1" in str(explained)
    assert "another role is needed" in str(explained)


def test_the_forms_faults_are_told_with_their_paths(desk: Engine) -> None:
    """Every fault of the payload has its path and what would be right."""
    explained = desk.explain(received(desk), "record", {"mood": ""}, actor="service-1")
    text = str(explained)
    for path in ("$.problem_type: a value is missing", "$.demand: a value is missing", "$.mood: "):
        assert path in text


def test_an_event_that_would_be_allowed_is_explained_too(desk: Engine) -> None:
    """What holds is told where nothing is in the way, and what is still needed."""
    case = received(desk)
    without = desk.explain(case, "record", actor="service-1")
    assert without.answer is OptionAnswer.NEEDS_FORM
    assert "it needs its form" in str(without)
    given = desk.explain(case, "record", RECORD, actor="service-1")
    assert given.answer is OptionAnswer.ALLOWED
    assert str(given).startswith(f"complaint {case[1]}: record (")
    assert desk.get(case).version == 1


def test_guards_are_told_in_both_directions(desk: Engine) -> None:
    """Guards that hold are named beside those that do not."""
    case = received(desk)
    desk.fire(case, "record", RECORD, actor="service-1").require()
    desk.fire(case, "grade", {"grade": "major"}, actor="service-1").require()
    text = str(desk.explain(case, "escalate_gm", actor="service-1"))
    assert "✓ guards that hold: 1" in text
    text = str(desk.explain(case, "regrade", {"grade": "major", "reason": "a"}, actor="service-1"))
    assert "✗ it has this grade already" in text


def test_a_refusal_without_rows_tells_its_detail() -> None:
    """What no row could have prevented is told with its circumstance."""
    with engine("memory:", CALL) as calls:
        call = calls.create("call", {"number": "1"}, actor=SALES).require().entity
        refused = calls.fire(call, "answer", actor=SALES, at=AT - HOUR).refusal
        assert refused is not None
        told = tell_refusal(refused, call, "answer", CALL, calls.texts("en"))
        assert "is before 2026-03-02T09:00:00+00:00" in told[0]


def test_an_unknown_event_is_no_explanation(desk: Engine) -> None:
    """A name that does not exist raises."""
    with pytest.raises(UnknownEventError, match="Did you mean 'close'"):
        desk.explain(received(desk), "clsoe", actor="service-1")


def test_options_name_fields_reasons_and_roles(desk: Engine) -> None:
    """A form to fill in shows its fields; a refusal its reasons and roles."""
    options = {o.event: o for o in desk.options(received(desk), actor="head-1")}
    assert options["record"].answer is OptionAnswer.REFUSED
    assert "role" in options["record"].reasons
    assert "customer_service" in options["record"].roles
    assert options["withdraw"].answer is OptionAnswer.NEEDS_FORM
    assert options["withdraw"].form["reason"] is True
    assert fields_of(None) == {}


def test_a_row_that_passes_is_told_without_guards() -> None:
    """An event without guards or form is simply allowed, and stays so in an engine alone."""
    with engine("memory:", CALL) as calls:
        call = calls.create("call", {"number": "1"}, actor=SALES).require().entity
        text = str(calls.explain(call, "answer", actor=SALES))
        assert text.splitlines()[0] == "call 000001: answer (answer) ✓ ringing (Ringing): allowed"
        refused = calls.explain(call, "hold", actor=SALES, lang="zh")
        assert "ringing (振铃)" in str(refused)
        assert SERVICE.id not in str(refused)


def test_a_guard_that_fails_is_named_by_who_explains() -> None:
    """As by who fires: the event and what it was, not a bare error of Python."""
    broken = attrs.evolve(
        CALL,
        rows=tuple(
            attrs.evolve(row, guards=(Guard(lambda _attempt: bool(1 // 0), "broken"),))
            if row.event == "answer"
            else row
            for row in CALL.rows
        ),
    )
    calls = engine("memory:", broken)
    call = calls.create("call", {"number": "1"}, actor=SALES).require().entity
    with pytest.raises(GuardFailedError, match="a guard of event 'answer'"):
        calls.explain(call, "answer", actor=SALES)
    with pytest.raises(GuardFailedError):
        calls.options(call, actor=SALES)


def test_a_guard_that_fails_on_a_form_with_faults_is_named_too() -> None:
    """A refusal tells what facts speak against it, so they are asked."""
    fails = Guard(lambda _attempt: bool(1 // 0), "broken")
    rows = [
        attrs.evolve(row, guards=(fails,)) if row.event == "record" else row
        for row in load("complaint").rows
    ]
    broken = attrs.evolve(load("complaint"), rows=tuple(rows))
    desk = Engine("memory:", machines=[broken], profile="demo")
    form = {"customer": "C-1", "channel": "phone"}
    case = desk.create("complaint", form, actor=SERVICE, at=AT).require().entity
    with pytest.raises(GuardFailedError, match="a guard of event 'record'"):
        desk.fire(case, "record", {}, actor=SERVICE)
