"""`crmflow rule`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Crm, read

TESTS = Path(__file__).parents[1]


@pytest.fixture
def one_test(tmp_path: Path) -> Path:
    """Return the folder of tests of a checkout, with a single one: CMP-007."""
    file = tmp_path / "checkout" / "tests" / "states" / "test_catalogue.py"
    file.parent.mkdir(parents=True)
    file.write_text('def test_answer():\n    """In a working day (CMP-007)."""\n', "utf-8")
    return file.parents[1]


def test_rules_are_listed_with_what_carries_them(crm: Crm, one_test: Path) -> None:
    """As JSON each rule has its text, its carriers and the tests that hold it."""
    found = read(crm.ok("rule", "list", "--group", "cmp", "--tests", str(one_test), "-o", "json"))
    assert [one["id"] for one in found] == [f"CMP-{number:03}" for number in range(1, 39)]
    assert found[6]["text"].startswith("General complaint: solved and answered")
    assert {"what", "file", "place"} == set(found[6]["carriers"][0])
    assert [one["id"] for one in found if one["tests"]] == ["CMP-007"]


def test_a_kind_is_listed(crm: Crm) -> None:
    """Readings are a kind of their own and say their switch."""
    found = read(crm.ok("rule", "list", "--kind", "reading", "-o", "json"))
    assert len(found) == 57
    assert set(found[0]) >= {"text", "reading", "switch", "rules"}
    assert "57" in crm.ok("rule", "list", "--group", "AMB")


def test_a_rule_is_shown_whole(crm: Crm) -> None:
    """Lower case finds it too; tests are left out where none are at hand."""
    shown = crm.ok("rule", "show", "cmp-007")
    assert "General complaint: solved and answered within 1 working day." in shown
    assert "states/complaint" in shown
    assert read(crm.ok("rule", "show", "CMP-007", "-o", "json"))["tests"] is None


def test_an_unknown_rule_is_told(crm: Crm) -> None:
    """With what was probably meant."""
    found = crm("rule", "show", "CMP-070")
    assert found.exit_code == 5
    assert "there is no such rule. Did you mean 'CMP-0" in found.stderr


def test_in_a_checkout_its_own_tests_are_looked_at(
    crm: Crm, one_test: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody needs to say where they are."""
    monkeypatch.chdir(one_test.parent)
    assert read(crm.ok("rule", "show", "CMP-007", "-o", "json"))["tests"]


def test_findings_are_an_exit_code(crm: Crm, tmp_path: Path) -> None:
    """A folder without a test that names a rule leaves them all untested."""
    found = crm("rule", "check", "--tests", str(tmp_path))
    assert found.exit_code == 1
    assert "- CMP-007: no test names it" in found.stdout


def test_every_rule_is_carried_and_tested(crm: Crm) -> None:
    """All 552 rules and 57 readings have a carrier and a test that names them."""
    found = crm("rule", "check", "--tests", str(TESTS), "-o", "json")
    told = read(found.stdout)
    assert told["faults"] == []
    assert told["counts"] == [
        {"kind": "rules", "rows": 552, "carried": 552, "tested": 552},
        {"kind": "readings", "rows": 57, "carried": 57, "tested": 57},
    ]
    assert found.exit_code == 0


def test_without_tests_only_carriers_are_checked(crm: Crm) -> None:
    """It says that it looked at no tests."""
    found = crm("rule", "check")
    assert found.exit_code == 0
    assert "No tests were looked at" in found.stdout
