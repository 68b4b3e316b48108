"""Notices to large customers: by which ways a customer has subscribed to them (PWR-041)."""

from __future__ import annotations

from enum import StrEnum

import attrs

from crmflow.core.form import Text


class NoticeWay(StrEnum):
    """Ways of notices; each is the channel of its output."""

    SMS = "sms"
    WEB = "web"
    PHONE = "phone"


@attrs.frozen
class Subscriber:
    """A customer and the ways they subscribed to; without any nothing is sent to them."""

    customer: Text
    ways: tuple[NoticeWay, ...] = (NoticeWay.SMS,)
