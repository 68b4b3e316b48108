"""Stories as people use them: commands to type, and a test to paste."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping

from crmflow.analysis.exploring.story_file import story_lines
from crmflow.analysis.fault import Fault
from crmflow.analysis.happening import Happening, Story
from crmflow.core.actor import SYSTEM
from crmflow.core.plain import plain

__all__ = ["commands", "pasted_test"]

ID = "X-1"


def commands(story: Story) -> Iterator[str]:
    """
    Yield the commands that let a story happen in the chosen store.

    What other entities tell cannot be typed: it is a comment, and `crmflow policy replay` plays it.
    So it is with approvals where no directory is chosen: those who vote are invented.
    """
    for place, one in enumerate(story.happenings):
        if not one.event:
            yield f"crmflow timer run --until {one.at.isoformat()}"
        elif one.actor is SYSTEM:
            told = json.dumps(plain(one.payload), ensure_ascii=False)
            yield f"# by message at {one.at.isoformat()}: {one.event} {told}"
        else:
            yield _typed(story.machine, one, creates=place == 0)


def _typed(machine: str, happening: Happening, *, creates: bool) -> str:
    what = ["create", machine, "--id", ID] if creates else ["fire", machine, ID, happening.event]
    actor = happening.actor
    words = ["crmflow", "entity", *what, "--at", happening.at.isoformat(), "--actor", actor.id]
    words += [word for role in sorted(actor.roles) for word in ("--role", role)]
    words += [word for one in sorted(actor.departments) for word in ("--department", one)]
    if happening.payload:
        words += ["--payload", json.dumps(plain(happening.payload), ensure_ascii=False)]
    return shlex.join(words)


def pasted_test(fault: Fault, story: Story, given: Mapping[str, object]) -> str:
    """
    Return a test that lets a story happen again.

    It passes as long as the story leads where the fault was found.

    Args:
        fault: What the story shows.
        story: The story.
        given: Further arguments of `replay` by name; empty ones are left out. The directory is
            the path of its file.
    """
    name = f"test_{fault.kind}_of_{fault.machine}".replace("-", "_")
    lines = "\n".join(f"    {line!r}," for line in story_lines(story))
    passed = [f"        {key}={_source(key, value)},\n" for key, value in given.items() if value]
    arguments = "".join(passed)
    imported = "import datetime\n\n" if "datetime." in arguments else ""
    imported += "from crmflow.analysis.exploring import read_story, replay\n"
    imported += "from crmflow.directory import toml_directory\n" if given.get("directory") else ""
    return f'''\
{imported}
STORY = (
{lines}
)


def {name}() -> None:
    """The story of {fault.kind} ({fault.where}) leads where it did."""
    replayed = replay(
        read_story(STORY),
{arguments}    )
    assert replayed.state == {story.state!r}
'''


def _source(name: str, value: object) -> str:
    return f"toml_directory({value!r})" if name == "directory" else repr(value)
