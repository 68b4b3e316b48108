"""Access through an engine: events, requests, adoption, the log."""

from __future__ import annotations

import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.journal import Entry, fold, unborn
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting
from crmflow.policies.access import Reading
from tests.policies.files import (
    AT,
    CHIEF,
    DAY,
    FILE,
    GUEST,
    OTHER,
    OWNER,
    ROWS,
    SERVICE,
    engine,
)

BOSS = Actor("bea", {"service_manager"})
PAPERS = {"name": "Anna Bell", "phone": "13800138000", "owner": "olga", "credit": "5000 CNY"}


def read(crm: Engine, file: EntityRef, actor: Actor, purpose: str = "") -> Reading:
    """Read a file as it is stored now."""
    return crm.read(file, actor=actor, purpose=purpose)


def opened(crm: Engine) -> EntityRef:
    """Return a file that its owner has opened."""
    return crm.create("file", PAPERS, actor=OWNER).require().entity


def test_events_need_a_right() -> None:
    """Who has no right to an event is refused with the roles that have one."""
    crm = engine()
    file = opened(crm)
    refused = crm.fire(file, "edit", PAPERS, actor=GUEST)
    (verdict,) = refused.verdicts
    assert (verdict.policy, verdict.reason) == ("access", "no_right")
    assert verdict.roles == ("marketing_manager", "salesperson")
    assert crm.fire(file, "edit", PAPERS, actor=OTHER).accepted
    assert not crm.fire(file, "archive", actor=OTHER).accepted
    assert crm.fire(file, "archive", actor=OWNER).accepted


def test_a_limit_binds_whoever_has_a_right() -> None:
    """A limit refuses those it does not name, whatever rights they have (ACC-003)."""
    crm = engine()
    file = opened(crm)
    crm.fire(file, "edit", {**PAPERS, "file_class": "A"}, actor=OWNER).require()
    refused = crm.fire(file, "edit", PAPERS, actor=OTHER)
    (verdict,) = refused.verdicts
    assert (verdict.reason, verdict.row, verdict.rules) == ("limited", "class_a", ("ACC-003",))
    assert crm.fire(file, "edit", PAPERS, actor=CHIEF).accepted


def test_administrators_and_adopted_files_obey_too() -> None:
    """An administrator has no right of their own, and what they adopt is read by the rows."""
    crm = engine()
    root = Actor("root", {"administrator"})
    assert not crm.create("file", PAPERS, actor=root).accepted
    adopting = Adopting(("file", "F-9"), "open", PAPERS, reason="from the old system")
    file = crm.adopt(adopting, actor=root).require().entity
    assert not read(crm, file, root).allowed
    assert not crm.fire(file, "archive", actor=root).accepted
    assert read(crm, file, OWNER).facts["phone"] == "13800138000"


def test_a_request_is_asked_granted_and_over() -> None:
    """Somebody outside asks with a purpose and an end, is granted, and reads until then."""
    clock = ManualClock(AT)
    crm = engine(clock=clock)
    file = opened(crm)
    assert not read(crm, file, GUEST).allowed
    asking = {"row": "other_departments", "purpose": "an order", "until_at": AT + 10 * DAY}
    asked = crm.fire(file, "$request_access", asking, actor=GUEST).require()
    assert asked.record is not None
    assert asked.record.entry is Entry.POLICY
    (task,) = crm.get(file).tasks
    assert (task.name, task.role) == ("approve_access:r2", "customer_service")
    assert not read(crm, file, GUEST).allowed
    crm.fire(file, "$grant_access", {"request": "r2"}, actor=SERVICE).require()
    assert crm.get(file).tasks == ()
    seen = read(crm, file, GUEST, "the order of May")
    assert dict(seen.facts) == {"name": "Anna Bell", "phone": "***8000"}
    assert (seen.grant, seen.masked) == ("r2", ("phone",))
    clock.advance(10 * DAY)
    assert not read(crm, file, GUEST).allowed


def test_stored_equals_folded() -> None:
    """Folding the journal gives the stored file with its requests."""
    crm = engine()
    file = opened(crm)
    asking = {"row": "sensitive", "purpose": "a dispute", "until_at": AT + DAY}
    crm.fire(file, "$request_access", asking, actor=GUEST).require()
    crm.fire(file, "$grant_access", {"request": "r2"}, actor=BOSS).require()
    stored = crm.get(file)
    assert fold(crm.journal(file), FILE.facts, unborn(file, AT)) == stored
    assert stored.policy("access").requests[0].granted_by == "bea"


def test_reads_are_noted_in_a_log_of_their_own() -> None:
    """The log of a file counts its reads; each is in its journal, the refused ones too."""
    crm = engine({**ROWS, "access_journals": [{"name": "all"}]})
    file = opened(crm)
    assert not read(crm, file, GUEST, "curious").allowed
    asking = {"row": "other_departments", "purpose": "an order", "until_at": AT + DAY}
    crm.fire(file, "$request_access", asking, actor=GUEST).require()
    crm.fire(file, "$grant_access", {"request": "r2"}, actor=SERVICE).require()
    log = crm.registry.ref("access_log", read(crm, file, GUEST, "an order").log)
    facts = crm.get(log).facts
    assert (facts.machine, facts.entity, facts.reads, facts.denials) == ("file", file.id, 1, 1)
    assert (facts.last_reader, facts.last_at, facts.last_granted) == ("gus", AT, True)
    first, second = [record.event.form for record in crm.journal(log)]
    assert (first.reader, first.purpose, first.granted) == ("gus", "curious", False)
    assert (first.fields, first.reasons) == ((), ("no_right",))
    assert (second.purpose, second.grant, second.fields) == ("an order", "r2", ("name", "phone"))
    assert "Anna Bell" not in repr(second)


def test_reads_that_need_no_note_leave_no_log() -> None:
    """An owner's read of a file that is not confidential is noted nowhere."""
    crm = engine()
    file = opened(crm)
    assert read(crm, file, OWNER).allowed
    assert list(crm.find("access_log")) == []


@pytest.mark.parametrize("actor", [GUEST, CHIEF, Actor("root", {"administrator"})])
def test_nobody_else_writes_the_log(actor: Actor) -> None:
    """Only the engine itself notes reads."""
    note = {"machine": "file", "entity": "F-1", "reader": "gus", "purpose": "", "granted": True}
    assert not engine().create("access_log", note, actor=actor).accepted


def test_machines_without_rows_are_left_alone() -> None:
    """Without a row about a machine everybody may fire its events, and nobody may read."""
    crm = engine({})
    file = crm.create("file", PAPERS, actor=GUEST).require().entity
    assert crm.fire(file, "archive", actor=GUEST).accepted
    assert not read(crm, file, GUEST).allowed
    assert not read(crm, file, CHIEF).allowed


def test_timers_and_messages_need_no_right() -> None:
    """What the system fires was judged when it was caused; a role of that name is no system."""
    crm = engine()
    file = opened(crm)
    assert not crm.fire(file, "archive", actor=Actor("system", {"system"})).accepted
    assert crm.fire(file, "archive", actor=SYSTEM).accepted
