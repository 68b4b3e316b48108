import runpy
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

SCRIPTS = ROOT / "scripts"


@pytest.mark.parametrize(
    ("script", "folder"),
    [("processes", "processes"), ("readings", "reference")],
)
def test_what_is_written_by_a_script_is_up_to_date(
    script: str, folder: str, tmp_path: Path
) -> None:
    """Run the script again and nothing changes: `python scripts/<script>.py` mends it."""
    runpy.run_path(str(SCRIPTS / f"{script}.py"))["main"](tmp_path)
    made = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert made
    for name, text in made.items():
        assert (ROOT / "docs" / folder / name).read_text("utf-8") == text, name


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "pictures").glob("*.svg")))
def test_pictures_fetch_nothing(path: Path) -> None:
    """A reader's browser asks no other host for a font or an image."""
    drawn = path.read_text("utf-8")
    assert "@font-face" not in drawn
    assert "url(http" not in drawn
    assert "xlink:href" not in drawn
