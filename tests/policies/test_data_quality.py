"""Data quality: required fields, formats and lists as rows."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import pytest

from crmflow import ConfigurationError
from crmflow.core.decision import Decision
from crmflow.core.reading import FieldError
from crmflow.core.verdict import Verdict
from crmflow.policies.data_quality import choice_texts, formats, tables
from crmflow.policies.data_quality.formats import format_of
from crmflow.policies.data_quality.patterns import pattern_of
from crmflow.policies.data_quality.rows import Choice, Format, FormatKind, Value
from tests.policies.records import CLERK, desk

FLOOR: Mapping[str, object] = {
    "name": "floor", "events": ["enter"], "fields": ["name", "people[].mobile"],
    "rules": ["REC-022"],
}  # fmt: skip


def entered(
    card: Mapping[str, object], entry: Mapping[str, object] | None = None, **rows: object
) -> Decision:
    """Return the answer to the entry of a card."""
    with desk(**rows) as shop:
        ref = shop.create("card", card, actor=CLERK).require().entity
        return shop.fire(ref, "enter", entry or {}, actor=CLERK)


def fields(decision: Decision) -> dict[str, object]:
    """Return the paths that each verdict names, by row."""
    return {one.row: one.values["fields"] for one in decision.verdicts}


class TestRequirements:
    """What must be filled in."""

    def test_everything_missing_is_told_at_once(self) -> None:
        """REC-022: a record is not saved while name or the contact's mobile is empty."""
        refused = entered({}, requirements=[FLOOR])
        (verdict,) = refused.verdicts
        assert (verdict.policy, verdict.reason) == ("data_quality", "fields_missing")
        assert verdict.values["fields"] == "$.name, $.people[].mobile"
        assert verdict.rules == ("REC-022",)

    def test_a_blank_text_is_no_value(self) -> None:
        """REC-022: what says nothing is missing."""
        refused = entered({"name": "  ", "people": [{"name": "A"}]}, requirements=[FLOOR])
        assert fields(refused) == {"floor": "$.name, $.people[0].mobile"}

    def test_what_the_event_brings_counts(self) -> None:
        """The record is asked as it would be afterwards."""
        people = [{"name": "A"}, {"mobile": "13800138000"}]
        found = entered({"people": people}, {"name": "Harbour Mill"}, requirements=[FLOOR])
        assert found.accepted

    def test_what_is_not_required_may_stay_empty(self) -> None:
        """REC-023: optional fields may stay empty."""
        card = {"name": "Harbour Mill", "people": [{"mobile": "13800138000"}]}
        assert entered(card, requirements=[FLOOR]).accepted

    BY_TYPE: Mapping[str, object] = {
        "name": "by_type", "events": ["enter"], "by": "kind",
        "types": {"industry": ["basics", "tax_id"], "retail": ["form.note"]},
    }  # fmt: skip
    BASICS: Mapping[str, object] = {"name": "basics", "fields": ["name", "industry"]}

    @pytest.mark.parametrize(
        ("card", "entry", "missing"),
        [
            ({"kind": "industry"}, {}, "$.name, $.industry, $.tax_id"),
            ({"kind": "industry", "tax_id": "1"}, {"name": "M"}, "$.industry"),
            ({"kind": "industry"}, {"kind": "retail"}, "$.note"),
        ],
    )
    def test_what_is_needed_follows_the_business_type(
        self, card: Mapping[str, object], entry: Mapping[str, object], missing: str
    ) -> None:
        """REC-004: the set is fixed per business type; a named set stands for its fields."""
        rows: dict[str, list[object]] = {
            "requirements": [self.BY_TYPE],
            "field_sets": [self.BASICS],
        }
        with desk(**rows) as shop:
            ref = shop.create("card", card, actor=CLERK).require().entity
            refused = shop.fire(ref, "enter", entry, actor=CLERK)
        assert fields(refused) == {"by_type": missing}

    @pytest.mark.parametrize("kind", [None, "trade"])
    def test_of_another_type_no_more_is_needed(self, kind: str | None) -> None:
        """REC-004: a type for which nothing was fixed needs only what all need."""
        sets = [self.BASICS]
        assert entered({"kind": kind}, requirements=[self.BY_TYPE], field_sets=sets).accepted

    def test_one_of_several_will_do(self) -> None:
        """REC-006: a contact person has a way to be reached."""
        row = {**FLOOR, "fields": ["people[].mobile or people[].email"]}
        refused = entered({}, requirements=[row])
        assert fields(refused) == {"floor": "$.people[].mobile or $.people[].email"}
        assert entered({"people": [{"email": "a@harbour.example"}]}, requirements=[row]).accepted

    def test_a_whole_list_may_be_needed(self) -> None:
        """REC-008: one project at least, whatever is said of it."""
        row = {**FLOOR, "fields": ["people"]}
        assert fields(entered({}, requirements=[row])) == {"floor": "$.people"}
        assert entered({"people": [{}]}, requirements=[row]).accepted

    def test_it_is_asked_only_where_when_holds(self) -> None:
        """A row may be about some records only."""
        row = {**FLOOR, "when": "kind == 'industry'"}
        assert entered({"kind": "retail"}, requirements=[row]).accepted
        assert not entered({"kind": "industry"}, requirements=[row]).accepted

    def test_a_row_may_be_about_every_event(self) -> None:
        """Also the creation: facts are those it would have."""
        with desk(requirements=[{**FLOOR, "events": ["*"], "fields": ["name"]}]) as shop:
            assert not shop.create("card", {}, actor=CLERK).accepted
            assert shop.create("card", {"name": "Harbour Mill"}, actor=CLERK).accepted

    def test_a_row_holds_on_its_days_only(self) -> None:
        """Rows have effective dates like all others."""
        assert entered({}, requirements=[{**FLOOR, "until_on": "2026-03-01"}]).accepted

    def test_a_field_of_the_companys_own_schema_may_be_needed(self) -> None:
        """REC-046: what stands in a mapping is reached by its name."""
        row = {**FLOOR, "fields": ["further.warehouse"]}
        assert fields(entered({}, requirements=[row])) == {"floor": "$.further.warehouse"}
        assert entered({"further": {"warehouse": "N"}}, requirements=[row]).accepted


