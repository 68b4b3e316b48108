"""The table `deliveries`: where messages go, how long that may take, and which events go there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit

import attrs

from crmflow.config import secret_at
from crmflow.core.errors import DeliveryError, DeliveryRejectedError
from crmflow.core.form import Some, Text
from crmflow.core.tables import TableRow

AT_MOST = timedelta(seconds=10)
"""How long a delivery may take where its row says nothing else."""


class Carrier(StrEnum):
    """What takes messages to another system."""

    WEBHOOK = "webhook"
    NATS = "nats"
    RABBITMQ = "rabbitmq"
    REDIS = "redis"
    KAFKA = "kafka"


CARRIERS: Mapping[str, Carrier] = {
    "https": Carrier.WEBHOOK,
    "http": Carrier.WEBHOOK,
    "nats": Carrier.NATS,
    "tls": Carrier.NATS,
    "amqp": Carrier.RABBITMQ,
    "amqps": Carrier.RABBITMQ,
    "redis": Carrier.REDIS,
    "rediss": Carrier.REDIS,
    "kafka": Carrier.KAFKA,
    "kafka+ssl": Carrier.KAFKA,
}
"""What carries, by the first word of an address."""

ENCRYPTED = frozenset({"https", "tls", "amqps", "rediss", "kafka+ssl"})
"""Those of them that encrypt the way."""

ELSEWHERE = ("env:", "file:")
"""What a header begins with whose value is written elsewhere."""

VISIBLE = re.compile(r"[\x20-\x7e]+\Z")
"""What a header may hold."""


@attrs.frozen(kw_only=True)
class Delivery(TableRow):
    """
    A way out, and the handler of its name (`[[deliveries]]`).

    Attributes:
        to: Address: `https://...`, `http://...`, `nats://host:port`, `tls://...` (NATS),
            `amqp[s]://...`, `redis[s]://...`, `kafka[+ssl]://host:port`. It names a user where
            the broker asks for one (`bob%40corp` is bob@corp), and never a password.
        topic: Subject of NATS, routing key of RabbitMQ (where no exchange is named a queue),
            stream of Redis, topic of Kafka.
        stream: Stream of NATS JetStream that keeps the subject.
        exchange: Exchange of RabbitMQ; left out, the default one.
        secret: Where the secret is, `env:NAME` or `file:PATH`: a webhook's signing keys
            (`whsec_...`, several with spaces between), or the password of a broker's user.
        headers: Sent with each message; a value may be `env:NAME` or `file:PATH`.
        ca: File of the certificates that a webhook's own is checked against; left out, the
            system's.
        timeout: How long a delivery may take in all.
        attempts: After so many failures the message is parked; left out, as workers do.
        allow_private: Whether a webhook may go to addresses that are not public.
        internal: Whether it is a system of the company's own (ACC-011).
        source: `source` of the CloudEvents; left out, `/crmflow/<tenant>`.
        machines: Machines whose events go there.
        events: Which of their events; left out, all.
        facts: Facts that are told with an event; left out, none.
    """

    to: Text
    topic: Text | None = None
    stream: Text | None = None
    exchange: Text | None = None
    secret: Text | None = attrs.field(default=None, repr=False)
    headers: Mapping[str, Text] = attrs.field(factory=dict, repr=False)
    ca: Text | None = None
    timeout: timedelta = AT_MOST
    attempts: Some | None = None
    allow_private: bool = False
    internal: bool = False
    source: Text | None = None
    machines: tuple[Text, ...] = ()
    events: tuple[Text, ...] = ()
    facts: tuple[Text, ...] = ()

    @property
    def address(self) -> SplitResult:
        """The parts of its address; raises ValueError where it has none."""
        return urlsplit(self.to)

    @property
    def user(self) -> str | None:
        """The user its address names, None where it names none; raises ValueError if unreadable."""
        name = self.address.username
        return unquote(name, errors="strict") if name else None

    @property
    def carrier(self) -> Carrier:
        """What carries; its check has found nothing."""
        return CARRIERS[self.address.scheme]

    @property
    def seconds(self) -> float:
        """How long a delivery may take."""
        return self.timeout.total_seconds()

    def tells(self, event: str) -> bool:
        """Say whether an event of its machines goes there."""
        return not self.events or event in self.events

    def read_secret(self) -> str | None:
        """
        Return the secret, None where it has none.

        Raises:
            DeliveryError: It is not there.
        """
        return None if self.secret is None else self._read(self.secret)

    def read_headers(self) -> dict[str, str]:
        """
        Return the headers, with values that are written elsewhere.

        Raises:
            DeliveryError: One of them is not there, or is no header.
        """
        found = {
            name: self._read(one) if one.startswith(ELSEWHERE) else one
            for name, one in self.headers.items()
        }
        for name, value in found.items():
            if not VISIBLE.match(value):
                raise self.later(f"header {name!r} is not plain ASCII")
        return found

    def _read(self, place: str) -> str:
        try:
            return secret_at(place)
        except ValueError as error:
            raise self.later(str(error)) from None

    def later(self, reason: str, after: timedelta | None = None) -> DeliveryError:
        """Return the error that lets a message be tried again; see `DeliveryError`."""
        return DeliveryError(self.name, reason, after, self.attempts)

    def never(self, reason: str) -> DeliveryRejectedError:
        """Return the error that parks a message."""
        return DeliveryRejectedError(self.name, reason)
