"""Newer definitions: a step of its own, on the next touch or in bulk, told before, or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import attrs
import pytest
from msgspec.structs import replace

from crmflow.core.definition import check
from crmflow.core.entity import Snapshot
from crmflow.core.errors import MachineDefinitionError, MigrationError
from crmflow.core.hold import Hold
from crmflow.core.journal import Entry
from crmflow.core.link import Watcher
from crmflow.core.machine import Machine
from crmflow.core.migration import Former, Migration
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.engine.engine import Engine
from crmflow.engine.migrating import Affected, Impact
from crmflow.engine.values import Adopting, Observed
from crmflow.flow.commits import snapshot_of
from crmflow.flow.migrating import drafted, migration
from crmflow.storage.memory import MemoryStore
from tests.engine.parcels import (
    ADMIN,
    AT,
    CLERK,
    FIRST,
    HOUR,
    SECOND,
    THIRD,
    Second,
    Third,
    post,
)

REF = EntityRef("main", "parcel", "P-1")


def stored(*steps: str, store: MemoryStore | None = None, id_: str = "P-1") -> MemoryStore:
    """Return a store with a parcel of version 1 that took these events."""
    store = MemoryStore() if store is None else store
    first = post(store, FIRST)
    first.create("parcel", {"sender": "Harbour Mill"}, actor=CLERK, id=id_).require()
    for step in steps:
        form = {"grams": 1250} if step == "weigh" else None
        first.fire(("parcel", id_), step, form, actor=CLERK).require()
    return store


def as_stored(engine: Engine) -> Snapshot[Any]:
    """Return the parcel as the store has it, whatever the engine's version."""
    (row,) = engine.store.load([REF])
    assert row is not None
    return snapshot_of(engine.registry.codec, row)


def but(machine: Machine, **changes: Any) -> Machine:  # noqa: ANN401 - fields of a migration
    """Return a machine whose migration from version 1 is changed."""
    first = attrs.evolve(machine.migrations[1], **changes)
    return attrs.evolve(machine, migrations={**machine.migrations, 1: first})


def test_the_next_event_comes_after_a_step_of_its_own() -> None:
    """State, facts, timers and tasks are those of the newer definition, in one commit."""
    second = post(stored("weigh", "send"), SECOND)
    decision = second.fire(REF, "hand_out", actor=CLERK, at=AT + HOUR).require()
    (step,) = decision.fired
    assert step.record is not None
    assert (step.record.entry, step.record.event.name) == (Entry.MIGRATION, "$migrate")
    assert (step.record.before, step.record.to) == ("on_way", "travelling")
    assert step.record.event.at == AT
    assert step.record.basis.machine == "parcel 2"
    assert step.snapshot.facts == Second("Harbour Mill", Decimal("1.25"))
    assert [one.entry for one in second.journal(REF)][-2:] == [Entry.MIGRATION, Entry.DECISION]


def test_a_state_with_another_name_was_not_entered_anew() -> None:
    """Since when it is there is still known."""
    store = stored()
    post(store, FIRST).fire(REF, "send", actor=CLERK, at=AT + HOUR).require()
    post(store, FIRST).fire(REF, "weigh", {"grams": 1}, actor=CLERK, at=AT + 2 * HOUR).require()
    second = post(store, SECOND)
    second.migrate("parcel")
    assert second.get(REF).entered_at == AT + HOUR


def test_timers_fire_under_the_newer_definition_at_their_own_instants() -> None:
    """What was due before anybody looked is decided by today's rows, as of then."""
    second = post(stored(), SECOND)
    fired = second.run_due(AT + 9 * HOUR).fired
    (last,) = fired
    assert [one.event.name for one in (*last.fired, last)] == ["$migrate", "nudge", "nudge"]
    assert [one.event.at for one in (*last.fired, last)] == [AT, AT + 4 * HOUR, AT + 8 * HOUR]
    assert [timer.name for timer in second.get(REF).timers] == ["nudge"]
    assert [task.name for task in second.get(REF).tasks] == ["put_on_scales"]


