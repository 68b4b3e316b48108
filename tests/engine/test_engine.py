"""Creating, firing, keys, versions, batches, options, explaining, finding, as-of."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import (
    ConflictError,
    EntityExistsError,
    FarInstantError,
    KeyReusedError,
    RefusedError,
    UnknownEntityError,
    UnknownEventError,
    UnknownMachineError,
    UnstorableError,
)
from crmflow.core.people import Person
from crmflow.core.reading import FieldError
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Because
from crmflow.directory import ListedDirectory
from crmflow.engine.asking import PAGE
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing, UnknownActorError
from crmflow.flow.options import OptionAnswer
from tests.engine.machines import AT, CALL, HOUR, SALES, engine
from tests.zones import Unplaced


@pytest.fixture(params=["memory:", "sqlite"])
def calls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine of calls on each store."""
    url = f"sqlite:///{tmp_path / 'calls.db'}" if request.param == "sqlite" else request.param
    with engine(url, CALL) as found:
        yield found


def dial(calls: Engine, id: str | None = None, at: datetime | None = None) -> EntityRef:  # noqa: A002 - the field's word
    """Start a call and return its ref."""
    return calls.create("call", {"number": "400"}, actor=SALES, id=id, at=at).require().entity


def because(decision: Decision) -> Because | None:
    """Return why a decision is refused, or None where it is not."""
    return None if decision.refusal is None else decision.refusal.because


def test_create_draws_an_id(calls: Engine) -> None:
    """An entity without an id gets the clock's next one."""
    assert dial(calls) == EntityRef("main", "call", "000001")


def test_create_with_an_id_that_exists(calls: Engine) -> None:
    """An id is given once."""
    dial(calls, id="C-1")
    with pytest.raises(EntityExistsError, match="call C-1 exists already"):
        dial(calls, id="C-1")


def test_create_again_with_its_key_is_the_first_answer(calls: Engine) -> None:
    """A repeated creation finds the entity it made, though the id was drawn anew."""
    first = calls.create("call", {"number": "400"}, actor=SALES, key="k")
    again = calls.create("call", {"number": "400"}, actor=SALES, key="k")
    assert (again.entity, again.repeated, first.repeated) == (first.entity, True, False)
    assert again.snapshot == first.snapshot
    assert len(list(calls.find())) == 1


def test_unknown_machine_and_event(calls: Engine) -> None:
    """Names that do not exist raise, with what is meant."""
    with pytest.raises(UnknownMachineError, match="Did you mean 'call'"):
        calls.create("cal", {}, actor=SALES)
    with pytest.raises(UnknownMachineError):
        calls.fire(("cal", "1"), "end", actor=SALES)
    with pytest.raises(UnknownEventError, match="Did you mean 'answer'"):
        calls.fire(dial(calls), "anser", actor=SALES)


def test_unknown_entity(calls: Engine) -> None:
    """What is not there cannot be fired, read or listed."""
    for ask in (
        lambda: calls.fire(("call", "none"), "end", actor=SALES),
        lambda: calls.get(("call", "none")),
        lambda: calls.get(("call", "none"), at=AT),
        lambda: list(calls.journal(("call", "none"))),
    ):
        with pytest.raises(UnknownEntityError, match="there is no call none"):
            ask()


def test_refusal_changes_nothing_and_keeps_the_key(calls: Engine) -> None:
    """A refused event is not journaled and its key can be used again."""
    call = dial(calls)
    before = calls.get(call)
    refused = calls.fire(call, "hold", actor=SALES, key="k")
    assert because(refused) is Because.NO_ROW
    assert calls.get(call) == before
    assert calls.fire(call, "answer", actor=SALES, key="k").accepted


def test_refusal_raises_where_it_is_required(calls: Engine) -> None:
    """The error says what, why and what now."""
    with pytest.raises(
        RefusedError, match=r"cannot 'hold' from 'ringing'.*Possible: 'answer', 'end'"
    ):
        calls.fire(dial(calls), "hold", actor=SALES).require()


def test_form_for_an_event_that_has_none(calls: Engine) -> None:
    """A payload nobody asked for is a fault of the form."""
    refused = calls.fire(dial(calls), "answer", {"loud": True}, actor=SALES)
    assert refused.refusal is not None
    assert [str(fault) for fault in refused.refusal.faults] == [
        "$: unknown. Nothing: this event has no form."
    ]


