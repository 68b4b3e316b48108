"""
The statements of every SQL store, compiled once per dialect.

Executing them through Core costs more than half the speed, so an adapter runs
the compiled strings on the driver's own connection, with positional parameters
in the order that `orders` tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import attrs
from sqlalchemy import (
    ColumnElement,
    Executable,
    Exists,
    Select,
    String,
    Table,
    Update,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from crmflow.storage.sql_beyond import Beyond
from crmflow.storage.sql_rows import MESSAGE_KEY
from crmflow.storage.sql_upserts import add, put, take_claim
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

DIALECTS: Mapping[str, Callable[[], Dialect]] = {
    "sqlite": lambda: sqlite.dialect(paramstyle="qmark"),
    "postgresql": lambda: postgresql.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]
    # By name, because what a page starts behind is named twice there: see `sql_beyond`.
    "mysql": lambda: mysql.dialect(paramstyle="pyformat"),
}
"""How the dialect of each driver is made."""

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


def compiled(dialect: str, statement: Executable) -> str:
    """Return one statement in a dialect's own SQL; those of `statements` are compiled already."""
    target = DIALECTS[dialect]()
    return str(target.statement_compiler(target, statement))  # type: ignore[arg-type]


def _compiled(dialect: str) -> dict[str, SQLCompiler]:
    target = DIALECTS[dialect]()
    writes = _writes(dialect) | _settling() | _leasing() | _policies(dialect)
    declared = writes | _keeping(dialect) | _reads() | _pages() | _finds()
    return {name: target.statement_compiler(target, one) for name, one in declared.items()}  # type: ignore[arg-type]


def _writes(dialect: str) -> dict[str, Executable]:
    holder = _is(CLAIM, "tenant", "scope", "value", "machine", "id")
    return {
        "create": insert(ENTITY),
        "move": _set(update(ENTITY).where(*_own(ENTITY, "version")), *_MOVING),
        "append": insert(JOURNAL),
        "add_key": insert(KEY),
        "set_timer": put(dialect, TIMER),
        "drop_timer": delete(TIMER).where(*_own(TIMER, "name")),
        "set_task": put(dialect, TASK),
        "drop_task": delete(TASK).where(*_own(TASK, "name")),
        "take_claim": take_claim(dialect),
        "free_claim": delete(CLAIM).where(*holder),
        "add_term": add(dialect, TERM),
        "drop_term": delete(TERM).where(*_own_term()),
        "unindex": delete(TERM).where(*_is(TERM, "tenant", "machine")),
        "set_secret": put(dialect, SECRET),
        "send": insert(MESSAGE),
        "keep": insert(CHECKPOINT),
    }


def _settling() -> dict[str, Executable]:
    # Whose lease ran out and went to another has nothing to say any more.
    one = _is(MESSAGE, "tenant", *MESSAGE_KEY, "not_before")
    return {
        "settle": delete(MESSAGE).where(*one),
        "mark": _set(update(MESSAGE).where(*one), *_MARKING),
    }


def _leasing() -> dict[str, Executable]:
    """Return what reads rows to lease, locked where the database has locks, and leases them."""
    timers = (
        *_is(TIMER, "tenant"),
        TIMER.c.due_at >= bindparam("after"),
        TIMER.c.due_at <= bindparam("until"),
        TIMER.c.leased_until <= bindparam("now"),
        _among(TIMER.c.machine, "machines"),
    )
    due = _limited(_columns(TIMER, *_TIMER), *(TIMER.c[name] for name in _DUE)).where(*timers)
    waiting = _page(MESSAGE, *MESSAGE_KEY).where(
        *_is(MESSAGE, "status"),
        MESSAGE.c.not_before <= bindparam("now"),
        _among(MESSAGE.c.target_machine, "targets"),
        ~_earlier(),
    )
    message = _is(MESSAGE, "tenant", *MESSAGE_KEY)
    return {
        "due_unleased": due.with_for_update(skip_locked=True),
        "lease_timer": _set(update(TIMER).where(*_own(TIMER, "name")), "leased_until"),
        "first_waiting": waiting.with_for_update(skip_locked=True),
        "lease_message": _set(update(MESSAGE).where(*message), "not_before"),
    }


def _among(column: ColumnElement[str], names: str) -> ColumnElement[bool]:
    # One parameter, so that the statement is the same for any number of names.
    some = literal_column("'% '", String) + column + literal_column("' %'", String)
    return bindparam(names, type_=String).like(some)


def _earlier() -> Exists:
    """Return whether there is an earlier message of the same pair."""
    one = MESSAGE.alias("earlier")
    same = ("tenant", "machine", "id", "target_tenant", "target_machine", "target_id")
    place = tuple_(one.c.version, one.c.ordinal) < tuple_(MESSAGE.c.version, MESSAGE.c.ordinal)
    return exists().where(*(one.c[name] == MESSAGE.c[name] for name in same), place)


def _policies(dialect: str) -> dict[str, Executable]:
    return {
        "enrolled": _columns(POLICY, "machine", "name")
        .where(*_is(POLICY, "tenant"))
        .order_by(POLICY.c.machine, POLICY.c.name),
        "enroll": add(dialect, POLICY),
        "dismiss": delete(POLICY).where(*_is(POLICY, "tenant", "machine", "name")),
        "policy_set": _columns(POLICY_SET, "body").where(*_is(POLICY_SET, "tenant", "digest")),
        "keep_set": add(dialect, POLICY_SET),
    }


