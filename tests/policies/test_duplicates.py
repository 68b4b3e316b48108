"""Duplicates: who may be there already is looked up, told, and looked at once."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import pytest

from crmflow import Actor, ConfigurationError, Engine, Firing, PluginDefinitionError
from crmflow.core.decision import Decision
from crmflow.core.errors import IndexOutOfDateError
from crmflow.core.journal import Entry
from crmflow.core.people import NOBODY
from crmflow.core.policy import Evolved, Occurrence
from crmflow.hookspecs import hookimpl
from crmflow.policies.data_quality import likeness
from crmflow.policies.data_quality.doubles import LookedAt, Remembering, doubles_of
from tests.policies.records import CARD, CLERK, desk

ROW: Mapping[str, object] = {
    "name": "same_customer",
    "events": ["enter", "correct"],
    "fields": [
        {"field": "name", "how": "name", "weight": "2"},
        {"field": "tax_id", "how": "tax_id", "weight": "3"},
    ],
    "likely": "0.7",
    "ignores": ["gone"],
    "rules": ["REC-002"],
}
MILL: Mapping[str, object] = {"name": "港口面粉有限公司", "tax_id": "91110000600037341L"}


def fields_of(row: Mapping[str, object]) -> list[object]:
    """Return what a row compares."""
    found = row["fields"]
    assert isinstance(found, list)
    return found


def shop(**columns: object) -> Engine:
    """Return an engine with one row, and the mill as card C1."""
    found = desk(duplicates=[{**ROW, **columns}])
    found.create("card", MILL, id="C1", actor=CLERK).require()
    return found


def entered(engine: Engine, card: Mapping[str, object], **entry: object) -> Decision:
    """Return the answer to the entry of a new card C2."""
    engine.create("card", card, id="C2", actor=CLERK).require()
    return engine.fire(("card", "C2"), "enter", entry, actor=CLERK)


class TestEntering:
    """A likely double must be resolved before a record is entered."""

    def test_a_likely_double_is_told_and_refused(self) -> None:
        """REC-002: one customer, one record."""
        with shop() as engine:
            (verdict,) = entered(engine, {"name": "港口面粉"}).verdicts
            assert (verdict.reason, verdict.rules) == ("duplicate_likely", ("REC-002",))
            assert verdict.values["candidates"] == "C1 (1.0000)"

    def test_who_was_looked_at_is_no_double(self) -> None:
        """REC-002: the form names those that are others; it is asked about once."""
        with shop() as engine:
            decision = entered(engine, {"name": "港口面粉"}, not_duplicates=["C1"]).require()
            assert decision.snapshot.policy("data_quality") == LookedAt(("C1",))
            again = engine.fire(decision.entity, "correct", {}, actor=CLERK)
            assert again.accepted
            told = str(engine.explain(decision.entity, "correct", {}, actor=CLERK))
            assert "looked at and others: C1" in told

    def test_an_unlikely_one_is_not_told(self) -> None:
        """What is only a little alike is no double."""
        with shop() as engine:
            assert entered(engine, {"name": "港口机械"}).accepted

    def test_another_name_with_the_same_number_is_scored_by_weight(self) -> None:
        """Fields count by their weight, those that only one has not at all."""
        card = {"name": "Quay Steel", "tax_id": MILL["tax_id"]}
        with shop(likely="0.6") as engine:
            (verdict,) = entered(engine, card).verdicts
            assert verdict.values["candidates"] == "C1 (0.6000)"

    def test_a_decisive_field_is_enough(self) -> None:
        """REC-002: the same tax id is the same customer, whatever it calls itself."""
        fields = [{"field": "name", "how": "name"}, {"field": "tax_id", "how": "tax_id",
                  "decisive": True}]  # fmt: skip
        with shop(fields=fields) as engine:
            card = {"name": "Quay Steel", "tax_id": MILL["tax_id"]}
            assert not entered(engine, card).accepted
            other = {"name": "Quay Steel", "tax_id": "1"}
            engine.create("card", other, id="C4", actor=CLERK).require()
            assert engine.fire(("card", "C4"), "enter", {}, actor=CLERK).accepted

    def test_the_likeliest_are_told_first(self) -> None:
        """And no more of them than the row says."""
        card = {"name": "Quay Steel", "tax_id": MILL["tax_id"]}
        with shop(likely="0.3", most=2) as engine:
            for id_, name in (("A1", "Quay Oil"), ("B1", "Quay Steel"), ("D1", "Quay Steel")):
                engine.create("card", {"name": name}, id=id_, actor=CLERK).require()
            (verdict,) = entered(engine, card).verdicts
            assert verdict.values["candidates"] == "B1 (1.0000), D1 (1.0000)"

    def test_discarded_ones_are_ignored(self) -> None:
        """REC-002: what was discarded is no record of the customer."""
        with shop() as engine:
            engine.fire(("card", "C1"), "drop", actor=CLERK).require()
            assert entered(engine, MILL).accepted

    def test_a_certain_double_cannot_be_waved_through(self) -> None:
        """From `certain` on the record is to be discarded."""
        with shop(certain="1") as engine:
            (verdict,) = entered(engine, MILL, not_duplicates=["C1"]).verdicts
            assert verdict.reason == "duplicate_certain"
            card = {"name": "港口面粉厂", "tax_id": MILL["tax_id"]}
            engine.create("card", card, id="C3", actor=CLERK).require()
            entry = {"not_duplicates": ["C1", "C2"]}
            assert engine.fire(("card", "C3"), "enter", entry, actor=CLERK).accepted

    def test_it_is_asked_on_its_days_only(self) -> None:
        """Rows have effective dates like all others."""
        with shop(until_on="2026-03-01") as engine:
            assert entered(engine, MILL).accepted

    def test_what_has_no_name_is_like_nobody(self) -> None:
        """Nothing is searched where nothing is known."""
        with shop() as engine:
            assert entered(engine, {}).accepted

    def test_nothing_is_remembered_where_nobody_was_looked_at(self) -> None:
        """The state comes with the first name."""
        with shop() as engine:
            decision = entered(engine, {"name": "港口机械"}).require()
            assert decision.snapshot.policy("data_quality") is None

    def test_only_what_is_decided_is_remembered(self) -> None:
        """An entry that is held has not happened yet."""
        with shop() as engine:
            decision = entered(engine, MILL, not_duplicates=["C1"]).require()
            snapshot, event = decision.snapshot, list(engine.journal(decision.entity))[-1].event
            evolve = Remembering(doubles_of(CARD, None, engine.registry.tables)).evolve_for("enter")
        assert evolve is not None
        assert evolve(None, Occurrence(snapshot, snapshot, event, Entry.HELD)) is None
        evolved = evolve(None, Occurrence(snapshot, snapshot, event, Entry.DECISION))
        assert evolved == Evolved(LookedAt(("C1",)))

    def test_the_journal_keeps_what_was_looked_up(self) -> None:
        """A record is decided again from it, whoever has been entered since."""
        with shop() as engine:
            card = {"name": "港口面粉"}
            decision = entered(engine, card, not_duplicates=["C1"]).require()
            record = list(engine.journal(decision.entity))[-1]
            (answer,) = (record.reads or {}).values()
            assert answer == [{"id": "C1", "score": "1.0000", "why": {"name": "1"}}]
            assert not [one for one in engine.redecide(decision.entity) if one.differs]

    def test_a_refused_event_looks_up_nothing(self) -> None:
        """What form or guards refuse is not judged."""
        with shop() as engine:
            assert entered(engine, MILL, not_duplicates="C1").refusal is not None
            assert not engine.fire(("card", "C1"), "correct", {}, actor=CLERK).accepted

    def test_a_batch_looks_up_for_each(self) -> None:
        """Records that are already there are found, one for each request."""
        with shop() as engine:
            engine.create("card", MILL, id="C2", actor=CLERK).require()
            both = engine.fire_many(
                Firing(("card", one), "enter", {}, actor=CLERK) for one in ("C1", "C2")
            )
            assert [isinstance(one, Decision) and one.accepted for one in both] == [False, False]

    def test_an_index_out_of_date_is_said(self) -> None:
        """REC-049: an answer that leaves some out would pass for whole."""
        with shop() as engine:
            engine.create("card", MILL, id="C2", actor=CLERK).require()
            tenant = engine.registry.tenant
            for machine, note in engine.store.enrolled(tenant):
                engine.store.dismiss(tenant, machine, note)
            with pytest.raises(IndexOutOfDateError):
                engine.fire(("card", "C2"), "enter", {}, actor=CLERK)

    def test_explaining_looks_up_too(self) -> None:
        """Who asks beforehand sees the same."""
        with shop() as engine:
            engine.create("card", MILL, id="C2", actor=CLERK).require()
            told = engine.explain(("card", "C2"), "enter", {}, actor=CLERK)
            assert [one.reason for one in told.verdicts] == ["duplicate_likely"]
            assert engine.explain(("card", "C2"), "enter", actor=CLERK).verdicts == ()

    def test_a_missing_package_names_its_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is to be installed is said where it is needed."""
        likeness.ratio.cache_clear()
        monkeypatch.setitem(sys.modules, "rapidfuzz.distance", None)
        with pytest.raises(ImportError, match=r"rapidfuzz: pip install 'crmflow\[dedupe\]'"):
            # Rows that were read before are not read again.
            desk(duplicates=[{**ROW, "name": "never_read"}])

    def test_without_a_store_nothing_was_looked_up(self) -> None:
        """Who knows nobody has no answers either; another event remembers nobody."""
        assert NOBODY.looked_up("duplicates same_customer") is None
        assert Remembering(()).evolve_for("enter") is None


