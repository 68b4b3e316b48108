"""Checks of `deliveries`: addresses, what goes with them, secrets that are none, and events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from urllib.parse import parse_qs

from crmflow.config import is_place
from crmflow.core.checking import all_known
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.delivery.rows import CARRIERS, ELSEWHERE, VISIBLE, Carrier, Delivery
from crmflow.policies.outputs.company import is_confidential

Faults = Iterator[Fault]

NEEDED: Mapping[Carrier, tuple[str, ...]] = {
    Carrier.WEBHOOK: (),
    Carrier.NATS: ("topic", "stream"),
    Carrier.RABBITMQ: ("topic",),
    Carrier.REDIS: ("topic",),
    Carrier.KAFKA: ("topic",),
}
"""Columns that a carrier asks for."""

TAKEN: Mapping[Carrier, tuple[str, ...]] = {
    Carrier.WEBHOOK: ("headers", "ca", "allow_private"),
    Carrier.NATS: ("topic", "stream", "headers"),
    Carrier.RABBITMQ: ("topic", "exchange", "headers"),
    Carrier.REDIS: ("topic",),
    Carrier.KAFKA: ("topic", "headers"),
}
"""Columns, of those that not every carrier takes, that it does take."""

PACKAGES: Mapping[Carrier, tuple[tuple[str, ...], str]] = {
    Carrier.WEBHOOK: (("urllib3",), "webhooks"),
    Carrier.NATS: (("faststream", "nats"), "broker"),
    Carrier.RABBITMQ: (("faststream", "aio_pika"), "broker"),
    Carrier.REDIS: (("faststream", "redis"), "broker"),
    Carrier.KAFKA: (("faststream", "aiokafka"), "broker"),
}
"""Packages that each needs, and the extra that brings them."""

_NAME = re.compile(r"[A-Za-z0-9_.-]+\Z")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
_ADDRESS = re.compile(r"[\x21-\x7e]+\Z")
_OURS = ("content-", "webhook-", "nats-", "host", "user-agent", "connection", "transfer-encoding")
_PLACE = "where the secret is, 'env:NAME' or 'file:PATH'"


def check(
    rows: Sequence[Delivery], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """
    Yield every fault of the table.

    Raises:
        ImportError: A row needs a package that is not installed; names its extra.
    """
    for number, row in enumerate(rows):
        place = f"$.deliveries[{number}]"
        yield from _named(place, row, tables)
        yield from _addressed(place, row)
        yield from _secrets(place, row)
        yield from _events(place, row, tables, machines)


def _named(place: str, row: Delivery, tables: Tables) -> Faults:
    if not _NAME.match(row.name) or row.name in tables.machines:
        yield Fault(f"{place}.name", "type", "letters, digits and _.-, and no machine's name")
    for day in ("from_on", "until_on"):
        if getattr(row, day) is not None:
            yield Fault(f"{place}.{day}", "given", "nothing: a delivery is there, or switched off")


def _addressed(place: str, row: Delivery) -> Faults:
    """Yield what is wrong with the address and what goes with it."""
    try:
        address = row.address
        named = address.hostname and address.port != 0 and not address.fragment
        whole = named and _ADDRESS.match(row.to)
    except ValueError:
        address, whole = None, None
    carrier = None if address is None else CARRIERS.get(address.scheme)
    if address is None or carrier is None or not whole:
        known = ", ".join(f"{scheme}://" for scheme in CARRIERS)
        yield Fault(f"{place}.to", "address", f"a host behind one of {known}")
        return
    if address.password is not None or "password" in parse_qs(address.query):
        yield Fault(f"{place}.to", "secret", f"no password; `secret` says {_PLACE}")
    elif carrier is Carrier.WEBHOOK and address.username is not None:
        yield Fault(f"{place}.to", "secret", "no user: a header says who calls")
    elif carrier is not Carrier.WEBHOOK:
        yield from _logged_in(place, row)
    _installed(row, carrier)
    for column in NEEDED[carrier]:
        if getattr(row, column) is None:
            yield Fault(f"{place}.{column}", "missing", f"a value: {carrier} needs it")
    for column in ("topic", "stream", "exchange", "headers", "ca", "allow_private"):
        if getattr(row, column) and column not in TAKEN[carrier]:
            yield Fault(f"{place}.{column}", "given", f"nothing: {carrier} has no such thing")


def _logged_in(place: str, row: Delivery) -> Faults:
    """Yield what is wrong with who logs in at a broker: a user and a password come together."""
    try:
        user = row.user
    except ValueError:
        yield Fault(f"{place}.to", "user", "a user in percent-encoded UTF-8, as in 'bob%40corp'")
        return
    if row.secret is not None and user is None:
        yield Fault(f"{place}.to", "user", "the user before the host whose password the secret is")
    if row.secret is None and user is not None:
        yield Fault(f"{place}.secret", "missing", f"{_PLACE}: the password of the user in `to`")


def _installed(row: Delivery, carrier: Carrier) -> None:
    packages, extra = PACKAGES[carrier]
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        message = (
            f"delivery {row.name!r} needs {', '.join(missing)}: pip install 'crmflow[{extra}]'"
        )
        raise ImportError(message)


def _secrets(place: str, row: Delivery) -> Faults:
    """Yield secrets that are written in the table, and headers that are none; no value is told."""
    if row.secret is not None and not is_place(row.secret):
        yield Fault(f"{place}.secret", "secret", _PLACE)
    for name, value in row.headers.items():
        here = f"{place}.headers"
        if not _TOKEN.match(name) or name.lower().startswith(_OURS):
            yield Fault(here, "header", f"a name that is free to use, not {name!r}")
        elif not VISIBLE.match(value) or (value.startswith(ELSEWHERE) and not is_place(value)):
            yield Fault(here, "header", f"plain ASCII for {name!r}, or 'env:NAME' or 'file:PATH'")


def _events(place: str, row: Delivery, tables: Tables, machines: Mapping[str, Machine]) -> Faults:
    """Yield what is wrong with the events that go there."""
    if not row.machines:
        for column in ("events", "facts"):
            if getattr(row, column):
                yield Fault(f"{place}.machines", "missing", f"machines whose {column} are told")
        return
    yield from all_known(f"{place}.machines", row.machines, (*machines, *tables.machines))
    own = [machines[name] for name in row.machines if name in machines]
    if len(own) == len(row.machines):
        events = {event for machine in own for event in machine.events}
        facts = {fact for machine in own for fact in kinds_of(machine.facts)}
        yield from all_known(f"{place}.events", row.events, events)
        yield from all_known(f"{place}.facts", row.facts, facts)
    for machine in own:
        if not row.internal and is_confidential(machine, tables):
            expected = (
                f"true: entities of {machine.name!r} are confidential, "
                "and go to the company's own systems alone (ACC-011)"
            )
            yield Fault(f"{place}.internal", "not_internal", expected)