def test_fire_again_with_its_key(calls: Engine) -> None:
    """A repeat returns the first decision, though the state has moved on."""
    call = dial(calls)
    first = calls.fire(call, "answer", actor=SALES, key="k")
    calls.fire(call, "hold", actor=SALES).require()
    again = calls.fire(call, "answer", actor=SALES, key="k")
    assert again.repeated
    assert (again.record, again.snapshot) == (first.record, first.snapshot)
    assert calls.get(call).version == 3


def test_key_of_another_request(calls: Engine) -> None:
    """One key repeats one request only."""
    call = dial(calls)
    calls.fire(call, "answer", actor=SALES, key="k").require()
    with pytest.raises(KeyReusedError, match="key 'k' was used for another request"):
        calls.fire(call, "end", actor=SALES, key="k")
    calls.create("call", {"number": "400"}, actor=SALES, key="c")
    with pytest.raises(KeyReusedError):
        calls.create("call", {"number": "401"}, actor=SALES, key="c")


def test_a_repeat_may_name_another_id(calls: Engine) -> None:
    """The id may be one that the host drew anew for the repeat: the first entity stands."""
    calls.create("call", {"number": "400"}, actor=SALES, id="A", key="a").require()
    again = calls.create("call", {"number": "400"}, actor=SALES, id="B", key="a")
    assert again.repeated
    assert again.entity.id == "A"
    with pytest.raises(UnknownEntityError):
        calls.get(("call", "B"))


def test_version_the_caller_read(calls: Engine) -> None:
    """A writer who states a version is told when it has changed, and repeats are still known."""
    call = dial(calls)
    calls.fire(call, "answer", actor=SALES, version=1, key="k").require()
    with pytest.raises(ConflictError, match="was expected at version 1 and is at version 2"):
        calls.fire(call, "hold", actor=SALES, version=1)
    assert calls.fire(call, "answer", actor=SALES, version=1, key="k").repeated


@pytest.mark.parametrize("at", [datetime(2026, 3, 2), datetime(2026, 3, 2, tzinfo=Unplaced())])  # noqa: DTZ001 - that it has none is the point
def test_an_instant_has_its_offset(calls: Engine, at: datetime) -> None:
    """One whose zone knows none is not taken for this computer's."""
    with pytest.raises(FieldError, match="an instant with its offset"):
        dial(calls, at=at)


def test_an_instant_is_not_too_far_from_now(calls: Engine) -> None:
    """Nothing counted from it may leave the calendar."""
    for at in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(FarInstantError, match="more than a thousand years from now"):
            dial(calls, at=at)
        with pytest.raises(FarInstantError):
            calls.run_due(at)
    assert list(calls.find()) == []


def test_a_reason_that_no_store_keeps_is_told(calls: Engine) -> None:
    """It is in no form, and is refused by what is wrong with it all the same."""
    ref = dial(calls)
    with pytest.raises(UnstorableError, match="half of a character"):
        calls.pause(ref, "\ud800", actor=Actor("root", {"administrator"}))
    assert calls.get(ref).version == 1


def test_a_tenant_has_a_name_that_stores_keep() -> None:
    """Told before the store is opened."""
    for tenant in ("\ud800", "a\0b", "x" * 200):
        with pytest.raises(UnstorableError, match="the tenant"):
            Engine("memory:", machines=[CALL], tenant=tenant)


def test_instant_before_the_last(calls: Engine) -> None:
    """An instant a caller chooses never lies before the entity's own."""
    call = dial(calls)
    refused = calls.fire(call, "answer", actor=SALES, at=AT - HOUR)
    assert because(refused) is Because.EARLIER
    with pytest.raises(ValueError, match="offset"):
        calls.fire(call, "answer", actor=SALES, at=AT.replace(tzinfo=None))


def test_clock_that_went_back_yields(calls: Engine) -> None:
    """Where the engine chooses the instant, it never goes back."""
    call = dial(calls, at=AT + HOUR / 2)
    assert calls.fire(call, "answer", actor=SALES).snapshot.at == AT + HOUR / 2


