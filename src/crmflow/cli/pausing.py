"""`crmflow entity pause|unpause` and `crmflow machine pause|unpause`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from crmflow.cli.acting import Who, acting
from crmflow.cli.answers import decided, show_decision
from crmflow.cli.bulk import exit_with, unmoved_rows, unmoved_sheets
from crmflow.cli.output import Record, Sheet
from crmflow.cli.progress import Progress
from crmflow.cli.session import Session, session
from crmflow.cli.verbs import Verb, flag

if TYPE_CHECKING:
    from crmflow.engine.pausing import PausedMachine

Function = Callable[..., Any]


def _verb(verb: str, text: str) -> Callable[[Function], click.Command]:
    """Return what makes a verb with a reason and an actor."""

    def decorate(function: Function) -> click.Command:
        reasoned = flag("--reason", required=True, help="Why; journaled.")(acting(function))
        return click.command(verb, cls=Verb, help=text)(reasoned)

    return decorate


def _entity(verb: str, text: str) -> click.Command:
    @_verb(verb, text)
    @click.argument("machine")
    @click.argument("id_", metavar="ID")
    def run(machine: str, id_: str, reason: str, who: Who) -> None:
        here = session()
        with here.engine() as engine:
            ask = engine.pause if verb == "pause" else engine.unpause
            show_decision(here, engine, ask((machine, id_), reason, actor=who.on(engine)))

    return run


def _machine(verb: str, text: str) -> click.Command:
    @_verb(verb, text)
    @click.argument("name")
    def run(name: str, reason: str, who: Who) -> None:
        here = session()
        with here.engine() as engine:
            ask = engine.pause_machine if verb == "pause" else engine.unpause_machine
            with Progress(here.say("entities")) as progress:
                paused = ask(name, reason, actor=who.on(engine), progress=progress.advance)
            if paused.decision.accepted or paused.entities or paused.unmoved:
                _show(here, paused, unmoved_rows(engine, paused.unmoved))
            else:
                show_decision(here, engine, paused.decision)

    return run


def _show(here: Session, paused: PausedMachine, rows: Sequence[Record]) -> None:
    counts = {"machine": paused.decision.entity.id, "entities": paused.entities}
    document: Record = {**counts, "decision": decided(paused.decision), "unmoved": rows}

    def parts() -> Iterator[Sheet]:
        shown = {**counts, "unmoved": len(rows)}
        yield Sheet(tuple(shown), [shown])
        yield from unmoved_sheets(here, rows)

    here.document(document, parts)
    exit_with(paused.unmoved)


pause_entity = _entity("pause", "Let an entity stand still, its deadlines with it.")
unpause_entity = _entity("unpause", "Let an entity go on with what remained of its time.")
pause_machine = _machine("pause", "Let all entities of a machine stand still, their deadlines too.")
unpause_machine = _machine("unpause", "Let the entities of a machine go on.")
