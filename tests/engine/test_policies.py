"""Stateful policies in an engine: what they see, what they add, and what becomes of it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.errors import (
    PluginDefinitionError,
    PolicyFailedError,
    RefusedError,
    UnknownEventError,
)
from crmflow.core.journal import Drop, Entry, Put, fold, unborn
from crmflow.core.judging import Judge
from crmflow.core.machine import Extension, Machine, Row
from crmflow.core.message import MessageKind, Parcel
from crmflow.core.people import NOBODY, Person
from crmflow.core.policy import Denied, Evolve, Evolved, Line, Occurrence, Outgoing
from crmflow.core.proposal import Proposal
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Because
from crmflow.core.searching import NOTE
from crmflow.core.tables import Tables
from crmflow.core.timer import Timer
from crmflow.core.verdict import Answer, Verdict
from crmflow.directory import Consulted, ListedDirectory
from crmflow.engine.asking import PAGE
from crmflow.engine.attaching import Attaching, PolicyMissingError
from crmflow.engine.engine import Engine
from crmflow.flow.options import OptionAnswer
from crmflow.hookspecs import hookimpl
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store
from tests.engine.machines import ADMIN, AT, CONTRACT, HOUR, OWN_CONTRACT, SALES, Why
from tests.engine.policies import NAME, Witnessed, WitnessPlugin

BOSS = Actor("boss-1", {"department_head"})
STAFF = ListedDirectory((Person("sales-1", superior="boss-1"), Person("boss-1")))
DRAFT = {"customer": "C-1", "deal": "D-1"}


def engine(
    store: str | Store = "memory:", *plugins: object, retiring: Sequence[str] = ()
) -> Engine:
    """Return an engine of contracts whose signatures need a witness."""
    return Engine(
        store,
        machines=[CONTRACT],
        config=OWN_CONTRACT,
        plugins=plugins or (WitnessPlugin(),),
        directory=STAFF,
        clock=ManualClock(AT),
        retiring=retiring,
    )


@pytest.fixture
def contracts() -> Iterator[Engine]:
    """Return an engine of contracts on a store in memory."""
    with engine() as made:
        yield made


def held(contracts: Engine, id_: str = "K-1") -> EntityRef:
    """Return a contract whose signature waits."""
    ref = contracts.create("contract", DRAFT, actor=SALES, id=id_).require().entity
    assert contracts.fire(ref, "sign", actor=SALES, key="sign").held
    return ref


def state_of(contracts: Engine, ref: EntityRef) -> Witnessed:
    """Return what the policy remembers."""
    found = contracts.get(ref).policy(NAME)
    assert isinstance(found, Witnessed)
    return found


def test_a_hold_attaches_what_the_policy_adds(contracts: Engine) -> None:
    """State, timer and task of the policy are of the same commit as the hold."""
    snapshot = contracts.get(held(contracts))
    assert (snapshot.state, snapshot.version) == ("draft", 2)
    assert [(hold.event, hold.policy) for hold in snapshot.holds] == [("sign", NAME)]
    assert snapshot.policy(NAME) == Witnessed(2, SALES)
    assert [(timer.name, timer.due_at) for timer in snapshot.timers] == [
        ("witness:nudge", AT + 2 * HOUR)
    ]
    ((task,), (row,)) = snapshot.tasks, contracts.tasks("@boss-1")
    assert (task.assignee, task.policy, row.role) == ("boss-1", NAME, "@boss-1")


def test_what_the_directory_said_is_journaled(contracts: Engine) -> None:
    """A record keeps what it read, and is decided again from that alone."""
    ref = held(contracts)
    records = list(contracts.journal(ref))
    assert records[1].reads == {
        "person sales-1": {
            "id": "sales-1", "superior": "boss-1", "roles": [], "departments": [],
            "qualifications": [], "absences": [],
        },
    }  # fmt: skip
    contracts.fire(ref, "$agree", {"words": "fine"}, actor=BOSS).require()
    assert [again.differs for again in contracts.redecide(ref)] == [()] * 4


def test_what_is_let_pass_is_applied_in_the_same_commit(contracts: Engine) -> None:
    """The held event runs again with its actor, and its cause names who agreed."""
    ref = held(contracts)
    decision = contracts.fire(ref, "$agree", {"words": "fine"}, actor=BOSS).require()
    assert decision.record is not None
    assert decision.record.entry is Entry.POLICY
    (signed,) = decision.caused
    assert (signed.event.name, signed.event.actor) == ("sign", SALES)
    assert signed.event.cause is not None
    assert (signed.event.cause.policy, signed.event.cause.approved_by) == (NAME, ("boss-1",))
    assert decision.snapshot == contracts.get(ref)
    assert (decision.snapshot.state, decision.snapshot.holds) == ("signed", ())
    assert (decision.snapshot.timers, decision.snapshot.tasks) == ((), ())


def test_folding_the_journal_gives_what_is_stored(contracts: Engine) -> None:
    """Policy state is effects like any other."""
    ref = held(contracts)
    contracts.fire(ref, "$agree", {"words": "fine"}, actor=BOSS).require()
    records = list(contracts.journal(ref))
    assert fold(records, CONTRACT.facts, unborn(ref, AT)) == contracts.get(ref)


def test_a_denied_event_changes_nothing(contracts: Engine) -> None:
    """A policy refuses its own events with reasons, and says who could."""
    ref = held(contracts)
    before = contracts.get(ref)
    refused = contracts.fire(ref, "$agree", {"words": "me too"}, actor=SALES)
    assert refused.refusal is not None
    assert refused.refusal.because is Because.POLICY
    assert [verdict.reason for verdict in refused.verdicts] == ["own_signature"]
    assert contracts.get(ref) == before


def test_a_repeat_of_a_held_event_tells_what_became_of_it(contracts: Engine) -> None:
    """First that it is held, later that it was applied."""
    ref = held(contracts)
    again = contracts.fire(ref, "sign", actor=SALES, key="sign")
    assert (again.repeated, again.held) == (True, True)
    contracts.fire(ref, "$agree", {"words": "fine"}, actor=BOSS).require()
    again = contracts.fire(ref, "sign", actor=SALES, key="sign")
    assert (again.repeated, again.held, again.snapshot.state) == (True, False, "signed")


def test_a_repeat_of_a_hold_that_ended_is_refused(contracts: Engine) -> None:
    """Leaving the state ended it: the repeat says so."""
    ref = held(contracts)
    contracts.fire(ref, "cancel", {"reason": "no money"}, actor=SALES).require()
    again = contracts.fire(ref, "sign", actor=SALES, key="sign")
    assert again.refusal is not None
    assert (again.repeated, again.refusal.because) == (True, Because.HELD)


def test_a_policys_timer_fires_at_its_instant(contracts: Engine) -> None:
    """Nobody but the timer may fire its event, and it fires once."""
    ref = held(contracts)
    assert not contracts.fire(ref, "$nudge", actor=ADMIN).accepted
    contracts.clock.advance(5 * HOUR)  # type: ignore[attr-defined]
    (fired,) = contracts.run_due().fired
    assert (fired.event.name, fired.event.at) == ("$nudge", AT + 2 * HOUR)
    assert contracts.get(ref).timers == ()


def test_raised_events_that_are_refused_are_journaled(contracts: Engine) -> None:
    """Whoever raised one is shown that it was refused, and the reasons are kept."""
    ref = contracts.create("contract", DRAFT, actor=SALES).require().entity
    decision = contracts.fire(ref, "$wave_through", {"events": ["cancel"]}, actor=SALES).require()
    (caused,) = decision.caused
    assert caused.record is not None
    assert caused.record.entry is Entry.RAISE_REFUSED
    assert [(v.policy, v.reason, v.row) for v in caused.record.verdicts] == [
        ("form", "missing", "$.reason")
    ]
    decision = contracts.fire(ref, "$wave_through", {"events": ["start"]}, actor=SALES).require()
    assert [v.reason for v in decision.caused[0].verdicts] == ["no_row"]
    assert state_of(contracts, ref).ended == "cancel"
    assert [again.differs for again in contracts.redecide(ref)] == [()] * 5


def test_raising_in_a_ring_is_stopped(contracts: Engine) -> None:
    """Policies that raise events without end fail, and nothing is changed."""
    ref = contracts.create("contract", DRAFT, actor=SALES).require().entity
    before = contracts.get(ref)
    with pytest.raises(PolicyFailedError):
        contracts.fire(ref, "$wave_through", {"events": ["sign"] * 200}, actor=SALES)
    assert contracts.get(ref) == before


def test_unknown_reserved_events_are_no_events(contracts: Engine) -> None:
    """Neither is what only the engine itself may fire."""
    ref = held(contracts)
    for name in ("$no", "$adopt", "$retire", "$observe"):
        with pytest.raises(UnknownEventError):
            contracts.fire(ref, name, {"policy": NAME}, actor=ADMIN)


def test_a_reserved_event_is_not_before_the_last(contracts: Engine) -> None:
    """Time does not run back for policies either."""
    ref = held(contracts)
    early = contracts.fire(ref, "$agree", {"words": "x"}, actor=BOSS, at=AT - HOUR)
    assert early.refusal is not None
    assert early.refusal.because is Because.EARLIER


def test_messages_go_to_their_handler(contracts: Engine) -> None:
    """A message to the outside waits for its handler, is given to it, and is gone."""
    ref = held(contracts)
    contracts.fire(ref, "$agree", {"words": "fine"}, actor=BOSS).require()
    assert [row.target.machine for row in contracts.outbox()] == ["post_office"]
    seen: list[Parcel] = []

    class Post:
        """Takes letters."""

        @hookimpl
        def handlers(self) -> Mapping[str, object]:
            """Bring the handler."""
            return {"post_office": seen.append}

    again = engine(contracts.store, WitnessPlugin(), Post())
    assert not again.run_due().errors
    assert again.outbox() == []
    assert [(one.message.event, one.message.payload, one.key) for one in seen] == [
        ("letter", {"words": "fine"}, f"main/contract/{ref.id}/3/0")
    ]


def test_a_failing_handler_is_named_and_tried_again(contracts: Engine) -> None:
    """The message stays where it is."""
    ref = held(contracts)

    class Lazy:
        """Loses nothing, does nothing."""

        @hookimpl
        def handlers(self) -> Mapping[str, object]:
            """Bring the handler."""
            return {"post_office": self.fail}

        @staticmethod
        def fail(parcel: Parcel) -> None:
            """Fail."""
            raise OSError(parcel.key)

    again = engine(contracts.store, WitnessPlugin(), Lazy())
    again.fire(ref, "$agree", {"words": "fine"}, actor=BOSS).require()
    (error,) = again.run_due().errors
    assert isinstance(error, PolicyFailedError)
    assert (error.plugin.rpartition(".")[2], error.hook) == ("Lazy", "handlers")
    assert len(again.outbox()) == 1


class Other:
    """A plugin without the policy."""

    @hookimpl
    def texts(self, lang: str) -> Mapping[str, object]:
        """Bring nothing."""
        return {}


def test_an_engine_misses_a_policy_with_open_timers(contracts: Engine) -> None:
    """It refuses to start, and names policy and entities; with nothing open it starts."""
    ref = held(contracts)
    with pytest.raises(PolicyMissingError) as told:
        engine(contracts.store, Other())
    assert told.value.entities == (ref,)
    assert "crmflow plugin retire witness" in str(told.value)
    contracts.fire(ref, "$agree", {"words": "fine"}, actor=BOSS).require()
    without = engine(contracts.store, Other())
    assert without.get(ref).policy(NAME) == {"touched": 3, "asked": {"id": "sales-1",
        "roles": ["salesperson"]}, "agreed": ["boss-1"]}  # fmt: skip
    without.fire(ref, "start", actor=SALES).require()
    assert state_of(contracts, ref).agreed == ("boss-1",)


def test_an_engine_that_cannot_start_leaves_no_store_open(tmp_path: Path) -> None:
    """What it opened it closes; a store that it was given is the caller's."""
    file = tmp_path / "crm.db"
    url = f"sqlite:///{file}"
    with engine(url) as made:
        held(made)
        with pytest.raises(PolicyMissingError):
            engine(made.store, Other())
        assert made.find("contract")
    with pytest.raises(PolicyMissingError):
        engine(url, Other())
    # The last connection to a file takes the write-ahead log with it.
    assert [one.name for one in tmp_path.iterdir()] == ["crm.db"]


