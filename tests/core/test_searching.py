"""Terms: what a value is found by, and which of them change."""

import hashlib
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2s

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmflow.core.entity import Attached, PolicyState
from crmflow.core.errors import NotSearchableError
from crmflow.core.link import Link
from crmflow.core.money import Money
from crmflow.core.ref import EntityRef
from crmflow.core.searching import (
    LINK,
    LONGEST_TERM,
    MOST,
    Searching,
    Term,
    linked_to,
    normalised,
    parts,
    searching_of,
)
from tests.core.samples import TICKET


class Trade(StrEnum):
    """What a mill makes."""

    FLOUR = "flour"


@attrs.frozen
class Phone:
    """A part of what is known."""

    number: str
    note: str | None = None


@attrs.frozen
class Mill:
    """What is known of a mill."""

    name: str = ""
    trade: Trade | None = None
    towns: tuple[str, ...] = ()
    phones: tuple[Phone, ...] = ()
    since: date | None = None
    price: Money | None = None
    share: Decimal | None = None
    open: bool = True
    tags: frozenset[str] = frozenset()


def digest(field: str, term: str) -> str:
    """Return what stands for a term that is not to be told: the same for the same alone."""
    return blake2s(term.encode(), key=field.encode(), digest_size=8).hexdigest()


OPEN = frozenset[str]()
WORDS = ("name:text", "trade", "towns", "phones")
SEARCHING = Searching("mill", WORDS, OPEN, digest)
EVERYTHING = Searching("mill", tuple(field.name for field in attrs.fields(Mill)), OPEN, digest)


@given(st.text())
@example("ﬀ İ ǰ Ⅳ")
@example("Y¯")
def test_a_normalised_text_stays_as_it_is(text: str) -> None:
    """Width, case and spaces make no difference, whatever was done to them before."""
    once = normalised(text)
    assert normalised(once) == once
    assert normalised(f" {text}\u3000") == once
    assert not any(one.isspace() for one in once)


@pytest.mark.parametrize(
    ("texts", "term"),
    [
        (("Harbour Mill", "HARBOUR  MILL", "ｈａｒｂｏｕｒ\u3000ｍｉｌｌ"), "harbourmill"),
        (("海港 磨坊（苏州）", "海港磨坊(苏州)"), "海港磨坊(苏州)"),
        (("STRASSE 1", "Straße １"), "strasse1"),
    ],
)
def test_one_name_written_in_several_ways_is_one_term(texts: tuple[str, ...], term: str) -> None:
    """One customer, one record, however it was typed (REC-002)."""
    assert {normalised(text) for text in texts} == {term}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mill", {"mi", "il", "ll"}),
        ("海港磨坊", {"海港", "港磨", "磨坊"}),
        ("x", {"x"}),
        (" ", set()),
    ],
)
def test_parts_of_a_text(text: str, found: set[str]) -> None:
    """Pairs of neighbours; a single character is its own part, and nothing has none."""
    assert parts(text) == found


def test_every_kind_of_value_is_a_term() -> None:
    """Texts, choices, days, amounts, flags, each entry of a list, and what is in a record."""
    mill = Mill(
        "Harbour Mill",
        Trade.FLOUR,
        ("Suzhou", "Wuxi"),
        (Phone("0512 400"),),
        date(1990, 5, 1),
        Money("10", "CNY"),
        Decimal("0.5"),
        tags=frozenset({"A b"}),
    )
    told = {(one.field, one.term) for one in EVERYTHING.terms(mill)}
    assert told == {
        ("name", "harbourmill"),
        ("trade", "flour"),
        ("towns", "suzhou"),
        ("towns", "wuxi"),
        ("phones", "0512400"),
        ("since", "1990-05-01"),
        ("price", "10cny"),
        ("share", "0.5"),
        ("open", "true"),
        ("tags", "ab"),
    }
    assert EVERYTHING.terms(None) == set()
    assert EVERYTHING.terms(Mill(), ["name", "trade"]) == set()


def test_a_text_has_its_parts_beside_its_whole() -> None:
    """The whole is found exactly, its parts by likeness."""
    assert SEARCHING.terms(Mill("Mill")) == {
        Term("name", "mill"),
        *(Term("name~", part) for part in ("mi", "il", "ll")),
    }
    assert SEARCHING.wanted({"name": "Mi ll", "towns": ["b", "a"]}) == (
        Term("name", "mill"),
        Term("towns", "a"),
        Term("towns", "b"),
    )
    assert SEARCHING.like({"name": "Mil", "trade": Trade.FLOUR}) == (
        Term("name~", "il"),
        Term("name~", "mi"),
        Term("trade", "flour"),
    )
    assert len(SEARCHING.like({"name": "".join(map(chr, range(0x4E00, 0x4E00 + 999)))})) == MOST


