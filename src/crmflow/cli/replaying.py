"""`crmflow policy replay`: a story that happens again, in a store that is thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmflow.cli.exploring import registry_of
from crmflow.cli.faults import FINDINGS
from crmflow.cli.names import Names
from crmflow.cli.output import Record
from crmflow.cli.session import session
from crmflow.cli.verbs import Verb
from crmflow.core.errors import ConfigurationError

if TYPE_CHECKING:
    from crmflow.analysis.exploring import Replayed


@click.command(
    cls=Verb,
    help="Let a story happen again in a throwaway store; exit with 1 where it ends elsewhere.",
)
@click.argument("story", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False))
def replay(story: Path, file: str | None) -> None:
    """Let a story happen again in a throwaway store; exit with 1 where it ends elsewhere."""
    from crmflow.analysis.exploring import read_story, replay_story

    here = session()
    read = read_story(_lines(story), str(story))
    registry = registry_of(here, here.plugins(), file)
    replayed = replay_story(registry, read)
    names, machine = Names.of(here, (registry,)), read.machine
    steps = list(_steps(replayed))
    if here.output == "table":
        steps = [_named(names, machine, step) for step in steps]
    here.rows(("at", "event", "actor", "outcome"), steps)
    failed = [happening for happening, answer in replayed.answers[:-1] if _is_error(answer)]
    for happening in failed:
        text = here.say("{event} raises an error, though the story goes on.")
        here.note(text.format(event=_event(names, machine, happening.event) or "-"))
    if replayed.state != read.state:
        ends = {"state": replayed.state or "-", "expected": read.state}
        text = here.say("it ends in {state}, not in {expected}.")
        here.note(text.format(**{key: names.state(machine, one) for key, one in ends.items()}))
    if failed or replayed.state != read.state:
        click.get_current_context().exit(FINDINGS)


def _lines(story: Path) -> list[str]:
    """Return the lines of a story's file; texts of a payload may have other ends of lines."""
    try:
        return story.read_text("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise ConfigurationError(str(story), ("it is no UTF-8 text",)) from error


def _named(names: Names, machine: str, step: Record) -> Record:
    """Return a step with the names of its event and of the state it leads to."""
    event, outcome = str(step["event"]), str(step["outcome"])
    return {
        **step,
        "event": _event(names, machine, event),
        "outcome": names.state(machine, outcome),
    }


def _event(names: Names, machine: str, event: str) -> str:
    return names.thing("event", machine, event) if event else event


def _is_error(answer: object) -> bool:
    """Say whether a happening raised; a story may do so at its end alone."""
    return isinstance(answer, Exception)


def _steps(replayed: Replayed) -> Iterator[Record]:
    """Yield what each happening of a story came to: the state afterwards, or why not."""
    from crmflow.core.decision import Decision, summary

    for happening, answer in replayed.answers:
        outcome = str(answer)
        if isinstance(answer, tuple):
            last = answer[-1] if answer else None
            outcome = "-" if last is None else last.snapshot.state
            if isinstance(last, Decision) and last.refusal is not None:
                outcome = "; ".join(summary(last.refusal))
        at, event = happening.at.isoformat(), happening.event
        yield {"at": at, "event": event, "actor": happening.actor.id, "outcome": outcome}
