"""`crmflow outbox`: messages that are not delivered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from crmflow.cli.covering import covered_message
from crmflow.cli.output import Record
from crmflow.cli.session import misused, session
from crmflow.cli.task import AFTER, LIMIT, tell_of_more
from crmflow.cli.timer import show_due
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from crmflow.engine.engine import Engine
    from crmflow.storage.rows import MessageRow

outbox = Noun("outbox", help="Messages that are not delivered.", no_args_is_help=True)

COLUMNS = ("id", "target", "kind", "event", "status", "attempts", "not_before", "detail")


def _some(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--id` and `--target`, which pick messages."""
    function = flag("--target", metavar="NAME", help="To this machine or handler only.")(function)
    return flag("--id", "names", multiple=True, metavar="ID", help="This one; repeat for more.")(
        function
    )


@outbox.command(help="List messages that wait, or were refused and are parked.")
@flag("--status", type=click.Choice(("waiting", "parked")), help="Only these.")
@LIMIT
@AFTER
def status(status: str | None, limit: int, after: str | None) -> None:
    """List messages that wait, or were refused and are parked."""
    from crmflow.storage.rows import MessageStatus

    here = session()
    with here.engine() as engine:
        wanted = None if status is None else MessageStatus(status)
        page = engine.outbox_page(status=wanted, limit=limit, after=after)
        here.rows(COLUMNS, (_row(engine, covered_message(engine, one)) for one in page.rows))
        tell_of_more(here, page.after)


def _row(engine: Engine, one: MessageRow) -> Record:
    from crmflow.codec import moment

    message = engine.registry.codec.decode_message(one.body)
    return {
        "id": one.name,
        "source": str(one.source),
        "version": one.version,
        "ordinal": one.ordinal,
        "target": str(one.target),
        "kind": message.kind.value,
        "event": message.event,
        "status": one.status.value,
        "attempts": one.attempts,
        "sent_at": moment(one.sent_at).isoformat(),
        "not_before": moment(one.not_before).isoformat() if one.not_before else None,
        "detail": one.detail,
    }


@outbox.command(help="Hand over messages again at once, parked ones too.")
@_some
def retry(names: tuple[str, ...], target: str | None) -> None:
    """Hand over messages again at once, parked ones too."""
    here = session()
    with here.engine() as engine:
        show_due(here, engine, engine.retry_outbox(names, target=target))


@outbox.command(help="Take parked messages out for good; their sources were told.")
@_some
@flag("--all", "every", is_flag=True, help="All that are parked.")
def drop(names: tuple[str, ...], target: str | None, every: bool) -> None:
    """Take parked messages out for good; their sources were told."""
    if not (names or target or every):
        raise misused("name messages by --id or --target, or say --all")
    here = session()
    with here.engine() as engine:
        dropped = (covered_message(engine, one) for one in engine.drop_outbox(names, target=target))
        rows = [
            {"id": one.name, "target": str(one.target), "detail": one.detail} for one in dropped
        ]
        here.rows(("id", "target", "detail"), rows)
