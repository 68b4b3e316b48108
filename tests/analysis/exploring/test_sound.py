"""Of a machine with which nothing is wrong nothing is told, or a bound is said to be hit."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.analysis.exploring import Bounds, Explored, eventually_possible, explore, in_state
from crmflow.core.errors import ConfigurationError
from crmflow.core.event import Attempt
from crmflow.core.machine import Guard, Kind, Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN
from tests.analysis.exploring import readers

Asked = Attempt[Any, Any]
OPENED = State("opened", "已开", "opened", Kind.INITIAL)
LATE = State("late", "迟到", "late")
CLOSED = State("closed", "已结", "closed", Kind.FINAL)
OPEN = Row(UNBORN, "open", "opened")
LIMIT, MOST = Decimal(5000), Money(Decimal(5000))


@attrs.frozen
class Facts:
    """What is known of a thing."""

    n: int = 0
    items: tuple[str, ...] = ()
    until: datetime | None = None
    amount: Decimal = Decimal(0)
    money: Money | None = None
    share: float = 0.0
    code: str = ""


@attrs.frozen
class Form:
    """What it is opened with."""

    amount: Decimal = Decimal(0)
    money: Money | None = None
    share: float = 0.0
    code: str = "x"


def explored(
    *rows: Row, facts: type = Facts, states: tuple[State, ...] = (), **how: Any  # noqa: ANN401 - as `explore` takes it
) -> Explored:  # fmt: skip
    """Return what exploring a machine of these rows comes to."""
    all_states = (OPENED, *states, CLOSED)
    machine = Machine("thing", facts, zh="物", en="thing", states=all_states, rows=rows)
    return explore(machine, **how)


def told(found: Explored) -> list[str]:
    """Return the faults."""
    return [f"{one.kind}: {one.where}" for one in found.faults]


def counting(
    sets: Callable[[Asked], Mapping[str, object]], closes: Callable[[Asked], object], **how: Any  # noqa: ANN401 - likewise
) -> Explored:  # fmt: skip
    """Return what comes of a thing that is tried again and again until it may be closed."""
    guard = Guard(lambda attempt: bool(closes(attempt)), "few")
    rows = (
        OPEN,
        Row("opened", "try", "opened", sets=sets),
        Row("opened", "close", "closed", guards=(guard,)),
    )
    return explored(*rows, **how)


def more(attempt: Asked) -> Mapping[str, object]:
    """Count one further."""
    return {"n": attempt.facts.n + 1}


@settings(max_examples=40)
@example(number=4, rest=None, step=1)
@example(number=30, rest=None, step=1)
@example(number=25, rest=0, step=1)
@example(number=7, rest=3, step=2)
@given(
    number=st.integers(1, 60), rest=st.none() | st.integers(0, 60), step=st.sampled_from((1, 2, 7))
)
def test_what_is_counted_to_is_reached_or_a_bound_is_hit(
    number: int, rest: int | None, step: int
) -> None:
    """Whether a guard compares with it or with what is left of it."""

    def closes(attempt: Asked) -> bool:
        n = attempt.facts.n
        return bool(n >= number if rest is None else n % number == rest)

    found = counting(lambda attempt: {"n": attempt.facts.n + step}, closes)
    assert found.limits or "closed" in found.states
    if found.limits:
        assert not {"trap", "dead_event", "unreachable_state"} & {
            str(one.kind) for one in found.faults
        }


def test_small_numbers_are_counted_to() -> None:
    """And it does not matter how far beyond them it is counted."""
    found = counting(more, lambda attempt: attempt.facts.n >= 10)
    assert (found.states, told(found), dict(found.limits)) == (("closed", "opened"), [], {})


def test_large_numbers_are_counted_to_where_the_bound_is_raised() -> None:
    """Else it is told, and nothing said of what never is; nor is a property called broken."""
    stated = [eventually_possible("can_close", in_state("closed"))]
    found = counting(more, lambda attempt: attempt.facts.n >= 30, properties=stated)
    assert (found.states, told(found), set(found.limits)) == (("opened",), [], {"counted"})
    found = counting(
        more, lambda attempt: attempt.facts.n >= 30, bounds=Bounds(counted=40, depth=60)
    )
    assert (found.states, told(found), dict(found.limits)) == (("closed", "opened"), [], {})


def test_what_is_counted_down_is_no_trap() -> None:
    """From a number that nothing compares with."""
    start = Row(UNBORN, "open", "opened", sets=lambda _attempt: {"n": 9})
    empty = Guard(lambda attempt: attempt.facts.n <= 0, "left")
    less = Row("opened", "try", "opened", sets=lambda attempt: {"n": attempt.facts.n - 1})
    found = explored(start, less, Row("opened", "close", "closed", guards=(empty,)))
    assert (told(found), set(found.limits)) == ([], {"counted"})


@pytest.mark.parametrize("samples", [{}, {"open": [{"amount": "50"}]}])
def test_what_is_counted_to_another_fact_is_no_trap(samples: Mapping[str, Any]) -> None:
    """Whether code says how far, or a sample does."""
    most = Row(
        UNBORN, "open", "opened", form=Form,
        sets=lambda attempt: {"amount": attempt.form.amount if samples else Decimal(50)},
    )  # fmt: skip
    full = Guard(lambda attempt: attempt.facts.n >= attempt.facts.amount, "few")
    close = Row("opened", "close", "closed", guards=(full,))
    found = explored(most, Row("opened", "try", "opened", sets=more), close, samples=samples)
    assert (told(found), set(found.limits)) == ([], {"counted"})


def test_long_lists_are_no_trap() -> None:
    """Those that are longer than what is told apart."""
    found = counting(
        lambda attempt: {"items": (*attempt.facts.items, "one")},
        lambda attempt: len(attempt.facts.items) >= 8,
    )
    assert (told(found), set(found.limits)) == ([], {"counted"})


@pytest.mark.parametrize(
    "reads",
    [
        lambda attempt: attempt.facts.paid,
        lambda attempt: attempt.facts.is_settled,
        lambda attempt: attempt.facts.is_really_settled,
        lambda attempt: attempt.facts.is_noted,
        lambda attempt: attempt.facts.is_ok(),
        lambda attempt: readers.Reader.by_class(attempt.facts),
        lambda attempt: readers.Reader.by_static(attempt.facts),
        lambda attempt: readers.READER.by_object(attempt.facts),
        lambda attempt: readers.READER.by_static(attempt.facts),
        lambda attempt: readers.is_paid(attempt.facts),
        lambda attempt: readers.is_paid_as_known(attempt.facts),
        lambda attempt: readers.is_paid_as_got(attempt.facts),
        operator.attrgetter("facts.paid"),
    ],
)
def test_what_is_read_by_way_of_others_is_told_apart(reads: Callable[[Asked], bool]) -> None:
    """Of properties, methods, modules, classes, objects, and what has no code to read."""
    found = explored(
        OPEN,
        Row("opened", "pay", "opened", sets=lambda _attempt: {"paid": True}),
        Row("opened", "close", "closed", guards=(Guard(reads, "unpaid"),)),
        facts=readers.Paid,
    )
    assert (found.states, told(found), dict(found.limits)) == (("closed", "opened"), [], {})


def start(attempt: Asked) -> Mapping[str, object]:
    """Say until when."""
    return {"until": attempt.at + timedelta(days=3)}


@pytest.mark.parametrize(
    "is_over",
    [
        lambda attempt: attempt.at >= attempt.facts.until,
        lambda attempt: attempt.at > attempt.facts.until,
        lambda attempt: attempt.at >= attempt.facts.until + timedelta(days=2),
    ],
)
def test_what_is_over_at_last_is_found_to_be(is_over: Callable[[Asked], bool]) -> None:
    """At an instant that a fact tells, after it, and long after it."""
    found = explored(
        Row(UNBORN, "open", "opened", sets=start),
        Row("opened", "expire", "late", guards=(Guard(is_over, "early"),)),
        Row(("opened", "late"), "close", "closed"),
        states=(LATE,),
    )
    assert (found.states, told(found)) == (("closed", "late", "opened"), [])


def test_what_happens_now_may_lead_elsewhere_later() -> None:
    """Where the clock says which row is taken."""
    in_time = Guard(lambda attempt: attempt.at < attempt.facts.until, "late")
    found = explored(
        Row(UNBORN, "open", "opened", sets=start),
        Row("opened", "close", "closed", guards=(in_time,)),
        Row("opened", "close", "late"),
        Row("late", "end", "closed"),
        states=(LATE,),
    )
    assert (found.states, told(found)) == (("closed", "late", "opened"), [])


def test_an_instant_beyond_the_horizon_is_a_bound_that_is_hit() -> None:
    """What happens then is not known."""
    over = Guard(lambda attempt: attempt.at >= attempt.facts.until, "early")
    rows = (
        Row(UNBORN, "open", "opened", sets=start),
        Row("opened", "close", "closed", guards=(over,)),
    )
    found = explored(*rows, bounds=Bounds(horizon=timedelta(days=1)))
    assert (found.states, told(found), dict(found.limits)) == (("opened",), [], {"horizon": 1})


def opening(closes: Callable[[Asked], object], **how: Any) -> Explored:  # noqa: ANN401 - likewise
    """Return what comes of a thing that is closed only if it was opened rightly."""
    guard = Guard(lambda attempt: bool(closes(attempt)), "wrong")

    def kept(attempt: Asked) -> Mapping[str, object]:
        form = attempt.form
        return {"amount": form.amount, "money": form.money, "share": form.share, "code": form.code}

    return explored(
        Row(UNBORN, "open", "opened", form=Form, sets=kept),
        Row("opened", "drop", "closed"),
        Row("opened", "close", "closed", guards=(guard,)),
        **how,
    )


@pytest.mark.parametrize(
    "closes",
    [
        lambda attempt: attempt.facts.amount > LIMIT,
        lambda attempt: attempt.facts.amount > Decimal("5000.5"),
        lambda attempt: attempt.facts.amount < -700,
        lambda attempt: attempt.facts.money is not None and attempt.facts.money > MOST,
        lambda attempt: attempt.facts.share > 17.5,
        lambda attempt: attempt.facts.share == 0.8,
        lambda attempt: attempt.facts.code == "gold",
    ],
)
def test_constants_of_every_kind_are_tried(closes: Callable[[Asked], object]) -> None:
    """Decimals and amounts, inline or not, below zero, fractions, and texts."""
    found = opening(closes)
    assert (told(found), dict(found.limits)) == ([], {})


@pytest.mark.parametrize("order", [1, -1])
def test_texts_of_samples_are_told_apart(order: int) -> None:
    """In whatever order they are given."""
    samples = [{"code": "gold", "amount": "70"}, {"code": "iron", "amount": "90"}][::order]
    found = opening(lambda attempt: attempt.facts.code.endswith("old"), samples={"open": samples})
    assert (told(found), dict(found.limits)) == ([], {})


def test_samples_that_are_of_nothing_are_refused() -> None:
    """Of events that are not there, that bring nothing, and such as no form takes."""
    samples = {"opne": [{}], "drop": [{"code": "x"}], "open": [{"code": "x"}, {"amount": "much"}]}
    with pytest.raises(ConfigurationError) as caught:
        opening(lambda _attempt: True, samples=samples)
    assert caught.value.source == "the samples of 'thing'"
    unknown, formless, unfit = caught.value.faults
    assert unknown == "there is no event 'opne'. Did you mean 'open'?"
    assert formless == "'drop' has no form, and takes no samples"
    assert unfit.startswith("sample 1 of 'open': $.amount: type, expected a decimal")
