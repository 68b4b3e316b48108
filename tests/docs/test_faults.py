"""The page of faults between rows, machines and people."""

import re

import pytest

from crmflow.analysis.fault import FaultKind
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "reference" / "faults-of-policies.md").read_text("utf-8")


def test_every_kind_is_on_the_page_once() -> None:
    """And nothing that is no kind."""
    told = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(told) == sorted(map(str, FaultKind))


@pytest.mark.parametrize("kind", FaultKind)
def test_what_is_planted_bears_the_name_of_its_kind(kind: FaultKind) -> None:
    """A reader goes from the page to the smallest file that has the fault."""
    folder = ROOT / "examples" / "broken" / str(kind)
    if folder.exists():
        assert f" {kind}: " in (folder / "crmflow.toml").read_text("utf-8")