def test_retiring_is_journaled_and_ends_all_of_it(contracts: Engine) -> None:
    """State, timers, tasks and holds go; afterwards nobody misses it."""
    ref = held(contracts)
    contracts.store.enroll("main", [("contract", "another")])
    last = engine(contracts.store, Other(), retiring=[NAME])
    with pytest.raises(RefusedError):
        last.retire(NAME, "given up", actor=SALES)
    assert last.retire(NAME, "given up", actor=ADMIN) == (ref,)
    snapshot = last.get(ref)
    assert (snapshot.timers, snapshot.tasks, snapshot.holds) == ((), (), ())
    assert snapshot.policy(NAME) is None
    assert [r.event.name for r in last.journal(ref)][-1] == "$retire"
    enrolled = [pair for pair in last.store.enrolled("main") if not pair[1].startswith(NOTE)]
    assert enrolled == [("contract", "another")]
    without = engine(contracts.store, Other())
    without.fire(ref, "sign", actor=SALES).require()


def test_a_policy_that_comes_later_attaches() -> None:
    """In bulk with a dry run before, or at the next touch."""
    store = MemoryStore()
    before = engine(store, Other())
    refs = [before.create("contract", DRAFT, actor=SALES, id=id_).require().entity for id_ in "abc"]
    after = engine(store)
    after.fire(refs[0], "sign", actor=SALES).require()
    dry = after.attach(NAME, actor=ADMIN, dry_run=True)
    assert dry == Attaching(3, (refs[1], refs[2]))
    assert after.get(refs[1]).policy(NAME) is None
    with pytest.raises(RefusedError):
        after.attach(NAME, actor=SALES)
    assert after.attach(NAME, actor=ADMIN) == dry
    assert state_of(after, refs[1]) == Witnessed(1)
    assert after.attach(NAME, actor=ADMIN).attached == ()
    assert after.attach("unknown", actor=ADMIN) == Attaching(0, ())


