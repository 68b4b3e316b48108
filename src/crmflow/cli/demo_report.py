"""The demo's report: lanes, a timeline, deadlines, what is overdue, one refusal explained."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import attrs

from crmflow.analysis.company_month import END, START, ZONE, Refused
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

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

LOST = ("dropped", "lost", "withdrawn", "terminated")
COLOURS = {"lead": "blue", "deal": "green", "complaint": "yellow"}
SHORT = 8
"""Signs of an id that are shown."""
DAYS = 31


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
        deadlines(lives),
        overdue(engine),
        waiting(engine),
        refused,
        str(why),
    )


def show(month: Month, console: Console) -> None:
    """
    Print the month.

    Args:
        month: What came of it.
        console: Where it is printed; 80 columns are enough.
    """
    title = f"{START:%B %Y}" if month.lang == "en" else f"{START.year} 年 {START.month} 月"
    console.print(month.say("title", month=title, seed=month.seed), style="bold")
    counts = {"entities": len(month.lives), "records": len(month.records), "fired": month.fired}
    console.print(month.say("counts", **counts, file=month.file), markup=False, soft_wrap=True)
    for heading, part in (
        (month.say("lanes"), lanes(month)),
        (month.say("timeline"), _timeline(month)),
        (month.say("deadlines"), _deadlines(month)),
        (month.say("overdue", day=_day(END, month.lang), time=f"{END:%H:%M}"), _overdue(month)),
    ):
        console.print(f"\n{heading}", style="bold")
        console.print(part)
    _show_refusal(month, console)
    _show_further(month, console)


def _show_refusal(month: Month, console: Console) -> None:
    refused = month.refused
    label = month.texts.text("events", refused.event, refused.entity.machine)
    asked = {"actor": refused.actor.id, "event": label, "entity": short(month, refused.entity)}
    console.print(f"\n{month.say('refused')}", style="bold")
    console.print(month.say("asked", **asked), markup=False)
    console.print(month.why, markup=False, style="red")


def _show_further(month: Month, console: Console) -> None:
    machines = ", ".join(f"{name} ({count})" for name, count in month.messages.items())
    console.print(f"\n{month.say('waiting', machines=machines)}", markup=False)
    console.print(f"\n{month.say('further')}", style="bold")
    for command in month.commands:
        console.print(f"  {command}", markup=False, soft_wrap=True, style="cyan")


def short(month: Month, ref: EntityRef) -> str:
    """Return an entity as the report names it: label and the first signs of its id."""
    return f"{month.texts.machine(month.machines[ref.machine])} {ref.id[:SHORT]}"


def _day(at: datetime, lang: str) -> str:
    local = at.astimezone(ZONE)
    return f"{local.day} {local:%b}" if lang == "en" else f"{local.month} 月 {local.day} 日"


def lanes(month: Month) -> Table:
    """Return one line per entity: a sign per day, and where it ended up."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=True, header_style="dim", pad_edge=False)
    ruler = "".join(f"{day:<7}" for day in range(1, DAYS + 1, 7))
    for name in ("", ruler[:DAYS], ""):
        table.add_column(name, no_wrap=True)
    for life in month.lives:
        state = month.machines[life.ref.machine].state(life.state)
        lane = Text(style=COLOURS[life.ref.machine])
        for sign in _signs(life):
            lane.append(sign, "bold red" if sign in "!✗" else None)
        table.add_row(short(month, life.ref), lane, month.texts.state(state))
    table.caption, table.caption_justify = month.say("legend"), "left"
    return table


def _signs(life: LifeLine) -> Iterator[str]:
    """Yield a sign for each day of the month."""
    first, last = life.records[0].event.at, life.records[-1].event.at
    ended = life.state in LOST or life.state in ("closed", "converted")
    missed = {record.event.at.astimezone(ZONE).date() for record in life.records if fired(record)}
    for number in range(DAYS):
        day = (START + timedelta(days=number)).date()
        if day < first.astimezone(ZONE).date() or (ended and day > last.astimezone(ZONE).date()):
            yield " "
        elif day in missed:
            yield "!"
        elif ended and day == last.astimezone(ZONE).date():
            yield "✗" if life.state in LOST else "■"
        else:
            yield "●" if day == first.astimezone(ZONE).date() else "━"


def _timeline(month: Month) -> Table:
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    for style in ("dim", "", "", "dim"):
        table.add_column(no_wrap=True, style=style)
    for record in month.told:
        at, machine = record.event.at.astimezone(ZONE), record.ref.machine
        label = month.texts.text("events", record.event.name, machine)
        table.add_row(
            f"{_day(at, month.lang)} {at:%H:%M}",
            short(month, record.ref),
            label,
            record.event.actor.id,
            style="red" if fired(record) else None,
        )
    return table


def _deadlines(month: Month) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(month.say("deadline"))
    for name in ("kept", "missed", "running"):
        table.add_column(month.say(name), justify="right")
    for promise in month.promises:
        label = month.texts.text("timers", promise.timer, promise.machine)
        named = f"{month.texts.machine(month.machines[promise.machine])}: {label}"
        table.add_row(named, *map(str, (promise.kept, promise.missed, promise.running)))
    return table


def _overdue(month: Month) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("what", "entity", "who", "since", "late"):
        right = "right" if name == "late" else "left"
        table.add_column(month.say(name), justify=right, no_wrap=name not in ("what", "who"))
    for late in month.late:
        machine, since = late.ref.machine, late.since.astimezone(ZONE)
        hours = int((END - since) / timedelta(hours=1))
        table.add_row(
            month.texts.text("tasks", late.task, machine),
            short(month, late.ref),
            month.texts.text("roles", late.role, machine),
            f"{_day(since, month.lang)} {since:%H:%M}",
            month.say("hours", hours=hours),
        )
    return table