class TestAsking:
    """Asking who may be the same, as far as one may read."""

    def test_of_a_payload(self) -> None:
        """REC-002: before anything is stored."""
        with shop() as engine:
            card = {"name": "港口面粉", "tax_id": "91110000600037341l"}
            (found,) = engine.duplicates("card", card, actor=CLERK)
            assert (found.ref.id, str(found.score)) == ("C1", "1.0000")
            assert {name: str(score) for name, score in found.why.items()} == {
                "name": "1", "tax_id": "1",
            }  # fmt: skip

    def test_of_an_entity(self) -> None:
        """It is no double of itself."""
        with shop() as engine:
            engine.create("card", MILL, id="C2", actor=CLERK).require()
            found = engine.duplicates("card", "C2", actor=CLERK)
            assert [one.ref.id for one in found] == ["C1"]

    def test_of_several_rows_the_one_that_says_most_counts(self) -> None:
        """What is not searched is compared all the same; rows of other days are not."""
        kinds = {**ROW, "name": "kinds", "fields": [*fields_of(ROW), {"field": "kind"}]}
        past = {**ROW, "name": "past", "until_on": "2026-03-01"}
        with desk(duplicates=[ROW, kinds, past]) as engine:
            engine.create("card", {**MILL, "kind": "retail"}, id="C1", actor=CLERK).require()
            for kind, row in (("industry", "same_customer"), ("retail", "same_customer")):
                (found,) = engine.duplicates("card", {**MILL, "kind": kind}, actor=CLERK)
                assert (found.row, str(found.score)) == (row, "1.0000")
        with desk(duplicates=[kinds, ROW]) as engine:
            engine.create("card", {**MILL, "kind": "retail"}, id="C1", actor=CLERK).require()
            (found,) = engine.duplicates("card", {**MILL, "kind": "industry"}, actor=CLERK)
            assert found.row == "same_customer"

    RIGHTS: Mapping[str, object] = {"name": "names", "fields": ["name"], "roles": ["clerk"]}

    def test_what_one_may_not_read_is_not_shown(self) -> None:
        """ACC-005: how alike a field is says something of it."""
        with self._barred() as engine:
            (found,) = engine.duplicates("card", MILL, actor=CLERK)
            assert (found.shown, list(found.why)) == (True, ["name"])
            (hidden,) = engine.duplicates("card", MILL, actor=Actor("clerk-2"))
            assert (hidden.shown, hidden.why, hidden.ref.id) == (False, {}, "C1")

    def _barred(self) -> Engine:
        open_to_all = {"name": "entering", "events": ["*"]}
        rows = {"duplicates": [ROW], "access": [self.RIGHTS, open_to_all]}
        engine = desk(**rows)
        engine.create("card", MILL, id="C1", actor=CLERK).require()
        return engine

    def test_a_machine_without_rows_has_none(self) -> None:
        """Nobody said what makes two of them one."""
        with desk() as engine:
            assert engine.duplicates("card", MILL, actor=CLERK) == ()