def test_an_older_state_is_upgraded(contracts: Engine) -> None:
    """What an older release of the policy stored reads in today's shape."""
    ref = held(contracts)
    codec = contracts.registry.codec
    body = codec.encode_snapshot(contracts.get(ref))
    older = body.replace(b'"schema":2,"value":{"touched":2', b'"schema":1,"value":{"count":2')
    assert older != body
    assert codec.decode_snapshot(ref, 2, 0, older).policy(NAME) == Witnessed(2)


@attrs.frozen
class Rogue:
    """A policy that answers what it is told to."""

    answer: object
    name: str = "rogue"
    schema: int = 1
    state: type = Witnessed
    reserved: Mapping[str, type | None] = attrs.field(factory=dict)

    def evolve_for(self, event: str) -> Evolve | None:
        """Answer to signatures and cancellations."""
        return self._answer if event in ("sign", "cancel") else None

    def _answer(self, _state: object, _seen: Occurrence) -> Evolved | Denied | None:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]

    def upgraded(self, schema: int, value: Mapping[str, object]) -> Mapping[str, object]:
        """Return it as it is."""
        return value

    def explain(self, state: object, snapshot: Snapshot[Any]) -> Sequence[Line]:
        """Tell nothing."""
        return ()

    @hookimpl
    def policies_for(self, machine: Machine, tables: Tables) -> Sequence[Rogue]:
        """Bring itself."""
        return (self,)


