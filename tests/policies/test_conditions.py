"""Conditions: guards as rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import attrs
import pytest

from crmflow import Actor, ConfigurationError, Engine, ManualClock, Overlay
from crmflow.core.dealing import KNOW_CUSTOMER
from crmflow.core.decision import Decision
from crmflow.core.form import Text
from crmflow.core.machine import ANY, Kind, Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.people import Person
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied
from crmflow.directory import ListedDirectory
from crmflow.policies.conditions.noting import Nothing, Noting

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLERK, HEAD = Actor("clerk-1", {"clerk"}), Actor("head-1", {"head"})


@attrs.frozen
class Case:
    """What is known of a case."""

    customer: str
    amount: Money | None = None


@attrs.frozen
class Take:
    """What a case begins with."""

    customer: Text
    amount: Money | None = None


@attrs.frozen
class Grade:
    """What grading brings."""

    grade: Text
    reason: Text | None = None


@attrs.frozen
class Client:
    """What is known of a client."""

    tier: str = "ordinary"
    turnover: Money | None = None
    since: date | None = None
    score: Decimal | None = None
    tags: tuple[str, ...] = ()


CASE = Machine(
    "case",
    Case,
    states=(
        State("taken", "已受理", "Taken", Kind.INITIAL),
        State("graded", "已定级", "Graded"),
        State("closed", "已关闭", "Closed", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "take", "taken", form=Take, sets=copied("customer", "amount"),
            send=(attrs.evolve(KNOW_CUSTOMER, machine="client", link="client"),)),
        Row("taken", "grade", "graded", form=Grade),
        Row(ANY, "close", "closed"),
    ),
    zh="案件",
    en="Case",
)  # fmt: skip

CLIENT = Machine(
    "client",
    Client,
    states=(
        State("active", "活跃", "Active", Kind.INITIAL),
        State("gone", "流失", "Gone", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "enter", "active", form=Client,
            sets=copied("tier", "turnover", "since", "score", "tags")),
        Row("active", "leave", "gone"),
    ),
    zh="客户",
    en="Client",
    shares="tier turnover since score tags",
)  # fmt: skip

BASE: Mapping[str, object] = {
    "name": "major",
    "machine": "case",
    "events": ["grade"],
    "text_en": "a claim over 500 is a major one",
    "text_zh": "索赔超过五百即为重大",
    "rules": ["CMP-014"],
}


def engine(*rows: Mapping[str, object], settings: Mapping[str, object] | None = None) -> Engine:
    """Return an engine whose rows are these, each over the base row."""
    own = [{**BASE, **row} for row in rows]
    config = Overlay(settings or {}, {"conditions": own})
    return Engine("memory:", machines=[CASE, CLIENT], config=config, clock=ManualClock(AT))


def graded(
    shop: Engine, grade: str = "general", reason: str | None = None, *, actor: Actor = CLERK
) -> Decision:
    """Return the answer to the grading of a new case of client C1."""
    payload = {"customer": "C1", "amount": "800 CNY"}
    ref = shop.create("case", payload, actor=CLERK).require().entity
    shop.run_due()
    return shop.fire(ref, "grade", {"grade": grade, "reason": reason}, actor=actor)


MAJOR = {"when": "amount > 500", "requires": "form.grade == 'major'"}


class TestJudging:
    """What a row refuses, and how it says so."""

    def test_a_failing_row_refuses_with_its_own_text_row_and_rules(self) -> None:
        """CMP-014: what makes a grade is a row; the refusal has its text in both languages."""
        with engine(MAJOR) as shop:
            (verdict,) = graded(shop).verdicts
            assert (verdict.policy, verdict.reason, verdict.row) == (
                "conditions", "condition", "major",
            )  # fmt: skip
            assert verdict.rules == ("CMP-014",)
            assert graded(shop, "major").accepted

    def test_an_explanation_shows_the_row_and_its_text(self) -> None:
        """The text is the row's, in the language that is asked for."""
        with engine(MAJOR) as shop:
            ref = graded(shop).entity
            for lang, text in (("en", "a claim over 500"), ("zh", "索赔超过五百")):
                told = shop.explain(ref, "grade", {"grade": "general"}, actor=CLERK, lang=lang)
                assert text in str(told)
                assert "conditions major" in str(told)

    def test_it_is_asked_only_where_when_holds(self) -> None:
        """A row without its case says nothing."""
        with engine({**MAJOR, "when": "amount > 900"}) as shop:
            assert graded(shop).accepted

    def test_a_row_that_requires_nothing_forbids(self) -> None:
        """Where only `when` is given the event must not happen."""
        with engine({"when": "form.grade == 'major'"}) as shop:
            assert graded(shop).accepted
            assert not graded(shop, "major").accepted

    def test_all_failing_rows_are_told_at_once(self) -> None:
        """Each row has its own verdict, with its text and rules."""
        second = {"name": "never", "requires": "form.grade == 'minor'", "rules": ["CMP-006"],
                  "text_en": "only minor ones", "text_zh": "只受理轻微的"}  # fmt: skip
        with engine(MAJOR, second) as shop:
            found = graded(shop).verdicts
            assert [(one.row, one.rules) for one in found] == [
                ("major", ("CMP-014",)), ("never", ("CMP-006",)),
            ]  # fmt: skip
            assert found[1].values["text_en"] == "only minor ones"

    def test_whom_a_row_does_not_bind_could_do_it(self) -> None:
        """Roles of `who` pass, and others are told of them."""
        with engine({**MAJOR, "who": ["head"]}) as shop:
            assert graded(shop).verdicts[0].roles == ("head",)
            assert graded(shop, actor=HEAD).accepted

    def test_it_holds_on_its_days_only(self) -> None:
        """Rows have effective dates like all others."""
        with engine({**MAJOR, "from_on": "2026-03-03"}, settings={"company.zone": "UTC"}) as shop:
            assert graded(shop).accepted

    def test_a_row_about_every_event_binds_creation_too(self) -> None:
        """CON-011: `*` is every event; before creation no fact is known."""
        with engine({"events": ["*"], "requires": "actor.id == 'head-1'"}) as shop:
            assert not shop.create("case", {"customer": "C1"}, actor=CLERK).accepted
            assert shop.create("case", {"customer": "C1"}, actor=HEAD).accepted

    def test_an_expression_may_be_a_blank_of_the_company(self) -> None:
        """CMP-006: the criterion is the company's; the row only says what follows from it."""
        row = {**MAJOR, "when": {"blank": "complaint.grade_criteria.major"}}
        with pytest.raises(ConfigurationError, match=r"complaint\.grade_criteria"):
            engine(row)
        settings = {"complaint.grade_criteria": {"major": "amount > 100"}}
        with engine(row, settings=settings) as shop:
            assert not graded(shop).accepted


