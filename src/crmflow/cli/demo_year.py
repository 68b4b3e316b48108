"""What came of the demo's story: read back from its store, ready to be told or written as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from crmflow.analysis.story import MACHINES, PROFILES, START, ZONE, LetterBox, Refused, Teller
from crmflow.analysis.story.lines import Chapter
from crmflow.analysis.story.outcome import (
    Lane,
    Life,
    Promise,
    deadlines,
    figures,
    lanes,
    lives,
    reactions,
    waiting,
)
from crmflow.cli.demo_text import sentence
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.texts import Texts

SHORT = 8
"""Signs of an id that are shown."""
WIDTH = 38
"""Parts into which the lanes cut the time."""


@attrs.frozen
class Year:
    """
    What came of the story.

    Attributes:
        file: Where it is kept.
        lang: Language it is told in.
        texts: Labels of that language.
        engine: The engine that lived it.
        chapters: What was told.
        ends_at: When it ends, in the company's zone.
        lives: Every entity's life.
        lanes: The same at a glance.
        promises: How the deadlines fared.
        figures: Indicators with their targets.
        letters: Output -> how many went out.
        messages: Machine -> messages that wait for it.
        refused: The event that is refused.
        why: Why, in words.
    """

    file: str
    lang: str
    texts: Texts
    engine: Engine
    chapters: Sequence[Chapter]
    ends_at: datetime
    lives: tuple[Life, ...]
    lanes: tuple[Lane, ...]
    promises: tuple[Promise, ...]
    figures: tuple[Mapping[str, object], ...]
    letters: Mapping[str, int]
    messages: Mapping[str, int]
    refused: Refused
    why: str

    @property
    def records(self) -> int:
        """How many records the journals have."""
        return sum(len(life.records) for life in self.lives)

    @property
    def fired(self) -> int:
        """How many timers fired."""
        found = (record for life in self.lives for record in life.records)
        return sum(record.event.timer is not None for record in found)

    @property
    def commands(self) -> tuple[str, ...]:
        """Commands that look further."""
        ref, store = self.refused.entity, shlex.quote(f"sqlite:///{self.file}")
        return (
            f"export CRMFLOW_STORE={store} CRMFLOW_PROFILE={','.join(PROFILES)}",
            "crmflow entity find --machine complaint",
            f"crmflow entity show {ref}",
            f"crmflow entity journal {ref}",
            f"crmflow entity options {ref} --actor service-1 --role customer_service",
            "crmflow task list",
            "crmflow report show complaint_times",
            "crmflow audit verify",
            "crmflow audit redecide",
            "crmflow machine diagram complaint",
        )

    def say(self, name: str, **values: object) -> str:
        """Return one of the demo's sentences."""
        return sentence(name, self.lang, **values)

    def label(self, machine: str) -> str:
        """Return a machine's label."""
        return self.texts.machine(self.engine.registry.machine(machine).machine)

    def short(self, ref: EntityRef) -> str:
        """Return an entity as the report names it: label and the first signs of its id."""
        return f"{self.label(ref.machine)} {ref.id[:SHORT]}"

    def document(self) -> Mapping[str, object]:
        """Return the story and what came of it as JSON shows it."""
        return {
            "file": self.file,
            "chapters": [_chapter(chapter) for chapter in self.chapters],
            "entities": {str(life.ref): life.state for life in self.lives},
            "records": self.records,
            "fired": self.fired,
            "deadlines": [attrs.asdict(promise) for promise in self.promises],
            "figures": [dict(row) for row in self.figures],
            "letters": dict(self.letters),
            "waiting": dict(self.messages),
            "refused": {
                "entity": str(self.refused.entity),
                "event": self.refused.event,
                "why": self.why.splitlines(),
            },
            "commands": list(self.commands),
        }


def _chapter(chapter: Chapter) -> Mapping[str, object]:
    lines = [{**attrs.asdict(line), "at": line.at.isoformat()} for line in chapter.lines]
    return {"title": chapter.title, "lines": lines}


def year_of(teller: Teller, letters: LetterBox, file: str) -> Year:
    """
    Return what came of a story, read back from its store.

    Args:
        teller: Has told it.
        letters: What went out.
        file: Where it is kept.

    Raises:
        ValueError: Nothing was refused in it.
    """
    engine, lang, refused = teller.engine, teller.lang, teller.refused
    if refused is None:
        message = "a story in which nothing is refused has nothing to explain"
        raise ValueError(message)
    why = engine.explain(
        refused.entity, refused.event, refused.payload, actor=refused.by, lang=lang
    )
    found = lives(engine)
    return Year(
        file,
        lang,
        engine.texts(lang),
        engine,
        teller.chapters,
        teller.now.astimezone(ZONE),
        found,
        lanes(
            (life for life in found if life.ref.machine in MACHINES),
            reactions(engine.registry.tables),
            START,
            teller.now,
            WIDTH,
        ),
        deadlines(engine),
        figures(engine, lang),
        dict(sorted(letters.taken.items())),
        waiting(engine),
        refused,
        str(why),
    )


def day_of(at: datetime, lang: str) -> str:
    """Return an instant's day in the company's zone."""
    local = at.astimezone(ZONE)
    return f"{local.day} {local:%b}" if lang == "en" else f"{local.month} 月 {local.day} 日"
