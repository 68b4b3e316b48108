"""People by date, listed and from a file."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.actor import Actor
from crmflow.core.errors import ConfigurationError
from crmflow.core.people import Absence, Person
from crmflow.directory import Consulted, Directory, ListedDirectory, toml_directory

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAYS = st.none() | st.dates(date(2026, 2, 27), date(2026, 3, 5))
ROLES = st.lists(st.sampled_from(["clerk", "head"]), unique=True).map(tuple)


@st.composite
def people(draw: st.DrawFn) -> Person:
    """Return an entry of one of three people, days in order."""
    days = [draw(DAYS), draw(DAYS)]
    if None not in days:
        days.sort(key=lambda day: day or date.min)
    first, last = days
    return Person(draw(st.sampled_from("abc")), draw(ROLES), starts_on=first, ends_on=last)


@given(st.lists(people(), max_size=6).map(tuple))
def test_holders_are_those_who_have_the_role(listed: tuple[Person, ...]) -> None:
    """Who holds a role is exactly who is found with it, and the first entry that counts wins."""
    directory = ListedDirectory(listed)
    for role in ("clerk", "head"):
        found = {id_: directory.person(id_, AT) for id_ in "abc"}
        expected = [id_ for id_, person in found.items() if person and role in person.roles]
        assert directory.holders(role, AT) == expected
    for id_ in "abc":
        counting = [one for one in listed if one.id == id_ and one.holds(AT)]
        assert directory.person(id_, AT) == (counting[0] if counting else None)


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [
        (None, None, True),
        (date(2026, 3, 2), date(2026, 3, 2), True),
        (date(2026, 3, 3), None, False),
        (None, date(2026, 3, 1), False),
    ],
)
def test_entry_counts_from_first_to_last_day(
    first: date | None, last: date | None, *, counts: bool
) -> None:
    """Both days are included."""
    assert Person("a", starts_on=first, ends_on=last).holds(AT) is counts


def test_days_are_those_of_utc() -> None:
    """An instant counts by its UTC day, whatever its own zone calls it."""
    shanghai = datetime(2026, 3, 3, 7, 59, tzinfo=timezone(timedelta(hours=8)))
    assert Person("a", ends_on=date(2026, 3, 2)).holds(shanghai)
    with pytest.raises(ValueError, match="offset"):
        Person("a").holds(AT.replace(tzinfo=None))


def test_last_day_is_not_before_the_first() -> None:
    """An entry that never counts is refused."""
    with pytest.raises(ValueError, match="not before the first, 2026-03-02"):
        Person("a", starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 1))


def test_person_acts_with_roles_and_departments() -> None:
    """A person becomes an actor of the same name."""
    actor = Person("service-1", ("customer_service",), ("service",), "head-1").actor()
    assert actor == Actor("service-1", {"customer_service"}, departments={"service"})


def written(folder: Path, text: str | bytes) -> Path:
    """Return a file of that content."""
    path = folder / "people.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_file_lists_people(tmp_path: Path) -> None:
    """Every field may be in the file."""
    path = written(
        tmp_path,
        """
        [[person]]
        id = "service-1"
        roles = ["customer_service"]
        departments = ["service"]
        superior = "service-head"
        qualifications = ["first_aid"]
        starts_on = 2026-01-01
        ends_on = 2026-12-31
        [[person]]
        id = "service-head"
        """,
    )
    directory: Directory = toml_directory(path)
    expected = Person(
        "service-1",
        ("customer_service",),
        ("service",),
        "service-head",
        ("first_aid",),
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
    )
    assert directory.person("service-1", AT) == expected
    assert directory.person("service-1", AT + timedelta(days=365)) is None
    assert directory == toml_directory(str(path))


def test_all_faults_are_named_with_their_paths(tmp_path: Path) -> None:
    """A wrong file names every fault at once."""
    path = written(
        tmp_path,
        """
        [[person]]
        id = " "
        rolls = ["clerk"]
        [[person]]
        id = "a"
        starts_on = 2026-03-02
        ends_on = 2026-03-01
        [[person]]
        roles = "clerk"
        """,
    )
    with pytest.raises(ConfigurationError) as caught:
        toml_directory(path)
    assert caught.value.source == str(path)
    assert [re.split("[,.] ", fault)[0] for fault in caught.value.faults] == [
        "$.person[0].id: blank",
        "$.person[0].rolls: unknown",
        "$.person[1]: invalid",
        "$.person[2].id: missing",
        "$.person[2].roles: type",
    ]
    assert "Did you mean 'roles'?" in str(caught.value)


@pytest.mark.parametrize("text", ["[[person", b"id = '\xff'", "person = 3"])
def test_no_list_of_people(tmp_path: Path, text: str | bytes) -> None:
    """What is no TOML, no UTF-8 or no list of people is told with the file."""
    path = written(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        toml_directory(path)
    assert caught.value.source == str(path)


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is told."""
    with pytest.raises(ConfigurationError, match="No such file"):
        toml_directory(tmp_path / "nobody.toml")


def test_absences_hold_from_start_to_end() -> None:
    """The first instant belongs to it, the last does not, and it ends after it starts."""
    start, end = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)
    away = Absence(start, end, "service-2")
    person = Person("service-1", absences=(away,))
    assert person.absence(start) == away
    assert person.absence(end) is None
    with pytest.raises(ValueError, match="an end after the start, 2026-07-01"):
        Absence(start, start)


def test_a_directory_is_asked_once_for_each_question() -> None:
    """What it said is kept, and answers before it does when a record is decided again."""
    listed = ListedDirectory((Person("a", ("head",), ("sales",)), Person("b", (), ("sales",))))
    first = Consulted(listed, datetime(2026, 7, 1, tzinfo=UTC))
    assert first.person("a") == Person("a", ("head",), ("sales",))
    assert first.person("c") is None
    assert (first.holders("head"), first.members("sales")) == (("a",), ("a", "b"))
    again = Consulted(None, first.at, dict(first.answers))
    assert again.person("a") == first.person("a")
    assert (again.holders("head"), again.members("sales")) == (("a",), ("a", "b"))
