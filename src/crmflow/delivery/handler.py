"""The handler of a delivery: what may leave, in which form, and by what."""

from __future__ import annotations

from typing import Protocol

import attrs

from crmflow.core.message import Parcel
from crmflow.delivery.cloud_event import Envelope
from crmflow.delivery.rows import Carrier, Delivery
from crmflow.policies.outputs.payload import INTERNAL


class Carrying(Protocol):
    """Takes envelopes to one address; whatever goes wrong is `row.later` or `row.never`."""

    def carry(self, envelope: Envelope) -> None:
        """Take an envelope there; return once it has arrived."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


@attrs.frozen
class DeliveryHandler:
    """
    Takes the messages that are addressed to a row.

    Attributes:
        row: The row.
        way: What carries.
    """

    row: Delivery
    way: Carrying

    def __call__(self, parcel: Parcel) -> None:
        """
        Take a message to the outside.

        Raises:
            DeliveryError: Not now.
            DeliveryRejectedError: Never, as it is: refused there, or confidential and the
                address not the company's own (ACC-011).
        """
        if parcel.message.payload.get(INTERNAL) and not self.row.internal:
            reason = f"{parcel.source.machine} is confidential and this is no internal address"
            raise self.row.never(f"{reason} (ACC-011)")
        self.way.carry(Envelope.of(parcel, self.row.source))

    def close(self) -> None:
        """Close what is open."""
        self.way.close()


def handler_of(row: Delivery) -> DeliveryHandler:
    """Return the handler of a row; nothing is opened before its first message."""
    if row.carrier is Carrier.WEBHOOK:
        from crmflow.delivery.webhook import Webhook

        return DeliveryHandler(row, Webhook(row))
    from crmflow.delivery.broker import Broker

    return DeliveryHandler(row, Broker(row))
