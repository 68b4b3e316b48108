"""Which modules are tried together, and which mutants are in a sample."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.mutants.__main__ import arguments, asked_for
from scripts.mutants.families import LEAST, Family, drawn, families, shares
from scripts.mutants.report import Answer
from tests.docs.pages import ROOT

names = st.lists(st.text(max_size=5), unique=True, max_size=30)


def test_a_module_belongs_to_the_longest_row_it_begins_with() -> None:
    """A row of its own takes a module out of the row around it."""
    modules = ["src/crmflow/core/form.py", "src/crmflow/core/money.py"]
    rows = {"core/": ["tests/core"], "core/money": ["tests/core/test_money.py"]}
    assert families(modules, rows) == (
        Family("core/", ("src/crmflow/core/form.py",), ("tests/core",)),
        Family("core/money", ("src/crmflow/core/money.py",), ("tests/core/test_money.py",)),
    )


def test_a_module_without_tests_is_an_error() -> None:
    """No module is left out in silence."""
    with pytest.raises(ValueError, match=r"core/form\.py: no row names tests for it; known: poli"):
        families(["src/crmflow/core/form.py"], {"policies/": ["tests"]})


def test_a_row_without_modules_is_an_error() -> None:
    """A row that was left behind is told."""
    with pytest.raises(ValueError, match="rows that no module belongs to: core/gone"):
        families(["src/crmflow/core/a.py"], {"core/": ["tests"], "core/gone": ["tests"]})


def test_each_family_has_a_folder() -> None:
    """Rows are paths, folders are names."""
    assert Family("policies/", (), ()).folder == "policies"
    assert Family("core/money", (), ()).folder == "core.money"


def test_a_family_has_its_share_of_a_sample() -> None:
    """By size, but enough to say something of a small one, and none of nothing."""
    sizes = {"large": 6000, "half": 3000, "small": 900, "tiny": 7, "none": 0}
    assert shares(sizes, 1000) == {
        "large": 606, "half": 303, "small": 91, "tiny": 7, "none": 0,
    }  # fmt: skip
    assert shares(sizes, 10)["large"] == LEAST


@given(names, st.integers(0, 40), st.integers())
def test_a_greater_sample_has_the_smaller_one_in_it(own: list[str], count: int, seed: int) -> None:
    """What was tried for a smaller one is not tried again."""
    found = drawn(own, count, seed)
    assert len(found) == min(count, len(own))
    assert set(found) <= set(own)
    assert drawn(reversed(own), count + 1, seed)[: len(found)] == found


def test_another_seed_draws_others() -> None:
    """Names come in an order of the seed, not in theirs."""
    own = [f"name {number}" for number in range(50)]
    first, second = drawn(own, 50, 1), drawn(own, 50, 2)
    assert len({first, second, tuple(own)}) == 3


TABLES = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text("utf-8"))


def test_every_module_has_tests_that_are_there() -> None:
    """No part of core and policies is left out, and no row names what was moved."""
    found = asked_for((), TABLES)
    tried = {module for family in found for module in family.modules}
    sources = (ROOT / "src" / "crmflow" / part for part in ("core", "policies"))
    assert tried == {str(one.relative_to(ROOT)) for part in sources for one in part.rglob("*.py")}
    assert [one for family in found for one in family.tests if not (ROOT / one).exists()] == []
    assert all(Answer(**one).why for one in TABLES["equal"].values())


def test_families_are_asked_for_by_what_their_rows_begin_with() -> None:
    """One, several, or none that there is."""
    assert [one.name for one in asked_for(["core/money"], TABLES)] == ["core/money"]
    names = {one.name for one in asked_for(["policies/sla", "core/"], TABLES)}
    assert {"policies/sla", "core/", "core/hours"} <= names
    assert "policies/kpi" not in names
    with pytest.raises(ValueError, match="no such family; known: core/, "):
        asked_for(["storage"], TABLES)


def test_all_is_tried_where_nothing_is_said() -> None:
    """A sample is asked for; ninety percent need not be."""
    asked = arguments([])
    assert (asked.families, asked.sample, asked.seed, asked.least) == ([], None, 1, 90.0)
    assert arguments(["core/", "--sample", "1000", "--again"]).again
