"""Which snapshots count as one situation."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from msgspec import Struct
from msgspec.structs import replace

from crmflow.analysis.exploring.relevance import Relevance
from crmflow.analysis.exploring.situation import Abstraction
from crmflow.core.actor import Actor
from crmflow.core.entity import Attached, PolicyState, Snapshot
from crmflow.core.hold import Hold
from crmflow.core.link import Link
from crmflow.core.money import Money
from crmflow.core.ref import EntityRef
from crmflow.core.timer import Timer
from tests.analysis.exploring.parcels import Facts, Size

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
REF = EntityRef("acme", "parcel", "P-1")


OWN: frozenset[Decimal | str] = frozenset({"gold", Decimal(77)})


class Kept(Struct, frozen=True):
    """What a policy remembers."""

    value: object


def key(snapshot: Snapshot[Any], *words: str) -> object:
    """Return the situation of a snapshot where these facts are read."""
    read = frozenset(words or ("size", "weight", "owner", "due_at"))
    relevance = Relevance(read, read, frozenset({"amount"}), (Decimal(10), Decimal(30)))
    return Abstraction(relevance, frozenset({"ann-1"}), 1, OWN).key(snapshot, frozenset())


def parcel(attached: Attached | None = None, **facts: Any) -> Snapshot[Any]:  # noqa: ANN401
    """Return a parcel."""
    return Snapshot(REF, "sent", 1, AT, AT, Facts(**facts), attached or Attached())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"weight": 23}, {"weight": 27}),
        ({"weight": 32}, {"weight": 99}),
        ({"owner": "bob-1"}, {"owner": "eve-1"}),
        ({"note": "a"}, {"note": None}),
        ({"due_at": AT + timedelta(1)}, {"due_at": AT + timedelta(9)}),
    ],
)
def test_what_makes_no_difference_is_one_situation(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Numbers of one band, texts, instants that are both to come, and what nothing reads."""
    assert key(parcel(**one)) == key(parcel(**other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"weight": 5}, {"weight": 6}),
        ({"weight": 0}, {"weight": 1}),
        ({"weight": 27}, {"weight": 29}),
        ({"weight": 30}, {"weight": 31}),
        ({"weight": 31}, {"weight": 32}),
        ({"weight": 77}, {"weight": 78}),
        ({"weight": math.nan}, {"weight": 78}),
        ({"owner": "gold"}, {"owner": "iron"}),
        ({"owner": "amount"}, {"owner": "gold"}),
        ({"owner": "ann-1"}, {"owner": "bob-1"}),
        ({"owner": ""}, {"owner": "bob-1"}),
        ({"size": Size.SMALL}, {"size": Size.LARGE}),
        ({"size": None}, {"size": Size.LARGE}),
        ({"due_at": AT + timedelta(1)}, {"due_at": AT - timedelta(1)}),
    ],
)
def test_what_makes_a_difference_is_another_situation(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """
    Small numbers, those near a constant, those of other bands, and those of samples; texts that
    samples or code name, the people who act, choices, what is known and what has passed.
    """
    assert key(parcel(**one)) != key(parcel(**other))


VALUES: tuple[tuple[object, object], ...] = (
    (Money(1, "CNY"), Money(7, "CNY")),
    (Actor("ann-1", {"x"}), Actor("bob-1", {"x"})),
    (frozenset({"a"}), frozenset({"b"})),
    (("a",), ("b",)),
    (["a"], []),
    ({"a": 1}, {"b": 1}),
    (Kept("a"), Kept("b")),
    (Facts(weight=5), Facts(weight=6)),
    (date(2026, 3, 1), date(2026, 3, 3)),
    (True, False),
)


@pytest.mark.parametrize(("one", "other"), VALUES)
def test_states_of_policies_are_told_apart(one: object, other: object) -> None:
    """Whatever they are made of; their texts are names."""
    first, then = (
        parcel(Attached(policies=(PolicyState("own", 1, Kept(value)),))) for value in (one, other)
    )
    assert key(first) != key(then)
    assert key(first) == key(replace(first, version=7))


@pytest.mark.parametrize("calculates", [False, True])
@pytest.mark.parametrize(
    ("kept", "come", "hides"),
    [
        ({"weight": 23}, {"weight": 23}, "never"),
        ({"weight": 23}, {"weight": 27}, "always"),
        ({"weight": 40}, {"weight": 41}, "calculates"),
        ({"weight": 41}, {"weight": 40}, "always"),
        ({"weight": -40}, {"weight": -41}, "always"),
        ({"weight": 40, "note": 60}, {"weight": 41, "note": 60}, "always"),
        ({"weight": 61, "note": 60}, {"weight": 62, "note": 60}, "calculates"),
        ({"weight": 78}, {"weight": 79}, "calculates"),
        ({"weight": 40, "owner": 77}, {"weight": 41, "owner": 77}, "always"),
        ({"note": (*"abcdef", "g")}, {"note": (*"abcdef", "h")}, "always"),
        ({"note": (*"abcdef",)}, {"note": (*"abcdef", "h")}, "always"),
        ({"note": (*"abcdef",)}, {"note": (*"uvwxyz",)}, "never"),
    ],
)
def test_what_is_taken_for_another_is_known(
    *, kept: dict[str, Any], come: dict[str, Any], hides: str, calculates: bool
) -> None:
    """But for numbers that grow beyond the last constant, where nothing calculates with them."""
    read = frozenset({"weight", "note"})
    relevance = Relevance(read, read, frozenset(), (Decimal(30),), calculates=calculates)
    abstraction = Abstraction(relevance, frozenset(), 1, OWN if "owner" in kept else frozenset())
    one, other = parcel(**kept), parcel(**come)
    assert abstraction.key(one, frozenset()) == abstraction.key(other, frozenset())
    expected = hides == "always" or (hides == "calculates" and calculates)
    assert abstraction.hides(one, other) is expected


def test_what_links_and_policies_have_is_hidden_too() -> None:
    """It is taken for another as facts are."""
    read = frozenset({"amount"})
    abstraction = Abstraction(Relevance(read, read, read, (Decimal(30),)), frozenset(), 1)
    states = [parcel(Attached(policies=(PolicyState("own", 1, Kept(n)),))) for n in (23, 24)]
    links = [
        parcel(Attached(links=(Link("bill", REF, 1, "opened", {"amount": n}),))) for n in (23, 24)
    ]
    assert abstraction.hides(*states)
    assert abstraction.hides(*links)
    assert not abstraction.hides(states[0], states[0])


def test_digests_and_lengths_of_time_are_alike() -> None:
    """What is only compared with itself, and what only grows."""
    for one, other in (("ab12" * 4, "cd34" * 4), (timedelta(1), timedelta(2))):
        first, then = (
            parcel(Attached(policies=(PolicyState("own", 1, Kept(v)),))) for v in (one, other)
        )
        assert key(first) == key(then)


def test_what_hangs_on_an_entity_is_told_apart() -> None:
    """Timers in due order, holds, and of links what is read."""
    early = Timer("a", "go", AT, 1)
    late = Timer("b", "go", AT + timedelta(1), 1)
    link = Link("bill", EntityRef("acme", "bill", "B-1"), 1, "opened", {"amount": 1, "x": 1})
    hold = Hold("close", "approvals", "why", "ann-1", AT)
    base = Attached(timers=(early, late), links=(link,))
    swapped = attrs.evolve(late, due_at=AT - timedelta(1))
    assert key(parcel(base)) == key(parcel(replace(base, timers=(late, early))))
    assert key(parcel(base)) != key(parcel(replace(base, timers=(early, swapped))))
    assert key(parcel(base)) != key(parcel(replace(base, holds=(hold,))))
    for facts, alike in (({"amount": 1, "x": 2}, True), ({"amount": 7, "x": 1}, False)):
        other = replace(base, links=(attrs.evolve(link, facts=facts),))
        assert (key(parcel(base)) == key(parcel(other))) is alike