def _keeping(dialect: str) -> dict[str, Executable]:
    """Return what keys are wrapped anew by, and what journals are pruned by."""
    after = _beyond(SECRET, "machine", "id")
    used = _is(KEY, "tenant", "machine", "scope", "key", "id", "version")
    return {
        "secrets": _page(SECRET, "machine", "id").where(after),
        "rewrap": _set(update(SECRET).where(*_own(SECRET, "secret")), "secret"),
        "pruned": _columns(PRUNED, *_PRUNED).where(*_own(PRUNED)),
        "put_mark": put(dialect, PRUNED),
        "drop_marked": delete(JOURNAL).where(*_own(JOURNAL, "version", "hash")),
        "drop_records": delete(JOURNAL).where(*_own(JOURNAL), _up_to(JOURNAL)),
        "drop_checkpoints": delete(CHECKPOINT).where(*_own(CHECKPOINT), _up_to(CHECKPOINT)),
        "drop_key": delete(KEY).where(*used),
    }


def _up_to(table: Table) -> ColumnElement[bool]:
    return table.c.version <= bindparam("its_version")


def _reads() -> dict[str, Executable]:
    latest = CHECKPOINT.c.at <= bindparam("until")
    return {
        "load": _columns(ENTITY, *_MOVING).where(*_own(ENTITY)),
        "keyed": _columns(KEY, "id", "version").where(
            *_is(KEY, "tenant", "machine", "scope", "key")
        ),
        "secret": _columns(SECRET, "secret").where(*_own(SECRET)),
        "holder": _columns(CLAIM, "machine", "id").where(*_is(CLAIM, "tenant", "scope", "value")),
        "journal": _limited(_all(JOURNAL, skip=3), JOURNAL.c.version).where(
            *_own(JOURNAL), _beyond(JOURNAL, "version")
        ),
        "checkpoint": _limited(
            _columns(CHECKPOINT, "version", "at", "snapshot"),
            CHECKPOINT.c.at.desc(),
            CHECKPOINT.c.version.desc(),
        ).where(*_own(CHECKPOINT), latest),
        "counts": select(ENTITY.c.machine, ENTITY.c.state, func.count())
        .where(*_is(ENTITY, "tenant"))
        .group_by(ENTITY.c.state, ENTITY.c.machine),
    }


def _pages() -> dict[str, Executable]:
    timers = _limited(_columns(TIMER, *_TIMER), *(TIMER.c[name] for name in _DUE))
    tasks = _page(TASK, *_DUE)
    later = _beyond(TASK, *_DUE)
    outbox = _page(MESSAGE, *MESSAGE_KEY)
    of_source = _page(MESSAGE, "version", "ordinal")
    after = _beyond(MESSAGE, *MESSAGE_KEY)
    status = _is(MESSAGE, "status")
    source = (*_is(MESSAGE, "machine", "id"), _beyond(MESSAGE, "version", "ordinal"))
    return {
        "due": timers.where(*_is(TIMER, "tenant"), TIMER.c.due_at <= bindparam("until")),
        "tasks": tasks.where(later),
        "tasks_of": tasks.where(*_is(TASK, "role"), later),
        "outbox": outbox.where(after),
        "outbox_status": outbox.where(*status, after),
        "outbox_source": of_source.where(*source),
        "outbox_both": of_source.where(*status, *source),
    }


def _finds() -> dict[str, Executable]:
    find = _page(ENTITY, "machine", "id")
    # What is asked for is not ordered by as well: MySQL would sort all that lies behind.
    of_machine = _page(ENTITY, "id")
    after = _beyond(ENTITY, "machine", "id")
    machine = (*_is(ENTITY, "machine"), _beyond(ENTITY, "id"))
    state = _is(ENTITY, "state")
    listed = ("term", "id")
    some = _columns(TERM, "id").where(*_is(TERM, "tenant", "machine", "field", "term"))
    return {
        "find": find.where(after),
        "find_machine": of_machine.where(*machine),
        "find_state": find.where(*state, after),
        "find_both": of_machine.where(*state, *machine),
        "terms": _limited(_columns(TERM, *listed), *(TERM.c[name] for name in listed)).where(
            *_is(TERM, "tenant", "machine", "field"),
            TERM.c.term < bindparam("until"),
            _beyond(TERM, *listed),
        ),
        "some_terms": select(func.count()).select_from(_limited(some).subquery("some")),
    }


def _columns(table: Table, *names: str) -> Select[Any]:
    return select(*(table.c[name] for name in names))


def _all(table: Table, *, skip: int = 1) -> Select[Any]:
    return select(*list(table.c)[skip:])


def _page(table: Table, *order: str) -> Select[Any]:
    """Return all but the tenant, of one tenant, in order."""
    rows = _all(table).where(*_is(table, "tenant"))
    return _limited(rows, *(table.c[name] for name in order))


def _limited(rows: Select[Any], *order: ColumnElement[Any]) -> Select[Any]:
    # A literal offset, because SQLite's dialect would bind a parameter of its own.
    return rows.order_by(*order).limit(bindparam("limit")).offset(literal_column("0"))


def _is(table: Table, *names: str) -> list[ColumnElement[bool]]:
    # A parameter may not be called like a column that the statement sets.
    return [table.c[name] == bindparam(f"its_{name}") for name in names]


def _own(table: Table, *names: str) -> list[ColumnElement[bool]]:
    return _is(table, "tenant", "machine", "id", *names)


def _beyond(table: Table, *names: str) -> ColumnElement[bool]:
    columns = [table.c[name] for name in names]
    last = [bindparam(f"after_{one.name}", type_=one.type) for one in columns]
    return columns[0] > last[0] if len(columns) == 1 else Beyond(columns, last)


def _own_term() -> list[ColumnElement[bool]]:
    return _is(TERM, "tenant", "machine", "field", "term", "id")


def _set(statement: Update, *names: str) -> Update:
    return statement.values({name: bindparam(name) for name in names})
