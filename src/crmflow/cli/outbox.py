"""`crmflow outbox`: messages that are not delivered."""

from __future__ import annotations

import click

from crmflow.cli.session import session
from crmflow.cli.timer import show_due
from crmflow.cli.verbs import Noun, flag

outbox = Noun("outbox", help="Messages that are not delivered.", no_args_is_help=True)


@outbox.command(help="List messages that wait, or were refused and are parked.")
@flag("--status", type=click.Choice(("waiting", "parked")), help="Only these.")
def status(status: str | None) -> None:
    """List messages that wait, or were refused and are parked."""
    from crmflow.storage.rows import MessageStatus

    here = session()
    with here.engine() as engine:
        wanted = None if status is None else MessageStatus(status)
        rows = []
        for one in engine.outbox(status=wanted):
            message = engine.registry.codec.decode_message(one.body)
            rows.append(
                {
                    "source": str(one.source),
                    "version": one.version,
                    "ordinal": one.ordinal,
                    "target": str(one.target),
                    "kind": message.kind.value,
                    "event": message.event,
                    "status": one.status.value,
                    "detail": one.detail,
                }
            )
        here.rows(("source", "version", "target", "kind", "event", "status", "detail"), rows)


@outbox.command(help="Hand over all messages again, parked ones too.")
def retry() -> None:
    """Hand over all messages again, parked ones too."""
    here = session()
    with here.engine() as engine:
        show_due(here, engine.retry_outbox())
