"""
The statements of every SQL store, compiled once per dialect.

Executing them through Core costs more than half the speed, so an adapter runs
the compiled strings on the driver's own connection, with positional parameters
in the order that `orders` tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import attrs
from sqlalchemy import (
    ColumnElement,
    Executable,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql.compiler import SQLCompiler

from crmflow.storage.sql_parts import (
    DIALECTS,
    beyond,
    columns,
    limited,
    matching,
    own,
    page,
    rest,
    setting,
)
from crmflow.storage.sql_rows import MESSAGE_KEY
from crmflow.storage.sql_upserts import add, put, take_claim
from crmflow.storage.sql_waiting import among, first_waiting
from crmflow.storage.tables import (
    CHECKPOINT,
    CLAIM,
    ENTITY,
    JOURNAL,
    KEY,
    MESSAGE,
    POLICY,
    POLICY_SET,
    PRUNED,
    SECRET,
    TASK,
    TERM,
    TIMER,
)

_MOVING = ("version", "state", "at", "snapshot", "head")
_MARKING = ("status", "detail", "attempts", "not_before")
_TIMER = ("machine", "id", "name", "due_at", "generation")
_PRUNED = ("version", "at", "hash", "snapshot", "signature")
_DUE = ("due_at", "machine", "id", "name")


@attrs.frozen
class Statements:
    """The driver's SQL of each statement, by what it does."""

    load: str
    create: str
    move: str
    append: str
    add_key: str
    set_timer: str
    drop_timer: str
    set_task: str
    drop_task: str
    take_claim: str
    free_claim: str
    add_term: str
    drop_term: str
    unindex: str
    set_secret: str
    secret: str
    send: str
    keep: str
    keyed: str
    holder: str
    journal: str
    checkpoint: str
    due: str
    tasks: str
    tasks_of: str
    outbox: str
    outbox_status: str
    outbox_source: str
    outbox_both: str
    settle: str
    mark: str
    due_unleased: str
    lease_timer: str
    first_waiting: str
    lease_message: str
    find: str
    find_machine: str
    find_state: str
    find_both: str
    terms: str
    some_terms: str
    counts: str
    enrolled: str
    enroll: str
    dismiss: str
    policy_set: str
    keep_set: str
    secrets: str
    rewrap: str
    pruned: str
    put_mark: str
    drop_marked: str
    drop_records: str
    drop_checkpoints: str
    drop_key: str


@cache
def statements(dialect: str) -> Statements:
    """
    Return the statements in a dialect's own SQL, compiled at the first call.

    Args:
        dialect: A name of `DIALECTS`.
    """
    return Statements(**{name: str(one) for name, one in _compiled(dialect).items()})


def orders(dialect: str) -> Mapping[str, tuple[str, ...]]:
    """
    Return in which order each statement takes its parameters.

    Args:
        dialect: A name of `DIALECTS`.
    """
    return {name: tuple(one.positiontup or ()) for name, one in _compiled(dialect).items()}


def _compiled(dialect: str) -> dict[str, SQLCompiler]:
    target = DIALECTS[dialect]()
    writes = _writes(dialect) | _settling() | _leasing() | _policies(dialect)
    declared = writes | _keeping(dialect) | _reads() | _pages() | _finds()
    return {name: target.statement_compiler(target, one) for name, one in declared.items()}  # type: ignore[arg-type]


def _writes(dialect: str) -> dict[str, Executable]:
    holder = matching(CLAIM, "tenant", "scope", "value", "machine", "id")
    term = matching(TERM, "tenant", "machine", "field", "term", "id")
    return {
        "create": insert(ENTITY),
        "move": setting(update(ENTITY).where(*own(ENTITY, "version")), *_MOVING),
        "append": insert(JOURNAL),
        "add_key": insert(KEY),
        "set_timer": put(dialect, TIMER),
        "drop_timer": delete(TIMER).where(*own(TIMER, "name")),
        "set_task": put(dialect, TASK),
        "drop_task": delete(TASK).where(*own(TASK, "name")),
        "take_claim": take_claim(dialect),
        "free_claim": delete(CLAIM).where(*holder),
        "add_term": add(dialect, TERM),
        "drop_term": delete(TERM).where(*term),
        "unindex": delete(TERM).where(*matching(TERM, "tenant", "machine")),
        "set_secret": put(dialect, SECRET),
        "send": insert(MESSAGE),
        "keep": insert(CHECKPOINT),
    }


def _settling() -> dict[str, Executable]:
    # Whose lease ran out and went to another has nothing to say any more.
    one = matching(MESSAGE, "tenant", *MESSAGE_KEY, "not_before")
    return {
        "settle": delete(MESSAGE).where(*one),
        "mark": setting(update(MESSAGE).where(*one), *_MARKING),
    }


def _leasing() -> dict[str, Executable]:
    """Return what reads rows to lease, locked where the database has locks, and leases them."""
    timers = (
        *matching(TIMER, "tenant"),
        TIMER.c.due_at >= bindparam("after"),
        TIMER.c.due_at <= bindparam("until"),
        TIMER.c.leased_until <= bindparam("now"),
        among(TIMER.c.machine, "machines"),
    )
    due = limited(columns(TIMER, *_TIMER), *(TIMER.c[name] for name in _DUE)).where(*timers)
    message = matching(MESSAGE, "tenant", *MESSAGE_KEY)
    return {
        "due_unleased": due.with_for_update(skip_locked=True),
        "lease_timer": setting(update(TIMER).where(*own(TIMER, "name")), "leased_until"),
        "first_waiting": first_waiting(),
        "lease_message": setting(update(MESSAGE).where(*message), "not_before"),
    }


