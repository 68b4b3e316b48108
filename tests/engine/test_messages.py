"""Messages between entities: in order, at least once delivered, once in effect, never lost."""

import contextlib
from collections.abc import Mapping, Sequence

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.core.consequences import derived_id
from crmflow.core.errors import UnavailableError
from crmflow.core.form import Names, Text
from crmflow.core.journal import Entry
from crmflow.core.machine import ANY, Kind, Machine, Row, Send, State
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.updates import copied
from crmflow.engine.driving import drive
from crmflow.engine.engine import Engine
from crmflow.engine.paging import CursorError, Page
from crmflow.flow.deliver import PAGE, deliver
from crmflow.storage.commit import Commit, Outcome
from crmflow.storage.memory import MemoryStore
from crmflow.storage.rows import MessageStatus
from crmflow.testing.crashing import CrashingStore
from tests.engine.machines import ADMIN, AT, CONTRACT, HOUR, SALES, engine

NEEDS = {"needs": "n", "expectations": "e", "goals": "g", "solution_basis": "s"}
CONTACT = {"method": "phone", "person": "p", "result": "r", "details": "d"}
ALL_CALLS = ("load", "commit", "keyed", "journal", "outbox", "settle", "mark")
PLAN = {
    "assessment": "a", "plan": "p", "matches_requirements": True, "matches_expectations": True,
    "needs": "n", "expectations": "e", "goals": "g",
}  # fmt: skip


def deal_in_contracting(sales: Engine) -> EntityRef:
    """Bring a deal to where its contract is opened."""
    deal = sales.create("deal", {"customer": "C-1"}, actor=SALES).require().entity
    for event, payload in (
        ("make_plan", PLAN),
        ("propose", {"client_proposal": "cp", "products": ["crane"]}),
        ("accept", {"accepted_by": "buyer"}),
    ):
        sales.fire(deal, event, payload, actor=SALES).require()
    return deal


def test_a_lead_opens_a_deal() -> None:
    """A converted lead's deal is there after the call, and knows where it comes from."""
    with engine() as sales:
        lead = sales.create("lead", {"name": "N", "source": "exhibition"}, actor=SALES).require()
        for event, payload in (
            ("contact", CONTACT), ("analyse_needs", NEEDS), ("convert", {"customer": "C-1"}),
        ):  # fmt: skip
            converted = sales.fire(lead.entity, event, payload, actor=SALES).require()
        (row,) = sales.find("deal")
        assert row.ref.id == derived_id(lead.entity, 4, 0) == converted.messages[0].id
        deal = sales.get(row.ref)
        assert (deal.facts.customer, deal.facts.lead) == ("C-1", lead.entity.id)
        assert list(sales.outbox()) == []


def test_no_effect_comes_before_its_cause() -> None:
    """What a message does is never earlier than the decision that sent it."""
    with engine() as sales:
        lead = sales.create("lead", {"name": "N", "source": "exhibition"}, actor=SALES).require()
        late = AT + 30 * HOUR
        for event, payload in (
            ("contact", CONTACT), ("analyse_needs", NEEDS), ("convert", {"customer": "C-1"}),
        ):  # fmt: skip
            sales.fire(lead.entity, event, payload, actor=SALES, at=late).require()
        (row,) = sales.find("deal")
        assert sales.get(row.ref).at == late


def test_a_deal_is_won_when_its_contract_is_signed() -> None:
    """The deal sees its contract's state by messages, through to its end."""
    with engine() as sales:
        deal = deal_in_contracting(sales)
        (contract,) = [row.ref for row in sales.find("contract")]
        refused = sales.fire(deal, "win", actor=SALES)
        assert refused.refusal is not None
        assert [r.code for r in refused.refusal.tried[0].reasons] == ["contract_not_signed"]
        for theirs, ours in (("sign", "win"), ("start", "start"), ("finish_delivery", "deliver")):
            assert not sales.fire(deal, ours, actor=SALES).accepted
            sales.fire(contract, theirs, actor=ADMIN).require()
            sales.fire(deal, ours, actor=SALES).require()
        sales.fire(contract, "terminate", {"reason": "bankrupt"}, actor=ADMIN).require()
        ended = sales.get(deal)
        assert (ended.state, ended.facts.reason) == ("terminated", "bankrupt")
        assert ended.links[0].state == "terminated"


