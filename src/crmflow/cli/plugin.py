"""`crmflow plugin`: plugins that are loaded, whether they fit, and policies that come and go."""

from __future__ import annotations

import click

from crmflow.cli.acting import Who, acting
from crmflow.cli.faults import FINDINGS
from crmflow.cli.output import Record
from crmflow.cli.session import session
from crmflow.cli.verbs import Noun, flag

plugin = Noun("plugin", help="Plugins that are loaded.", no_args_is_help=True)


@plugin.command("list", help="List plugins, the hooks they answer and their machines.")
def list_plugins() -> None:
    """List plugins, the hooks they answer and their machines."""
    from crmflow.plugins.answers import Answers

    here = session()
    manager = here.plugins()
    brought = dict(Answers(manager).ask("machines"))
    rows = []
    for name, found in sorted(manager.list_name_plugin()):
        callers = manager.get_hookcallers(found) or []
        rows.append(
            {
                "plugin": name,
                "version": manager.versions.get(name, ""),
                "module": getattr(found, "__name__", type(found).__name__),
                "hooks": sorted(caller.name for caller in callers),
                "machines": [one.name for one in brought.get(name, ())],
            }
        )
    here.rows(("plugin", "version", "module", "hooks", "machines"), rows)


@plugin.command(help="Check that every plugin loads, answers and fits the machines and tables.")
def check() -> None:
    """Check that every plugin loads, answers and fits the machines and tables."""
    from crmflow.core.errors import CrmflowError
    from crmflow.engine.starting import registry_for

    here = session()
    found: list[Record] = []
    manager = here.plugins()
    chosen = here.settings
    try:
        registry = registry_for(
            manager,
            chosen.names("machines") or None,
            tenant=str(chosen.text("tenant")),
            profile=chosen.text("profile"),
            config=chosen.own,
            interpreter="table",
        )
        for lang in ("en", "zh"):
            here.texts(manager, lang)
    except CrmflowError as error:
        found.append({"fault": str(error)})
    else:
        here.note(
            here.say("{plugins} plugins, {policies} policies of {machines} machines").format(
                plugins=len(manager.versions),
                policies=sum(map(len, registry.policies.values())),
                machines=len(registry.machines),
            )
        )
    here.rows(("fault",), found)
    if found:
        click.get_current_context().exit(FINDINGS)


@plugin.command(help="Let a policy that came later begin with entities that nobody touches.")
@click.argument("policy")
@flag("--dry-run", is_flag=True, help="Only tell what would be done.")
@acting
def attach(policy: str, dry_run: bool, who: Who) -> None:
    """Let a policy that came later begin with entities that nobody touches."""
    here = session()
    with here.engine() as engine:
        done = engine.attach(policy, actor=who.on(engine), dry_run=dry_run)
        here.rows(
            ("machine", "id"), ({"machine": ref.machine, "id": ref.id} for ref in done.attached)
        )


@plugin.command(help="End a policy that is no longer there; journaled with every entity.")
@click.argument("policy")
@flag("--reason", required=True, help="Why; journaled.")
@acting
def retire(policy: str, reason: str, who: Who) -> None:
    """End a policy that is no longer there; journaled with every entity."""
    here = session()
    with here.engine(retiring=(policy,)) as engine:
        done = engine.retire(policy, reason, actor=who.on(engine))
        here.rows(("machine", "id"), ({"machine": ref.machine, "id": ref.id} for ref in done))