def _policies(dialect: str) -> dict[str, Executable]:
    return {
        "enrolled": columns(POLICY, "machine", "name")
        .where(*matching(POLICY, "tenant"))
        .order_by(POLICY.c.machine, POLICY.c.name),
        "enroll": add(dialect, POLICY),
        "dismiss": delete(POLICY).where(*matching(POLICY, "tenant", "machine", "name")),
        "policy_set": columns(POLICY_SET, "body").where(*matching(POLICY_SET, "tenant", "digest")),
        "keep_set": add(dialect, POLICY_SET),
    }


def _keeping(dialect: str) -> dict[str, Executable]:
    """Return what keys are wrapped anew by, and what journals are pruned by."""
    after = beyond(SECRET, "machine", "id")
    used = matching(KEY, "tenant", "machine", "scope", "key", "id", "version")
    return {
        "secrets": page(SECRET, "machine", "id").where(after),
        "rewrap": setting(update(SECRET).where(*own(SECRET, "secret")), "secret"),
        "pruned": columns(PRUNED, *_PRUNED).where(*own(PRUNED)),
        "put_mark": put(dialect, PRUNED),
        "drop_marked": delete(JOURNAL).where(*own(JOURNAL, "version", "hash")),
        "drop_records": delete(JOURNAL).where(*own(JOURNAL), _up_to(JOURNAL)),
        "drop_checkpoints": delete(CHECKPOINT).where(*own(CHECKPOINT), _up_to(CHECKPOINT)),
        "drop_key": delete(KEY).where(*used),
    }


def _up_to(table: Table) -> ColumnElement[bool]:
    return table.c.version <= bindparam("its_version")


def _reads() -> dict[str, Executable]:
    latest = CHECKPOINT.c.at <= bindparam("until")
    return {
        "load": columns(ENTITY, *_MOVING).where(*own(ENTITY)),
        "keyed": columns(KEY, "id", "version").where(
            *matching(KEY, "tenant", "machine", "scope", "key")
        ),
        "secret": columns(SECRET, "secret").where(*own(SECRET)),
        "holder": columns(CLAIM, "machine", "id").where(
            *matching(CLAIM, "tenant", "scope", "value")
        ),
        "journal": limited(rest(JOURNAL, skip=3), JOURNAL.c.version).where(
            *own(JOURNAL), beyond(JOURNAL, "version")
        ),
        "checkpoint": limited(
            columns(CHECKPOINT, "version", "at", "snapshot"),
            CHECKPOINT.c.at.desc(),
            CHECKPOINT.c.version.desc(),
        ).where(*own(CHECKPOINT), latest),
        "counts": select(ENTITY.c.machine, ENTITY.c.state, func.count())
        .where(*matching(ENTITY, "tenant"))
        .group_by(ENTITY.c.state, ENTITY.c.machine),
    }


def _pages() -> dict[str, Executable]:
    timers = limited(columns(TIMER, *_TIMER), *(TIMER.c[name] for name in _DUE))
    tasks = page(TASK, *_DUE)
    later = beyond(TASK, *_DUE)
    outbox = page(MESSAGE, *MESSAGE_KEY)
    of_source = page(MESSAGE, "version", "ordinal")
    after = beyond(MESSAGE, *MESSAGE_KEY)
    status = matching(MESSAGE, "status")
    source = (*matching(MESSAGE, "machine", "id"), beyond(MESSAGE, "version", "ordinal"))
    return {
        "due": timers.where(*matching(TIMER, "tenant"), TIMER.c.due_at <= bindparam("until")),
        "tasks": tasks.where(later),
        "tasks_of": tasks.where(*matching(TASK, "role"), later),
        "outbox": outbox.where(after),
        "outbox_status": outbox.where(*status, after),
        "outbox_source": of_source.where(*source),
        "outbox_both": of_source.where(*status, *source),
    }


def _finds() -> dict[str, Executable]:
    find = page(ENTITY, "machine", "id")
    # What is asked for is not ordered by as well: MySQL would sort all that lies behind.
    of_machine = page(ENTITY, "id")
    after = beyond(ENTITY, "machine", "id")
    machine = (*matching(ENTITY, "machine"), beyond(ENTITY, "id"))
    state = matching(ENTITY, "state")
    listed = ("term", "id")
    some = columns(TERM, "id").where(*matching(TERM, "tenant", "machine", "field", "term"))
    return {
        "find": find.where(after),
        "find_machine": of_machine.where(*machine),
        "find_state": find.where(*state, after),
        "find_both": of_machine.where(*state, *machine),
        "terms": limited(columns(TERM, *listed), *(TERM.c[name] for name in listed)).where(
            *matching(TERM, "tenant", "machine", "field"),
            TERM.c.term < bindparam("until"),
            beyond(TERM, *listed),
        ),
        "some_terms": select(func.count()).select_from(limited(some).subquery("some")),
    }
