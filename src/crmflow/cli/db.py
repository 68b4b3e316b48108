"""`crmflow db`: the store's schema, index and backups."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmflow.cli.faults import CONFIGURATION
from crmflow.cli.session import Session, session
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from crmflow.storage.chains import Checked

db = Noun("db", help="The store: its schema, index and backups.", no_args_is_help=True)


def _state(here: Session) -> dict[str, object]:
    """Return the schema that the store has and the one that this release needs."""
    from crmflow.storage.migrations import HEAD
    from crmflow.storage.opening import current

    found = current(here.store)
    return {"found": found, "needed": HEAD, "up_to_date": found == HEAD}


@db.command(help="Bring the schema to this release's.")
def upgrade() -> None:
    """Bring the schema to this release's."""
    from crmflow.storage import opening

    here = session()
    opening.upgrade(here.store)
    here.rows(("found", "needed", "up_to_date"), [_state(here)])


@db.command(help="Show the schema's revision, and the one this release needs.")
def current() -> None:
    """Show the schema's revision, and the one this release needs."""
    here = session()
    here.rows(("found", "needed", "up_to_date"), [_state(here)])


@db.command(help="Exit with 3 where the schema is not this release's.")
def check() -> None:
    """Exit with 3 where the schema is not this release's."""
    here = session()
    state = _state(here)
    here.rows(("found", "needed", "up_to_date"), [state])
    if not state["up_to_date"]:
        here.note(here.say("The schema is not this release's: run `crmflow db upgrade`."))
        click.get_current_context().exit(CONFIGURATION)


@db.command(help="Index anew what entities are searched by.")
def reindex() -> None:
    """Index anew what entities are searched by."""
    here = session()
    with here.engine() as engine:
        rows = [{"machine": name, "entities": n} for name, n in engine.reindex().items()]
    here.rows(("machine", "entities"), rows)


def _checking(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Add what says how a backup of a server's store is checked."""
    on = flag(
        "--check-on",
        "on",
        metavar="URL",
        # As a variable too: anybody on the machine may see what a command line says.
        envvar="CRMFLOW_CHECK_ON",
        help="Server or role to check a server's backup with, in place of the store's own.",
    )
    no = flag("--no-check", is_flag=True, help="Do not restore a server's backup to check it.")
    return on(no(verb))


@db.command(help="Make a backup of the store, which may be in use, and check it.")
@click.argument("file", required=False)
@_checking
def backup(file: str | None, on: str | None, no_check: bool) -> None:
    """Make a backup of the store, which may be in use, and check it."""
    from crmflow.clock import SystemClock
    from crmflow.storage.backup import back_up, back_up_unchecked
    from crmflow.storage.opening import open_store

    here = session()
    named = file or f"crmflow-{SystemClock().now():%Y%m%dT%H%M%SZ}.db"
    found = None
    with closing(open_store(here.store)) as store:
        if no_check:
            back_up_unchecked(store, Path(named))
            here.note(here.say("The backup was not checked."))
        else:
            found = back_up(store, Path(named), on=on)
    _show(here, named, found)


@db.command(help="Make a store of a backup, once it is found whole.")
@click.argument("file")
@flag("--force", is_flag=True, help="Put a store that is there aside.")
@_checking
def restore(file: str, force: bool, on: str | None, no_check: bool) -> None:
    """Make a store of a backup, once it is found whole."""
    from crmflow.storage import opening

    here = session()
    found = opening.restore(here.store, file, force=force, checked=not no_check, on=on)
    _show(here, found.file, found)


def _show(here: Session, file: str, found: Checked | None) -> None:
    row = {name: getattr(found, name, None) for name in ("schema", "entities", "records")}
    here.rows(("file", *row), [{"file": file, **row}])


@db.command(help="Print the statements that make the tables.")
def sql() -> None:
    """Print the statements that make the tables, in the SQL of the store's database."""
    from crmflow.storage.ddl import ddl
    from crmflow.storage.opening import dialect_of

    click.echo("\n\n".join(f"{one};" for one in ddl(dialect_of(session().store))))
