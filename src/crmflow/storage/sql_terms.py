"""The statements that search terms, compiled once per dialect and number of terms."""

from __future__ import annotations

from functools import cache

from sqlalchemy import bindparam, exists, func, select, union_all

from crmflow.storage.sql_parts import compiled, limited
from crmflow.storage.tables import ENTITY, TERM


@cache
def find_terms(dialect: str, count: int, *, state: bool) -> str:
    """
    Return the statement that finds a page of entities with all of some terms.

    It takes tenant, machine, field, term, the id seen last; field and term of each further
    term; the state, where it asks for one; and the limit.

    Args:
        dialect: A name of `DIALECTS`.
        count: How many terms.
        state: Whether entities in one state only are asked for.
    """
    first = TERM.alias("first")
    own = [ENTITY.c[name] == first.c[name] for name in ("tenant", "machine", "id")]
    names = ("tenant", "machine", "field", "term")
    found = (
        select(*list(ENTITY.c)[2:])
        .select_from(first)
        .join(ENTITY, own[0] & own[1] & own[2])
        .where(
            *(first.c[name] == bindparam(f"its_{name}") for name in names),
            first.c.id > bindparam("after"),
        )
    )
    for number in range(1, count):
        also = TERM.alias(f"also_{number}")
        found = found.where(
            exists().where(
                *(also.c[name] == first.c[name] for name in ("tenant", "machine", "id")),
                *(also.c[name] == bindparam(f"{name}_{number}") for name in ("field", "term")),
            )
        )
    if state:
        found = found.where(ENTITY.c.state == bindparam("its_state"))
    return compiled(dialect, limited(found, first.c.id))


@cache
def alike_terms(dialect: str, count: int) -> str:
    """
    Return the statement that counts the shared terms of entities, those with most in front.

    It takes tenant, machine, field and term for each term, and the limit.
    """
    # One search per term: of a list of pairs SQLite would search all terms of the machine.
    searches = [
        select(TERM.c.id).where(
            *(
                TERM.c[name] == bindparam(f"{name}_{number}")
                for name in ("tenant", "machine", "field", "term")
            )
        )
        for number in range(count)
    ]
    having = union_all(*searches).subquery()
    shared = func.count().label("shared")
    found = select(having.c.id, shared).group_by(having.c.id)
    return compiled(dialect, limited(found, shared.desc(), having.c.id))
