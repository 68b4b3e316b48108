"""The demo's report: the story by chapters, lanes, deadlines, figures, one refusal explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from crmflow.analysis.story import START, ZONE, Line
from crmflow.cli.demo_year import WIDTH, Year, day_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

PARTS = ("story", "lanes", "deadlines", "figures", "refused", "further")
"""What the report has, in order."""

_LANES: tuple[tuple[bool, Literal["left", "right"]], ...] = (
    (False, "left"),
    (True, "left"),
    (False, "right"),
    (False, "right"),
)
"""Columns of the lanes: whether the ruler of months stands above, and how they are justified."""


def show(year: Year, console: Console, parts: Sequence[str] = PARTS) -> None:
    """
    Print the story and what came of it.

    Args:
        year: What came of it.
        console: Where it is printed; 80 columns are enough.
        parts: Which of `PARTS`, in order.
    """
    console.print(year.say("title"), style="bold")
    counts = {"entities": len(year.lives), "records": year.records, "fired": year.fired}
    letters = sum(year.letters.values())
    console.print(
        year.say("counts", **counts, letters=letters, file=year.file), markup=False, soft_wrap=True
    )
    for part in parts:
        if part != "story":
            console.print(f"\n{year.say(part)}", style="bold")
        _PRINT[part](year, console)


def _show_story(year: Year, console: Console) -> None:
    from rich.table import Table

    for number, chapter in enumerate(year.chapters, 1):
        heading = year.say("chapter", number=number, title=chapter.title)
        console.print(f"\n{heading}", style="bold")
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(no_wrap=True, justify="right", style="dim")
        table.add_column(overflow="fold")
        for when, line in _dated(year, chapter.lines):
            table.add_row(when, _told(year, line))
        console.print(table)


def _dated(year: Year, lines: Sequence[Line]) -> Iterator[tuple[str, Line]]:
    """Yield lines with their day and time; the year stands where it is another than before."""
    known = START.year
    for line in lines:
        if line.at.year != known:
            known = line.at.year
        day = day_of(line.at, year.lang)
        shown = day if known == START.year else year.say("day_of_year", day=day, year=known)
        yield f"{shown}  {line.at:%H:%M}", line


def _told(year: Year, line: Line) -> Text:
    from rich.text import Text

    often = year.say("often", times=line.times) if line.times > 1 else ""
    text = Text(f"{line.text}{often}", "red" if line.missed else "")
    for label in dict.fromkeys(line.kept):
        text.append(f"\n✓ {year.say('kept_in_time', deadline=label)}", "green")
    return text


def _show_lanes(year: Year, console: Console) -> None:
    console.print(_lanes(year))
    console.print(year.say("legend"), style="dim")


def _lanes(year: Year) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=True, header_style="dim", pad_edge=False)
    for ruled, justify in _LANES:
        table.add_column(_ruler(year) if ruled else "", no_wrap=True, justify=justify)
    for lane in year.lanes:
        signs = Text(style="cyan")
        for sign in lane.signs:
            signs.append(sign, "bold red" if sign == "!" else None)
        still_open = year.say("open", count=lane.open)
        table.add_row(year.label(lane.machine), signs, str(lane.count), still_open)
    return table


def _ruler(year: Year) -> str:
    """Return the months above the lanes, as far as they find room."""
    part = (year.ends_at - START) / WIDTH
    ruler = [" "] * WIDTH
    free = 0
    for place in range(WIDTH):
        at: datetime = (START + place * part).astimezone(ZONE)
        name = f"{at:%b}" if year.lang == "en" else f"{at.month}月"
        begins = place == 0 or (START + (place - 1) * part).astimezone(ZONE).month != at.month
        if begins and place >= free and place + len(name) <= WIDTH:
            ruler[place : place + len(name)] = name
            free = place + len(name) + 2
    return "".join(ruler)


def _show_deadlines(year: Year, console: Console) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(year.say("deadline"))
    for name in ("kept", "missed", "running"):
        table.add_column(year.say(name), justify="right")
    for promise in year.promises:
        label = year.texts.text("timers", f"sla:{promise.deadline}:due", promise.machine)
        mark = year.say("wait") if promise.is_wait else ""
        named = f"{year.label(promise.machine)}: {label}{mark}"
        table.add_row(named, *map(str, (promise.kept, promise.missed, promise.running)))
    console.print(table)


def _show_figures(year: Year, console: Console) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    columns = ("label", "period", "value", "target", "met")
    for name in columns:
        right = name in ("value", "target")
        table.add_column(year.say(f"figure_{name}"), justify="right" if right else "left")
    for row in year.figures:
        met = year.say("yes" if row["met"] else "no")
        table.add_row(*(str(row[name]) for name in columns[:-1]), met)
    console.print(table)


def _show_refusal(year: Year, console: Console) -> None:
    refused = year.refused
    label = year.texts.text("events", refused.event, refused.entity.machine)
    asked = {"actor": refused.by, "event": label, "entity": year.short(refused.entity)}
    console.print(year.say("asked", **asked), markup=False)
    for line in _reasons(year.why.splitlines()):
        console.print(line, markup=False, style="red" if "✗" in line else "")


def _reasons(lines: Sequence[str]) -> Sequence[str]:
    """Return an explanation as far as it says why not, and what is possible instead."""
    last = next(n for n, line in enumerate(lines[1:], 1) if not line.startswith(" "))
    return lines[: last + 1]


def _show_further(year: Year, console: Console) -> None:
    for command in year.commands:
        console.print(f"  {command}", markup=False, soft_wrap=True, style="cyan")


_PRINT: Mapping[str, Callable[[Year, Console], None]] = {
    "story": _show_story,
    "lanes": _show_lanes,
    "deadlines": _show_deadlines,
    "figures": _show_figures,
    "refused": _show_refusal,
    "further": _show_further,
}
