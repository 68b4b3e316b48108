"""`crmflow role` and `crmflow entity duplicates`: roles, and who may be the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.cli.conftest import read

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

SALES = ("--actor", "sales-1", "--role", "salesperson")
OWN = '[[access]]\nname = "boss"\nmachine = "lead"\nroles = ["boss"]\nevents = ["*"]\n'


def test_roles_are_listed_with_their_duties(desk: Crm) -> None:
    """In the chosen language, with how often rows name them."""
    listed = read(desk.ok("--lang", "zh", "role", "list", "-o", "json"))
    found = {one["role"]: one for one in listed}
    assert found["file_keeper"]["label"] == "档案专人"
    assert "ACC-009" in found["file_keeper"]["rules"]
    assert found["customer_service"]["named"] > 5
    english = {one["role"]: one for one in read(desk.ok("role", "list", "-o", "json"))}
    assert english["salesperson"]["duties"].startswith("Makes first contact")


def test_a_role_that_nobody_described_is_listed_too(desk: Crm) -> None:
    """A company sees which names of its rows have no row of their own."""
    Path("crmflow.toml").write_text(OWN, "utf-8")
    listed = read(desk.ok("role", "list", "--machine", "lead", "-o", "json"))
    assert listed[-1]["role"] == "boss"
    assert (listed[-1]["label"], listed[-1]["named"]) == (None, 1)


def test_doubles_are_found_by_values_or_id(desk: Crm) -> None:
    """With their scores; nothing to look for is a wrong use."""
    machine = ("--machine", "customer")
    card = ("--set", "name=Harbour Mill", "--set", "source=exhibition",
            "--set", "business_type=retail")  # fmt: skip
    for number in ("1", "2"):
        create = ("entity", "create", "customer", "--id", f"C-{number}")
        desk.ok(*machine, *create, *card, *SALES)
    words = (*machine, "entity", "duplicates", "customer")
    found = read(desk.ok(*words, "C-1", *SALES, "-o", "json"))
    assert [(one["id"], one["score"], one["row"]) for one in found] == [
        ("C-2", "1.0000", "customer_record"),
    ]  # fmt: skip
    given = read(desk.ok(*words, "--set", "name=harbour mill ltd", *SALES, "-o", "json"))
    assert [one["id"] for one in given] == ["C-1", "C-2"]
    assert desk(*words, *SALES).exit_code == 2
