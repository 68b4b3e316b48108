import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Run, blocks, pages

NAMES = [str(page.relative_to(ROOT)) for page in pages()]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_code_block_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page shows works as pasted, and prints what the page says."""
    monkeypatch.chdir(tmp_path)
    Run().page((ROOT / name).read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    """Links within the repository name files that exist."""
    page = ROOT / name
    missing = [
        to for to in LINK.findall(page.read_text("utf-8")) if not (page.parent / to).exists()
    ]
    assert not missing


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_guarantees_name_tests_that_exist(name: str) -> None:
    """No guarantee stands without a test."""
    rows = [
        line for line in (ROOT / name).read_text("utf-8").splitlines() if line.startswith("| **")
    ]
    assert rows
    for row in rows:
        held = re.findall(r"`(tests/[\w/.]+)`", row)
        assert held
        assert all((ROOT / place).exists() for place in held)


def test_both_readmes_run_the_same_code() -> None:
    """The translation differs in words, not in what it shows."""
    english, chinese = (
        [block.kind for block in blocks((ROOT / name).read_text("utf-8"))]
        for name in ("README.md", "README.zh-CN.md")
    )
    assert [kind for kind in english if kind != "console"] == [
        kind for kind in chinese if kind != "console"
    ]
