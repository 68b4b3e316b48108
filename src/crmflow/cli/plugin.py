"""`crmflow plugin`: plugins that are loaded."""

from __future__ import annotations

from crmflow.cli.session import session
from crmflow.cli.verbs import Noun

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
