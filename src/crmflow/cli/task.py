"""`crmflow task`: work that waits for people."""

from __future__ import annotations

import click

from crmflow.cli.session import Session, session
from crmflow.cli.verbs import Noun, flag

task = Noun("task", help="Work that waits for people.", no_args_is_help=True)

LIMIT = flag(
    "--limit",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="At most so many.",
)


@task.command("list", help="List open tasks, those due first in front.")
@flag("--role", "roles", multiple=True, help="Of this role only; repeat for more.")
@flag("--by-tier", is_flag=True, help="Those for important customers in front.")
@LIMIT
def list_tasks(roles: tuple[str, ...], *, by_tier: bool, limit: int) -> None:
    """List open tasks, those due first in front."""
    from crmflow.codec import moment

    here = session()
    with here.engine() as engine:
        texts, ask = here.texts(engine.plugins), engine.queue if by_tier else engine.tasks
        rows = [
            {
                "machine": one.ref.machine,
                "id": one.ref.id,
                "task": one.name,
                "label": texts.text("tasks", one.name, one.ref.machine),
                "role": one.role,
                "role_label": texts.text("roles", one.role, one.ref.machine),
                "opened_at": moment(one.opened_at).isoformat(),
                "due_at": None if one.due_at is None else moment(one.due_at).isoformat(),
            }
            for one in ask(*roles, limit=limit)
        ]
        columns = ("machine", "id", "task", "label", "role", "role_label", "opened_at", "due_at")
        here.rows(columns, rows)
        warn_of_more(here, len(rows), limit)


def warn_of_more(here: Session, shown: int, limit: int) -> None:
    """Say on stderr where a list may be cut."""
    if shown == limit:
        text = "Only the first {limit} are shown; there may be more: raise --limit."
        here.note(here.say(text).format(limit=limit))
