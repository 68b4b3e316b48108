"""Circles of superiors and stand-ins, and people nobody knows, by date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from crmflow.analysis.checking import circles
from crmflow.core.people import Absence
from crmflow.directory import ListedDirectory
from tests.analysis.checking.desk import faults, kinds, person, subject

names = st.sampled_from("abcdef")


def closes(followers: Mapping[str, str], start: str) -> bool:
    """Say whether a walk comes back to where it began."""
    here: str | None = start
    for _ in range(len(followers)):
        here = followers.get(here or "")
        if here == start:
            return True
    return False


@given(st.dictionaries(names, names))
@example({"a": "b", "b": "a", "c": "a"})
@example({"a": "a"})
def test_each_circle_is_found_once(followers: dict[str, str]) -> None:
    """Whoever comes back to where a walk began is in exactly one, and nobody else is."""
    found = list(circles.circles(followers))
    members = [name for circle in found for name in circle]
    assert sorted(members) == sorted(name for name in followers if closes(followers, name))
    for circle in found:
        assert [followers[name] for name in circle] == [*circle[1:], circle[0]]


def test_a_circle_of_superiors_is_told_from_the_day_it_begins() -> None:
    """And once, however long it lasts."""
    people = [
        person("ann", superior="ben"),
        person("ben", superior=None, ends_on=date(2026, 5, 31)),
        person("ben", superior="ann", starts_on=date(2026, 6, 1)),
        person("eve", superior="ann", starts_on=date(2026, 9, 1)),
    ]
    (fault,) = faults(circles.superiors, subject({}, people=people))
    assert fault.where == "directory: ann"
    assert fault.values == {"people": "ann, ben", "day": date(2026, 6, 1)}


def test_what_is_over_is_not_looked_at() -> None:
    """A circle that was mended yesterday is none."""
    people = [
        person("ann", superior="ben"),
        person("ben", superior="ann", ends_on=date(2026, 3, 1)),
        person("ben", starts_on=date(2026, 3, 2)),
    ]
    assert faults(circles.superiors, subject({}, people=people)) == []


def away(first: int, last: int, stand_in: str | None) -> tuple[Absence, ...]:
    """Return an absence in May."""
    begins, ends = (datetime(2026, 5, day, tzinfo=UTC) for day in (first, last))
    return (Absence(begins, ends, stand_in),)


def test_stand_ins_who_are_away_together_are_a_circle() -> None:
    """As long as both are away; one who is there, or has nobody, ends it."""
    ann = person("ann", absences=away(1, 20, "ben"))
    ben = person("ben", absences=away(10, 30, "ann"))
    (fault,) = faults(circles.stand_ins, subject({}, people=[ann, ben]))
    assert fault.values == {"people": "ann, ben", "day": date(2026, 5, 10)}
    later = person("ben", absences=away(20, 30, "ann"))
    assert faults(circles.stand_ins, subject({}, people=[ann, later])) == []
    alone = person("ben", absences=away(10, 30, None))
    assert faults(circles.stand_ins, subject({}, people=[ann, alone])) == []


def test_superiors_and_stand_ins_nobody_knows_are_told() -> None:
    """On the day on which they are needed, and once."""
    people = [
        person("ann", superior="carl", absences=away(1, 20, "dora")),
        person("carl", ends_on=date(2026, 4, 30)),
        person("eve", absences=away(1, 20, "fred"), starts_on=date(2026, 7, 1)),
        person("fred", starts_on=date(2026, 4, 30), absences=away(1, 2, None)),
    ]
    found = faults(circles.unknown, subject({}, people=people))
    assert [(one.where, one.values) for one in found] == [
        ("directory: ann", {"person": "carl", "day": date(2026, 5, 1)}),
        ("directory: ann", {"person": "dora", "day": date(2026, 5, 1)}),
    ]


class Unlisted:
    """A directory that answers and lists nobody."""

    def __init__(self, *people: object) -> None:
        self._inner = ListedDirectory(people)  # type: ignore[arg-type]
        self.person = self._inner.person
        self.holders = self._inner.holders
        self.members = self._inner.members


def test_a_directory_that_lists_nobody_is_asked_about_today_alone() -> None:
    """Whose people are not known are not walked through; without one there is nothing to ask."""
    given = subject({}, people=Unlisted(person("ann", "boss", superior="ann")))
    for check in (circles.superiors, circles.stand_ins, circles.unknown):
        assert kinds(faults(check, given)) == []
    (people,) = given.people
    assert (people.at, given.names(people)) == (given.at, ())
    assert list(people.holders("boss")) == ["ann"]
    assert people.looked_up("anything") is None
    assert subject({}).people == ()


def test_a_stand_in_who_is_there_is_no_circle() -> None:
    """Though somebody further on is part of one."""
    outside = person("eve", absences=away(15, 16, "ann"))
    ann = person("ann", absences=away(1, 20, "ben"))
    ben = person("ben", absences=away(10, 30, "ann"))
    (fault,) = faults(circles.stand_ins, subject({}, people=[outside, ben, ann]))
    assert fault.values["people"] == "ann, ben"
    over = subject({}, people=[ann, ben], at=datetime(2026, 6, 1, tzinfo=UTC))
    assert faults(circles.stand_ins, over) == []