TIMER = Timer("witness:nudge", "$nudge", AT + HOUR, 1)


@pytest.mark.parametrize(
    ("answer", "event", "why"),
    [
        (ValueError("lost"), "sign", "lost"),
        ("yes", "sign", "not 'yes'"),
        (Denied(()), "sign", "only its reserved events"),
        (Evolved(None, (Put("timers", TIMER),)), "sign", "named 'rogue:...'"),
        (Evolved(None, (Drop("links", "x"),)), "sign", "adds timers, tasks and claims"),
        (Evolved(None, (Put("timers", attrs.evolve(TIMER, name="rogue:x")),)), "cancel", "final"),
    ],
)
def test_a_policy_that_misbehaves_is_named(answer: object, event: str, why: str) -> None:
    """What it did is the cause of the error, and nothing is changed."""
    with engine("memory:", Rogue(answer)) as contracts:
        ref = contracts.create("contract", DRAFT, actor=SALES).require().entity
        payload = {"reason": "x"} if event == "cancel" else None
        with pytest.raises(PolicyFailedError) as told:
            contracts.fire(ref, event, payload, actor=SALES)
        assert told.value.plugin.endswith("Rogue")
        assert why in str(told.value.__cause__)
        assert contracts.get(ref).version == 1


def test_forgetting_drops_the_state() -> None:
    """A policy that answers without state has none afterwards; one that never had stays so."""
    with engine("memory:", Rogue(Evolved(None))) as contracts:
        ref = contracts.create("contract", DRAFT, actor=SALES).require().entity
        signed = contracts.fire(ref, "sign", actor=SALES).require()
        assert signed.record is not None
        assert signed.record.effects == ()
    with engine("memory:", Rogue(Evolved(Witnessed(7)))) as contracts:
        ref = contracts.create("contract", DRAFT, actor=SALES).require().entity
        contracts.fire(ref, "sign", actor=SALES).require()
        assert contracts.get(ref).policy("rogue") == Witnessed(7)
        later = engine(contracts.store, Rogue(Evolved(None)))
        later.fire(ref, "cancel", {"reason": "x"}, actor=SALES)
        later.fire(ref, "terminate", {"reason": "x"}, actor=SALES).require()


