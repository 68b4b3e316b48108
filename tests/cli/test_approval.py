"""`crmflow approval`: the inbox and the actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from tests.cli.conftest import read

if TYPE_CHECKING:
    from click.testing import Result

    from tests.cli.conftest import Crm

PLUGIN = Path(__file__).with_name("purchases.py")
STAFF = """
person = [
  {id = "ann", superior = "bob"},
  {id = "bob", roles = ["head"]},
  {id = "dan"},
  {id = "eve"},
  {id = "root", roles = ["administrator"]},
]
"""


@attrs.frozen
class Office:
    """The command line with purchases, chains and people."""

    crm: Crm
    staff: Path

    def __call__(self, *words: str) -> Result:
        """Run a verb."""
        given = ("--plugin", str(PLUGIN), "--directory", str(self.staff))
        return self.crm.of("purchase")(*given, *words)

    def ok(self, *words: str) -> str:
        """Run a verb that must succeed, and return its stdout."""
        result = self(*words)
        assert result.exit_code == 0, result.output
        return result.stdout

    def act(self, verb: str, actor: str, *words: str) -> str:
        """Act on the one purchase."""
        return self.ok("approval", verb, "purchase", "P-1", "--actor", actor, *words)

    def waits(self, *words: str) -> list[tuple[str, str]]:
        """Return what waits for whom."""
        found = read(self.ok("approval", "list", *words, "-o", "json"))
        return [(one["request"], one["assignee"]) for one in found]


@pytest.fixture
def office(crm: Crm, tmp_path: Path) -> Office:
    """Return an office where `ann` has asked for an order."""
    staff = tmp_path / "staff.toml"
    staff.write_text(STAFF, "utf-8")
    office = Office(crm, staff)
    office.ok("entity", "create", "purchase", "--id", "P-1", "--actor", "ann", "--payload", "{}")
    given = ("--set", "supplier=acme", "--actor", "ann")
    held = read(office.ok("entity", "fire", "purchase", "P-1", "order", *given, "-o", "json"))
    assert held["held"]
    return office


def test_inbox_of_one_of_a_role_and_of_all(office: Office) -> None:
    """Who is awaited, by person or by the role they were found by."""
    office.ok("entity", "fire", "purchase", "P-1", "drop", "--actor", "ann")
    assert office.waits("--all") == [("order", "bob"), ("order", "dan"), ("drop", "bob")]
    assert office.waits("--mine", "dan") == [("order", "dan")]
    assert office.waits("--role", "head") == [("drop", "bob")]
    assert office.waits("--mine", "eve") == []
    wrong = office("approval", "list", "--mine", "dan", "--all")
    assert wrong.exit_code == 2
    (row,) = read(office.ok("approval", "list", "--mine", "dan", "-o", "json"))
    assert (row["kind"], row["step"], row["requester"], row["overdue"]) == (
        "approve",
        "both",
        "ann",
        False,
    )
    assert "申请事项" in office.ok("--lang", "zh", "approval", "list")


def test_what_waits_is_told_page_by_page(office: Office) -> None:
    """What is cut says how to go on."""
    page = office("approval", "list", "--limit", "1", "-o", "json")
    cursor = page.stderr.split("--after ")[1].strip()
    assert [row["assignee"] for row in read(page.stdout)] == ["bob"]
    assert office.waits("--after", cursor) == [("order", "dan")]
    assert office("approval", "list", "--after", "x").exit_code == 2


def test_vote_by_vote_to_the_order(office: Office) -> None:
    """Approved by all, the event is applied."""
    office.act("approve", "bob", "--comment", "fine")
    assert office.waits() == [("order", "dan")]
    decided = read(office.act("approve", "dan", "-o", "json"))
    assert decided["state"] == "ordered"


def test_denied_action_says_who_could(office: Office) -> None:
    """It exits as every refusal does."""
    refused = office("approval", "approve", "purchase", "P-1", "--actor", "eve")
    assert refused.exit_code == 4
    assert "only those who are asked" in refused.stdout
    assert "bob" in refused.stdout


def test_every_verb_reaches_its_action(office: Office) -> None:
    """One purchase through all that people do to requests."""
    why = ("--reason", "because")
    office.act("remind", "ann")
    office.act("copy-to", "ann", "--person", "eve", "--person", "root")
    office.act("transfer", "dan", "--to", "eve", *why)
    office.act("delegate", "bob", "--to", "dan", *why)
    office.act("approve", "dan")
    office.act("approve", "bob")
    office.act("take-back", "bob")
    office.act("add-signer", "bob", "--person", "dan", "--place", "beside", *why)
    office.act("remove-signer", "bob", "--person", "dan", *why)
    office.act("return", "bob", *why, "--resume", "again")
    assert office.waits() == [("order", "ann")]
    office.act("resubmit", "ann", "--payload", '{"supplier": "better"}')
    office.act("withdraw", "ann")
    office.ok("entity", "fire", "purchase", "P-1", "drop", "--actor", "ann")
    office.act("refuse", "bob", *why, "--request", "drop")
    office.ok("entity", "fire", "purchase", "P-1", "drop", "--actor", "ann")
    office.act("stop", "root", *why)
    assert office.waits() == []


def test_all_of_someone_who_leaves_is_handed_over(office: Office) -> None:
    """One row for each entity; what cannot be is told with its reasons."""
    given = ("--reason", "leaves", "--actor", "root", "-o", "json")
    rows = read(office.ok("approval", "hand-over", "dan", "--to", "eve", *given))
    assert [(row["id"], row["handed_over"]) for row in rows] == [("P-1", True)]
    assert office.waits() == [("order", "bob"), ("order", "eve")]
    refused = office("approval", "hand-over", "eve", "--to", "ann", *given)
    assert refused.exit_code == 4
    assert read(refused.stdout)[0]["reasons"] == "own_request"


def test_help_is_told_in_chinese(office: Office) -> None:
    """Every verb and option has its words."""
    shown = office.ok("--lang", "zh", "approval", "add-signer", "--help")
    assert "加签。" in shown
    assert "加签人在本人审批之前、之后或并行。" in shown
    assert "催办。" in office.ok("--lang", "zh", "approval", "--help")
