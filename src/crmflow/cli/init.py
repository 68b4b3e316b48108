"""`crmflow init`: a commented crmflow.toml for the machines one uses, blanks of rows included."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmflow.cli.configuration import FEATURES
from crmflow.cli.machine import write_new
from crmflow.cli.session import Session, session
from crmflow.cli.settings import FILE
from crmflow.cli.verbs import Verb

if TYPE_CHECKING:
    from crmflow.profiles.loading import Loaded
    from crmflow.profiles.settings import Need

EXAMPLES: Mapping[str, str] = {
    "count": "3",
    "days": "30",
    "duration": '"48h"',
    "flag": "true",
    "list": '["..."]',
    "map": "{}",
    "measure": '"2wd"',
    "measures": "{}",
    "money": '"100.00 CNY"',
    "predicates": "{}",
    "time": '"17:00"',
    "zone": '"Asia/Shanghai"',
}
"""What a value of a kind looks like; text where none stands here."""


@click.command(cls=Verb, help="Write a commented crmflow.toml.")
@FEATURES
def init(features: tuple[str, ...]) -> None:
    """Write a commented crmflow.toml."""
    here = session()
    here.use(features)
    manager = here.plugins()
    lines = _lines(here, list(here.machines(manager)), here.rules(manager))
    path = Path(FILE)
    write_new(here, path, "\n".join(lines).encode())
    here.note(here.say("{path} is written; fill in the blanks.").format(path=path))


def _lines(here: Session, machines: list[str], found: Loaded) -> Iterator[str]:
    """Yield the file line by line."""
    say, chosen = here.say, here.settings
    yield f"# {say('Settings of crmflow; flags and CRMFLOW_* variables win over them.')}"
    yield f"store = {_quoted(here.store)}"
    yield f"machines = [{', '.join(map(_quoted, machines))}]"
    yield from _line("profile", chosen.text("profile"), "demo", say("Shipped values for blanks."))
    if chosen.names("plugins"):
        yield f"plugins = [{', '.join(map(_quoted, chosen.names('plugins')))}]"
    people = say("People and their roles.")
    yield from _line("directory", chosen.text("directory"), "people.toml", people)
    yield f"tenant = {_quoted(str(chosen.text('tenant')))}"
    yield from _line("lang", None, here.lang, say("Language of the output: zh or en."))
    yield ""
    yield f"# {say('What the rules leave to each company; there is no silent default.')}"
    yield "[settings]"
    for need in found.needs:
        yield from _blank(here, need)
    yield ""
    yield f"# {say('Rows over those of the profiles, by name: only the columns that change.')}"
    yield f"# {say('See `crmflow policy list` and `crmflow policy show NAME`.')}"
    yield "# [[deadlines]]"
    yield '# name = "..."'
    yield ""
    for table, rows in ({} if here.feature is None else here.feature.rows()).items():
        for row in rows:
            yield f"[[{table}]]"
            yield f"name = {_quoted(str(row['name']))}"
            yield "enabled = true"
            yield ""


def _line(name: str, value: str | None, example: str, comment: str) -> Iterator[str]:
    sign = "# " if value is None else ""
    yield f"{sign}{name} = {_quoted(value or example)}  # {comment}"


def _blank(here: Session, need: Need) -> Iterator[str]:
    meaning = need.meaning_zh if here.lang == "zh" else need.meaning_en
    example = EXAMPLES.get(need.kind, '"..."')
    if need.choices:
        example = _quoted(need.choices[0])
    yield f"# {meaning} ({need.kind}; {', '.join(need.rules)})"
    yield f"# {need.key} = {example}"


def _quoted(text: str) -> str:
    # A JSON string is a basic string of TOML.
    return json.dumps(text, ensure_ascii=False)
