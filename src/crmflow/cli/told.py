"""`crmflow output` and `crmflow list`: what is told to whom, and lists derived on demand."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

import attrs
import click

from crmflow.cli.acting import Brought, Who, acting, bringing
from crmflow.cli.faults import NOT_FOUND
from crmflow.cli.output import Record, Sheet, cell, headed, pairs
from crmflow.cli.session import Session, session
from crmflow.cli.verbs import Noun, flag
from crmflow.core.errors import did_you_mean

if TYPE_CHECKING:
    from crmflow.policies.outputs import Copy, Listing, Output

output = Noun("output", help="Notices, letters, forms: what is told to whom.", no_args_is_help=True)
list_ = Noun("list", help="Lists derived from the entities on demand.", no_args_is_help=True)


@output.command("list", help="List the outputs: what each is, what causes it, who gets it.")
@flag("--machine", metavar="MACHINE", help="Of this machine only.")
def list_outputs(machine: str | None) -> None:
    """List the outputs: what each is, what causes it, who gets it."""
    here = session()
    rows = [
        {
            "output": one.name,
            "title": one.title(here.lang),
            "machine": one.machine,
            "kind": one.kind.value,
            "events": [*one.events, *one.states],
            "recipients": list(one.to),
            "rules": list(one.rules),
        }
        for one in _outputs(here).values()
        if machine in (None, one.machine)
    ]
    here.rows(("output", "title", "machine", "kind", "events", "recipients", "rules"), rows)


@output.command(help="Show an output with the words of its template.")
@click.argument("name", metavar="OUTPUT")
def show(name: str) -> None:
    """Show an output with the words of its template."""
    from crmflow.core.plain import plain
    from crmflow.policies.outputs.binding import template_of

    here = session()
    row = _known(here, name, _outputs(here))
    document = cast("dict[str, object]", plain(attrs.evolve(row, origin="")))
    template = template_of(row, here.rules(here.plugins()).tables)
    words = None if template is None else template.text(here.lang)
    document["text"] = words
    here.document(document, lambda: (pairs(document, here.say),))


@output.command(help="Show what an output would be for an entity; nothing is sent.")
@click.argument("name", metavar="OUTPUT")
@click.argument("id_", metavar="ID")
@flag("--event", metavar="EVENT", help="The event that would cause it, if it has several.")
@bringing
@acting
def preview(name: str, id_: str, event: str | None, brought: Brought, who: Who) -> None:
    """Show what an output would be for an entity; nothing is sent."""
    from crmflow.engine.listing import output_of

    here = session()
    with here.engine() as engine:
        found = output_of(engine.registry, name, event, engine.clock.now())
        form = None if found.event is None else engine.registry.form(found.row.machine, found.event)
        payload = brought.of(form)
        lang = str(here.flags["lang"]) if "lang" in here.flags else None
        actor = who.on(engine)
        copies = engine.preview(name, id_, event, payload, actor=actor, lang=lang)
        document = {"output": name, "id": id_, "copies": [_copy(one) for one in copies]}
        here.document(document, lambda: _pages(here, copies))


def _copy(one: Copy) -> Record:
    whom = one.recipient
    return {
        "recipient": None if whom is None else f"{whom.who}:{whom.id}",
        "people": [] if whom is None else list(whom.people),
        "channel": one.channel,
        "address": one.address,
        "language": one.language,
        "subject": one.subject,
        "text": one.text,
    }


def _pages(here: Session, copies: Iterable[Copy]) -> Iterable[Sheet | str]:
    """Yield each copy as people read it: its head as a table, its text as it is."""
    for one in copies:
        head = {name: value for name, value in _copy(one).items() if name != "text" and value}
        yield pairs(head, here.say)
        yield one.text.rstrip("\n")


@list_.command("list", help="List the lists: title, machine and columns.")
def list_lists() -> None:
    """List the lists: title, machine and columns."""
    here = session()
    rows = [
        {
            "list": one.name,
            "title": one.title(here.lang),
            "machine": one.machine,
            "columns": [column.name for column in one.columns],
            "rules": list(one.rules),
        }
        for one in _lists(here).values()
    ]
    here.rows(("list", "title", "machine", "columns", "rules"), rows)


@list_.command("show", help="Show a list, as far as one may see it.")
@click.argument("name", metavar="LIST")
@flag("--purpose", default="", metavar="TEXT", help="What for; noted where the read is.")
@flag(
    "--as",
    "form",
    type=click.Choice(("csv", "markdown")),
    help="As a file for others, in place of a table or JSON.",
)
@acting
def show_list(name: str, purpose: str, form: str | None, who: Who) -> None:
    """Show a list, as far as one may see it."""
    here = session()
    with here.engine() as engine:
        found = engine.listed(name, actor=who.on(engine), purpose=purpose)
        headings = found.of.headings(here.texts(engine.plugins))
        if form is not None:
            write = _csv if form == "csv" else _markdown
            click.echo(write(headings, found.rows), nl=False)
        elif here.output == "table":
            title = found.of.row.title(here.lang)
            here.rows(headings.values(), headed(headings, found.rows), title)
        else:
            here.rows(headings, found.rows)
        if found.hidden:
            said = here.say("{n} entities of the list may not be seen.")
            here.note(said.format(n=found.hidden))


def _csv(headings: Mapping[str, str], rows: Iterable[Record]) -> str:
    """Return a list as CSV, for a spreadsheet that runs nothing of what people wrote."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings.values())
    writer.writerows([_harmless(cell(row[name])) for name in headings] for row in rows)
    return text.getvalue()


def _harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _markdown(headings: Mapping[str, str], rows: Iterable[Record]) -> str:
    lines = [list(headings.values()), ["---"] * len(headings)]
    lines += [[cell(row[name]) for name in headings] for row in rows]
    return "".join(f"| {' | '.join(map(_inline, line))} |\n" for line in lines)


def _inline(text: str) -> str:
    """Return a text that stays in its cell."""
    return " ".join(text.replace("|", "\\|").split())


def _outputs(here: Session) -> dict[str, Output]:
    from crmflow.policies.outputs import Output

    rows = here.rules(here.plugins()).tables.of("outputs", Output)
    return {row.name: row for row in rows}


def _lists(here: Session) -> dict[str, Listing]:
    from crmflow.policies.outputs import Listing

    rows = here.rules(here.plugins()).tables.of("lists", Listing)
    return {row.name: row for row in rows}


def _known(here: Session, name: str, rows: Mapping[str, Output]) -> Output:
    """Return a row by name; where there is none, say so and exit."""
    if name not in rows:
        said = here.say("no output has this name.")
        here.note(f"{here.say('Error')}: {said} {did_you_mean(name, rows)}")
        click.get_current_context().exit(NOT_FOUND)
    return rows[name]
