"""What came of the demo's month: read back from its store, ready to be told or written as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime

import attrs

from crmflow.analysis.company_month import ZONE, Refused
from crmflow.analysis.company_report import (
    Late,
    LifeLine,
    Promise,
    deadlines,
    fired,
    life_lines,
    overdue,
    timeline,
    waiting,
)
from crmflow.cli.demo_text import sentence
from crmflow.core.journal import JournalRecord
from crmflow.core.machine import Machine
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.texts import Texts

SHORT = 8
"""Signs of an id that are shown."""


@attrs.frozen
class Month:
    """
    What came of a month, ready to be told.

    Attributes:
        file: Where it is kept.
        seed: What it was drawn from.
        lang: Language it is told in.
        texts: Labels of that language.
        machines: The machines, by name.
        lives: Every entity's month.
        told: The records of the timeline.
        promises: How the deadlines fared.
        late: What is overdue at the end.
        messages: Machine -> messages that wait for it.
        refused: The event that is refused.
        why: Why, in words.
    """

    file: str
    seed: int
    lang: str
    texts: Texts
    machines: Mapping[str, Machine]
    lives: tuple[LifeLine, ...]
    told: tuple[JournalRecord, ...]
    promises: tuple[Promise, ...]
    late: tuple[Late, ...]
    messages: Mapping[str, int]
    refused: Refused
    why: str

    @property
    def records(self) -> tuple[JournalRecord, ...]:
        """The journals of all entities."""
        return tuple(record for life in self.lives for record in life.records)

    @property
    def fired(self) -> int:
        """How many timers fired."""
        return sum(fired(record) is not None for record in self.records)

    @property
    def commands(self) -> tuple[str, ...]:
        """Commands that look further."""
        ref, store = self.refused.entity, shlex.quote(f"sqlite:///{self.file}")
        return (
            f"export CRMFLOW_STORE={store} CRMFLOW_PROFILE=demo",
            "crmflow entity find",
            f"crmflow entity show {ref}",
            f"crmflow entity journal {ref}",
            f"crmflow entity options {ref} --actor service-1 --role customer_service",
            "crmflow deadline list --overdue",
            "crmflow outbox status",
            "crmflow audit verify",
            "crmflow machine diagram complaint",
        )

    def say(self, name: str, **values: object) -> str:
        """Return one of the demo's sentences."""
        return sentence(name, self.lang, **values)

    def document(self) -> Mapping[str, object]:
        """Return the month as JSON shows it."""
        return {
            "file": self.file,
            "seed": self.seed,
            "entities": {str(life.ref): life.state for life in self.lives},
            "records": len(self.records),
            "fired": self.fired,
            "deadlines": [attrs.asdict(promise) for promise in self.promises],
            "overdue": [
                {
                    "entity": str(late.ref),
                    "task": late.task,
                    "role": late.role,
                    "since": late.since.isoformat(),
                }
                for late in self.late
            ],
            "waiting": dict(self.messages),
            "refused": {
                "entity": str(self.refused.entity),
                "event": self.refused.event,
                "why": self.why.splitlines(),
            },
            "commands": list(self.commands),
        }


def month_of(engine: Engine, refused: Refused, *, file: str, seed: int, lang: str) -> Month:
    """
    Return what came of a month, read back from its store.

    Args:
        engine: The engine that ran it, its clock at the end.
        refused: The event to explain; it is asked for, and refused.
        file: Where the month is kept.
        seed: What it was drawn from.
        lang: Language to tell it in, `en` or `zh`.
    """
    entity, event, payload = refused.entity, refused.event, refused.payload
    engine.fire(entity, event, payload, actor=refused.actor)
    why = engine.explain(entity, event, payload, actor=refused.actor, lang=lang)
    lives = life_lines(engine)
    return Month(
        file,
        seed,
        lang,
        engine.texts(lang),
        {life.ref.machine: engine.registry.machine(life.ref.machine).machine for life in lives},
        lives,
        timeline(engine, lives),
        deadlines(engine),
        overdue(engine),
        waiting(engine),
        refused,
        str(why),
    )


def short(month: Month, ref: EntityRef) -> str:
    """Return an entity as the report names it: label and the first signs of its id."""
    return f"{month.texts.machine(month.machines[ref.machine])} {ref.id[:SHORT]}"


def day_of(at: datetime, lang: str) -> str:
    """Return an instant's day in the company's zone."""
    local = at.astimezone(ZONE)
    return f"{local.day} {local:%b}" if lang == "en" else f"{local.month} 月 {local.day} 日"
