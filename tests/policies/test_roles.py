"""Roles: what they are called, what they do, and names that are slips."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import attrs
import pytest

from crmflow import ConfigurationError, Engine, Overlay
from crmflow.core.form import Fault
from crmflow.core.machine import Guard, Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.tables import TableRow, Tables
from crmflow.engine.starting import examined
from crmflow.plugins.bringing import find_machines
from crmflow.plugins.loading import load_plugins
from crmflow.policies.roles import Role, named
from crmflow.policies.roles.checking import check
from crmflow.policies.roles.naming import Named
from crmflow.texts import Texts
from tests.policies.records import CARD, Card

SPEC = Path(__file__).parents[3] / "shared" / "spec" / "rules.md"
SHIPPED: Mapping[str, Mapping[str, object]] = {
    row["name"]: row
    for row in tomllib.loads(
        resources.files("crmflow.profiles").joinpath("default", "roles.toml").read_text("utf-8")
    )["roles"]
}
BOSS = {"name": "boss", "en": "boss", "zh": "老板"}


@attrs.frozen(kw_only=True)
class Staff(TableRow):
    """A row that names roles."""

    role: str = "none"
    roles: tuple[str, ...] = ()
    who: frozenset[str] = frozenset()
    steps: tuple[Mapping[str, object], ...] = ()


def desk(**tables: list[Mapping[str, object]]) -> Engine:
    """Return an engine of cards with rows of its own."""
    return Engine("memory:", machines=[CARD], config=Overlay({}, tables))


def right(*roles: str) -> Mapping[str, object]:
    """Return a right that names roles."""
    return {"name": "all", "machine": "card", "roles": list(roles), "events": ["*"]}


class TestSlips:
    """Names that are nearly a role's."""

    def test_a_slip_is_told_with_its_place(self) -> None:
        """Nobody has a role that is spelt wrong: what waits for it would wait for ever."""
        with pytest.raises(ConfigurationError, match=r"access\[0\]\.roles.*'salesperson'"):
            desk(access=[right("sales_person"), {**right("sales_person"), "name": "again"}])

    def test_a_role_of_the_companys_own_is_none(self) -> None:
        """It needs no row; with one it may also be near another."""
        desk(access=[right("boss")]).close()
        own = {"name": "sales_person", "en": "seller", "zh": "卖家"}
        desk(access=[right("sales_person")], roles=[own]).close()

    def test_names_within_steps_and_texts_are_looked_at(self) -> None:
        """Several in one text, or in steps of a chain."""
        chain = {"name": "entry", "machine": "card", "event": "enter"}
        with pytest.raises(ConfigurationError, match="'general_manager'"):
            desk(chains=[{**chain, "roles": "finance general_manger"}])
        steps = [{"name": "one", "approvers": [{"role": "general_manger"}]}]
        with pytest.raises(ConfigurationError, match="'general_manager'"):
            desk(chains=[{**chain, "steps": steps}])
        desk(chains=[{**chain, "roles": "none"}]).close()

    def test_machines_are_looked_at_too(self) -> None:
        """Who may fire a row, whom a guard names, whom a task is for, who may adopt."""
        odd = Machine(
            "odd",
            Card,
            states=(State("new", "新", "new", Kind.INITIAL), State("old", "旧", "old", Kind.FINAL)),
            rows=(
                Row(UNBORN, "begin", "new", who="custmer", tasks=(Open("t", "finance_manger"),)),
                Row("new", "end", "old",
                    guards=(Guard(bool, "no", roles="sales_asistant"),),
                    tasks=(Open("t", lambda _attempt: "boss"),)),
            ),
            zh="怪",
            en="odd",
            adopters="administrater",
        )  # fmt: skip
        rows = [Role(name=name, en="x", zh="x") for name in SHIPPED]
        faults = list(check(rows, Tables({"roles": tuple(rows)}), {"odd": odd}))
        assert [re.findall("'([a-z_]+)'", one.expected)[0] for one in faults] == [
            "customer", "finance_manager", "sales_assistant", "administrator",
        ]  # fmt: skip
        assert {one.path.partition(":")[0] for one in faults} == {"machine odd"}

    def test_a_slip_is_an_unknown_name_that_is_nearly_known(self) -> None:
        """A name that is only somewhat like a role's is a company's own."""
        rows = tuple(Role(name=name, en="x", zh="x") for name in ("salesperson", "finance_manager"))
        tables = Tables({"staff": (Staff(name="one", role="sales_person, salesman, finance"),)})
        assert list(check(rows, tables, {})) == [
            Fault("$.staff[0].role", "unknown", "Did you mean 'salesperson'?")
        ]