def test_a_timer_that_ends_is_due_no_more() -> None:
    """The step is committed alone where no timer is left to fire."""
    third = post(stored(), THIRD)
    (last,) = third.run_due(AT + 9 * HOUR).fired
    assert last.event.name == "$migrate"
    snapshot = third.get(REF)
    assert (snapshot.timers, snapshot.tasks, snapshot.state) == ((), (), "booked")
    assert third.run_due(AT + 99 * HOUR).fired == ()


def test_reading_shows_it_as_today_and_stores_nothing() -> None:
    """Its version is the stored one, by which a writer may say what was read."""
    third = post(stored("weigh"), THIRD)
    read = third.get(REF)
    assert (read.facts, read.version) == (Third("Harbour Mill", "road", Decimal("1.25")), 2)
    assert {one.event for one in third.options(REF, actor=CLERK)} == {"weigh", "send"}
    assert len(list(third.journal(REF))) == 2
    third.fire(REF, "send", actor=CLERK, version=read.version).require()


def test_what_was_is_told_as_it_was() -> None:
    """As of an instant before, facts have their names of then."""
    store = stored("weigh", "send")
    second = post(store, SECOND)
    second.fire(REF, "hand_out", actor=CLERK, at=AT + HOUR).require()
    assert second.get(REF, at=AT + HOUR).facts == Second("Harbour Mill", Decimal("1.25"))
    records = list(second.journal(REF))
    assert isinstance(records[1].facts, Former)
    assert records[1].facts == {"grams": 1250}


def test_no_migration_no_road() -> None:
    """Reading and firing are refused with what would help; nothing was changed."""
    third = post(stored(), attrs.evolve(THIRD, migrations={2: THIRD.migrations[2]}))
    with pytest.raises(MigrationError) as caught:
        third.fire(REF, "send", actor=CLERK)
    assert caught.value.faults == ("no migration leads away from version 1: declare it",)
    with pytest.raises(MigrationError):
        third.get(REF)
    due = third.run_due(AT + 9 * HOUR)
    assert [type(one) for one in due.errors] == [MigrationError]


def test_what_a_newer_release_wrote_is_left_alone() -> None:
    """An older engine that still runs refuses it."""
    store = stored()
    post(store, SECOND).migrate("parcel")
    with pytest.raises(MigrationError) as caught:
        post(store, FIRST).fire(REF, "send", actor=CLERK)
    assert (caught.value.found, caught.value.needed) == (2, 1)
    assert caught.value.faults == ("a newer release wrote it: use that one, or a later one",)


def _raises(facts: Mapping[str, object]) -> Mapping[str, object]:
    return {"sender": facts["name"]}


FAULTS: list[tuple[Mapping[str, object], str]] = [
    ({"states": {}}, "state 'on_way' is not there any more: say which takes its place"),
    ({"facts": _raises}, "the migration from version 1 raised KeyError"),
    ({"facts": lambda _: {}}, "fact 'sender' is missing"),
    (
        {"facts": lambda _: {"sender": "S", "weight": "heavy"}},
        "fact 'weight' is no Decimal",
    ),
    (
        {"events": {}, "timers": {}},
        (
            "timer 'remind' fires 'remind', which is no event any more: "
            "name the one it has become, or None"
        ),
    ),
    (
        {"tasks": {}},
        "task 'weigh' is opened by no row any more: name the one it has become, or None",
    ),
]


@pytest.mark.parametrize(("changes", "fault"), FAULTS, ids=lambda one: str(one)[:20])
def test_what_cannot_be_migrated_says_why(changes: Mapping[str, object], fault: str) -> None:
    """Names nobody mapped, facts that do not fit, and functions that raise."""
    second = post(stored("send"), but(SECOND, **changes))
    with pytest.raises(MigrationError) as caught:
        second.fire(REF, "hand_out", actor=CLERK)
    assert caught.value.faults == (fault,)