def test_messages_of_a_policy_follow_those_of_the_row() -> None:
    """Each has an ordinal of its own; ENSURE creates what is missing and fires what is there."""
    sent = (Outgoing("contract", "create", DRAFT), Outgoing("x", "y", {}, "1", MessageKind.ENSURE))
    with engine("memory:", Rogue(Evolved(None, messages=sent))) as contracts:
        ref = contracts.create("contract", DRAFT, actor=SALES).require().entity
        signed = contracts.fire(ref, "sign", actor=SALES).require()
        assert [(one.ordinal, one.machine, one.kind.value) for one in signed.messages] == [
            (0, "contract", "create"),
            (1, "x", "ensure"),
        ]
        assert contracts.get(("contract", signed.messages[0].id)).state == "draft"
        assert [row.target.id for row in contracts.outbox()] == ["1"]


class Scamp(Rogue):
    """Another of them."""


def test_messages_of_policies_follow_each_other() -> None:
    """What one sends comes behind what the one before it sent."""
    first = Rogue(
        Evolved(None, messages=(Outgoing("x", "y", {}, "1"), Outgoing("x", "y", {}, "2")))
    )
    second = Scamp(Evolved(None, messages=(Outgoing("x", "y", {}, "3"),)), name="scamp")
    with engine("memory:", first, second) as contracts:
        ref = contracts.create("contract", DRAFT, actor=SALES).require().entity
        signed = contracts.fire(ref, "sign", actor=SALES).require()
        told = [(one.ordinal, one.id) for one in signed.messages]
        assert told == [(0, "1"), (1, "2"), (2, "3")]


@pytest.mark.parametrize(
    ("reserved", "why"),
    [
        ({"agree": None}, "does not begin with '$'"),
        ({"$adopt": None}, "is 'crmflow''s already"),
        ({"$deaf": None}, "is never answered"),
    ],
)
def test_reserved_events_are_checked(reserved: Mapping[str, type | None], why: str) -> None:
    """A policy's own events have their mark, one owner and an answer."""
    with pytest.raises(PluginDefinitionError) as told:
        engine("memory:", Rogue(None, reserved=reserved))
    assert why in str(told.value)


def test_two_policies_of_one_name_are_refused() -> None:
    """Each plugin is named."""
    with pytest.raises(PluginDefinitionError) as told:
        engine("memory:", WitnessPlugin(), Rogue(None, name=NAME))
    assert "policy 'witness' of 'contract'" in str(told.value)


class Broken(Rogue):
    """A policy that cannot be bound."""

    def evolve_for(self, event: str) -> Evolve | None:
        """Fail."""
        raise KeyError(event)


def test_a_policy_that_cannot_be_bound_is_named() -> None:
    """When the engine starts, with its hook."""
    with pytest.raises(PolicyFailedError) as told:
        engine("memory:", Broken(None))
    assert told.value.hook == "policies_for"


class Extending:
    """Adds a row to contracts: they can be extended once signed, unless something waits."""

    @hookimpl
    def rows_for(self, machine: Machine) -> Extension | None:
        """Bring the rows."""
        if machine.name != "contract":
            return None
        return Extension(
            (
                Row("draft", "ponder", while_held="block"),
                Row("draft", "reset", while_held="void"),
                Row(("draft", "signed"), "jump", "executing", form=Why, while_held="allow"),
            )
        )


