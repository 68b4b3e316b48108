"""Laws of access: refused by default, more roles never see less, masks and ends hold."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.event import Event
from crmflow.core.journal import Entry
from crmflow.core.plain import plain
from crmflow.core.policy import Denied, Evolved, Occurrence
from crmflow.policies import access
from crmflow.policies.access import Access, Reading
from crmflow.policies.access.rows import MaskKind
from crmflow.policies.access.state import (
    ASK,
    GRANT,
    AccessAsked,
    AccessGranted,
    AccessState,
    Request,
)
from tests.policies.files import AT, DAY, FILE, File, Rows, snapshot, tables_of

FACTS = tuple(field.name for field in attrs.fields(File))
ROLES = ("sales", "service", "boss")
PEOPLE = ("ann", "bob", "cy")

# Values of which none is part of another, or of any name or mark.
WORDS = ["张王李赵钱孙", "周吴", "郑冯陈卫蒋沈韩杨朱秦尤许", "何吕施张孔曹严华金"]


def distinct(values: list[str]) -> File:
    """Return a file whose values have nothing in common with each other."""
    name, phone, contact = values
    return File(name, phone, "ann", ("bob",), "A", last_contact=contact)


files = st.permutations(WORDS).map(lambda found: distinct(found[:3]))
# Drawn whole: what is drawn piece by piece takes most of a test's time.
SOME_ROLES = [list(some) for n in range(4) for some in itertools.combinations(ROLES, n)]
SOME_FACTS = [list(some) for n in (1, 2, 4) for some in itertools.combinations(FACTS, n)]
roles = st.sampled_from(SOME_ROLES).map(set)
people = st.builds(Actor, st.sampled_from([*PEOPLE, "dan"]), roles)
names = st.sampled_from(SOME_FACTS)
conditions = st.sampled_from(["", "file_class == 'A'", "file_class != 'A'", "state == 'open'"])


def who() -> dict[str, st.SearchStrategy[object]]:
    """Return strategies for the columns that name people."""
    return {
        "roles": st.sampled_from(SOME_ROLES),
        "owners": st.sampled_from([[], ["owner"], ["team"], ["owner", "team"]]),
    }


def rows(**columns: st.SearchStrategy[object]) -> st.SearchStrategy[list[dict[str, object]]]:
    """Return a strategy for the rows of a table."""
    return st.lists(st.fixed_dictionaries(columns), max_size=2).map(
        lambda found: [{"name": f"row{n}", **row} for n, row in enumerate(found)]
    )


tables: st.SearchStrategy[Rows] = st.fixed_dictionaries(
    {
        "access": rows(**who(), fields=names | st.just(["*"]), when=conditions),
        "access_limits": rows(**who(), when=conditions.filter(bool)),
        "access_masks": rows(**who(), fields=names, mask=st.sampled_from([*MaskKind])),
        "access_journals": rows(when=conditions),
    }
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[Request, ...]:
    """Return requests, some of which are granted."""
    return tuple(
        Request(
            f"r{n}",
            "some",
            draw(st.sampled_from(PEOPLE)),
            "why",
            AT + draw(st.integers(-2, 2)) * DAY,
            tuple(draw(names)),
            ("boss",),
            draw(st.booleans()),
            AT - 3 * DAY,
            *draw(st.sampled_from([(None, None), ("x", AT - DAY)])),
        )
        for n in range(draw(st.integers(0, 2)))
    )


def read(
    given_rows: Rows,
    actor: Actor,
    facts: File,
    asked: tuple[Request, ...] = (),
    at: datetime = AT,
) -> Reading:
    """Read a file."""
    return Access.of(tables_of(given_rows), FILE).read(snapshot(facts, requests=asked), actor, at)


def shown(reading: Reading) -> Mapping[str, object]:
    """Return the facts that are shown as they are."""
    return {name: value for name, value in reading.facts.items() if name not in reading.masked}


@given(tables, people, files, requests())
def test_without_a_right_or_grant_nothing_is_readable(
    given_rows: Rows, actor: Actor, facts: File, asked: tuple[Request, ...]
) -> None:
    """Who has neither is shown nothing, whatever the other tables say."""
    others = tuple(one for one in asked if one.reader != actor.id)
    reading = read({**given_rows, "access": []}, actor, facts, others)
    assert (reading.allowed, reading.state, dict(reading.facts)) == (False, None, {})


@given(tables, people, roles, files, requests())
def test_more_roles_never_see_less(
    given_rows: Rows, actor: Actor, more: set[str], facts: File, asked: tuple[Request, ...]
) -> None:
    """Whoever is given further roles sees at least what they saw, as clearly."""
    less = read(given_rows, actor, facts, asked)
    both = read(given_rows, attrs.evolve(actor, roles=actor.roles | more), facts, asked)
    assert both.allowed or not less.allowed
    assert shown(less).items() <= shown(both).items()
    assert set(less.facts) <= set(both.facts)


@given(tables, people, files, requests())
def test_what_is_masked_or_withheld_is_nowhere(
    given_rows: Rows, actor: Actor, facts: File, asked: tuple[Request, ...]
) -> None:
    """No part of what is answered or noted holds a value that is not shown."""
    reading = read(given_rows, actor, facts, asked)
    answer = repr(plain(reading))
    for name in ("name", "phone", "last_contact"):
        if name not in shown(reading):
            assert getattr(facts, name) not in answer
    assert {*shown(reading), *reading.masked, *reading.withheld} >= set(reading.facts)


@given(tables, people, files, requests())
def test_every_fact_is_shown_masked_or_withheld(
    given_rows: Rows, actor: Actor, facts: File, asked: tuple[Request, ...]
) -> None:
    """An allowed read accounts for each fact; what is shown is what is known."""
    reading = read(given_rows, actor, facts, asked)
    assume(reading.allowed)
    assert sorted((*reading.facts, *reading.withheld)) == sorted(FACTS)
    for name, value in shown(reading).items():
        assert value == plain(getattr(facts, name))


@given(tables, people, files, requests())
def test_a_grant_that_is_over_equals_none(
    given_rows: Rows, actor: Actor, facts: File, asked: tuple[Request, ...]
) -> None:
    """A read after all grants have ended is the read without any."""
    later = AT + 2 * DAY
    assert read(given_rows, actor, facts, asked, later) == read(given_rows, actor, facts, (), later)


@given(tables, people, files, requests())
def test_confidential_files_are_never_read_unnoted(
    given_rows: Rows, actor: Actor, facts: File, asked: tuple[Request, ...]
) -> None:
    """Each read of a confidential file, allowed or not, brings its note; so does each grant's."""
    reading = read({**given_rows, "access_journals": [{"name": "all"}]}, actor, facts, asked)
    assert reading.note is not None
    assert reading.note.granted is reading.allowed
    assert reading.note.fields == tuple(reading.facts)
    by_grant = read(given_rows, actor, facts, asked)
    assert by_grant.grant is None or by_grant.note is not None


