"""
One customer's life with a company, from the first contact to a return after a year of silence.

Every chapter is a module: it lets people do things on a virtual clock and says what they do, in
English and in Chinese. Nothing is drawn by chance, so the story is the same every time. Each
deadline that the company promises is kept at least once, and missed at least once.
"""

from __future__ import annotations

from crmflow.analysis.story import (
    care,
    complaints,
    delivery,
    first_contact,
    improvement,
    key_account,
    questions,
    receptions,
    sale,
    silence,
    suggestions,
    surveys,
    visits,
)
from crmflow.analysis.story.company import MACHINES, PROFILES, START, LetterBox, company
from crmflow.analysis.story.lines import ZONE, Chapter, Line, Refused, Said
from crmflow.analysis.story.people import STAFF
from crmflow.analysis.story.teller import Teller
from crmflow.clock import ManualClock
from crmflow.engine.engine import Engine

__all__ = [
    "CHAPTERS",
    "MACHINES",
    "PROFILES",
    "STAFF",
    "START",
    "ZONE",
    "Chapter",
    "LetterBox",
    "Line",
    "Refused",
    "Said",
    "Teller",
    "company",
    "tell_story",
]

CHAPTERS = (
    first_contact,
    sale,
    delivery,
    care,
    key_account,
    complaints,
    questions,
    suggestions,
    improvement,
    visits,
    receptions,
    surveys,
    silence,
)
"""The chapters, in order; each has a `TITLE`, and `play` lets it happen."""


def tell_story(engine: Engine, clock: ManualClock, lang: str = "en") -> Teller:
    """
    Let the whole story happen.

    Args:
        engine: Of a `company` with an empty store.
        clock: Its clock, at `START`; afterwards it stands where the story ends.
        lang: Language of all that is said and written, `en` or `zh`.

    Returns:
        The teller, with all chapters.
    """
    teller = Teller(engine, clock, lang)
    for chapter in CHAPTERS:
        teller.chapter(chapter.TITLE)
        chapter.play(teller)
    return teller