class TestPlaces:
    """Where a role is named."""

    def test_names_have_the_path_of_their_column(self) -> None:
        """At any depth of a row; what a row has in common with others is none."""
        staff = Staff(
            name="boss",
            role="k,l,none",
            roles=("b", "a"),
            who=frozenset("hgfedc"),
            steps=({"approvers": [{"role": "i"}]}, {"erasers": "j"}),
        )
        assert list(named(Tables({"other": (), "staff": (Staff(name="x"), staff)}), {})) == [
            Named("k", "$.staff[1].role"),
            Named("l", "$.staff[1].role"),
            Named("b", "$.staff[1].roles"),
            Named("a", "$.staff[1].roles"),
            *(Named(one, "$.staff[1].who") for one in "cdefgh"),
            Named("i", "$.staff[1].steps[0].approvers.role"),
            Named("j", "$.staff[1].steps[1].erasers"),
        ]


class TestShipped:
    """The shipped rows."""

    def test_every_name_of_shipped_rows_and_machines_is_a_role(self) -> None:
        """No row and no machine names a role that the table does not describe."""
        plugins = load_plugins(installed=False)
        machines = find_machines(None, plugins)
        found = examined(plugins, machines, "power, key_account, demo")
        assert {one.role for one in named(found.tables, machines)} <= SHIPPED.keys()

    @pytest.mark.parametrize(
        ("rule", "roles"),
        [
            ("REC-033", "marketing_department"), ("REC-040", "marketing_department"),
            ("REC-053", "salesperson"), ("DEV-006", "salesperson customer_service"),
            ("QUO-007", "project_development"), ("QUO-008", "purchasing"),
            ("QUO-009", "sales_service"), ("SUG-017", "main_department"),
            ("SUG-022", "customer_service"), ("SUG-034", "main_department"),
            ("REV-024", "market_development"), ("RCP-001", "reception"),
            ("RCP-007", "reception"), ("RCP-014", "reception"), ("RCP-015", "administration"),
            ("EXP-007", "service_head"), ("EXP-012", "customer_service"),
            ("SUR-007", "after_sales"), ("KAM-030", "key_account_department"),
            ("KAM-031", "key_account_department"), ("KAM-032", "key_account_department"),
            ("KAM-033", "key_account_manager"), ("KAM-034", "key_account_department"),
            ("KAM-035", "key_account_department"), ("KAM-036", "key_account_department"),
            ("KAM-043", "senior_management"), ("TRN-001", "manager_of_newcomers"),
            ("TRN-002", "marketing_manager"), ("TRN-005", "general_manager"),
            ("ACC-009", "file_keeper"), ("PWR-003", "key_account_manager"),
            ("PWR-005", "power_inside power_field"), ("PWR-006", "power_inside"),
            ("PWR-007", "power_field"), ("PWR-011", "dispatch_office"),
            ("PWR-012", "working_group"), ("PWR-013", "inspection_brigade"),
            ("PWR-014", "production_technology"),
        ],
    )  # fmt: skip
    def test_whose_duty_a_rule_is(self, rule: str, roles: str) -> None:
        """Each rule about a role is in its row, with its duties in both languages."""
        found = [name for name, row in SHIPPED.items() if rule in str(row.get("rules"))]
        assert found == sorted(roles.split(), key=list(SHIPPED).index)
        assert all(SHIPPED[name]["duties_en"] and SHIPPED[name]["duties_zh"] for name in found)

    @pytest.mark.skipif(not SPEC.is_file(), reason=f"the catalogue {SPEC} is not here")
    def test_rows_are_those_of_the_catalogue(self) -> None:
        """Part 7, each with at least the rules it is given there."""
        part = SPEC.read_text("utf-8").partition("## 7 Roles")[2].partition("## 8 ")[0]
        listed = dict(re.findall(r"^\| `(\w+)` \| .* \| ([^|]*) \|$", part, re.MULTILINE))
        assert set(SHIPPED) == {*listed, "administrator", "system"}
        for name, rules in listed.items():
            assert set(re.findall(r"[A-Z]{3}-\d{3}", rules)) <= set(
                str(SHIPPED[name]["rules"]).split("'")
            )

    @pytest.mark.parametrize(("lang", "label"), [("en", "salesperson"), ("zh", "销售")])
    def test_texts_show_what_a_role_is_called(self, lang: str, label: str) -> None:
        """With an engine or without; a company's own too."""
        assert Texts(lang).text("roles", "salesperson") == label
        with desk(roles=[BOSS]) as engine:
            assert engine.texts(lang).text("roles", "boss") == BOSS[lang]
            assert engine.texts(lang).text("roles", "salesperson") == label
