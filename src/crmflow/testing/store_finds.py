"""The suite's tests of finding: entities by machine, state, terms and by what is due."""

from __future__ import annotations

import pytest

from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.port import Store
from crmflow.storage.query import Alike, Find
from crmflow.storage.rows import DueRow, TaskRow, TimerRow
from crmflow.testing.store_rows import commit_to


class Finds:
    """What a store promises of queries for entities."""

    def test_entities_are_found_by_machine_and_state(self, store: Store, ref: EntityRef) -> None:
        """Every filter, alone and together, answers in order of machine and id."""
        refs = [EntityRef(ref.tenant, machine, id_) for machine in "ba" for id_ in "21"]
        states = ["won", "open", "open", "won"]
        store.commit([commit_to(one, state=state) for one, state in zip(refs, states, strict=True)])
        found = {
            (machine, state): [
                row.ref.machine + row.ref.id for row in store.find(Find(ref.tenant, machine, state))
            ]
            for machine in (None, "a", "b", "c")
            for state in (None, "open")
        }
        assert found == {
            (None, None): ["a1", "a2", "b1", "b2"],
            (None, "open"): ["a2", "b1"],
            ("a", None): ["a1", "a2"],
            ("a", "open"): ["a2"],
            ("b", None): ["b1", "b2"],
            ("b", "open"): ["b1"],
            ("c", None): [],
            ("c", "open"): [],
        }

    def test_pages_are_stable_under_inserts(self, store: Store, ref: EntityRef) -> None:
        """Entities made while one turns the pages neither repeat nor hide others."""
        refs = [EntityRef(ref.tenant, "deal", f"D-{number}") for number in range(1, 6)]
        store.commit([commit_to(one) for one in refs])
        first = store.find(Find(ref.tenant, limit=2))
        store.commit([commit_to(EntityRef(ref.tenant, "deal", "D-0"))])
        last = (first[-1].ref.machine, first[-1].ref.id)
        rest = store.find(Find(ref.tenant, "deal", after=last))
        assert [row.ref for row in (*first, *rest)] == refs
        assert store.find(Find(ref.tenant, "alpha", after=last)) == []

    def test_entities_are_found_by_terms(self, store: Store, ref: EntityRef) -> None:
        """Those with all terms, of one machine and tenant, in order, in pages, until they go."""
        town, trade, name = Term("town", "suzhou"), Term("trade", "水"), Term("name", "x")
        refs = [EntityRef(ref.tenant, "deal", f"D-{number}") for number in (2, 3, 1)]
        others = [EntityRef(ref.tenant, "lead", "D-1"), EntityRef("another", "deal", "D-1")]
        store.commit([commit_to(one, terms=(town, trade)) for one in (*refs, *others)])
        store.commit([commit_to(refs[1], 2, state="won", terms=(town, name), terms_gone=(trade,))])

        def found(*terms: Term, state: str | None = None, after: str | None = None) -> list[str]:
            last = None if after is None else ("deal", after)
            query = Find(ref.tenant, "deal", state, last, 2, terms)
            return [row.ref.id for row in store.find(query)]

        assert found(town) == ["D-1", "D-2"]
        assert found(town, after="D-2") == ["D-3"]
        assert found(town, trade, after="D-1") == ["D-2"]
        assert found(town, state="won") == ["D-3"]
        assert (
            found(trade, state="won")
            == found(Term("town", "水"))
            == found(name, trade)
            == found(trade, after="D-2")
            == []
        )
        assert store.find(Find(ref.tenant, "deal", after=("lead", "A"), terms=(town,))) == []

    def test_terms_are_of_one_machine(self, ref: EntityRef) -> None:
        """A query by terms names the machine."""
        with pytest.raises(ValueError, match="terms are those of one machine"):
            Find(ref.tenant, terms=(Term("town", "suzhou"),))

    def test_entities_that_share_most_terms_come_first(self, store: Store, ref: EntityRef) -> None:
        """By how many they share, then by id; those that share none are no answer."""
        terms = [Term("name", one) for one in "abcd"]
        owned = {"D-3": terms[:2], "D-1": terms[:1], "D-2": terms[1:3], "D-4": terms[3:]}
        refs = {id_: EntityRef(ref.tenant, "deal", id_) for id_ in owned}
        store.commit([commit_to(refs[id_], terms=tuple(own)) for id_, own in owned.items()])
        asked = [*terms[:3], terms[0]]
        found = [Alike(refs["D-2"], 2), Alike(refs["D-3"], 2), Alike(refs["D-1"], 1)]
        assert store.alike(ref.tenant, "deal", asked, limit=9) == found
        assert store.alike(ref.tenant, "deal", asked, limit=1) == found[:1]
        assert store.alike(ref.tenant, "lead", asked, limit=9) == []
        assert store.alike(ref.tenant, "deal", [], limit=9) == []

    def test_terms_are_made_anew(self, store: Store, ref: EntityRef) -> None:
        """Terms are forgotten by machine, and added to entities that nobody changed meanwhile."""
        old, new = Term("name", "old"), Term("name", "new")
        changed, gone = (EntityRef(ref.tenant, "deal", id_) for id_ in ("D-2", "D-9"))
        lead = EntityRef(ref.tenant, "lead", "L-1")
        store.commit([commit_to(one, terms=(old,)) for one in (ref, changed, lead)])
        rows = [commit_to(one).row for one in (ref, changed, gone)]
        store.commit([commit_to(changed, 2)])
        store.unindex(ref.tenant, "deal")
        store.index([(row, (new,)) for row in rows])
        assert store.find(Find(ref.tenant, "deal", terms=(old,))) == []
        assert store.find(Find(ref.tenant, "deal", terms=(new,))) == [rows[0]]
        assert len(store.find(Find(ref.tenant, "lead", terms=(old,)))) == 1

    def test_entities_are_counted(self, store: Store, ref: EntityRef) -> None:
        """Counts follow an entity from state to state."""
        other = EntityRef(ref.tenant, "deal", "D-2")
        store.commit([commit_to(ref), commit_to(other), commit_to(ref, 2, state="won")])
        assert store.counts(ref.tenant) == {("deal", "open"): 1, ("deal", "won"): 1}

    def test_entities_are_found_by_what_is_due(self, store: Store, ref: EntityRef) -> None:
        """By the first timer or task, each once, those due first in front; in pages."""
        first, second, third, other = (
            EntityRef(ref.tenant, machine, id_)
            for machine, id_ in (("deal", "D-9"), ("deal", "D-1"), ("lead", "D-1"), ("lead", "L"))
        )
        call = TaskRow(first, "1", "call", "sales", 1, 3)
        timers = tuple(TimerRow(first, name, due_at, 1) for name, due_at in (("a", 3), ("b", 5)))
        store.commit([commit_to(first, tasks=(call,), timers=timers)])
        store.commit([commit_to(second, state="won", timers=(TimerRow(second, "a", 4, 1),))])
        tasks = tuple(
            TaskRow(third, name, name, "sales", 1, due) for name, due in (("a", 4), ("b", 4))
        )
        store.commit([commit_to(third, tasks=tasks, timers=(TimerRow(third, "a", 6, 1),))])
        store.commit([commit_to(other, tasks=(TaskRow(other, "1", "a", "sales", 1, None),))])

        def found(query: Find, after: DueRow | None = None) -> list[DueRow]:
            return list(store.find_due(query, 5, after=None if after is None else after.place))

        rows = [row for row in store.load([first, second, third]) if row is not None]
        due = [DueRow(due_at, row) for due_at, row in zip((3, 4, 4), rows, strict=True)]
        assert found(Find(ref.tenant)) == due
        assert found(Find(ref.tenant, limit=1)) == due[:1]
        assert found(Find(ref.tenant, limit=1), due[0]) == due[1:2]
        assert found(Find(ref.tenant), due[1]) == due[2:]
        assert found(Find(ref.tenant, "deal", "open")) == due[:1]
        assert found(Find(ref.tenant, state="won")) == due[1:2]
        assert store.find_due(Find(ref.tenant), 2) == []

    def test_what_is_due_is_found_by_terms_too(self, store: Store, ref: EntityRef) -> None:
        """Of those that are due, the ones with all terms."""
        terms = (Term("owner", "ann"), Term("town", "suzhou"))
        for number in range(1, 4):
            one = EntityRef(ref.tenant, "deal", f"D-{number}")
            timer = TimerRow(one, "a", number, 1)
            store.commit([commit_to(one, timers=(timer,), terms=terms[: number - 1])])

        def found(*wanted: Term) -> list[str]:
            query = Find(ref.tenant, "deal", terms=wanted)
            return [one.row.ref.id for one in store.find_due(query, 9)]

        assert found(terms[0]) == ["D-2", "D-3"]
        assert found(*terms) == ["D-3"]
        assert found(Term("owner", "bob")) == []

    def test_the_terms_of_a_field_are_listed(self, store: Store, ref: EntityRef) -> None:
        """In order of term and id, up to a term, of one machine and tenant, in pages."""
        refs = [EntityRef(ref.tenant, "deal", id_) for id_ in ("B", "A")]
        others = [EntityRef(ref.tenant, "lead", "A"), EntityRef("another", "deal", "A")]
        terms = tuple(Term(*pair) for pair in (("due", "1"), ("due", "2"), ("name", "1")))
        store.commit([commit_to(one, terms=terms) for one in (*refs, *others)])

        def listed(until: str, after: tuple[str, str] = ("", ""), limit: int = 9) -> object:
            return store.terms(ref.tenant, "deal", "due", until=until, after=after, limit=limit)

        assert listed("2") == [("1", "A"), ("1", "B")]
        assert listed("3", limit=3) == [("1", "A"), ("1", "B"), ("2", "A")]
        assert listed("3", ("1", "B")) == [("2", "A"), ("2", "B")]
        assert listed("1") == []
