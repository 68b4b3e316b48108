"""`crmflow config`: what the command line runs with, and who said so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from crmflow.cli.output import Record
from crmflow.cli.session import session
from crmflow.cli.settings import Value
from crmflow.cli.verbs import Noun, flag

config = Noun("config", help="What the command line runs with.", no_args_is_help=True)

SECRET = re.compile(r"password|secret|token|credential|private|key$", re.IGNORECASE)
HIDDEN = "***"


@config.command(help="Show every value in force; secrets are hidden.")
@flag("--origin", is_flag=True, help="Tell who set it: flag, variable, file or default.")
def show(origin: bool) -> None:
    """Show every value in force; secrets are hidden."""
    here = session()
    chosen = here.settings
    rows: list[Record] = [
        {"key": name, "value": _shown(name, one.value), "origin": one.origin}
        for name, one in chosen.chosen.items()
    ]
    rows += [
        {"key": f"settings.{name}", "value": _shown(name, value), "origin": chosen.file}
        for name, value in _flat(chosen.blanks)
    ]
    here.rows(("key", "value", "origin") if origin else ("key", "value"), rows)


def _flat(tables: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    from crmflow.config import flattened

    yield from flattened(tables).items()


def _shown(name: str, value: Value | object) -> object:
    """Return a value as text, numbers or lists, what must stay secret left out."""
    if SECRET.search(name):
        return HIDDEN
    if isinstance(value, str):
        # A URL names its password between the user's name and the host.
        return re.sub(r"(://[^:/@\s]*):[^@/\s]*@", rf"\1:{HIDDEN}@", value)
    if isinstance(value, list | tuple):
        return [_shown(name, one) for one in value]
    return value if isinstance(value, bool | int | float | None) else str(value)