def test_a_cancelled_contract_leads_to_a_second() -> None:
    """The newest contract counts; the first one's cancelling opens the way back."""
    with engine() as sales:
        deal = deal_in_contracting(sales)
        (first,) = [row.ref for row in sales.find("contract")]
        sales.fire(first, "cancel", {"reason": "price"}, actor=ADMIN).require()
        for event, payload in (
            ("negotiate", {"topics": "price"}),
            ("propose", {"client_proposal": "cheaper", "products": ["crane"]}),
            ("accept", {"accepted_by": "buyer"}),
        ):
            sales.fire(deal, event, payload, actor=SALES).require()
        (second,) = [row.ref for row in sales.find("contract", state="draft")]
        assert not sales.fire(deal, "win", actor=SALES).accepted
        sales.fire(second, "sign", actor=ADMIN).require()
        assert sales.fire(deal, "win", actor=SALES).require().snapshot.state == "won"


def test_a_message_to_a_machine_that_is_not_on_waits() -> None:
    """What cannot be delivered yet is seen in the outbox, and delivered once it can."""
    store = MemoryStore()
    sales = engine(store, "deal")
    deal = deal_in_contracting(sales)
    (row,) = sales.outbox()
    assert (row.source, row.target.machine, row.status) == (deal, "contract", MessageStatus.WAITING)
    assert sales.run_due().waiting == 1
    both = engine(store, "deal", CONTRACT, clock=sales.clock)
    due = both.run_due()
    assert {ref.machine for ref in due.applied} == {"contract", "deal"}
    assert (due.waiting, list(both.outbox())) == (0, [])
    assert both.get(deal).links[0].state == "draft"


def test_a_mirror_that_is_older_changes_nothing() -> None:
    """An older version of a linked entity never replaces a newer one."""
    with engine() as sales:
        deal = deal_in_contracting(sales)
        (contract,) = [row.ref for row in sales.find("contract")]
        sales.fire(contract, "sign", actor=ADMIN).require()
        versions = [link.version for link in sales.get(deal).links]
        assert versions == [sales.get(contract).version]
        mirrors = [r for r in sales.journal(deal) if r.entry is Entry.MIRROR]
        assert [record.event.form.state for record in mirrors] == ["draft", "signed"]


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_call_loses_and_doubles_no_message(after: bool) -> None:
    """Wherever the store fails while messages are handed over, a later run ends the same."""
    calls = 0
    while True:
        calls += 1
        store = MemoryStore()
        sales = engine(store)
        lead = sales.create("lead", {"name": "N", "source": "exhibition"}, actor=SALES).entity
        sales.fire(lead, "contact", CONTACT, actor=SALES).require()
        sales.fire(lead, "analyse_needs", NEEDS, actor=SALES).require()
        cut = UnavailableError("test", "cut")
        failing = CrashingStore(store, cut, at=calls, after=after, calls=ALL_CALLS)
        with contextlib.suppress(UnavailableError):
            engine(failing).fire(lead, "convert", {"customer": "C-1"}, actor=SALES, key="k")
        if failing.count < calls:
            break
        sales.fire(lead, "convert", {"customer": "C-1"}, actor=SALES, key="k").require()
        sales.run_due()
        assert [row.state for row in sales.find()] == ["needs_analysis", "converted"]
        assert [record.version for record in sales.journal(lead)] == [1, 2, 3, 4]
        assert list(sales.outbox()) == []
    assert calls > 5


@attrs.frozen
class Note:
    """What a note says."""

    text: Text


@attrs.frozen
class Told:
    """What a note hears of its messages."""

    machine: Text
    id: Text
    event: Text
    reasons: Names


@attrs.frozen
class Noted:
    """What is known of a note."""

    text: str = ""
    refused: tuple[str, ...] = ()


def _echo(attempt: object) -> Mapping[str, object]:
    return {"customer": "", "text": "echo"}


