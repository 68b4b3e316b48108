"""`crmflow policy check --explore`: machines and policies together, lived."""

from __future__ import annotations

import functools
import itertools
import shlex
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from crmflow.cli.names import Names
from crmflow.cli.output import Record, Sheet, make_folder
from crmflow.cli.progress import Progress
from crmflow.cli.session import Session, misused, session
from crmflow.cli.settings import FILE
from crmflow.cli.verbs import flag

if TYPE_CHECKING:
    from crmflow.analysis.exploring import Explored
    from crmflow.analysis.fault import Fault
    from crmflow.flow.registry import Registry
    from crmflow.plugins.loading import Plugins


@attrs.frozen
class Lived:
    """
    What exploring has come to.

    Attributes:
        explored: What was explored, by machine.
        files: The file of each story that was written, by its fault.
        checked: The file of rows that was checked in place of the company's own, or None.
    """

    explored: tuple[Explored, ...] = ()
    files: Mapping[int, str] = attrs.field(factory=dict)
    checked: str | None = None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults, in the order of their machines."""
        return tuple(fault for one in self.explored for fault in one.faults)

    def document(self) -> Record:
        """Return what is added to the document of a check; nothing where nothing was explored."""
        if not self.explored:
            return {}
        stories = [
            {"kind": str(fault.kind), "machine": fault.machine, "steps": list(steps)}
            for fault, steps in self._stories()
        ]
        return {"explored": self._counts(), "stories": stories}

    def said(self, here: Session) -> Iterator[Sheet | str]:
        """Yield what people are told besides the faults."""
        if self.explored:
            plugins = here.plugins()
            names = Names(here, here.machines(plugins), here.texts(plugins))
            yield from self._told(names)

    def _told(self, names: Names) -> Iterator[Sheet | str]:
        say, columns = names.here.say, ("machine", "situations", "happenings", "states", "limits")
        counts: list[Record] = [
            {
                **row,
                "machine": names.machine(one.machine),
                "limits": [say(limit) for limit in sorted(one.limits)],
            }
            for one, row in zip(self.explored, self._counts(), strict=True)
        ]
        yield Sheet(columns, counts, say("Explored"))
        title = say("The story of {kind} in {machine}:")
        for fault, steps in self._stories():
            yield title.format(kind=fault.kind, machine=names.machine(fault.machine))
            yield from (f"  {step}" for step in steps)

    def _counts(self) -> list[Record]:
        """Return how much of each machine was explored, and which bounds were hit."""
        return [
            {
                "machine": one.machine,
                "situations": one.situations,
                "happenings": one.happenings,
                "states": len(one.states),
                "limits": sorted(one.limits),
            }
            for one in self.explored
        ]

    def _stories(self) -> Iterator[tuple[Fault, Iterator[str]]]:
        """Yield each fault that has a story, with the commands that let it happen again."""
        from crmflow.analysis.exploring.telling import commands

        for place, fault in enumerate(self.faults):
            if fault.story is not None:
                file = self.files.get(place)
                words = ["crmflow", "policy", "replay", file, self.checked]
                played = [] if file is None else [shlex.join(filter(None, words))]
                yield fault, itertools.chain(commands(fault.story), played)


@attrs.frozen
class Exploring:
    """
    What is to be explored, as the command line says it.

    Attributes:
        wanted: Whether anything is.
        stated: Files or modules of properties.
        depth: How many happenings a story has at most, or None.
        situations: In how many situations all is tried, or None.
        folder: Where stories are written, or None.
    """

    wanted: bool
    stated: tuple[str, ...]
    depth: int | None
    situations: int | None
    folder: Path | None

    def lived(self, here: Session, manager: Plugins, file: str | None = None) -> Lived:
        """Return what exploring every machine that is switched on has come to."""
        if not self.wanted:
            return Lived()
        if self.folder is not None:
            # What takes its time would be lost, were this found out afterwards.
            make_folder(self.folder, "--story-dir")
        explored = tuple(self._explored(here, manager, file))
        faults = [fault for one in explored for fault in one.faults]
        given = arguments(here, manager, file)
        return Lived(explored, written(self.folder, faults, given), file)

    def _explored(self, here: Session, manager: Plugins, file: str | None) -> Iterator[Explored]:
        from crmflow.analysis.exploring import Bounds, explore_machine
        from crmflow.analysis.exploring.property_file import read_statements
        from crmflow.analysis.stated import SAMPLES, properties_of

        registry, machines = registry_of(here, manager, file), here.machines(manager)
        stated = [read_statements(name, machines) for name in self.stated]
        usual = Bounds()
        bounds = Bounds(self.situations or usual.situations, self.depth or usual.depth)
        with Progress(here.say("situations"), bounds.situations * len(machines)) as progress:
            for name in machines:
                own = (one for file in stated for one in file.properties.get(name, ()))
                samples = [file.samples.get(name, {}) for file in stated]
                yield explore_machine(
                    registry,
                    name,
                    bounds=bounds,
                    properties=(*properties_of(name, registry.tables), *own),
                    # What a file says of an event wins.
                    samples=dict(ChainMap(*map(dict, samples), dict(SAMPLES.get(name, {})))),
                    advance=progress.advance,
                )


def registry_of(here: Session, manager: Plugins, file: str | None = None) -> Registry:
    """Return what an engine over the chosen settings, or a file, would run without a store."""
    from crmflow.engine.starting import registry_for

    chosen = here.settings
    return registry_for(
        manager,
        chosen.names("machines") or None,
        tenant=str(chosen.text("tenant")),
        profile=chosen.text("profile"),
        config=file or chosen.own,
        interpreter="table",
        directory=here.directory(),
    )


def arguments(here: Session, manager: Plugins, file: str | None = None) -> dict[str, object]:
    """Return what `replay` is given besides a story, for the same rows and machines."""
    chosen = here.settings
    own = {**chosen.blanks, **chosen.tables}
    config = file or (FILE if chosen.file == FILE and here.feature is None else own)
    return {
        "machines": list(here.machines(manager)),
        "plugins": list(chosen.names("plugins")),
        "profile": chosen.text("profile"),
        "config": config,
        "directory": chosen.text("directory"),
    }


def written(
    folder: Path | None, faults: list[Fault], given: Mapping[str, object]
) -> dict[int, str]:
    """Write the stories of faults, each with a test; return the file of each, by its place."""
    from crmflow.analysis.exploring import story_lines
    from crmflow.analysis.exploring.telling import pasted_test

    found: dict[int, str] = {}
    for place, fault in enumerate(faults):
        if folder is not None and fault.story is not None:
            path = folder / f"test_{fault.machine}_{fault.kind}_{place + 1}.jsonl"
            path.write_text("".join(f"{line}\n" for line in story_lines(fault.story)), "utf-8")
            path.with_suffix(".py").write_text(pasted_test(fault, fault.story, given), "utf-8")
            found[place] = str(path)
    return found


def _stated_in(name: str) -> str:
    """Return the file or module of an option; whether it is one of properties is seen later."""
    if name.endswith(".py") and not Path(name).is_file():
        text = "there is no file {name!r}: give a .py file of properties, or the name of a module"
        raise click.BadParameter(session().say(text).format(name=name))
    return name


UNASKED = "--depth, --situations and --story-dir go with --explore or --property"
Function = Callable[..., Any]
_FLAGS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--explore",), {"is_flag": True, "help": "Explore machines together with their policies."}),
    (
        ("--property", "stated"),
        {
            "multiple": True,
            "type": _stated_in,
            "metavar": "FILE",
            "help": "Explore, with properties of this .py file or module; repeat.",
        },
    ),
    (
        ("--depth",),
        {"type": click.IntRange(1), "help": "So many happenings a story has at most."},
    ),
    (
        ("--situations",),
        {"type": click.IntRange(1), "help": "In so many situations of a machine all is tried."},
    ),
    (
        ("--story-dir", "folder"),
        {
            "type": click.Path(file_okay=False, path_type=Path),
            "help": "Write each story there, and a test to paste.",
        },
    ),
)


def exploring(function: Function) -> Function:
    """Add the options of exploring, given to the verb as one `how`."""

    @functools.wraps(function)
    def run(
        *,
        explore: bool,
        stated: tuple[str, ...],
        depth: int | None,
        situations: int | None,
        folder: Path | None,
        **given: object,
    ) -> object:
        wanted = explore or bool(stated)
        if not wanted and (depth, situations, folder) != (None, None, None):
            raise misused(UNASKED)
        return function(how=Exploring(wanted, stated, depth, situations, folder), **given)

    found: Function = run
    for names, kwargs in reversed(_FLAGS):
        found = flag(*names, **kwargs)(found)
    return found
