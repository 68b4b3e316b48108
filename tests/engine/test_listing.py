"""Lists and outputs on demand: what is in them, who may see it, and that reads are noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.errors import UnknownEntityError
from crmflow.core.money import Money
from crmflow.engine.engine import Engine
from crmflow.engine.listing import UnknownRowError, WrongFormError
from tests.policies.letters import AT, CLERK, TOLD, config, office

HEAD = Actor("head-1", {"head"})
GUEST = Actor("guest-1", {"guest"})
COLUMNS = [
    {"name": "id"},
    {"name": "state"},
    {"name": "text", "en": "Words", "zh": "文字"},
    {"name": "grave", "value": "is_grave and text != null"},
    {"name": "parts"},
]
LIST = {
    "name": "matters", "machine": "matter", "title_en": "Matters", "title_zh": "事项",
    "columns": COLUMNS, "order": ["text"], "rules": ["REC-050"],
}  # fmt: skip
MATTERS: Mapping[str, Mapping[str, object]] = {
    "M-1": {"text": "b", "is_grave": True},
    "M-2": {"text": "a", "parts": [{"name": "pump", "price": "3 CNY"}]},
    "M-3": {},
}


def filled(row: Mapping[str, object], **tables: Sequence[Mapping[str, object]]) -> Engine:
    """Return an engine with three matters and a list."""
    engine = office(config(settings=None, templates=(), lists=[{**LIST, **row}], **tables))
    for id_, facts in MATTERS.items():
        engine.create("matter", facts, actor=CLERK, id=id_).require()
    return engine


def ids(engine: Engine, actor: Actor = CLERK) -> list[object]:
    """Return the ids of a list in its order."""
    return [row["id"] for row in engine.listed("matters", actor=actor).rows]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, ["M-2", "M-1", "M-3"]),
        ({"order": ["-text"]}, ["M-1", "M-2", "M-3"]),
        ({"order": []}, ["M-1", "M-2", "M-3"]),
        ({"where": "text != null"}, ["M-2", "M-1"]),
        ({"states": ["closed"]}, []),
        ({"states": ["open"], "order": ["grave", "id"]}, ["M-2", "M-3", "M-1"]),
        ({"columns": [{"name": "id"}, {"name": "n", "value": "count + 1"}], "order": ["n", "-id"]},
         ["M-3", "M-2", "M-1"]),
    ],
)  # fmt: skip
def test_a_list_is_derived_from_the_entities(
    row: Mapping[str, object], expected: list[str]
) -> None:
    """REC-050 REC-051 REV-011: on demand, in its order, what is missing last."""
    with filled(row) as engine:
        assert ids(engine) == expected


def test_amounts_are_ordered_as_numbers() -> None:
    """By currency first."""
    row = {**LIST, "columns": [{"name": "sum"}], "order": ["sum"]}
    with office(config(lists=[row])) as engine:
        of = engine.listed("matters", actor=CLERK).of
    sums = [Money(10), Money(9), Money(5, "USD"), None]
    told = [one["sum"] for one in of.ordered({"sum": one} for one in sums)]
    assert told == ["9 CNY", "10 CNY", "5 USD", None]


def test_what_has_ended_is_in_no_list_that_does_not_ask_for_it() -> None:
    """A list is of living entities, but one of closed ones says so."""
    with filled({}) as engine:
        engine.fire(("matter", "M-1"), "close", actor=CLERK).require()
        assert ids(engine) == ["M-2", "M-3"]
    with filled({"states": ["closed"]}) as engine:
        engine.fire(("matter", "M-1"), "close", actor=CLERK).require()
        assert ids(engine) == ["M-1"]


def test_rows_are_plain_and_headings_are_in_both_languages() -> None:
    """A column without a heading of its own has the label of its fact."""
    with filled({}) as engine:
        listed = engine.listed("matters", actor=CLERK)
        pump = {"name": "pump", "price": "3 CNY", "pieces": []}
        assert listed.rows[0] == {
            "id": "M-2", "state": "open", "text": "a", "grave": False, "parts": [pump],
        }  # fmt: skip
        assert listed.of.headings(engine.texts("zh"))["text"] == "文字"
        assert listed.of.headings(engine.texts("en"))["parts"] == "parts"
    with filled({"columns": [*COLUMNS, {"name": "customer"}]}) as engine:
        of = engine.listed("matters", actor=CLERK).of
        assert of.headings(engine.texts("zh"))["customer"] == "客户"


RIGHTS = [
    {
        "name": "clerks",
        "machine": "matter",
        "roles": ["clerk"],
        "fields": ["text"],
        "events": ["*"],
    },
    {"name": "heads", "machine": "matter", "roles": ["head"], "fields": ["*"]},
]
MASKS = [{"name": "words", "machine": "matter", "fields": ["text"], "mask": "full",
          "roles": ["head"]}]  # fmt: skip


def test_each_cell_is_shown_where_its_reader_may_see_it() -> None:
    """ACC-005: withheld facts are blank, also in what is computed of them; masks hold."""
    with filled({}, access=RIGHTS, access_masks=MASKS) as engine:
        first = engine.listed("matters", actor=CLERK).rows[0]
        assert first["text"] == "***"
        assert (first["grave"], first["parts"]) == (None, None)
        assert engine.listed("matters", actor=HEAD).rows[0]["text"] == "a"
    with filled({"order": ["id"]}, access=[{**RIGHTS[0], "fields": []}], access_masks=[]) as engine:
        listed = engine.listed("matters", actor=GUEST)
        assert (listed.rows, listed.hidden) == ((), 3)


def test_what_is_computed_of_a_masked_fact_is_blank() -> None:
    """Else it could be guessed."""
    rights = [{**RIGHTS[0], "fields": ["*"]}]
    with filled({}, access=rights, access_masks=MASKS) as engine:
        first = engine.listed("matters", actor=CLERK).rows[0]
        assert (first["text"], first["grave"]) == ("***", None)


def test_every_read_of_a_confidential_list_is_noted() -> None:
    """ACC-010: before anything is shown, one note for each entity, with what for."""
    journals = [{"name": "matters", "machine": "matter"}]
    with filled({}, access=RIGHTS, access_journals=journals) as engine:
        engine.listed("matters", actor=HEAD)
        engine.listed("matters", actor=GUEST, purpose="just looking")
        for id_ in MATTERS:
            first, second = engine.journal(("access_log", f"matter.{id_}"))
            assert (first.event.form.reader, first.event.form.purpose) == ("head-1", "matters")
            assert first.event.form.granted
            assert not second.event.form.granted
            assert second.event.form.purpose == "just looking"


def test_an_unknown_list_is_told_with_those_there_are() -> None:
    """So is one that is not in force."""
    with filled({"from_on": "2026-04-01"}) as engine:
        for name in ("matter", "matters"):
            with pytest.raises(UnknownRowError, match=f"no row '{name}' of 'lists' is in force"):
                engine.listed(name, actor=CLERK)


# ---- Outputs on demand -------------------------------------------------------------------------

WORDS = {
    "name": "plain",
    "text_en": "{{ recipient }}: {{ facts.text }}, {{ form.words }}, {{ actor }} {{ at }}",
    "text_zh": "{{ recipient }}：{{ facts.text }}，{{ form.words }}",
}


def written(row: Mapping[str, object]) -> Overlay:
    """Return a company with one output."""
    given = {name: value for name, value in {**TOLD, **row}.items() if value is not None}
    return config(given, templates=[WORDS])


def test_a_preview_sends_and_stores_nothing() -> None:
    """It shows what each recipient would get."""
    with office(written({"to": ["role:clerk"], "channels": ["email", "sms"]})) as engine:
        engine.create("matter", {"text": "b"}, actor=CLERK, id="M-1").require()
        copies = engine.preview("told", "M-1", payload={"words": "no"}, actor=CLERK)
        assert [one.channel for one in copies] == ["email", "sms"]
        assert copies[0].text.startswith("clerk: b, no, clerk-1 2 March 2026")
        (chinese,) = engine.preview("told", "M-1", payload={"words": "no"}, actor=CLERK, lang="zh")
        assert (chinese.text, chinese.language) == ("clerk：b，no\n", "zh")
        assert engine.outbox() == []
        assert engine.get(("matter", "M-1")).version == 1


def test_a_form_is_printed_with_what_its_event_brought() -> None:
    """DEV-012: as the journal has it, whoever asks for it later; blank before that."""
    with office(written({"to": None})) as engine:
        engine.create("matter", {"text": "b"}, actor=CLERK, id="M-1").require()
        (blank,) = engine.preview("told", "M-1", actor=HEAD)
        assert blank.text.startswith(": b, , head-1")
        engine.fire(("matter", "M-1"), "answer", {"words": "yes"}, actor=CLERK).require()
        (printed,) = engine.preview("told", "M-1", actor=HEAD)
        assert printed.text.startswith(": b, yes, clerk-1 2 March 2026 17:00")
        assert printed.recipient is None


def test_a_form_is_printed_in_the_language_of_its_entity() -> None:
    """CMP-018: also where nobody gets it."""
    with office(written({"to": None, "language_of": "language"})) as engine:
        engine.create("matter", {"text": "b", "language": "zh"}, actor=CLERK, id="M-1").require()
        (printed,) = engine.preview("told", "M-1", actor=HEAD)
        assert (printed.language, printed.text) == ("zh", "：b，\n")


def test_an_output_of_no_event_is_made_of_facts_alone() -> None:
    """And data is shown as it is."""
    plain = {"name": "plain", "text_en": "{{ facts.text }}", "text_zh": "{{ facts.text }}"}
    row = {**TOLD, "events": [], "to": []}
    data = {
        "name": "for_erp", "machine": "matter", "title_en": "Data", "title_zh": "数据",
        "kind": "data", "events": ["answer"], "connector": "erp", "fields": ["text", "count"],
    }  # fmt: skip
    settings = {"integration.endpoints": {"erp": {"internal": True}}}
    with office(config(row, data, templates=[plain], settings=settings)) as engine:
        engine.create("matter", {"text": "b"}, actor=CLERK, id="M-1").require()
        assert [one.text for one in engine.preview("told", "M-1", actor=CLERK)] == ["b\n"]
        (shown,) = engine.preview("for_erp", "M-1", actor=CLERK)
        assert shown.text == '{"text": "b", "count": 0}'


def test_what_cannot_be_previewed_is_told() -> None:
    """An unknown output, event or entity, and a form that does not fit."""
    with office(written({})) as engine:
        engine.create("matter", {}, actor=CLERK, id="M-1").require()
        with pytest.raises(UnknownRowError, match="Did you mean 'told'"):
            engine.preview("tolt", "M-1", actor=CLERK)
        with pytest.raises(UnknownRowError, match="Did you mean 'answer'"):
            engine.preview("told", "M-1", "anser", actor=CLERK)
        with pytest.raises(UnknownEntityError):
            engine.preview("told", "M-9", actor=CLERK)
        with pytest.raises(WrongFormError, match=r"'answer' cannot bring this: .*words"):
            engine.preview("told", "M-1", payload={"word": "x"}, actor=CLERK)


def test_the_clock_of_the_list_is_the_engines() -> None:
    """An expression's `at` is the instant somebody asks."""
    row = {"where": f"at == d'{AT:%Y-%m-%dT%H:%M:%SZ}'"}
    with filled(row) as engine:
        assert len(ids(engine)) == 3
