"""`crmflow machine`: show, draw and check machines, migrate and pause their entities."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from crmflow.cli.faults import CONFLICT, FINDINGS
from crmflow.cli.migrating import migrate
from crmflow.cli.output import Record, Sheet
from crmflow.cli.pausing import pause_machine, unpause_machine
from crmflow.cli.session import Session, session
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from crmflow.analysis.check import Checked
    from crmflow.core.machine import Machine
    from crmflow.texts import Texts

machine = Noun("machine", help="Show, draw and check machines.", no_args_is_help=True)

FORMATS = ("mermaid", "dot", "svg", "png")


def rules_of(found: Machine) -> list[str]:
    """Return every rule id that the rows of a machine cite, sorted."""
    rules = {rule for row in found.rows for rule in row.rules}
    return sorted(rules | {r for row in found.rows for guard in row.guards for r in guard.rules})


@machine.command("list", help="List the machines that are switched on.")
def list_machines() -> None:
    """List the machines that are switched on."""
    here = session()
    manager = here.plugins()
    texts = here.texts(manager)
    rows = [
        {
            "machine": name,
            "label": texts.machine(one),
            "version": one.version,
            "states": len(one.states),
            "events": len(one.events),
            "rows": len(one.rows),
            "rules": len(rules_of(one)),
        }
        for name, one in here.machines(manager).items()
    ]
    here.rows(("machine", "label", "version", "states", "events", "rows", "rules"), rows)


@machine.command(help="Show a machine's states and rows with their rules.")
@click.argument("name")
def show(name: str) -> None:
    """Show a machine's states and rows with their rules."""
    here = session()
    manager = here.plugins()
    found, texts = here.machines(manager, [name])[name], here.texts(manager)
    document = shown(found)
    here.document(document, lambda: _parts(here, document, found, texts))


def shown(found: Machine) -> Record:
    """Return a machine as its JSON document."""
    return {
        "machine": found.name,
        "zh": found.zh,
        "en": found.en,
        "version": found.version,
        "states": [
            {
                "state": state.name,
                "zh": state.zh,
                "en": state.en,
                "kind": state.kind.value,
                "requires": list(state.requires),
            }
            for state in found.states
        ],
        "rows": [
            {
                "from": list(row.source),
                "event": row.event,
                "to": row.to,
                "who": sorted(row.who),
                "form": None if row.form is None else row.form.__name__,
                "guards": [guard.reason for guard in row.guards],
                "timers": [start.name for start in row.start],
                "tasks": [task.name for task in row.tasks],
                "messages": [f"{send.machine}.{send.event}" for send in row.send],
                "rules": list(row.rules),
            }
            for row in found.rows
        ],
        "blanks": [
            {"key": b.key, "kind": b.kind, "meaning": b.meaning, "rules": list(b.rules)}
            for b in found.blanks
        ],
    }


def _parts(here: Session, document: Record, found: Machine, texts: Texts) -> Iterator[Sheet | str]:
    yield f"{found.name} ({texts.machine(found)}) {found.version}"
    labels = {state.name: texts.state(state) for state in found.states}
    states = [
        {**row, "label": labels[str(row["state"])]}
        for row in cast("list[dict[str, object]]", document["states"])
    ]
    yield Sheet(("state", "label", "kind", "requires"), states, here.say("States"))
    rows = [
        {**row, "label": texts.text("events", str(row["event"]), found.name)}
        for row in cast("list[dict[str, object]]", document["rows"])
    ]
    columns = ("from", "event", "label", "to", "who", "form", "guards", "rules")
    yield Sheet(columns, rows, here.say("Rows"))
    blanks = cast("list[dict[str, object]]", document["blanks"])
    if blanks:
        yield Sheet(("key", "kind", "meaning", "rules"), blanks, here.say("Blanks"))


@machine.command(help="Draw a machine, labels in the chosen language.")
@click.argument("name")
@flag(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="mermaid",
    show_default=True,
    help="What is drawn; svg and png need Graphviz or the Mermaid command line.",
)
@flag("--to", type=click.Path(dir_okay=False, path_type=Path), help="File to write; no other is.")
def diagram(name: str, kind: str, to: Path | None) -> None:
    """Draw a machine, labels in the chosen language."""
    from crmflow.analysis import diagram as drawing
    from crmflow.core.compiled import compile_machine

    here = session()
    manager = here.plugins()
    compiled = compile_machine(here.machines(manager, [name])[name])
    texts = here.texts(manager)
    if kind == "mermaid":
        drawn = drawing.mermaid(compiled, texts).encode()
    elif kind == "dot":
        drawn = drawing.dot(compiled, texts, drawing.chinese_font() or drawing.FONT).encode()
    else:
        drawn = drawing.picture(compiled, texts, cast("drawing.Picture", kind))
    if to is None:
        sys.stdout.buffer.write(drawn)
        return
    write_new(here, to, drawn)


def write_new(here: Session, path: Path, content: bytes) -> None:
    """Write a file that does not exist yet; one that does is left alone, with exit code 6."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        here.note(here.say("{path} exists already and is left alone.").format(path=path))
        click.get_current_context().exit(CONFLICT)


@machine.command(help="Check machines: tables, texts, rules and settings.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def check(names: tuple[str, ...]) -> None:
    """Check machines: tables, texts, rules and settings."""
    from crmflow.analysis.check import check_machine
    from crmflow.engine.starting import brought
    from crmflow.plugins.bringing import plugin_machines

    here = session()
    chosen = here.settings
    manager = here.plugins()
    others, rows = tuple(plugin_machines(manager).values()), brought(manager)
    spoken = [here.texts(manager, lang) for lang in ("zh", "en")]
    checked = [
        check_machine(one, spoken, chosen.text("profile"), chosen.own, others=others, brought=rows)
        for one in here.machines(manager, names).values()
    ]
    if here.output == "table":
        _tell(here, checked)
    else:
        here.rows((), map(_checked, checked))
    if any(one.findings for one in checked):
        click.get_current_context().exit(FINDINGS)


def _checked(one: Checked) -> Record:
    from crmflow.core.plain import plain

    return cast("Record", plain(one))


def _tell(here: Session, checked: list[Checked]) -> None:
    """Show how many of everything, then findings and information of all machines."""
    counts: list[Record] = [
        {**_checked(one), "rules": len(one.rules), "findings": len(one.findings)} for one in checked
    ]
    here.rows(("machine", "version", "states", "events", "rows", "rules", "findings"), counts)
    for title, name in (("Findings", "findings"), ("Information", "information")):
        found: list[Record] = [
            {"machine": one.machine, "code": f.code, "where": f.where, "message": f.message}
            for one in checked
            for f in getattr(one, name)
        ]
        if found:
            here.rows(("machine", "code", "where", "message"), found, here.say(title))


for command in (migrate, pause_machine, unpause_machine):
    machine.add_command(command)