def test_batch_answers_each_for_itself(calls: Engine) -> None:
    """Members of one entity follow each other; an error reaches its own member only."""
    call = dial(calls)
    answers = calls.fire_many(
        [
            Firing(call, "answer", actor=SALES),
            Firing(call, "nothing", actor=SALES),
            Firing(call, "hold", actor=SALES, key="k"),
            Firing(call, "hold", actor=SALES),
            Firing(("call", "none"), "end", actor=SALES),
            Firing(call, "hold", actor=SALES, key="k"),
        ]
    )
    assert [type(a) if isinstance(a, Exception) else a.accepted for a in answers] == [
        True, UnknownEventError, True, False, UnknownEntityError, True,
    ]  # fmt: skip
    assert isinstance(answers[-1], Decision)
    assert answers[-1].repeated
    assert calls.get(call).version == 3
    assert calls.fire_many([]) == ()


def test_actor_from_the_directory() -> None:
    """An actor given by id has the roles the directory says at that instant."""
    people = ListedDirectory((Person("s-1", ("salesperson",), ends_on=AT.date()),))
    with Engine("memory:", machines=[CALL], directory=people) as calls:
        decision = calls.create("call", {"number": "1"}, actor="s-1", at=AT)
        assert decision.event.actor == Actor("s-1", {"salesperson"})
        with pytest.raises(UnknownActorError, match="nobody knows 's-1'"):
            calls.fire(decision.entity, "end", actor="s-1", at=AT + timedelta(days=1))


def test_options_say_what_can_happen_and_leave_timers_out(calls: Engine) -> None:
    """Only what a caller can ask is listed."""
    options = calls.options(dial(calls), actor=SALES)
    assert [(option.event, option.answer, option.to) for option in options] == [
        ("answer", OptionAnswer.ALLOWED, "answered"),
        ("end", OptionAnswer.ALLOWED, "ended"),
    ]


def test_options_and_explaining_store_nothing() -> None:
    """Asking fires due timers only in the answer."""
    with engine("memory:", CALL) as calls:
        call = dial(calls, at=AT - 9 * HOUR)
        assert calls.options(call, actor=SALES) == ()
        assert calls.explain(call, "answer", actor=SALES).refusal.because is Because.FINAL
        assert calls.get(call).version == 1


def test_as_of(calls: Engine) -> None:
    """An entity can be seen as it stood at any instant since its creation."""
    call = dial(calls)
    for hours in range(1, 100):
        event = "answer" if hours % 2 else "hold"
        calls.fire(call, event, actor=SALES, at=AT + hours * HOUR / 1000).require()
    for version in (1, 63, 64, 65, 99, 100):
        seen = calls.get(call, at=AT + (version - 1) * HOUR / 1000)
        assert (seen.version, seen.state) == (
            version,
            "answered" if version % 2 == 0 else "ringing",
        )
    assert calls.get(call) == calls.get(call, at=AT + HOUR)


def test_journal_is_gapless_over_pages(calls: Engine) -> None:
    """Records are read a page at a time."""
    call = dial(calls)
    events = ["answer", "hold"] * PAGE
    calls.fire_many([Firing(call, event, actor=SALES) for event in events])
    assert [record.version for record in calls.journal(call)] == list(range(1, 2 * PAGE + 2))


def test_find_over_pages(calls: Engine) -> None:
    """Entities come in order of their id, of one state where asked."""
    for _ in range(PAGE + 1):
        dial(calls)
    calls.fire(("call", "000007"), "end", actor=SALES).require()
    assert [row.ref.id for row in calls.find("call")] == [f"{n:06d}" for n in range(1, PAGE + 2)]
    assert [row.ref.id for row in calls.find("call", state="ended")] == ["000007"]


def test_tasks_open_and_close_with_the_rows(calls: Engine) -> None:
    """A task is listed for its role until a row or the end closes it."""
    call = dial(calls)
    (task,) = calls.tasks("customer_service")
    assert (task.ref, task.name, task.due_at) == (
        call,
        "pick_up",
        (AT + 9 * HOUR).timestamp() * 1e6,
    )
    assert calls.tasks("salesperson") == []
    calls.fire(call, "answer", actor=SALES).require()
    assert list(calls.tasks()) == []


def test_stock_interpreter_gives_the_same(calls: Engine) -> None:
    """The real transitions executor journals what the table journals."""
    with engine("memory:", CALL, clock=calls.clock, interpreter="stock") as stock:
        call = dial(calls, id="c", at=AT)
        dial(stock, id="c", at=AT)
        for event in ("answer", "hold", "answer", "end"):
            at = AT + 2 * HOUR
            ours = calls.fire(call, event, actor=SALES, at=at)
            assert stock.fire(call, event, actor=SALES, at=at).snapshot == ours.snapshot
        assert list(stock.journal(call)) == list(calls.journal(call))
