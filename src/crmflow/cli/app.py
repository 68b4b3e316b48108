"""The root command: global options, nouns by name, and the exit code of every exception."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from crmflow.cli.faults import exit_code, told
from crmflow.cli.session import Session
from crmflow.cli.verbs import Noun, global_flags
from crmflow.core.errors import CrmflowError

PLACES = {
    "init": ("crmflow.cli.init:init", "Write a commented crmflow.toml."),
    "machine": ("crmflow.cli.machine:machine", "Show, draw and check machines."),
    "entity": ("crmflow.cli.entity:entity", "Create entities, fire events, ask what they are."),
    "bulk": ("crmflow.cli.bulk:bulk", "One event on many entities."),
    "task": ("crmflow.cli.task:task", "Work that waits for people."),
    "approval": ("crmflow.cli.approval:approval", "Approvals: what waits for whom."),
    "timer": ("crmflow.cli.timer:timer", "Timers: what is due, and firing it."),
    "deadline": ("crmflow.cli.deadline:deadline", "Deadlines that were promised."),
    "outbox": ("crmflow.cli.outbox:outbox", "Messages that are not delivered."),
    "worker": (
        "crmflow.cli.worker:worker",
        "Fire timers and hand over messages until told to stop; any number may work.",
    ),
    "log": ("crmflow.cli.log:log", "Event logs: replay and import."),
    "audit": ("crmflow.cli.audit:audit", "Verify the journals."),
    "key": ("crmflow.cli.key:key", "The master keys of encrypted fields."),
    "retention": ("crmflow.cli.retention:retention", "How long journals are kept."),
    "db": ("crmflow.cli.db:db", "The store: its schema, index and backups."),
    "plugin": ("crmflow.cli.plugin:plugin", "Plugins that are loaded."),
    "policy": ("crmflow.cli.policy:policy", "The tables that policies read."),
    "role": ("crmflow.cli.role:role", "Roles and their duties."),
    "tier": ("crmflow.cli.tier:tier", "Schemes of tiers, and customers placed by them."),
    "report": (
        "crmflow.cli.report:report",
        "Reports: figures, times and groups, as tables and pictures.",
    ),
    "rule": ("crmflow.cli.rule:rule", "The rules, what carries them and which tests hold them."),
    "output": ("crmflow.cli.told:output", "Notices, letters, forms: what is told to whom."),
    "list": ("crmflow.cli.told:list_", "Lists derived from the entities on demand."),
    "config": ("crmflow.cli.configuration:config", "What the command line runs with."),
    "demo": ("crmflow.cli.demo:demo", "A customer's life with a company, on a virtual clock."),
}
"""Name of each command -> where it stands, and its help."""


def brought(ctx: click.Context) -> Mapping[str, click.Command]:
    """
    Return the commands that plugins bring, by name.

    Plugins that cannot be loaded bring none here; `crmflow plugin check` says why.
    """
    from importlib.metadata import entry_points

    here = ctx.ensure_object(Session)
    try:
        named = here.settings.names("plugins")
        if not named and not entry_points(group="crmflow"):
            return {}  # nothing heavy is loaded where there is nothing to find
        from crmflow.plugins.bringing import plugin_commands
        from crmflow.plugins.loading import load_plugins

        found = plugin_commands(load_plugins(named, own=False), PLACES)
    except CrmflowError:
        return {}
    return {name: command for name, command in found.items() if isinstance(command, click.Command)}


class App(Noun):
    """The root: a session per run, and one sentence per error."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - as click declares it
    ) -> click.Context:
        """Return the context, with a session of its own."""
        extra.setdefault("obj", Session())
        return super().make_context(info_name, args, parent, **extra)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that *args* name; plugins are asked where crmflow has none such."""
        if args[0] not in self.list_commands(ctx) and args[0] in (found := brought(ctx)):
            return args[0], found[args[0]], args[1:]
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names and help of the commands, those of plugins behind crmflow's own."""
        super().format_commands(ctx, formatter)
        lines = [(name, command.help or "") for name, command in brought(ctx).items()]
        if lines:
            with formatter.section(ctx.ensure_object(Session).say("Commands of plugins")):
                formatter.write_dl(lines)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what crmflow raises becomes a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except CrmflowError as error:
            session = ctx.ensure_object(Session)
            click.echo(told(error, session.output, session.say("Error")), err=True)
            ctx.exit(exit_code(error))


app = App(
    "crmflow",
    help="Workflow engine for everything between a company and its customers.",
    places=PLACES,
    params=global_flags(hidden=False),
    no_args_is_help=True,
)
