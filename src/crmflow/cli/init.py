"""`crmflow init`: a commented crmflow.toml for the machines one uses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmflow.cli.machine import write_new
from crmflow.cli.session import Session, session
from crmflow.cli.settings import FILE
from crmflow.cli.verbs import Verb

if TYPE_CHECKING:
    from crmflow.core.machine import Blank, Machine

EXAMPLES = {"duration": '"48h"', "text": '"..."'}


@click.command(cls=Verb, help="Write a commented crmflow.toml.")
def init() -> None:
    """Write a commented crmflow.toml."""
    here = session()
    machines = here.machines(here.plugins())
    path = Path(FILE)
    write_new(here, path, "\n".join(_lines(here, machines.values())).encode())
    here.note(here.say("{path} is written; fill in the blanks.").format(path=path))


def _lines(here: Session, machines: Iterable[Machine]) -> Iterator[str]:
    """Yield the file line by line."""
    say, chosen = here.say, here.settings
    found = list(machines)
    yield f"# {say('Settings of crmflow; flags and CRMFLOW_* variables win over them.')}"
    yield f"store = {_quoted(here.store)}"
    yield f"machines = [{', '.join(_quoted(one.name) for one in found)}]"
    yield from _line("profile", chosen.text("profile"), "demo", say("Shipped values for blanks."))
    if chosen.names("plugins"):
        yield f"plugins = [{', '.join(map(_quoted, chosen.names('plugins')))}]"
    people = say("People and their roles.")
    yield from _line("directory", chosen.text("directory"), "people.toml", people)
    yield f"tenant = {_quoted(str(chosen.text('tenant')))}"
    yield from _line("lang", None, here.lang, say("Language of the output: zh or en."))
    yield ""
    blanks = {blank.key: blank for one in found for blank in one.blanks}
    yield f"# {say('What the rules leave to each company; there is no silent default.')}"
    yield "[settings]"
    for key in sorted(blanks):
        yield from _blank(here, blanks[key])
    yield ""


def _line(name: str, value: str | None, example: str, comment: str) -> Iterator[str]:
    sign = "# " if value is None else ""
    yield f"{sign}{name} = {_quoted(value or example)}  # {comment}"


def _blank(here: Session, blank: Blank) -> Iterator[str]:
    yield f"# {blank.meaning} ({blank.kind}; {', '.join(blank.rules)})"
    yield f"# {blank.key} = {EXAMPLES[blank.kind]}"


def _quoted(text: str) -> str:
    # A JSON string is a basic string of TOML.
    return json.dumps(text, ensure_ascii=False)
