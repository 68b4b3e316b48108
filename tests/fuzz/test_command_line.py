"""Every command, with arguments that nobody means: an exit code and a sentence, no traceback."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping

import click
from hypothesis import example
from hypothesis import strategies as st

from crmflow.cli.app import app
from tests.cli.conftest import Crm, crm, empty_store
from tests.fuzz.hostile import TEXTS, VALUES
from tests.fuzz.papers import lay_out
from tests.fuzz.passes import bounded, fuzzed

__all__ = ["crm", "empty_store"]

SHORTENED: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("worker",): ("--once",),
    ("policy", "check"): ("--situations", "2"),
}
"""What commands are given besides that else go on until told otherwise, or for long."""

FEW = st.sampled_from(("0", "1", "2", "-1", "0.01", "nan", "inf", "x", ""))
FILES = st.sampled_from((".", "crm.db", "no/such.db", "sqlite:///crm.db", "crm.db/x", "x" * 300))
BOUNDED: Mapping[str, st.SearchStrategy[str]] = {
    "replications": FEW, "over": FEW, "situations": FEW, "depth": FEW, "file": FILES,
}  # fmt: skip
"""What options are given, by their names, of which more would take its time or write anywhere."""

WORDS = st.one_of(
    TEXTS.filter(lambda text: "\x00" not in text and text.isprintable()),
    st.sampled_from(
        (
            *("complaint", "lead", "C-1", "record", "alice", "main", "demo", "no/such/file.toml"),
            *("crmflow.toml", "2026-03-02T09:00:00+08:00", "2026-03-02", "0", "-1", "99999999999"),
            *("customer=C-1", "amount=1e999999999", "a=b=c", "memory:", "sqlite:///x.db"),
            *("https://user:secret@host/x", "http://[::1", "redis://", "crmflow.states.power"),
            *("company.toml", "people.toml", "scenario.toml", "story.jsonl", "log.csv", "map.toml"),
            *("127.0.0.1:0", "[::1]:x", "localhost:99999", ":"),
        )
    ),
)
PAYLOADS = st.one_of(
    VALUES.map(lambda value: json.dumps(value, default=str)),
    st.sampled_from(("[" * 5000, '{"a":' * 3000, "9" * 5000, '{"a": NaN}', "@nowhere", "@", "{")),
)


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command that does something."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from leaves(inner, (*path, name))
    if path and (not isinstance(command, click.Group) or command.invoke_without_command):
        yield path


@functools.cache
def commands() -> list[tuple[str, ...]]:
    """Return the words of every command, in order."""
    return sorted(leaves(app))


def found(path: tuple[str, ...]) -> click.Command:
    """Return the command of some words."""
    command: click.Command | None = app
    for word in path:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    return command


@st.composite
def calls(draw: st.DrawFn) -> list[str]:
    """Draw the words of a call: a command, some of its options, arguments."""
    path = draw(st.sampled_from(commands()))
    words = list(path)
    options = [
        one for one in found(path).params if isinstance(one, click.Option) and one.name != "help"
    ]
    for option in draw(st.lists(st.sampled_from(options), max_size=4)) if options else ():
        words.append(option.opts[0])
        if not option.is_flag and not option.count:
            choices = option.type.choices if isinstance(option.type, click.Choice) else ()
            right = st.sampled_from([*map(str, choices), "x"])
            wanted = PAYLOADS if option.name == "payload" else right if choices else WORDS
            words.append(draw(BOUNDED.get(str(option.name), wanted)))
    words += SHORTENED.get(path, ())
    if path == ("demo",):
        words += ["--store", draw(FILES)]
    needed = sum(isinstance(one, click.Argument) for one in found(path).params)
    return words + draw(st.lists(WORDS, min_size=min(needed, 1), max_size=needed))


def ended_well(crm: Crm, *words: str, stdin: str | None = None) -> None:
    """Run a command as it is, which must end with a code of its own and say why."""
    with bounded():
        done = crm.bare(*words, stdin=stdin)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert 0 <= done.exit_code <= 6
    assert "Traceback" not in done.output
    if done.exit_code > 1:
        assert done.stderr.strip()


@fuzzed(short=25, long=120, words=calls(), stdin=PAYLOADS | st.none())
@example(words=["demo", "--store", "x" * 300], stdin=None)
def test_commands_end_with_a_code_and_a_sentence(
    words: list[str], stdin: str | None, crm: Crm
) -> None:
    """Whatever the arguments, a command ends with a code of its own and says why."""
    lay_out(crm.store.parent)
    on = ("--store", f"sqlite:///{crm.store}?synchronous=NORMAL", "--profile", "demo")
    ended_well(crm, *on, "--machine", "complaint", "--machine", "lead", *words, stdin=stdin)