class TestOverriding:
    """Soft rows: a reason lets them pass, and the journal tells."""

    SOFT: Mapping[str, object] = {**MAJOR, "soft": {"reason": "reason"}}

    def test_without_a_reason_it_refuses_and_names_the_field(self) -> None:
        """AMB-27: who has no reason is told where one goes."""
        with engine(self.SOFT) as shop:
            (verdict,) = graded(shop).verdicts
            assert (verdict.reason, verdict.values["field"]) == ("condition_soft", "reason")

    def test_with_a_reason_it_passes_and_the_journal_says_why(self) -> None:
        """AMB-29: an override is journaled with its row, rules and reason."""
        with engine(self.SOFT) as shop:
            decision = graded(shop, reason="goodwill").require()
            (verdict,) = list(shop.journal(decision.entity))[-1].verdicts
            assert (verdict.reason, verdict.row, verdict.rules) == (
                "condition_overridden", "major", ("CMP-014",),
            )  # fmt: skip
            assert verdict.values["why"] == "goodwill"
            assert all(not one.differs for one in shop.redecide(decision.entity))

    def test_nothing_is_noted_where_the_row_holds(self) -> None:
        """A reason that was not needed overrides nothing."""
        with engine(self.SOFT) as shop:
            assert graded(shop, "major", "goodwill").require().verdicts == ()

    def test_what_notes_remembers_nothing(self) -> None:
        """The journal has it all: there is nothing to tell of an entity."""
        with engine(self.SOFT) as shop:
            decision = graded(shop, reason="goodwill").require()
            assert decision.snapshot.policy("conditions") is None
            (noting,) = [one for one in shop.registry.policies["case"] if one.name == "conditions"]
            assert isinstance(noting, Noting)
            assert list(noting.explain(Nothing(), decision.snapshot)) == []

    def test_only_some_may_override(self) -> None:
        """Roles of `soft` are needed, and told."""
        row = {**MAJOR, "soft": {"reason": "reason", "roles": ["head"]}}
        with engine(row) as shop:
            refused = graded(shop, reason="goodwill")
            assert refused.verdicts[0].roles == ("head",)
            assert graded(shop, reason="goodwill", actor=HEAD).accepted

    def test_a_hard_row_beside_it_still_refuses(self) -> None:
        """A reason overrides the soft row alone."""
        hard = {"name": "hard", "requires": "form.grade == 'minor'"}
        with engine(self.SOFT, hard) as shop:
            (verdict,) = graded(shop, reason="goodwill").verdicts
            assert (verdict.reason, verdict.row) == ("condition", "hard")
            assert [one.row for one in graded(shop).verdicts] == ["hard", "major"]

    def test_a_held_event_is_noted_when_it_is_done(self) -> None:
        """What waits for an approval is overridden once, with the decision."""
        chain = {"name": "grading", "machine": "case", "event": "grade", "roles": "head"}
        config = Overlay({}, {"conditions": [{**BASE, **self.SOFT}], "chains": [chain]})
        people = ListedDirectory((Person("head-1", ("head",)), Person("clerk-1", ("clerk",))))
        with Engine("memory:", machines=[CASE, CLIENT], config=config, directory=people,
                    clock=ManualClock(AT)) as shop:  # fmt: skip
            held = graded(shop, reason="goodwill")
            assert held.held
            assert [one.policy for one in held.verdicts] == ["approvals"]
            shop.fire(held.entity, "$approve", {"request": "grade"}, actor=HEAD).require()
            noted = [one.row for record in shop.journal(held.entity) for one in record.verdicts
                     if one.policy == "conditions"]  # fmt: skip
            assert noted == ["major"]