def test_of_what_is_hidden_only_digests_are_kept() -> None:
    """Of the whole and of its parts; asked for, it is found all the same, and others stay open."""
    hiding = Searching("mill", WORDS, frozenset({"name", "phones"}), digest)
    mill = Mill("Mill", towns=("Wuxi",))
    assert hiding.terms(mill) == {
        Term("name", digest("name", "mill")),
        *(Term("name~", digest("name~", part)) for part in ("mi", "il", "ll")),
        Term("towns", "wuxi"),
    }
    assert set(hiding.wanted({"name": "Mi ll", "towns": "Wuxi"})) <= hiding.terms(mill)
    assert set(hiding.like({"name": "Mil"})) <= hiding.terms(mill)
    told = [f"{name}:sealed:{digest(name, '')[:12]}" for name in ("name", "phones")]
    assert hiding.note == f"{SEARCHING.note} {' '.join(told)}"


def test_what_is_not_searched_is_told() -> None:
    """With the facts that are."""
    with pytest.raises(NotSearchableError, match=r"mill is not searched by 'nam'.*'name'"):
        SEARCHING.wanted({"nam": "x"})
    with pytest.raises(NotSearchableError, match="mill is not searched by 'since'"):
        SEARCHING.like({"since": "x"})


MILLS = st.none() | st.builds(Mill, name=st.text(max_size=4), towns=st.tuples(st.text(max_size=2)))


@given(before=MILLS, after=MILLS)
def test_changes_lead_from_the_terms_before_to_those_after(
    before: Mill | None, after: Mill | None
) -> None:
    """What is gone and what is new never meet, and together make the one set of the other."""
    new, gone = SEARCHING.changed(before, after, ["name", "towns", "since"])
    had, has = SEARCHING.terms(before), SEARCHING.terms(after)
    assert (had - set(gone)) | set(new) == has
    assert set(gone) <= had
    assert not set(new) & had
    assert SEARCHING.changed(before, after, ["since"]) == ((), ())


def test_only_what_may_have_changed_is_looked_at() -> None:
    """Other facts are taken to be as they were."""
    before, after = Mill(name="Old", towns=("A",)), Mill(name="New", towns=("B",))
    new, gone = SEARCHING.changed(before, after, ["name"])
    assert {one.field for one in (*new, *gone)} == {"name", "name~"}
    assert Term("name", "new") in new
    assert Term("name", "old") in gone


@pytest.mark.parametrize("id_", ["x" * LONGEST_TERM, "a\0b", "\ud800"])
def test_what_no_store_could_keep_is_found_by_its_digest(id_: str) -> None:
    """Too long, with a zero or with half of a character."""
    raw = f"mill/{id_}".encode("utf-8", "surrogatepass")
    found = linked_to(EntityRef("main", "mill", id_))
    assert found == Term(LINK, hashlib.sha256(raw).hexdigest())
    fits = "x" * (LONGEST_TERM - len("mill/"))
    assert linked_to(EntityRef("main", "mill", fits)) == Term(LINK, f"mill/{fits}")


@attrs.frozen
class Kept:
    """What is known of something that somebody looks after."""

    manager: str = ""
    tier: str | None = None
    owner: str | None = None


@attrs.frozen
class Managed:
    """What is known of something that has a manager."""

    manager: str = ""


CUSTOMER = EntityRef("main", "customer", "C-1")
TOLD = Attached(links=(Link("customer", CUSTOMER, 1, "active", {"tier": "Gold"}),))


def searching(facts: type, searchable: str = "", hidden: frozenset[str] = OPEN) -> Searching:
    """Return by what entities with such facts are searched."""
    machine = attrs.evolve(TICKET, facts=facts, searchable=searchable)
    return searching_of(machine, hidden, digest)


def test_owner_and_tier_are_fields_of_every_machine_that_has_them() -> None:
    """By the fact `owner` before `manager`; what a machine names itself is named once."""
    assert searching(Kept).terms(Kept("bob", "Gold", "ann")) == {
        Term("owner", "ann"),
        Term("tier", "gold"),
    }
    assert searching(Managed).terms(Managed("bob")) == {Term("owner", "bob")}
    assert searching(Kept, "owner:text tier").words == ("owner:text", "tier")
    hidden = searching(Managed, hidden=frozenset({"manager"}))
    assert hidden.terms(Managed("bob")) == {Term("owner", digest("owner", "bob"))}
    assert hidden.note != searching(Managed).note


def test_links_lead_to_who_has_them() -> None:
    """With the tier that the other told, where they have none of their own."""
    link = Term("@", "customer/C-1")
    assert searching(Managed).beside(TOLD) == {link, Term("tier", "gold")}
    assert searching(Kept).beside(TOLD) == {link}
    hiding = searching(Managed, hidden=frozenset({"tier"}))
    assert hiding.beside(TOLD) == {link, Term("tier", digest("tier", "gold"))}
    assert searching(Kept).moved(Attached(), TOLD) == ((link,), ())
    assert searching(Kept).moved(TOLD, Attached()) == ((), (link,))
    assert searching(Kept).moved(TOLD, TOLD) == ((), ())


def test_what_policies_remember_has_terms() -> None:
    """Of those that give any."""
    states = (PolicyState("counts", 1, 7), PolicyState("other", 1, 8))
    counting = searching_of(TICKET, OPEN, digest, {"counts": lambda n: [Term("$n", f"{n}")]})
    assert counting.beside(Attached(policies=states)) == {Term("$n", "7")}
