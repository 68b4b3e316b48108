"""`crmflow deadline`: what was promised, and what was missed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crmflow.cli.output import Record
from crmflow.cli.session import session
from crmflow.cli.task import AFTER, LIMIT, tell_of_more
from crmflow.cli.timer import span
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crmflow.engine.promising import Deadline
    from crmflow.texts import Texts

deadline = Noun("deadline", help="Deadlines that were promised.", no_args_is_help=True)

COLUMNS = ("machine", "id", "state", "label", "due_at", "status", "holder", "overdue_by")


@deadline.command("list", help="List deadlines that are not over, those due first in front.")
@flag("--overdue", is_flag=True, help="Only those that have passed.")
@flag("--machine", "wanted", metavar="NAME", help="Of one machine only.")
@LIMIT
@AFTER
def list_deadlines(overdue: bool, wanted: str | None, limit: int, after: str | None) -> None:
    """List deadlines that are not over, those due first in front."""
    here = session()
    with here.engine() as engine:
        page = engine.deadlines(wanted, overdue=overdue, limit=limit, after=after)
        here.rows(COLUMNS, _rows(page.rows, engine.clock.now(), here.texts(engine.plugins)))
        tell_of_more(here, page.after)


def _rows(found: Iterable[Deadline], now: datetime, texts: Texts) -> Iterator[Record]:
    for one in found:
        yield {
            "machine": one.ref.machine,
            "id": one.ref.id,
            "state": one.state,
            "deadline": one.definition,
            "label": texts.text("timers", f"sla:{one.definition}:due", one.ref.machine),
            "due_at": one.due_at.isoformat(),
            "status": one.status,
            "holder": one.holder,
            "overdue": one.overdue,
            "overdue_by": span(now - one.due_at) if one.overdue else None,
        }