class TestFormats:
    """How texts are written."""

    def test_every_wrong_text_is_told_with_its_path(self) -> None:
        """REC-024: digits of the mobile and form of the e-mail address are checked on entry."""
        rows = [
            {"name": "mobile", "events": ["enter"], "fields": ["people[].mobile"],
             "format": "mobile", "rules": ["REC-024"]},
            {"name": "email", "events": ["enter"], "fields": ["people[].email"],
             "format": "email", "rules": ["REC-024"]},
        ]  # fmt: skip
        people = [{"mobile": "1380013800"}, {"mobile": "13800138000", "email": "a@"}]
        refused = entered({"people": people}, formats=rows)
        assert fields(refused) == {"mobile": "$.people[0].mobile", "email": "$.people[1].email"}
        assert {one.reason for one in refused.verdicts} == {"format_mobile", "format_email"}
        assert entered({"people": [{"email": " "}]}, formats=rows).accepted

    def test_a_pattern_brings_its_own_words(self) -> None:
        """What a company's own numbers look like it says itself."""
        row = {"name": "own", "events": ["enter"], "fields": ["tax_id"], "format": "pattern",
               "pattern": "C-{1}[0-9]{4}", "text_en": "C- and four digits",
               "text_zh": "C-加四位数字"}  # fmt: skip
        refused = entered({"tax_id": "C-12"}, formats=[row])
        told = refused.verdicts[0].values
        assert (told["text_en"], told["text_zh"]) == ("C- and four digits", "C-加四位数字")
        assert entered({"tax_id": "C-1234"}, formats=[row]).accepted

    @pytest.mark.parametrize(
        ("kind", "text", "holds"),
        [
            ("mobile", "13800138000", True),
            ("mobile", "+86 138 0013 8000", True),
            ("mobile", "+49 1512 3456789", True),
            ("mobile", "１３８００１３８０００", True),
            ("mobile", "1380013800", False),
            ("mobile", "138001380001", False),
            ("mobile", "010-62581234", False),
            ("mobile", "12345678901", False),
            ("mobile", "nobody", False),
            ("phone", "010-62581234", True),
            ("phone", "+86 10 6258 1234 ext. 7", False),
            ("phone", "110", False),
            ("email", "sales@harbour.example.cn", True),
            ("email", "sales@harbour", False),
            ("email", "a b@harbour.cn", False),
            ("tax_id", "91310101MA1FPF0F0X"[:17], False),
            ("tax_id", "91110000600037341L", True),
            ("tax_id", "91110000600037341X", False),
            ("postal_code", "200000", True),
            ("postal_code", "2000000", False),
            ("url", "https://harbour.example.cn/a?b=1", True),
            ("url", "http://例子.测试:8080", True),
            ("url", "ftp://harbour.example", False),
            ("url", "https://harbour", False),
            ("url", "https://u:p@harbour.example", False),
            ("url", "https://harbour.example:99999", False),
            ("url", "https://harbour.example/a b", False),
            ("url", "javascript:alert(1)", False),
            ("number", "-12.50", True),
            ("number", "1_000", False),
            ("number", "NaN", False),
            ("number", "twelve", False),
            ("number", "１２", False),
        ],
    )
    def test_formats(self, kind: str, text: str, holds: bool) -> None:
        """REC-024: each kind knows its own."""
        row = Format(
            name="x", machine="card", events=("enter",), fields=("tax_id",),
            format=FormatKind(kind),
        )  # fmt: skip
        assert format_of(row)(text) is holds
        assert not format_of(row)(text * 1000)

    def test_other_countries_have_their_own(self) -> None:
        """A row names the country whose numbers are written without its code."""
        row = Format(
            name="x", machine="card", events=("enter",), fields=("tax_id",),
            format=FormatKind.TAX_ID, region="DE",
        )  # fmt: skip
        assert format_of(row)("DE136695976")
        assert not format_of(row)("91110000600037341L")

    @pytest.mark.parametrize(
        ("kind", "module", "package"),
        [
            ("mobile", "phonenumbers", "phonenumberslite"),
            ("email", "email_validator", "email-validator"),
            ("tax_id", "stdnum.cn", "python-stdnum"),
        ],
    )
    def test_a_missing_package_names_its_extra(
        self, kind: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is to be installed is said where it is needed, and only there."""
        formats._numbers.cache_clear()
        monkeypatch.setitem(sys.modules, module, None)
        row = Format(
            name="x", machine="card", events=("enter",), fields=("tax_id",),
            format=FormatKind(kind),
        )  # fmt: skip
        with pytest.raises(ImportError, match=rf"{package}: pip install 'crmflow\[contact\]'"):
            format_of(row)


class TestPatterns:
    """The small language of patterns."""

    @pytest.mark.parametrize(
        ("pattern", "text", "holds"),
        [
            (r"[A-Z]{2}\d{3,5}", "AB123", True),
            (r"[A-Z]{2}\d{3,5}", "AB12", False),
            (r"[A-Z]{2}\d{3,5}", "AB123456", False),
            (r"\d{0,2}\d{2}", "12", True),
            (r"a.b", "a+b", True),
            (r"a\.b", "a+b", False),
            (r"[-_]x", "_x", True),
            (r"\d", "٣", False),
            (r"京[A-Z]\d{5}", "京A12345", True),
            (r".{1,64}", "x" * 300, False),
        ],
    )
    def test_what_fits(self, pattern: str, text: str, holds: bool) -> None:
        """The whole of a text looks like it."""
        assert pattern_of(pattern).fits(text) is holds

    @pytest.mark.parametrize(
        "pattern", ["", "a*", "(a)", "a|b", "[", "[]", "a{3,2}", "a{65}", "a{", r"\w", "a" * 33]
    )
    def test_what_is_no_pattern(self, pattern: str) -> None:
        """Whatever could take long, or says nothing, is refused when it is loaded."""
        with pytest.raises(FieldError) as found:
            pattern_of(pattern)
        assert found.value.code == "pattern"


class TestChoices:
    """Open lists."""

    KINDS: Mapping[str, object] = {
        "name": "kinds", "events": ["take", "enter"], "field": "kind",
        "values": [{"name": "retail", "en": "Retail", "zh": "零售"}, {"name": "industry"}],
        "rules": ["SUG-002"],
    }  # fmt: skip

    def test_what_is_on_no_list_is_refused_with_the_list(self) -> None:
        """SUG-002: values come from a list, which the refusal tells."""
        with desk(choices=[self.KINDS]) as shop:
            (verdict,) = shop.create("card", {"kind": "trade"}, actor=CLERK).verdicts
            assert verdict.reason == "not_on_list"
            assert verdict.values["fields"] == "$.kind = trade"
            assert verdict.values["options_en"] == "retail (Retail), industry"
            assert verdict.values["options_zh"] == "retail (零售)、industry"
            assert shop.create("card", {"kind": "retail"}, actor=CLERK).accepted
            assert shop.create("card", {}, actor=CLERK).accepted

    def test_a_company_adds_to_a_list(self) -> None:
        """SUG-002: a row of another name extends it, from its first day."""
        more = {**self.KINDS, "name": "more", "values": [{"name": "trade"}]}
        with desk(choices=[self.KINDS, more]) as shop:
            assert shop.create("card", {"kind": "trade"}, actor=CLERK).accepted
            assert shop.create("card", {"kind": "retail"}, actor=CLERK).accepted
            assert not shop.create("card", {"kind": "other"}, actor=CLERK).accepted
        later = {**more, "from_on": "2026-03-03"}
        with desk(choices=[self.KINDS, later]) as shop:
            assert not shop.create("card", {"kind": "trade"}, actor=CLERK).accepted

    def test_lists_of_other_fields_are_their_own(self) -> None:
        """Each field has its own list."""
        other = {**self.KINDS, "name": "industries", "field": "industry",
                 "values": [{"name": "steel"}]}  # fmt: skip
        with desk(choices=[self.KINDS, other]) as shop:
            refused = shop.create("card", {"kind": "steel", "industry": "retail"}, actor=CLERK)
            assert len(refused.verdicts) == 2

    @pytest.mark.parametrize(("lang", "label"), [("en", "Retail"), ("zh", "零售")])
    def test_added_values_are_shown_by_their_labels(self, lang: str, label: str) -> None:
        """What a company adds has its own words."""
        with desk(choices=[self.KINDS]) as shop:
            assert shop.texts(lang).text("choices", "retail", "card") == label
            assert shop.texts(lang).find("choices", "industry", "card") is None

    def test_texts_are_a_locale_table(self) -> None:
        """A value without a label leaves it to the shipped texts."""
        row = Choice(
            name="k", machine="card", events=("*",), field="kind",
            values=(Value(name="a", en="A"), Value(name="b")),
        )  # fmt: skip
        assert choice_texts([row], "en") == {"machine": {"card": {"choices": {"a": "A"}}}}
        assert choice_texts([row], "zh") == {}


REQUIREMENT = {"name": "x", "events": ["enter"], "fields": ["name"]}
FORMAT = {"name": "x", "events": ["enter"], "fields": ["name"], "format": "number"}
CHOICE = {"name": "x", "events": ["enter"], "field": "kind", "values": [{"name": "a"}]}


@pytest.mark.parametrize(
    ("table", "row", "told"),
    [
        (
            "requirements",
            {**REQUIREMENT, "events": ["entre"]},
            ("$.requirements[0].events[0] (x): unknown. Did you mean 'enter'?"),
        ),
        (
            "requirements",
            {**REQUIREMENT, "fields": []},
            ("$.requirements[0] (x): empty, expected fields, or types: what is needed"),
        ),
        (
            "requirements",
            {**REQUIREMENT, "fields": ["nam"]},
            ("$.requirements[0].fields[0] (x): unknown. Did you mean 'name'?"),
        ),
        (
            "requirements",
            {**REQUIREMENT, "fields": ["form.nam"]},
            ("$.requirements[0].fields[0] (x): unknown. Did you mean 'name'?"),
        ),
        (
            "requirements",
            {**REQUIREMENT, "fields": ["people.mobile"]},
            ("$.requirements[0].fields[0] (x): path, expected 'people[]', for it is a list"),
        ),
        (
            "requirements",
            {**REQUIREMENT, "fields": ["name[]"]},
            ("$.requirements[0].fields[0] (x): path, expected 'name': it is no list"),
        ),
        (
            "requirements",
            {**REQUIREMENT, "fields": ["name.first"]},
            ("$.requirements[0].fields[0] (x): unknown. nothing below: 'first' is no field of it"),
        ),
        (
            "requirements",
            {**REQUIREMENT, "fields": ["name or nam"]},
            ("$.requirements[0].fields[0] (x): unknown. Did you mean 'name'?"),
        ),
        (
            "requirements",
            {**REQUIREMENT, "fields": ["name..x"]},
            (
                "$.requirements[0].fields[0] (x): path, expected names parted by dots, "
                "such as 'contacts[].mobile'"
            ),
        ),
        (
            "requirements",
            {**REQUIREMENT, "by": "kind"},
            (
                "$.requirements[0].by (x): missing, expected an expression for which of"
                " the types it is"
            ),
        ),
        (
            "requirements",
            {**REQUIREMENT, "types": {"a": ["name"]}},
            (
                "$.requirements[0].by (x): missing, expected an expression for which of"
                " the types it is"
            ),
        ),
        (
            "requirements",
            {**REQUIREMENT, "by": "kin", "types": {"a": ["name"]}},
            ("$.requirements[0].by (x): unknown. Did you mean 'kind'? (at character 1)"),
        ),
        (
            "requirements",
            {**REQUIREMENT, "by": "kind", "types": {"a": ["nam"]}},
            ("$.requirements[0].types.a[0] (x): unknown. Did you mean 'name'?"),
        ),
        (
            "requirements",
            {**REQUIREMENT, "when": "kin == 'a'"},
            ("$.requirements[0].when (x): unknown. Did you mean 'kind'? (at character 1)"),
        ),
        (
            "field_sets",
            {"name": "s", "fields": ["nam"]},
            "$.field_sets[0].fields[0] (s): unknown. Did you mean 'name'?",
        ),
        (
            "formats",
            {**FORMAT, "fields": ["people"]},
            ("$.formats[0].fields[0] (x): path, expected 'people[]', for it is a list"),
        ),
        (
            "formats",
            {**FORMAT, "fields": ["nam"]},
            "$.formats[0].fields[0] (x): unknown. Did you mean 'name'?",
        ),
        (
            "formats",
            {**FORMAT, "pattern": "a"},
            (
                "$.formats[0].pattern (x): unknown. a pattern and its texts, for the "
                "format 'pattern' alone"
            ),
        ),
        (
            "formats",
            {**FORMAT, "format": "pattern"},
            (
                "$.formats[0].text_zh (x): missing, expected a pattern and its texts, "
                "for the format 'pattern' alone"
            ),
        ),
        (
            "formats",
            {**FORMAT, "format": "mobile", "region": "XX"},
            ("$.formats[0].region (x): region, expected a country such as 'CN', not 'XX'"),
        ),
        (
            "formats",
            {**FORMAT, "format": "tax_id", "region": "XX"},
            (
                "$.formats[0].region (x): region, expected a country whose tax ids are "
                "known, not 'XX'"
            ),
        ),
        (
            "formats",
            {**FORMAT, "format": "postal_code", "region": "FR"},
            (
                "$.formats[0].region (x): region, expected one of CN, HK, MO, TW, US, "
                "DE; elsewhere the format 'pattern'"
            ),
        ),
        (
            "formats",
            {**FORMAT, "format": "pattern", "pattern": "a*", "text_en": "a", "text_zh": "a"},
            (
                "$.formats[0].pattern (x): pattern, expected a character, \\d, [A-Z0-9] "
                "or ., with a count such as {3} or {2,5} (at character 2)"
            ),
        ),
        (
            "choices",
            {**CHOICE, "field": "kinds"},
            "$.choices[0].field (x): unknown. Did you mean 'kind'?",
        ),
        (
            "choices",
            {**CHOICE, "values": []},
            "$.choices[0].values (x): empty, expected at least one value",
        ),
    ],
)
def test_faults_are_found_when_the_rows_are_loaded(
    table: str, row: Mapping[str, object], told: str
) -> None:
    """Each fault tells its place and what would be right."""
    with pytest.raises(ConfigurationError) as caught:
        desk(**{table: [row]})
    assert f"config: {told}" in caught.value.faults


def test_the_tables_are_those_of_the_page() -> None:
    """What the mechanism brings."""
    names = {table.name for table in tables()}
    assert names == {"requirements", "field_sets", "formats", "choices", "duplicates"}


def test_an_explanation_shows_every_row_that_fails() -> None:
    """REC-022: who asks beforehand sees the same, in words."""
    with desk(requirements=[FLOOR]) as shop:
        ref = shop.create("card", {}, actor=CLERK).require().entity
        explained = shop.explain(ref, "enter", {}, actor=CLERK, lang="zh")
        assert [type(one) for one in explained.verdicts] == [Verdict]
        assert "必须填写：$.name, $.people[].mobile" in str(explained)
