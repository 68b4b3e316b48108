"""
The classes of commands: nouns that load their verbs late, verbs that take the global options.

Help is written in English and shown in the caller's language.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Mapping
from typing import Any, cast

import click

from crmflow.cli.session import Session
from crmflow.cli.settings import LANGUAGES, OUTPUTS
from crmflow.core.errors import did_you_mean


def _say(ctx: click.Context, text: str) -> str:
    found = ctx.find_object(Session)
    return text if found is None else found.say(text)


class Flag(click.Option):
    """An option whose help is shown in the caller's language."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option's line in the help."""
        shown = copy.copy(self)
        shown.help = _say(ctx, self.help or "")
        return click.Option.get_help_record(shown, ctx)


def flag(
    *names: str,
    **kwargs: Any,  # noqa: ANN401 - as click declares it
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return `click.option` for a `Flag`."""
    return click.option(*names, cls=Flag, **kwargs)


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    """Keep a global option where it is given, so that a verb's own wins over the noun's."""
    if value is not None and value != ():
        ctx.ensure_object(Session).keep(str(param.name), value)


_GLOBAL: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--store", "store"), {"metavar": "URL", "help": "Store, such as sqlite:///crm.db."}),
    (
        ("--machine", "machines"),
        {"multiple": True, "metavar": "NAME", "help": "Machine to switch on; repeat for more."},
    ),
    (("--profile", "profile"), {"metavar": "NAME", "help": "Shipped profile that fills blanks."}),
    (
        ("--plugin", "plugins"),
        {
            "multiple": True,
            "metavar": "NAME",
            "is_eager": True,  # the help lists what plugins bring
            "help": "Plugin: a module or a .py file; repeat.",
        },
    ),
    (("--directory", "directory"), {"metavar": "PATH", "help": "TOML file of people and roles."}),
    (("--tenant", "tenant"), {"metavar": "NAME", "help": "Whose entities."}),
    (
        ("--lang", "lang"),
        {"type": click.Choice(LANGUAGES), "is_eager": True, "help": "Language of the output."},
    ),
    (
        ("-o", "--output", "output"),
        {"type": click.Choice(OUTPUTS), "help": "Form of the output."},
    ),
)


def global_flags(*, hidden: bool) -> list[click.Parameter]:
    """Return the global options; with *hidden* the help shows only the form of the output."""
    return [
        Flag(
            names,
            expose_value=False,
            callback=_keep,
            hidden=hidden and names[-1] != "output",
            **kwargs,
        )
        for names, kwargs in _GLOBAL
    ]


class _Spoken(click.Command):
    """Help in the caller's language."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the one sentence of help."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_say(ctx, self.help or ""))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        records = [
            param.get_help_record(ctx)
            for param in self.get_params(ctx)
            if isinstance(param, click.Option)
        ]
        with formatter.section(_say(ctx, "Options")):
            # `--help` is click's own; what a `Flag` says is translated already.
            formatter.write_dl([(one[0], _say(ctx, one[1])) for one in records if one])


class Verb(_Spoken):
    """A command that takes the global options too, wherever they are written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as click declares it
        super().__init__(*args, **kwargs)
        own = {name for param in self.params for name in param.opts}
        self.params += [one for one in global_flags(hidden=True) if own.isdisjoint(one.opts)]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write that the global options, which are not listed, are taken too."""
        formatter.write_paragraph()
        formatter.write_text(_say(ctx, "The options of crmflow itself may stand here too."))


class Noun(_Spoken, click.Group):
    """
    A group whose commands may be loaded when they are called.

    Args:
        places: Name of a command -> where it stands (`module:attribute`) and its help.
    """

    command_class = Verb

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - as click declares it
        places: Mapping[str, tuple[str, str]] | None = None,
        **kwargs: Any,  # noqa: ANN401 - as click declares it
    ) -> None:
        super().__init__(*args, **kwargs)
        self.places = places or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order they were declared."""
        return [*self.commands, *self.places]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, loaded now where it is a late one; None where there is none."""
        if cmd_name in self.places:
            module, _, attribute = self.places[cmd_name][0].partition(":")
            return cast("click.Command", getattr(importlib.import_module(module), attribute))
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that *args* name, or fail with the nearest there is."""
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            ctx.fail(f"there is no command {args[0]!r}. {did_you_mean(args[0], known)}")
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names and help of the commands; late ones are not loaded for it."""
        lines = {name: command.help or "" for name, command in self.commands.items()}
        lines |= {name: text for name, (_, text) in self.places.items()}
        with formatter.section(_say(ctx, "Commands")):
            formatter.write_dl([(name, _say(ctx, text)) for name, text in lines.items()])
