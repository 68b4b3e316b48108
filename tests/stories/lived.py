"""The story, lived once per language and process: its file, and what came of it."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import attrs

from crmflow.cli.demo import live
from crmflow.cli.demo_year import Year

FOLDER = tempfile.TemporaryDirectory(prefix="story-")
"""Removed when the process ends."""


@attrs.frozen
class Lived:
    """
    A story and its file.

    Attributes:
        file: SQLite file; tests read it, and copy it to change it.
        year: What came of it.
    """

    file: Path
    year: Year

    @property
    def url(self) -> str:
        """The store's URL."""
        return f"sqlite:///{self.file}"


@functools.cache
def lived(lang: str) -> Lived:
    """Return the story in a language; the first call takes some seconds."""
    file = Path(FOLDER.name) / f"{lang}.db"
    return Lived(file, live(file, lang=lang))
