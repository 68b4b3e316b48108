"""`crmflow task`: work that waits for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crmflow.cli.acting import Who
from crmflow.cli.output import Record
from crmflow.cli.session import Session, misused, session
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from crmflow.storage.rows import TaskRow
    from crmflow.texts import Texts

task = Noun("task", help="Work that waits for people.", no_args_is_help=True)

COLUMNS = ("machine", "id", "task", "label", "role", "role_label", "opened_at", "due_at")
MOST = 1000
"""Rows of a list, where nobody says how many."""

ROWS = click.IntRange(min=1, max=2**31)
"""How many rows may be asked for: as many as an engine gives at once."""

LIMIT = flag(
    "--limit",
    type=ROWS,
    default=MOST,
    show_default=True,
    help="At most so many.",
)
AFTER = flag("--after", metavar="CURSOR", help="Go on where the page ended that told this cursor.")


@task.command("list", help="List open tasks, those due first in front.")
@flag("--role", "roles", multiple=True, help="Of this role only; repeat for more.")
@flag("--mine", metavar="ID", help="Those of this person, and of the roles that person has.")
@flag("--by-tier", is_flag=True, help="Those for important customers in front.")
@LIMIT
@AFTER
def list_tasks(
    roles: tuple[str, ...], *, mine: str | None, by_tier: bool, limit: int, after: str | None
) -> None:
    """List open tasks, those due first in front."""
    if by_tier and (after is not None or mine is not None):
        raise misused("--by-tier goes with neither --mine nor --after")
    here = session()
    with here.engine() as engine:
        texts, columns = here.texts(engine.plugins), COLUMNS
        if by_tier:
            found = engine.queue(*roles, limit=limit)
            here.rows(columns, (_row(one, texts) for one in found))
            return warn_of_more(here, len(found), limit)
        if mine is None:
            page = engine.task_page(*roles, limit=limit, after=after)
        else:
            page = engine.tasks_for(Who(mine, roles).on(engine), limit=limit, after=after)
        here.rows(columns, (_row(one, texts) for one in page.rows))
        return tell_of_more(here, page.after)


def _row(one: TaskRow, texts: Texts) -> Record:
    from crmflow.codec import moment

    return {
        "machine": one.ref.machine,
        "id": one.ref.id,
        "task": one.name,
        "label": texts.text("tasks", one.name, one.ref.machine),
        "role": one.role,
        "role_label": texts.text("roles", one.role, one.ref.machine),
        "opened_at": moment(one.opened_at).isoformat(),
        "due_at": None if one.due_at is None else moment(one.due_at).isoformat(),
    }


def tell_of_more(here: Session, after: str | None) -> None:
    """Say on stderr where a list goes on."""
    if after is not None:
        here.note(here.say("There may be more: --after {cursor}").format(cursor=after))


def warn_of_more(here: Session, shown: int, limit: int) -> None:
    """Say on stderr where a list may be cut."""
    if shown == limit:
        text = "Only the first {limit} are shown; there may be more: raise --limit."
        here.note(here.say(text).format(limit=limit))
