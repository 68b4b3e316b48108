"""What a story is made of: what is said in two languages, lines, chapters, a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

import attrs

from crmflow.core.ref import EntityRef

__all__ = ["ZONE", "Chapter", "Line", "Refused", "Said"]

ZONE = timezone(timedelta(hours=8))
"""The company's zone, UTC+08:00."""


@attrs.frozen
class Said:
    """What somebody says or writes, in English and in Chinese."""

    en: str
    zh: str

    def told(self, lang: str) -> str:
        """Return it in a language, `en` or `zh`."""
        return self.zh if lang == "zh" else self.en


@attrs.frozen
class Line:
    """
    A line of the story.

    Attributes:
        at: When it happened, in the company's zone.
        text: What happened, in words.
        kept: Labels of the deadlines that the steps it tells of have kept.
        missed: Whether it tells that a deadline was missed.
        times: How often it happened in the chapter.
    """

    at: datetime
    text: str
    kept: tuple[str, ...] = ()
    missed: bool = False
    times: int = 1


@attrs.define
class Chapter:
    """A chapter: its title and its lines, in order."""

    title: str
    lines: list[Line] = attrs.field(factory=list)


@attrs.frozen
class Refused:
    """
    What somebody asked for and the engine refused.

    Attributes:
        entity, event, payload: What was asked for.
        by: Id of who asked.
    """

    entity: EntityRef
    event: str
    payload: Mapping[str, object]
    by: str