def test_rows_of_plugins_are_rows_of_the_machine() -> None:
    """They are checked and run like its own, and its version tells them apart (INT-005)."""
    with engine("memory:", Extending(), WitnessPlugin()) as contracts:
        ref = held(contracts)
        assert contracts.registry.machine("contract").basis.machine.startswith("contract 1+")
        refused = contracts.fire(ref, "ponder", actor=SALES)
        assert refused.refusal is not None
        assert (refused.refusal.because, refused.refusal.detail) == (Because.HELD, "sign")
        contracts.fire(ref, "jump", {"reason": "haste"}, actor=SALES).require()
        assert [hold.event for hold in contracts.get(ref).holds] == ["sign"]
        ref = held(contracts, "K-2")
        contracts.fire(ref, "reset", actor=SALES).require()
        assert contracts.get(ref).holds == ()


class Voting:
    """Judges: the first of two signatures counts as a vote."""

    @hookimpl
    def judge_for(self, machine: Machine, event: str) -> Judge | None:
        """Judge signatures."""
        return self._judge if event == "sign" else None

    @staticmethod
    def _judge(before: Snapshot[Any], _proposal: Proposal) -> Verdict | None:
        return Verdict("voting", Answer.VOTE, "one_more") if before.version == 1 else None


def test_a_vote_is_journaled_and_moves_nothing() -> None:
    """The event that completes the votes is applied."""
    with engine("memory:", Voting()) as contracts:
        ref = contracts.create("contract", DRAFT, actor=SALES).require().entity
        vote = contracts.fire(ref, "sign", actor=SALES).require()
        assert vote.record is not None
        assert (vote.record.entry, vote.snapshot.state) == (Entry.VOTE, "draft")
        assert [verdict.reason for verdict in vote.verdicts] == ["one_more"]
        assert contracts.fire(ref, "sign", actor=BOSS).require().snapshot.state == "signed"


PLUGINS = (WitnessPlugin, Voting, Extending, Other)


@functools.cache
def journaled(*plugins: type) -> tuple[bytes, ...]:
    """Return the records of a contract's signing under these plugins."""
    with engine("memory:", *(plugin() for plugin in plugins)) as contracts:
        ref = held(contracts)
        contracts.fire(ref, "$agree", {"words": "fine"}, actor=BOSS).require()
        return tuple(row.body for row in contracts.store.journal(ref))


@given(st.permutations(PLUGINS))
def test_the_order_of_plugins_does_not_show(order: Sequence[type]) -> None:
    """However plugins are given, the journal's bytes are the same."""
    assert journaled(*order) == journaled(*PLUGINS)


def test_the_wait_for_a_held_event_is_explained(contracts: Engine) -> None:
    """Asking says that it would wait, then what is awaited, with row, rules and who could."""
    ref = contracts.create("contract", DRAFT, actor=SALES).require().entity
    before = contracts.explain(ref, "sign", actor=SALES)
    assert before.answer is OptionAnswer.HELD
    assert "witness four_eyes: holds: needs witness (CON-011)" in str(before)
    (option,) = [one for one in contracts.options(ref, actor=SALES) if one.event == "sign"]
    assert (option.answer, option.reasons) == (OptionAnswer.HELD, ("needs_witness",))
    contracts.fire(ref, "sign", actor=SALES).require()
    assert "witness awaited [four_eyes] (CON-011)" in str(
        contracts.explain(ref, "cancel", actor=SALES)
    )
    refused = contracts.explain(ref, "$agree", {"words": "me"}, actor=SALES, lang="zh")
    assert "拒绝:" in str(refused)
    assert "anybody else" in str(refused)


def test_a_policy_that_cannot_explain_is_named() -> None:
    """An explanation never hides that a plugin failed."""

    class Mute(Rogue):
        def explain(self, state: object, snapshot: Snapshot[Any]) -> Sequence[Line]:
            raise KeyError(snapshot.state)

    with engine("memory:", Mute(Evolved(Witnessed(1)))) as contracts:
        ref = contracts.create("contract", DRAFT, actor=SALES).require().entity
        contracts.explain(ref, "cancel", actor=SALES)
        contracts.fire(ref, "sign", actor=SALES).require()
        with pytest.raises(PolicyFailedError) as told:
            contracts.explain(ref, "cancel", actor=SALES)
        assert told.value.plugin == "rogue"