class TestLinks:
    """What a row reads of linked entities."""

    @pytest.mark.parametrize(
        ("expression", "holds"),
        [
            ("client.tier == 'core'", True),
            ("client.tier in ['core', 'strategic']", True),
            ("client.state == 'active'", True),
            ("client.turnover > 1000", True),
            ("client.turnover_currency == 'CNY'", True),
            ("client.since < d'2026-01-01'", True),
            ("client.score >= 9.5", True),
            ("'vip' in client.tags", True),
            ("client.tier == null", False),
        ],
    )
    def test_shared_facts_are_read_by_their_kinds(self, expression: str, holds: bool) -> None:
        """What a client told by message has its own kind again."""
        client = {"tier": "core", "turnover": "2000 CNY", "since": "2025-12-31",
                  "score": "9.5", "tags": ["vip"]}  # fmt: skip
        with engine({"requires": expression}) as shop:
            shop.create("client", client, id="C1", actor=CLERK).require()
            assert graded(shop).accepted is holds

    def test_what_nobody_told_is_missing(self) -> None:
        """An absent link gives null, whatever is asked of it."""
        with engine({"requires": "client.tier == null and client.state == null"}) as shop:
            assert graded(shop).accepted

    def test_what_is_not_shared_is_no_name(self) -> None:
        """A typing mistake is found when the row is loaded."""
        with pytest.raises(ConfigurationError, match=r"Did you mean 'client\.tier'"):
            engine({"requires": "client.tie == 'core'"})


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"events": ["grad"], "when": "true"},
            ("$.conditions[0].events[0] (major): unknown. Did you mean 'grade'?"),
        ),
        (
            {},
            (
                "$.conditions[0] (major): empty, expected when or requires: what must "
                "hold, and where"
            ),
        ),
        (
            {"when": "amout > 5"},
            ("$.conditions[0].when (major): unknown. Did you mean 'amount'? (at character 1)"),
        ),
        (
            {"requires": "form.grade"},
            (
                "$.conditions[0].requires (major): type, expected an expression that "
                "gives true or false, not a text (at character 1)"
            ),
        ),
        (
            {"events": ["close"], "when": "form.grade == 'x'"},
            (
                "$.conditions[0].when (major): unknown. Known: 'actor.departments', "
                "'actor.id', 'actor.roles', 'amount', 'amount_currency', 'and', 'at', "
                "'client.score', 'client.since', 'client.state', 'client.tags', "
                "'client.tier', 'client.turnover', 'client.turnover_currency', "
                "'customer', 'day', 'days_between', 'event', 'false', 'in', 'length', "
                "'lower', 'not', 'null', 'or', 'state', 'true'. (at character 1)"
            ),
        ),
        (
            {"when": "true", "soft": {"reason": "reasons"}},
            ("$.conditions[0].soft.reason (major): unknown. Did you mean 'reason'?"),
        ),
    ],
)
def test_faults_are_found_when_the_rows_are_loaded(row: Mapping[str, object], told: str) -> None:
    """Each fault tells its place and what would be right."""
    with pytest.raises(ConfigurationError) as caught:
        engine(row)
    assert f"config: {told}" in caught.value.faults