def test_facts_that_their_class_refuses_say_why() -> None:
    """A claim of the class itself is a fault like any other; what it says may tell a value."""

    def positive(_facts: object, _field: object, value: Decimal) -> None:
        if value < 1:
            raise ValueError("it weighs nothing")

    facts = attrs.make_class(
        "Weighed",
        {"sender": attrs.field(type=str), "weight": attrs.field(type=Decimal, validator=positive)},
        frozen=True,
    )
    second = post(stored(), attrs.evolve(SECOND, facts=facts))
    with pytest.raises(MigrationError) as caught:
        second.get(REF)
    assert caught.value.faults == ("Weighed refuses these facts (ValueError)",)


def test_a_held_event_that_is_gone_is_decided_first() -> None:
    """A hold cannot wait for what cannot happen any more."""
    second = post(stored(), SECOND)
    snapshot = as_stored(second)
    holds = (
        Hold("hold_back", "approvals", "why", "a", AT),
        Hold("send", "approvals", "w", "a", AT),
    )
    held = replace(snapshot, attached=replace(snapshot.attached, holds=holds))
    draft = drafted(second.registry, second.registry.machine("parcel"), held)
    assert draft.faults == ("'hold_back' is held and no event any more: decide it first",)


def test_a_dry_run_tells_what_would_happen_to_how_many() -> None:
    """By version and state, with the first example; nothing is stored."""
    store = stored("send")
    stored(store=store, id_="P-2")
    stored("send", store=store, id_="P-3")
    third = post(store, THIRD)
    told = third.migrate("parcel", dry_run=True)
    noted = Impact(1, "noted", "booked", (), ("timer remind", "task weigh"))
    on_way = Impact(1, "on_way", "travelling", (), ("timer remind", "task weigh"))
    assert told.impacts == {
        on_way: Affected(2, REF),
        noted: Affected(1, EntityRef("main", "parcel", "P-2")),
    }
    assert (told.seen, told.migrated, told.failing) == (3, 0, 0)
    assert len(list(third.journal(REF))) == 2


def test_in_bulk_all_are_brought_to_it_but_those_that_cannot() -> None:
    """Those are told; the same call again finds nothing more to do."""
    store = stored("send")
    stored(store=store, id_="P-2")
    seen: list[int] = []
    second = post(store, but(SECOND, states={}))
    done = second.migrate("parcel", progress=seen.append)
    assert (done.seen, done.migrated, done.failing, seen) == (2, 1, 1, [2])
    again = second.migrate("parcel")
    assert (again.migrated, again.failing) == (0, 1)
    mended = post(store, SECOND).migrate("parcel")
    assert (mended.migrated, mended.failing) == (1, 0)


def test_facts_that_are_lost_are_told() -> None:
    """What today's class does not have and no migration turned into something else."""
    keeping = but(SECOND, facts=lambda facts: facts)
    told = post(stored("weigh"), keeping).migrate("parcel", dry_run=True)
    assert [impact.lost for impact in told.impacts] == [("grams",)]


def test_more_than_a_page_is_migrated_page_by_page() -> None:
    """Progress is told after each."""
    store = MemoryStore()
    first = post(store, FIRST)
    for number in range(205):
        first.create("parcel", {"sender": "S"}, actor=CLERK, id=f"P-{number:03}").require()
    seen: list[int] = []
    assert post(store, SECOND).migrate("parcel", progress=seen.append).migrated == 205
    assert seen == [200, 5]


def test_a_search_finds_it_by_what_it_is_today() -> None:
    """Terms of values that a migration changes are replaced, those of others stay."""
    store = stored()
    second = post(
        store, but(SECOND, facts=lambda facts: {**SECOND.migrations[1].facts(facts), "sender": "B"})
    )
    assert [row.ref for row in second.find("parcel", where={"sender": "harbour mill"})] == [REF]
    second.migrate("parcel")
    assert list(second.find("parcel", where={"sender": "harbour mill"})) == []
    assert [row.ref for row in second.find("parcel", where={"sender": "b"})] == [REF]