def test_verdicts_without_reasons_are_told() -> None:
    """A policy that only says no is named all the same."""

    class No:
        """Refuses signatures."""

        @hookimpl
        def judge_for(self, machine: Machine, event: str) -> Judge | None:
            """Refuse."""
            return (lambda _b, _p: Verdict("no", Answer.REFUSE)) if event == "sign" else None

    with engine("memory:", No()) as contracts:
        ref = contracts.create("contract", DRAFT, actor=SALES).require().entity
        assert "  no: refuses:\n" in str(contracts.explain(ref, "sign", actor=SALES))


@pytest.mark.parametrize(
    ("brought", "why"),
    [
        ({"post": 7}, "handler 'post' is no function but 7"),
        ({"lead": print}, "'lead' exists already, brought by 'crmflow, as a machine'"),
    ],
)
def test_handlers_are_checked(brought: Mapping[str, object], why: str) -> None:
    """They are functions, and their names are nobody else's."""

    class Post:
        """Brings handlers."""

        @hookimpl
        def handlers(self, tables: Tables) -> Mapping[str, object]:
            """Bring them."""
            return brought

    with pytest.raises(PluginDefinitionError) as told:
        engine("memory:", Post())
    assert why in told.value.faults


def test_a_handler_of_a_taken_name_is_refused() -> None:
    """Both plugins are named."""

    class One:
        """Brings a handler."""

        @hookimpl
        def handlers(self) -> Mapping[str, object]:
            """Bring it."""
            return {"post": print}

    class Two(One):
        """Brings it again."""

    with pytest.raises(PluginDefinitionError, match="Two") as told:
        engine("memory:", One(), Two())
    assert "'post' exists already, brought by" in told.value.faults[0]


def test_what_became_of_a_hold_is_found_behind_a_long_history(contracts: Engine) -> None:
    """However many events came between."""
    ref = held(contracts)
    for _ in range(PAGE + 1):
        contracts.fire(ref, "$wave_through", {"events": []}, actor=SALES).require()
    assert contracts.fire(ref, "sign", actor=SALES, key="sign").held
    contracts.fire(ref, "$agree", {"words": "fine"}, actor=BOSS).require()
    again = contracts.fire(ref, "sign", actor=SALES, key="sign")
    assert (again.repeated, again.snapshot.state) == (True, "signed")


def test_nobody_is_known_without_a_directory() -> None:
    """A policy that asks for people is told that there are none, and the journal says so."""
    assert NOBODY.person("sales-1") is None
    assert (NOBODY.holders("salesperson"), NOBODY.members("sales")) == ((), ())
    consulted = Consulted(None, AT)
    assert consulted.person("sales-1") is None
    assert (consulted.holders("salesperson"), consulted.members("sales")) == ((), ())
    assert consulted.answers == {
        "person sales-1": None, "holders salesperson": None, "members sales": None,
    }  # fmt: skip


def test_every_verdict_is_explained_those_that_allow_too() -> None:
    """Row by row, whoever refuses."""

    class Pair:
        """Two judges of one event."""

        @hookimpl
        def judge_for(self, machine: Machine, event: str) -> Judge | None:
            """Allow with a reason."""
            allow = Verdict("pair", Answer.ALLOW, "is_usual", "everybody", "1")
            return (lambda _b, _p: allow) if event in ("sign", "cancel") else None

    class Never:
        """Refuses."""

        @hookimpl
        def judge_for(self, machine: Machine, event: str) -> Judge | None:
            """Refuse."""
            return (lambda _b, _p: Verdict("x", Answer.REFUSE, "n")) if event == "sign" else None

    with engine("memory:", Pair(), Never()) as contracts:
        ref = contracts.create("contract", DRAFT, actor=SALES).require().entity
        refused = contracts.explain(ref, "sign", actor=SALES)
        assert [one.policy for one in refused.verdicts] == ["pair", "x"]
        assert "pair everybody 1: allows is usual" in str(refused)
        assert "x: refuses: n" in str(refused)
        allowed = contracts.explain(ref, "cancel", {"reason": "x"}, actor=SALES)
        assert "pair everybody 1: allows is usual" in str(allowed)
        done = contracts.explain(ref, "start", actor=SALES)
        assert done.verdicts == ()
