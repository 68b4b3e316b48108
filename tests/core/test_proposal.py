"""The first phase: a row and its changes, or every reason why none is taken."""

from __future__ import annotations

import attrs
import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.compiled import Compiled, Interpreter, compile_machine
from crmflow.core.entity import Snapshot
from crmflow.core.errors import GuardFailedError
from crmflow.core.event import Event
from crmflow.core.form import Fault
from crmflow.core.machine import KEEP, Asked, Changes, Guard, Row
from crmflow.core.proposal import Proposal, propose
from crmflow.core.refusal import Because, Reason, Refusal, Tried, refuse
from tests.core.samples import (
    AT,
    CLERK,
    COMPILED,
    GUEST,
    HOUR,
    TICKET,
    Note,
    Solution,
    Ticket,
    asked,
    attempt,
    fire,
    received,
)

BOTH: tuple[Interpreter, ...] = ("table", "stock")


@pytest.fixture(params=BOTH)
def compiled(request: pytest.FixtureRequest) -> Compiled:
    """Return the sample under each interpreter."""
    return compile_machine(TICKET, {"ticket.limit": 3}, interpreter=request.param)


def proposed(
    compiled: Compiled, snapshot: Snapshot[Ticket], event: Event[object]
) -> Proposal | Refusal:
    """Return what the first phase says."""
    return propose(compiled, snapshot, event)


def test_a_proposal_names_row_state_and_changes(compiled: Compiled) -> None:
    """The first row that passes is proposed with the facts that change."""
    ticket = received()
    proposal = proposed(compiled, ticket, asked("note", Note("noise")))
    assert isinstance(proposal, Proposal)
    assert proposal.before is ticket
    assert proposal.event.name == "note"
    assert (proposal.to, proposal.candidate.to) == ("received", None)
    assert proposal.changes == {"notes": 1, "problem": "noise"}
    assert proposal.attempt.settings == {"ticket.limit": 3}


def test_later_rows_are_tried(compiled: Compiled) -> None:
    """Who lacks the role of one row may pass the guards of the next."""
    proposal = proposed(compiled, received(urgent=True), asked("ask", actor=GUEST))
    assert isinstance(proposal, Proposal)
    assert proposal.candidate.row is TICKET.rows[3]
    assert proposal.to == "waiting"


def test_every_row_tried_gives_its_reasons(compiled: Compiled) -> None:
    """A refusal names all rows, and for each the role and every guard that failed."""
    refusal = proposed(compiled, received(), asked("ask", actor=GUEST))
    assert refusal == Refusal(
        Because.ROWS,
        "received",
        (
            Tried(
                "received --ask-> waiting",
                "waiting",
                (Reason("role", ("customer_service",), ("TCK-003",)),),
                (),
                ("TCK-003",),
            ),
            Tried(
                "received --ask-> waiting",
                "waiting",
                (Reason("not_urgent", ("supervisor",), ()),),
                (),
                (),
            ),
        ),
        possible=("note", "ask", "solve", "withdraw"),
    )
    assert refusal.roles == ("customer_service", "supervisor")


def test_guards_are_all_asked(compiled: Compiled) -> None:
    """Guards that hold are told beside those that do not; rules are the guard's, else the row's."""
    refusal = proposed(compiled, received(), asked("solve", Solution(sure=True), GUEST))
    assert isinstance(refusal, Refusal)
    (tried,) = refusal.tried
    assert tried.reasons == (
        Reason("role", ("customer_service",), ("TCK-002",)),
        Reason("no_problem", (), ("TCK-002",)),
    )
    assert tried.passed == ("not_sure",)


def test_a_faulty_form_is_told_with_the_rows() -> None:
    """Without a form the guards that need it are not asked."""
    faults = (Fault("$.sure", "missing", "a value"),)
    refusal = refuse(COMPILED, attempt(received(), asked("solve")), faults)
    assert (refusal.because, refusal.faults) == (Because.FORM, faults)
    assert refusal.tried[0].reasons[1] == Reason("needs_form", (), ("TCK-002",))


def test_the_system_needs_no_role(compiled: Compiled) -> None:
    """Timers pass every role; nobody else gets the system's by its name alone."""
    assert isinstance(proposed(compiled, received(), asked("ask", actor=SYSTEM)), Proposal)
    assert isinstance(proposed(compiled, received(), asked("remind", actor=GUEST)), Refusal)


def test_no_row_and_a_final_state_are_told_apart(compiled: Compiled) -> None:
    """Where the state has no such event, the refusal says whether the life is over."""
    ticket = received()
    here = proposed(compiled, ticket, asked("close"))
    assert isinstance(here, Refusal)
    assert (here.because, here.tried) == (Because.NO_ROW, ())
    closed = fire(ticket, asked("withdraw")).snapshot
    over = proposed(compiled, closed, asked("close"))
    assert over == Refusal(Because.FINAL, "closed")


def test_time_does_not_go_back(compiled: Compiled) -> None:
    """An event before the last decision is refused."""
    refusal = proposed(compiled, received(), asked("ask", at=AT - HOUR))
    assert isinstance(refusal, Refusal)
    assert refusal.because is Because.EARLIER
    assert refusal.detail == "2026-03-02T08:00:00+00:00 is before 2026-03-02T09:00:00+00:00"


def _breaks(_attempt: Asked) -> bool:
    message = "broken"
    raise RuntimeError(message)


def _spoils(_attempt: Asked) -> Changes:
    message = "broken"
    raise RuntimeError(message)


BROKEN = (
    Row("received", "test", KEEP, guards=(Guard(_breaks, "broken"),)),
    Row("received", "test", KEEP, sets=_spoils),
    Row("received", "test", KEEP, who="boss", guards=(Guard(_breaks, "broken"),)),
)


@pytest.mark.parametrize("interpreter", BOTH)
@pytest.mark.parametrize("row", BROKEN)
def test_what_raises_is_named(row: Row, interpreter: Interpreter) -> None:
    """A guard or update that raises is named with its event; the cause is kept."""
    broken = attrs.evolve(TICKET, rows=(*TICKET.rows, row))
    compiled = compile_machine(broken, interpreter=interpreter)
    with pytest.raises(GuardFailedError, match="a guard or update of event 'test'") as caught:
        propose(compiled, received(), asked("test", actor=CLERK))
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_an_actor_called_system_is_not_the_system() -> None:
    """Only the engine's own value passes every role."""
    stranger = Actor("system", {"system"})
    assert isinstance(propose(COMPILED, received(), asked("ask", actor=stranger)), Refusal)


def test_candidates_are_listed_by_state_and_event() -> None:
    """The table answers for any event; what timers alone can do is not told as possible."""
    assert [one.name for one in COMPILED.candidates("received", "ask")] == [
        "received --ask-> waiting"
    ] * 2
    assert COMPILED.candidates("received", "close") == ()
    assert COMPILED.possible("solved") == ("note", "close", "withdraw")
    assert COMPILED.final == {"closed"}
    assert COMPILED.basis.machine == "ticket 1"


def test_what_the_system_shares_with_people_is_possible() -> None:
    """A row that a meter and a clerk may take is told to the clerk."""
    rows = [
        attrs.evolve(row, who={"system", "clerk"}) if row.event == "remind" else row
        for row in TICKET.rows
    ]
    shared = compile_machine(attrs.evolve(TICKET, rows=tuple(rows)))
    states = [one.name for one in TICKET.states if "remind" in shared.table[one.name]]
    assert states
    for state in states:
        assert "remind" in shared.possible(state)
        assert "remind" not in COMPILED.possible(state)