def test_indexing_anew_reads_what_is_not_migrated_yet() -> None:
    """It is found by what is stored of it."""
    second = post(stored(), SECOND)
    assert dict(second.reindex())["parcel"] == 1
    assert [row.ref for row in second.find("parcel", where={"sender": "harbour mill"})] == [REF]


def test_into_a_final_state_everything_ends() -> None:
    """Timers and tasks go, as with any other way into it."""
    ends = but(SECOND, states={"on_way": "handed_out"})
    second = post(stored("send"), ends)
    second.migrate("parcel")
    snapshot = second.get(REF)
    assert (snapshot.state, snapshot.timers, snapshot.tasks) == ("handed_out", (), ())


def test_an_administrator_may_adopt_it_by_the_newer_definition() -> None:
    """Every road to an entity begins with the step, that of exceptions too."""
    second = post(stored("send"), SECOND)
    second.adopt(Adopting(REF, "noted", {}, reason="sent back"), actor=ADMIN).require()
    third = post(second.store, THIRD)
    third.observe_many([Observed(REF, "SENT", "travelling", AT, "desk", {"way": "rail"})])
    entries = [one.entry for one in third.journal(REF)]
    assert entries[2:] == [Entry.MIGRATION, Entry.ADOPTION, Entry.MIGRATION, Entry.OBSERVATION]


def test_what_keeps_its_name_stays_as_it_is() -> None:
    """So does what is a policy's own, and the tasks every machine may have."""
    second = post(stored(), SECOND)
    snapshot = as_stored(second)
    timers = (Timer("sla:due", "$sla", AT, 1), Timer("leave", "send", AT, 1))
    tasks = (
        Task("look.1", "look", "clerk", AT, policy="sla"),
        Task("complete_facts.1", "complete_facts", "administrator", AT),
    )
    kept = replace(snapshot, attached=replace(snapshot.attached, timers=timers, tasks=tasks))
    draft = drafted(second.registry, second.registry.machine("parcel"), kept)
    assert (draft.effects, draft.gone, draft.faults) == ((), (), ())


def test_watchers_are_told_of_the_newer_names() -> None:
    """Whoever mirrors an entity hears its state of today."""
    second = post(stored("send"), SECOND)
    snapshot = as_stored(second)
    seen = replace(
        snapshot, attached=replace(snapshot.attached, watchers=(Watcher(REF, "parcels"),))
    )
    step = migration(second.registry, second.registry.machine("parcel"), seen)
    assert step is not None
    (told,) = step.messages
    assert (told.state, told.payload) == ("travelling", {"sender": "Harbour Mill"})


def test_what_was_only_held_is_migrated_without_facts() -> None:
    """A creation that waits for an approval has neither facts nor a state of the machine."""
    second = post(stored(), SECOND)
    held = replace(as_stored(second), state=UNBORN, facts=None)
    step = migration(second.registry, second.registry.machine("parcel"), held)
    assert step is not None
    assert (step.snapshot.facts, step.snapshot.state) == (None, UNBORN)


def _declared(version: int, **migrations: Migration | Callable[..., Any]) -> Machine:
    numbered = {int(name[1:]): one for name, one in migrations.items()}
    return attrs.evolve(SECOND, version=version, migrations=numbered)


@pytest.mark.parametrize(
    ("machine", "fault"),
    [
        (_declared(0), "a definition's version is 1 or later, not 0"),
        (_declared(2, v2=Migration()), "a migration leads away from version 2, which is today's"),
        (_declared(4, v1=Migration(), v3=Migration()), "migrations lead away from version 1 but"),
        (
            _declared(2, v1=Migration(states={"on_way": "gone"})),
            "the migration from version 1 leads from state 'on_way' to unknown 'gone'",
        ),
    ],
)
def test_migrations_that_lead_nowhere_are_refused_when_declared(
    machine: Machine, fault: str
) -> None:
    """Before any entity meets them."""
    with pytest.raises(MachineDefinitionError) as caught:
        check(machine)
    assert any(one.startswith(fault) for one in caught.value.faults)


def test_a_later_step_may_rename_what_an_earlier_one_named() -> None:
    """Only where a name ends up counts."""
    check(THIRD)
