import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

PAGES = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
PARTS = ["Context", "Decision", "Consequences"]


def test_numbers_have_no_gap() -> None:
    """A number is never left out, given twice or used again."""
    assert [page.name[:4] for page in PAGES] == [f"{n:04}" for n in range(1, len(PAGES) + 1)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name[:4])
def test_a_page_has_its_parts_and_fits_two_screens(page: Path) -> None:
    """Its title has its number; then status, context, decision and consequences."""
    text = page.read_text("utf-8")
    title, _, status = text.split("\n")[:3]
    assert title.startswith(f"# {int(page.name[:4])}. ")
    assert status.startswith(("Accepted.", "Replaced by [decision "))
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS
    assert text.count("\n") <= 60


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name[:4])
def test_what_is_replaced_and_what_replaces_it_name_each_other(page: Path) -> None:
    """Neither page is found without the other."""
    mine, text = int(page.name[:4]), page.read_text("utf-8")
    for ours, theirs in (("Replaced by", "Replaces"), ("Replaces", "Replaced by")):
        for number, name in re.findall(rf"{ours} \[decision ([0-9]+)\]\(([^)]+)\)", text):
            other = (page.parent / name).read_text("utf-8")
            assert other.startswith(f"# {number}. ")
            assert f"{theirs} [decision {mine}]({page.name})" in other
