"""The demo's report: lanes, a timeline, deadlines, what is overdue, one refusal explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from crmflow.analysis.company_month import END, START, ZONE
from crmflow.analysis.company_report import LifeLine, missed
from crmflow.cli.demo_month import Month, day_of, short

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PARTS = ("lanes", "timeline", "deadlines", "overdue", "refused", "further")
"""What the report has, in order."""

LOST = ("dropped", "lost", "withdrawn", "terminated")
DONE = ("closed", "converted", "evaluated")
COLOURS = {"lead": "blue", "deal": "green", "complaint": "yellow"}
DAYS = 31


def show(month: Month, console: Console, parts: Sequence[str] = PARTS) -> None:
    """
    Print the month.

    Args:
        month: What came of it.
        console: Where it is printed; 80 columns are enough.
        parts: Which of `PARTS`, in order.
    """
    name = f"{START:%B %Y}" if month.lang == "en" else f"{START.year} 年 {START.month} 月"
    console.print(month.say("title", month=name, seed=month.seed), style="bold")
    counts = {"entities": len(month.lives), "records": len(month.records), "fired": month.fired}
    console.print(month.say("counts", **counts, file=month.file), markup=False, soft_wrap=True)
    day = day_of(END, month.lang)
    for part in parts:
        heading = month.say(part, day=day, time=f"{END:%H:%M}")
        console.print(f"\n{heading}", style="bold")
        _PRINT[part](month, console)


def _show_lanes(month: Month, console: Console) -> None:
    console.print(_lanes(month))
    console.print(month.say("legend"), style="dim")


def _show_refusal(month: Month, console: Console) -> None:
    refused = month.refused
    label = month.texts.text("events", refused.event, refused.entity.machine)
    asked = {"actor": refused.actor.id, "event": label, "entity": short(month, refused.entity)}
    console.print(month.say("asked", **asked), markup=False)
    for line in month.why.splitlines():
        console.print(line, markup=False, style="red" if "✗" in line else "")


def _show_further(month: Month, console: Console) -> None:
    for command in month.commands:
        console.print(f"  {command}", markup=False, soft_wrap=True, style="cyan")
    machines = ", ".join(f"{name} ({count})" for name, count in month.messages.items())
    console.print(f"\n{month.say('waiting', machines=machines)}", markup=False)


def _lanes(month: Month) -> Table:
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
    return table


def _signs(life: LifeLine) -> Iterator[str]:
    """Yield a sign for each day of the month."""
    first, last = life.records[0].event.at, life.records[-1].event.at
    ended = life.state in LOST or life.state in DONE
    late = {record.event.at.astimezone(ZONE).date() for record in life.records if missed(record)}
    for number in range(DAYS):
        day = (START + timedelta(days=number)).date()
        if day < first.astimezone(ZONE).date() or (ended and day > last.astimezone(ZONE).date()):
            yield " "
        elif day in late:
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
            f"{day_of(at, month.lang)} {at:%H:%M}",
            short(month, record.ref),
            label,
            record.event.actor.id,
            style="red" if missed(record) else None,
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
        label = month.texts.text("timers", f"sla:{promise.deadline}:due", promise.machine)
        named = f"{month.texts.machine(month.machines[promise.machine])}: {label}"
        table.add_row(named, *map(str, (promise.kept, promise.missed, promise.running)))
    return table


def _overdue(month: Month) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("what", "entity", "who", "since", "late"):
        table.add_column(
            month.say(name),
            justify="right" if name == "late" else "left",
            no_wrap=name not in ("what", "who"),
        )
    for late in month.late:
        machine, since = late.ref.machine, late.since.astimezone(ZONE)
        hours = int((END - since) / timedelta(hours=1))
        table.add_row(
            month.texts.text("tasks", late.task, machine),
            short(month, late.ref),
            month.texts.text("roles", late.role, machine),
            f"{day_of(since, month.lang)} {since:%H:%M}",
            month.say("hours", hours=hours),
        )
    return table


_PRINT: Mapping[str, Callable[[Month, Console], None]] = {
    "lanes": _show_lanes,
    "timeline": lambda month, console: console.print(_timeline(month)),
    "deadlines": lambda month, console: console.print(_deadlines(month)),
    "overdue": lambda month, console: console.print(_overdue(month)),
    "refused": _show_refusal,
    "further": _show_further,
}
