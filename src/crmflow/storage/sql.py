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
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from crmflow.storage.tables import (
    CHECKPOINT,
    CLAIM,
    ENTITY,
    JOURNAL,
    KEY,
    MESSAGE,
    POLICY,
    POLICY_SET,
    SECRET,
    TASK,
    TERM,
    TIMER,
)

DIALECTS: Mapping[str, Callable[[], Dialect]] = {
    "sqlite": lambda: sqlite.dialect(paramstyle="qmark"),
}
"""How the dialect of each driver is made."""

_MOVING = ("version", "state", "at", "snapshot", "head")
_MESSAGE_KEY = ("machine", "id", "version", "ordinal")


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
    find: str
    find_machine: str
    find_state: str
    find_both: str
    counts: str
    enrolled: str
    enroll: str
    dismiss: str
    policy_set: str
    keep_set: str


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
    declared = _writes() | _settling() | _policies() | _reads() | _pages() | _finds()
    return {name: target.statement_compiler(target, one) for name, one in declared.items()}  # type: ignore[arg-type]


def _writes() -> dict[str, Executable]:
    holder = _is(CLAIM, "tenant", "scope", "value", "machine", "id")
    return {
        "create": insert(ENTITY),
        "move": _set(update(ENTITY).where(*_own(ENTITY, "version")), *_MOVING),
        "append": insert(JOURNAL),
        "add_key": insert(KEY),
        "set_timer": _upsert(TIMER),
        "drop_timer": delete(TIMER).where(*_own(TIMER, "name")),
        "set_task": _upsert(TASK),
        "drop_task": delete(TASK).where(*_own(TASK, "name")),
        "take_claim": _take_claim(),
        "free_claim": delete(CLAIM).where(*holder),
        "add_term": sqlite.insert(TERM).on_conflict_do_nothing(),
        "drop_term": delete(TERM).where(*_own_term()),
        "unindex": delete(TERM).where(*_is(TERM, "tenant", "machine")),
        "set_secret": _upsert(SECRET),
        "send": insert(MESSAGE),
        "keep": insert(CHECKPOINT),
    }


def _settling() -> dict[str, Executable]:
    one = _is(MESSAGE, "tenant", *_MESSAGE_KEY)
    return {
        "settle": delete(MESSAGE).where(*one),
        "mark": _set(update(MESSAGE).where(*one), "status", "detail"),
    }


def _policies() -> dict[str, Executable]:
    return {
        "enrolled": _columns(POLICY, "machine", "name")
        .where(*_is(POLICY, "tenant"))
        .order_by(POLICY.c.machine, POLICY.c.name),
        "enroll": sqlite.insert(POLICY).on_conflict_do_nothing(),
        "dismiss": delete(POLICY).where(*_is(POLICY, "tenant", "machine", "name")),
        "policy_set": _columns(POLICY_SET, "body").where(*_is(POLICY_SET, "tenant", "digest")),
        "keep_set": sqlite.insert(POLICY_SET).on_conflict_do_nothing(),
    }


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
    timers = _page(TIMER, "due_at", "machine", "id", "name")
    tasks = _page(TASK, "due_at", "machine", "id", "name")
    outbox = _page(MESSAGE, *_MESSAGE_KEY)
    after = _beyond(MESSAGE, *_MESSAGE_KEY)
    status = _is(MESSAGE, "status")
    source = (*_is(MESSAGE, "machine", "id"), _beyond(MESSAGE, "version", "ordinal"))
    return {
        "due": timers.where(TIMER.c.due_at <= bindparam("until")),
        "tasks": tasks,
        "tasks_of": tasks.where(*_is(TASK, "role")),
        "outbox": outbox.where(after),
        "outbox_status": outbox.where(*status, after),
        "outbox_source": outbox.where(*source),
        "outbox_both": outbox.where(*status, *source),
    }


def _finds() -> dict[str, Executable]:
    find = _page(ENTITY, "machine", "id")
    after = _beyond(ENTITY, "machine", "id")
    machine = (*_is(ENTITY, "machine"), _beyond(ENTITY, "id"))
    state = _is(ENTITY, "state")
    return {
        "find": find.where(after),
        "find_machine": find.where(*machine),
        "find_state": find.where(*state, after),
        "find_both": find.where(*state, *machine),
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
    # Row values are compared, so that an index scrolls on from the last row seen.
    columns = [table.c[name] for name in names]
    last = [bindparam(f"after_{one.name}", type_=one.type) for one in columns]
    if len(columns) == 1:
        return columns[0] > last[0]
    return tuple_(*columns) > tuple_(*last)


def _own_term() -> list[ColumnElement[bool]]:
    return _is(TERM, "tenant", "machine", "field", "term", "id")


def _set(statement: Update, *names: str) -> Update:
    return statement.values({name: bindparam(name) for name in names})


def _upsert(table: Table) -> Insert:
    keys = list(table.primary_key.columns.keys())
    statement = sqlite.insert(table)
    new = {one.name: statement.excluded[one.name] for one in table.c if one.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=new)


def _take_claim() -> Insert:
    """Insert a claim; touch its row where it is the own one, and none where it is not."""
    statement = sqlite.insert(CLAIM)
    own = {name: statement.excluded[name] for name in ("machine", "id")}
    same = [CLAIM.c[name] == value for name, value in own.items()]
    return statement.on_conflict_do_update(
        index_elements=["tenant", "scope", "value"], set_=own, where=same[0] & same[1]
    )