def notes(*, reacting: bool) -> Machine:
    """Return a machine whose messages a deal refuses, and that may have an event for it."""
    rows = [
        Row(UNBORN, "write", "written", form=Note, sets=copied("text")),
        Row("written", "tell", send=(Send("deal", "open", _echo), Send("deal", "open", _echo))),
        Row("written", "push", send=(Send("deal", "hand_over", _echo, to=lambda _a: "D-1"),)),
        Row(ANY, "drop", "dropped"),
    ]
    if reacting:
        keep = lambda attempt: {"refused": attempt.form.reasons}  # noqa: E731
        rows.append(Row(ANY, "message_refused", form=Told, sets=keep))
    states = (
        State("written", "已写", "Written", Kind.INITIAL),
        State("dropped", "已弃", "Dropped", Kind.FINAL),
    )
    return Machine("note", Noted, states, rows, zh="便条", en="note")


def test_a_refused_message_is_parked_and_its_source_told() -> None:
    """The source's own event hears of it, with the reasons."""
    with engine("memory:", "deal", notes(reacting=True)) as writing:
        note = writing.create("note", {"text": "t"}, actor=SALES).require().entity
        writing.fire(note, "tell", actor=SALES).require()
        rows = writing.outbox(status=MessageStatus.PARKED)
        assert [row.ordinal for row in rows] == [0, 1]
        assert "$.customer: blank" in rows[0].detail
        assert any("$.customer: blank" in reason for reason in writing.get(note).facts.refused)


def test_a_refused_message_without_such_an_event_opens_a_task() -> None:
    """Where the source has no event for it, an administrator gets a task."""
    with engine("memory:", "deal", notes(reacting=False)) as writing:
        note = writing.create("note", {"text": "t"}, actor=SALES).require().entity
        writing.fire(note, "tell", actor=SALES).require()
        assert [task.name for task in writing.tasks("administrator")] == ["message_refused"]


def test_a_parked_message_blocks_its_pair_only_until_it_is_retried() -> None:
    """Later messages to the same target wait behind it; a retry tries them all in order."""
    with engine("memory:", "deal", notes(reacting=False)) as writing:
        note = writing.create("note", {"text": "t"}, actor=SALES).require().entity
        writing.fire(note, "push", actor=SALES).require()
        writing.fire(note, "push", actor=SALES).require()
        statuses = [row.status for row in writing.outbox()]
        assert statuses == [MessageStatus.PARKED, MessageStatus.WAITING]
        assert "there is no deal D-1" in writing.outbox()[0].detail
        writing.create("deal", {"customer": "C-1"}, actor=SALES, id="D-1").require()
        again = writing.retry_outbox()
        assert len(again.parked) == 1
        assert "$.owner: missing" in again.parked[0].detail


def test_a_message_whose_target_cannot_decide_waits_and_is_reported() -> None:
    """A failing function of the target's machine stops its pair and nothing else."""

    def broken(_attempt: object) -> Mapping[str, object]:
        raise ZeroDivisionError

    rows = (
        Row(UNBORN, "open", "open", form=Note, sets=copied("text")),
        Row("open", "end", "ended"),
    )
    states = (
        State("open", "开", "Open", Kind.INITIAL),
        State("ended", "终", "Ended", Kind.FINAL),
    )
    failing = Machine(
        "parcel",
        Noted,
        states,
        (attrs.evolve(rows[0], sets=broken), rows[1]),
        zh="包裹",
        en="parcel",
    )
    mended = attrs.evolve(failing, rows=rows)
    told = attrs.evolve(
        notes(reacting=False),
        rows=(
            *notes(reacting=False).rows[:1],
            Row("written", "tell", send=(Send("parcel", "open", lambda _a: {"text": "hi"}),)),
            Row(ANY, "drop", "dropped"),
        ),
    )
    store = MemoryStore()
    writing = engine(store, failing, told)
    note = writing.create("note", {"text": "t"}, actor=SALES).require().entity
    assert writing.fire(note, "tell", actor=SALES).accepted
    assert "raised on parcel" in str(writing.run_due().errors[0])
    assert engine(store, mended, told).run_due().waiting == 1
    later = ManualClock(AT + HOUR)
    assert len(engine(store, mended, told, clock=later).run_due().applied) == 1


