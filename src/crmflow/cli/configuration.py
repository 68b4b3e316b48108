"""`crmflow config`: what the command line runs with, who said so, and what is still to be said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from crmflow.cli.faults import FINDINGS
from crmflow.cli.output import Record
from crmflow.cli.session import Session, session
from crmflow.cli.settings import Value
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from crmflow.profiles.loading import Loaded
    from crmflow.profiles.settings import Need

config = Noun("config", help="What the command line runs with.", no_args_is_help=True)

FEATURES = flag(
    "--feature",
    "features",
    multiple=True,
    metavar="NAME",
    help="What the company uses, as `crmflow config features` lists it; repeat.",
)
"""What a company says it uses, in place of machines, plugins and rows."""

SECRET = re.compile(r"password|secret|token|credential|private|key$|\.keys\b", re.IGNORECASE)
HIDDEN = "***"


@config.command(help="Show every value in force; secrets are hidden.")
@flag("--origin", is_flag=True, help="Tell who set it: flag, variable, file, profile or default.")
def show(origin: bool) -> None:
    """Show every value in force; secrets are hidden."""
    here = session()
    rows: list[Record] = [
        {"key": name, "value": _shown(name, one.value), "origin": one.origin}
        for name, one in here.settings.chosen.items()
    ]
    rows += _in_force(here) if origin else _own(here)
    here.rows(("key", "value", "origin") if origin else ("key", "value"), rows)


def _own(here: Session) -> Iterator[Record]:
    """Yield the settings of the file; no profile is read for them."""
    from crmflow.config import flattened

    for name, value in flattened(here.settings.blanks).items():
        yield _setting(name, value, str(here.settings.file))


def _in_force(here: Session) -> Iterator[Record]:
    """Yield every setting and every row in use, with the version of the row as its value."""
    found = here.rules(here.plugins())
    for name, given in sorted(found.settings.given.items()):
        yield _setting(name, given.value, given.source.file)
    for one in found.entries:
        if one.use == "used" and one.table.name != "blanks":
            key = f"{one.table.name}.{one.draft.name}"
            yield {"key": key, "value": one.draft.version, "origin": one.draft.origin}


def _setting(name: str, value: object, origin: str) -> Record:
    return {"key": f"settings.{name}", "value": _shown(name, value), "origin": origin}


@config.command("features", help="List what a company may use, and what that switches on.")
def list_features() -> None:
    """List what a company may use, and what that switches on."""
    from crmflow.profiles.features import features

    here = session()
    rows: list[Record] = [
        {
            "feature": one.name,
            "label": one.label(here.lang),
            "machines": list(one.machines),
            "profiles": list(one.profiles),
            "plugins": list(one.plugins),
            "enables": [f"{table} {name}" for table in one.enables for name in one.enables[table]],
        }
        for one in features().values()
    ]
    here.rows(("feature", "label", "machines", "profiles", "enables"), rows)


@config.command(help="List the blanks to fill in; exit with 1 where one is missing or wrong.")
@flag("--all", "every", is_flag=True, help="Those that nothing in use needs too.")
@FEATURES
def blanks(every: bool, features: tuple[str, ...]) -> None:
    """List the blanks to fill in; exit with 1 where one is missing or wrong."""
    here = session()
    here.use(features)
    manager = here.plugins()
    found = here.rules(manager)
    texts = here.texts(manager)
    rows = [
        {
            "key": need.key,
            "status": _status(found, need),
            "kind": need.kind,
            "meaning": need.meaning_zh if here.lang == "zh" else need.meaning_en,
            "feature": need.feature and texts.text("phrases", f"feature_{need.feature}"),
            "rules": list(need.rules),
            "needed_by": list(need.needed_by),
            "origin": getattr(found.settings.source(need.key), "file", None),
        }
        for need in (_all(found) if every else found.needs)
    ]
    here.rows(("key", "status", "kind", "meaning", "rules", "feature", "origin"), rows)
    if any(row["status"] in {"missing", "wrong"} for row in rows):
        click.get_current_context().exit(FINDINGS)


def _all(found: Loaded) -> Iterator[Need]:
    """Yield every blank that is described, those that are needed with who needs them."""
    needed = {need.key: need for need in found.needs}
    for key in sorted({*found.settings.rows, *needed}):
        yield needed.get(key) or found.settings.need(key, ())


def _status(found: Loaded, need: Need) -> str:
    if found.settings.written(need.key) is None:
        return "missing" if need.needed_by else "not needed"
    return "given" if found.settings.fits(need.key) else "wrong"


def _shown(name: str, value: Value | object) -> object:
    """Return a value as text, numbers or lists, what must stay secret left out."""
    if SECRET.search(name):
        return HIDDEN
    if isinstance(value, str):
        # A URL names its password between the user's name and the host.
        return re.sub(r"(://[^:/@\s]*):[^@/\s]*@", rf"\1:{HIDDEN}@", value)
    if isinstance(value, list | tuple):
        return [_shown(name, one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): _shown(str(key), one) for key, one in value.items()}
    return value if isinstance(value, bool | int | float | None) else str(value)
