"""Traceability: the catalogue, what carries its rules, and which tests name them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from crmflow.analysis.rules.carriers import Carrier, What, carriers, documented
from crmflow.analysis.rules.catalogue import ID, Rule, readings, rules
from crmflow.analysis.rules.evidence import evidence
from crmflow.analysis.rules.tracing import Trace, Tracing, trace
from crmflow.core.errors import ConfigurationError
from crmflow.plugins.loading import load_plugins

SPEC = Path(__file__).parents[3] / "shared" / "spec" / "rules.md"
TESTS = '''
"""A module that speaks of ABC-001."""

LIMITS = ["ABC-002"]
DAYS: tuple[str, ...] = ("ABC-003",)
UNUSED = "ABC-004"
LIMITS[0] = "ABC-008"


@mark(LIMITS)
def test_a_limit():
    """It holds (ABC-005)."""
    assert DAYS


def helper():
    """No test (ABC-006)."""


class Walk:
    def step(self):
        assert row.rules == ("ABC-007", 3)
'''


def test_the_catalogue_is_whole() -> None:
    """552 rules in 26 groups and 57 readings, none of them twice, each saying something."""
    assert (len(rules()), len({one.group for one in rules().values()})) == (552, 26)
    assert len(readings()) == 57
    assert all(ID.fullmatch(id_) and one.text for id_, one in rules().items())
    assert all(one.reading and set(one.rules) <= set(rules()) for one in readings().values())


def test_ids_and_kinds_are_those_of_the_specification() -> None:
    """All of them and no others, where it is at hand."""
    if not SPEC.is_file():
        pytest.skip(f"no catalogue of rules: {SPEC} is no file")
    found: dict[str, str] = {}
    for line in SPEC.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if ID.fullmatch(cells[0]) and len(cells) == 5:
            found.setdefault(cells[0], cells[1])  # part 1 comes first
    assert {id_: one.kind for id_, one in rules().items()} == found


def test_a_test_names_a_rule_in_what_it_says_or_compares(tmp_path: Path) -> None:
    """Docstring, body, decorators and the constants these mention; never the module's own words."""
    (tmp_path / "tests" / "deep").mkdir(parents=True)
    (tmp_path / "tests" / "deep" / "test_some.py").write_text(TESTS)
    limit, step = "tests/deep/test_some.py::test_a_limit", "tests/deep/test_some.py::Walk::step"
    assert evidence(tmp_path / "tests") == {
        "ABC-002": (limit,),
        "ABC-003": (limit,),
        "ABC-005": (limit,),
        "ABC-007": (step,),
    }


def test_a_test_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """With its file and line."""
    (tmp_path / "test_broken.py").write_text("# ABC-001\ndef f(:\n")
    with pytest.raises(ConfigurationError, match=r"test_broken.py.*\n  - line 2: "):
        evidence(tmp_path)


def test_docstrings_name_the_piece_of_code() -> None:
    """Classes and functions at any depth; a module's docstring is no piece of a mechanism."""
    tree = ast.parse('"""Of the module."""\nif x:\n  class A:\n    "a"\n    def f(self): "f"\n')
    assert list(documented(tree)) == [("A", "a"), ("A.f", "f")]


def test_rows_guards_tables_and_code_carry() -> None:
    """A deadline is carried by the machine's row, the table's row and what counts its days."""
    found = {(one.what, one.file) for one in carriers(load_plugins(()))["CMP-007"]}
    assert (What.ROW, "states/complaint") in found
    assert (What.TABLE, "profiles/default/deadlines.toml") in found
    assert (What.CODE, "core/working_time.py") in found
    assert (What.BLANK, "profiles/default/blanks.toml") in found
    guarded = carriers(load_plugins(()))["CMP-031"]
    assert "states/complaint: complaint respond: response_incomplete" in map(str, guarded)


@pytest.mark.parametrize(
    ("kind", "what", "carried"),
    [
        ("timer", What.BLANK, False),
        ("config-blank", What.BLANK, True),
        ("guard", What.ROLE, False),
        ("role", What.ROLE, True),
        ("role", What.TABLE, True),
        ("timer", What.CODE, True),
    ],
)
def test_a_description_alone_carries_little(kind: str, what: What, carried: bool) -> None:
    """A blank carries only what a company must say, a role only what a role does."""
    of, carrier = Rule("ABC-001", kind, "Something."), Carrier(what, "a.toml", "a b")
    assert Trace(of, (carrier,), None).carried is carried


def test_what_is_missing_is_told() -> None:
    """A rule without carrier, one without test, and an id that no rule has."""
    of, carrier = Rule("ABC-001", "timer", "Something."), Carrier(What.ROW, "a.py", "a b")
    traced = Tracing(
        (Trace(of, (), ()), Trace(of, (carrier,), ("t",)), Trace(of, (carrier,), None)),
        {"ABC-009": (carrier,)},
    )
    assert list(traced.faults()) == [
        "ABC-001: nothing carries it",
        "ABC-001: no test names it",
        "ABC-009: there is no such rule; cited by a.py: a b",
    ]


def test_no_rule_is_cited_that_does_not_exist() -> None:
    """Every id in rows and docstrings is one of the catalogue."""
    assert not trace(load_plugins(()), None).unknown