@given(tables, people, files, requests())
def test_limits_bind_grants_and_rights_alike(
    given_rows: Rows, actor: Actor, facts: File, asked: tuple[Request, ...]
) -> None:
    """Under a limit that names nobody there, nothing is shown (AMB-28)."""
    limit = {"name": "closed", "when": "file_class == 'A'", "roles": ["nobody"]}
    reading = read({**given_rows, "access_limits": [limit]}, actor, facts, asked)
    assert (reading.allowed, dict(reading.facts)) == (False, {})


@given(tables, files)
def test_nobody_stands_above_the_rows(given_rows: Rows, facts: File) -> None:
    """Neither the system nor an administrator sees what a nameless person does not."""
    nobody = read(given_rows, Actor("eve"), facts)
    for actor in (SYSTEM, Actor("root", {"administrator"})):
        assert read(given_rows, actor, facts).facts == nobody.facts


POLICY = {
    "access_requests": [
        {"name": "some", "fields": ["name"], "approvers": ["boss"], "longest": "3d"},
    ]
}
steps = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        roles,
        st.sampled_from([ASK, GRANT]),
        st.integers(4, 8),
        st.integers(0, 30),
    ),
    max_size=12,
)


@given(steps)
def test_nobody_ever_grants_their_own_request(
    taken: list[tuple[str, set[str], str, int, int]],
) -> None:
    """Whatever people ask and grant in whatever order, no grant is its reader's own."""
    (policy,) = access.policies_for(FILE, tables_of(POLICY))
    at, state = AT, AccessState()
    for count, (person, held, event, number, hours) in enumerate(taken):
        at += timedelta(hours=hours)
        form = AccessAsked("some", "why", at + DAY) if event == ASK else AccessGranted(f"r{number}")
        before = replace(snapshot(), version=3 + count)
        seen = Occurrence(before, before, Event(event, Actor(person, held), at, form), Entry.POLICY)
        evolve = policy.evolve_for(event)
        assert evolve is not None
        answer = evolve(state, seen)
        if isinstance(answer, Evolved):
            assert isinstance(answer.state, AccessState)
            state = answer.state
        else:
            assert isinstance(answer, Denied)
            assert answer.verdicts
        for one in state.requests:
            assert one.granted_by != one.reader
            assert one.granted_at is None or one.granted_at < one.until_at