def test_a_retry_of_an_acknowledged_message_is_dropped() -> None:
    """A message delivered before but not settled is taken once."""
    store = MemoryStore()
    sales = engine(store, "deal")
    deal_in_contracting(sales)
    (row,) = sales.outbox()
    both = engine(store, "deal", CONTRACT, clock=sales.clock)
    both.run_due()
    target = both.get(row.target)
    store.commit([])

    again = drive(deliver(both._flow, [row], AT))
    assert again.applied == (row.target,)
    assert both.get(row.target) == target


def test_more_messages_than_a_page_all_wait() -> None:
    """The outbox is read page by page."""
    with engine("memory:", notes(reacting=False)) as writing:
        note = writing.create("note", {"text": "t"}, actor=SALES).require().entity
        for _ in range(PAGE // 2 + 1):
            writing.fire(note, "tell", actor=SALES).require()
        assert len(writing.outbox()) == PAGE + 2


def test_the_outbox_is_told_page_by_page() -> None:
    """Each message once, of a status or of both; a cursor is that of the outbox."""
    with engine("memory:", notes(reacting=False)) as writing:
        for _ in range(3):
            note = writing.create("note", {"text": "t"}, actor=SALES).require().entity
            writing.fire(note, "tell", actor=SALES).require()
        page, rows = writing.outbox_page(limit=4), [*writing.outbox()]
        assert page.rows == tuple(rows[:4])
        assert writing.outbox_page(limit=4, after=page.after) == Page(tuple(rows[4:]))
        parked, waiting = MessageStatus.PARKED, MessageStatus.WAITING
        assert writing.outbox_page(status=waiting, limit=9).rows == tuple(rows)
        assert writing.outbox_page(status=parked) == Page(())
        with pytest.raises(CursorError, match="is no cursor of this list"):
            writing.task_page(after=page.after)


def pushing() -> Machine:
    """Return a machine that hands deals over, so that a doubled message shows."""
    owner = {"owner": "sales-2", "reason": "r"}
    rows = (
        Row(UNBORN, "write", "written", form=Note, sets=copied("text")),
        Row("written", "push", send=(Send("deal", "hand_over", lambda _a: owner, to=_d_1),)),
        Row(ANY, "drop", "dropped"),
    )
    return attrs.evolve(notes(reacting=False), rows=rows)


def _d_1(_attempt: object) -> str:
    return "D-1"


def test_two_who_deliver_a_message_at_once_apply_it_once() -> None:
    """Who loses the race finds that the target has taken it, and doubles nothing."""

    class Racing(MemoryStore):
        quicker = False

        def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
            """Let the other engine deliver first, once."""
            if self.quicker:
                self.quicker = False
                both.run_due()
            return super().commit(batch)

    store = Racing()
    writing, both = engine(store, pushing()), engine(store, "deal", pushing())
    deal = both.create("deal", {"customer": "C-1"}, actor=SALES, id="D-1").require().entity
    note = writing.create("note", {"text": "t"}, actor=SALES).require().entity
    writing.fire(note, "push", actor=SALES).require()
    store.quicker = True
    assert engine(store, "deal", pushing()).run_due().errors == ()
    assert [record.event.name for record in both.journal(deal)] == ["open", "hand_over"]
    assert list(both.outbox()) == []


@pytest.mark.parametrize("reacting", [False, True])
def test_a_crash_while_a_message_is_parked_tells_its_source_once(reacting: bool) -> None:
    """Wherever the store fails, the source hears of each refused message once."""
    calls, told = 0, set()
    while True:
        calls += 1
        store = MemoryStore()
        machine = notes(reacting=reacting)
        writing = engine(store, machine)
        note = writing.create("note", {"text": "t"}, actor=SALES).require().entity
        writing.fire(note, "tell", actor=SALES).require()
        cut = UnavailableError("test", "cut")
        failing = CrashingStore(store, cut, at=calls, after=True, calls=ALL_CALLS)
        both = engine(failing, "deal", machine)
        with contextlib.suppress(UnavailableError):
            both.run_due()
        if failing.count < calls:
            break
        both.run_due()
        told.add(sum("message_refused" in r.event.name for r in writing.journal(note)))
    assert told == {2}
    assert calls > 6
