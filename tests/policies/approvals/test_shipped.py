"""The shipped chains: every approval of the catalogue's part 4.1, and none invented."""

from __future__ import annotations

import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from crmflow.core.form import structure
from crmflow.policies.approvals.rows import Chain
from crmflow.profiles.blanks import filled, keys_in

FOLDER = importlib.resources.files("crmflow.profiles")


def rows(profile: str) -> list[dict[str, Any]]:
    """Return the chains of a profile as they are written."""
    text = FOLDER.joinpath(profile, "chains.toml").read_text("utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["chains"]
    return found


def read(row: Mapping[str, object]) -> Chain:
    """Return a row with its blanks filled."""
    found, faults = structure(Chain, dict(filled(row, dict.fromkeys(keys_in(row), "none"))))  # type: ignore[call-overload]
    assert isinstance(found, Chain), faults
    return found


APPROVALS = [
    "CON-011",
    "SUG-010",
    "SUG-013",
    "SUG-014",
    "SUG-015",
    "SUG-016",
    "SUG-018",
    "SUG-019",
    "SUG-020",
    "REV-020",
    "REV-026",
    "REV-027",
    "REV-028",
    "RCP-017",
    "RCP-018",
    "RCP-020",
    "RCP-021",
    "EXP-002",
    "EXP-003",
    "EXP-014",
    "EXP-015",
    "EXP-017",
    "EXP-018",
    "SUR-010",
    "SUR-011",
    "SUR-012",
    "KAM-031",
    "PWR-002",
    "ACC-004",
    "ACC-008",
]
"""Rules of part 4.1; the others there (CMP-015, CMP-034, REV-022, ACC-003) are rows' `who`."""


def test_every_approval_of_the_catalogue_is_a_row() -> None:
    """Each of its rules is cited by a chain."""
    cited = {rule for row in rows("default") for rule in row["rules"]}
    assert set(APPROVALS) <= cited


@pytest.mark.parametrize("row", rows("default"), ids=lambda row: str(row["name"]))
def test_rows_are_read(row: dict[str, Any]) -> None:
    """Blanks stand where the catalogue names nobody; a company may state `none` in each."""
    found = read(row)
    assert (found.event is None) != (found.state is None)
    assert found.walk or found.is_none
    assert all(re.fullmatch(r"[A-Z]{3}-\d{2,3}", rule) for rule in found.rules)
    if list(keys_in(row)) and not found.steps:
        assert found.is_none


def test_blanks_are_those_of_the_catalogue() -> None:
    """Nobody is assumed who is not named."""
    assert {key for row in rows("default") for key in keys_in(row)} == {
        "access.sensitive_approver",
        "contract.approval_chain",
        "key_account.list_approver",
        "proposal.dispatch_approver",
        "proposal.extend_30_approver",
        "reception.invitation_approver",
        "reception.pass_issuer",
        "reception.photo_approver",
    }


def test_power_company_names_who_approves_its_list() -> None:
    """The leading group in place of the blank (PWR-002)."""
    assert {row["name"]: row["roles"] for row in rows("power")} == {
        "key_account_list": "key_account_board",
        "key_account_removal": "key_account_board",
    }