class _Twin:
    """A plugin with a lookup of a name that is taken."""

    @hookimpl
    def lookups_for(self, machine: object, event: str, tables: object) -> list[object]:
        """Bring it."""
        from crmflow.policies.data_quality import doubles_of

        return list(doubles_of(CARD, event, tables))  # type: ignore[arg-type]


def test_two_lookups_of_one_name_are_refused() -> None:
    """Both plugins are named."""
    with pytest.raises(PluginDefinitionError, match="'duplicates same_customer' of 'card' is"):
        desk(duplicates=[ROW], plugins=_Twin())


FIELD = {"field": "name", "how": "name"}


def change(**columns: object) -> dict[str, object]:
    """Return the row with some columns changed."""
    return {**ROW, **columns}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (change(events=["entre"]), "'enter'"),
        (change(fields=[]), "at least one field"),
        (change(fields=[{**FIELD, "field": "nam"}]), r"fields\[0\]\.field.*'name'"),
        (change(fields=[{**FIELD, "search": "nam"}]), r"fields\[0\]\.search.*'name'"),
        (change(fields=[{"field": "kind"}]), "one field at least that is searched by"),
        (change(fields=[{**FIELD, "weight": "0"}]), "a number above 0"),
        (change(likely="1.5"), "at most 1"),
        (change(certain="0.5"), "0.7 or more"),
        (change(ignores=["lost"]), r"ignores\[0\]"),
        (change(looked_at="others"), "looked_at"),
    ],
)
def test_faults_are_found_when_the_rows_are_loaded(row: dict[str, object], fault: str) -> None:
    """Each fault tells its place and what would be right."""
    with pytest.raises(ConfigurationError, match=fault):
        desk(duplicates=[row])
