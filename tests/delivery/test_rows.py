"""The table: every fault at once, no secret in any of them, and what an extra brings."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmflow.core.errors import ConfigurationError, PluginDefinitionError
from crmflow.delivery.handler import DeliveryHandler
from tests.delivery.receivers import row
from tests.policies.letters import Rows, config, office

HOOK: Mapping[str, object] = {"name": "hook", "to": "https://erp.example.com/hook"}
NATS: Mapping[str, object] = {
    "name": "bus", "to": "nats://nats.example.com", "topic": "crm.events", "stream": "CRM",
}  # fmt: skip


def faults(*rows: Mapping[str, object], journaled: Rows = ()) -> str:
    """Return what is said of rows that are not accepted."""
    with pytest.raises(ConfigurationError) as told:
        office(config(deliveries=rows, access_journals=journaled))
    return "\n".join(told.value.faults)


def test_rows_are_handlers_by_their_names() -> None:
    """One that is switched off is none."""
    rows = (
        HOOK,
        NATS,
        {"name": "q", "to": "amqps://mq.example.com/v", "topic": "crm", "exchange": "x"},
        {"name": "r", "to": "rediss://crm@r.example.com/0", "topic": "crm", "secret": "env:X"},
        {"name": "k", "to": "kafka+ssl://k.example.com:9093", "topic": "crm"},
        {**HOOK, "name": "off", "enabled": False, "machines": ["matter"]},
    )
    with office(config(deliveries=rows)) as engine:
        found = {
            name: handler.row.carrier.value
            for name, (_, handler) in engine.registry.handlers.items()
            if isinstance(handler, DeliveryHandler)
        }
        assert all(engine.registry.is_remote(name) for name in found)
        assert not engine.registry.is_remote("matter")
    expected = {"hook": "webhook", "bus": "nats", "q": "rabbitmq", "r": "redis", "k": "kafka"}
    assert found == expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"name": "a b"}, "name"),
        ({"name": "matter"}, "no machine's name"),
        ({"to": "ftp://erp.example.com"}, "a host behind one of https://"),
        ({"to": "https://"}, "a host behind"),
        ({"to": "https://[::1"}, "a host behind"),
        ({"to": "https://erp.example.com:x/"}, "a host behind"),
        ({"to": "https://erp.example.com:0/"}, "a host behind"),
        ({"to": "https://erp.example.com/#x"}, "a host behind"),
        ({"to": "https://erp.example.com/grün"}, "a host behind"),
        ({"to": "https://ann:pa55@erp.example.com"}, "no password; `secret` says where"),
        ({"to": "redis://r.example.com/0?password=pa55"}, "no password; `secret` says where"),
        ({"to": "https://ann@erp.example.com"}, "no user: a header says who calls"),
        ({"secret": "pa55"}, "where the secret is, 'env:NAME'"),
        ({"secret": "env:"}, "where the secret is"),
        ({"headers": {"X-Token": "file:"}}, "plain ASCII for 'X-Token'"),
        ({"headers": {"X-Token": "pa55\r\nX: y"}}, "plain ASCII for 'X-Token'"),
        ({"headers": {"X Token": "x"}}, "a name that is free to use, not 'X Token'"),
        ({"headers": {"Webhook-Id": "x"}}, "a name that is free to use"),
        ({"headers": {"HOST": "x"}}, "a name that is free to use"),
        ({"topic": "crm"}, "topic (hook): given, expected nothing: webhook has no such thing"),
        ({"from_on": "2026-01-01"}, "from_on (hook): given"),
        ({"attempts": 0}, "a whole number from 1"),
        ({"timeout": 5}, "a duration such as"),
        ({"machines": ["mattr"]}, "Did you mean 'matter'?"),
        ({"machines": ["matter"], "events": ["anser"]}, "Did you mean 'answer'?"),
        ({"machines": ["matter"], "facts": ["custmer"]}, "Did you mean 'customer'?"),
        ({"events": ["answer"]}, "machines whose events are told"),
        ({"facts": ["customer"]}, "machines whose facts are told"),
    ],
)
def test_what_a_webhook_cannot_be(columns: Mapping[str, object], expected: str) -> None:
    """Each fault says what would be right, and repeats no secret."""
    told = faults({**HOOK, **columns})
    assert expected in told
    assert "pa55" not in told


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({**NATS, "stream": None}, "stream (bus): missing, expected a value: nats needs it"),
        ({**NATS, "topic": None}, "topic (bus): missing"),
        ({**NATS, "allow_private": True}, "allow_private (bus): given"),
        ({**NATS, "to": "nats://n.example.com", "secret": "env:X"}, "the user before the host"),
        ({**NATS, "to": "nats://crm@n.example.com"}, "secret (bus): missing, expected where the"),
        ({**NATS, "to": "nats://%ff@n.example.com"}, "a user in percent-encoded UTF-8"),
        ({**NATS, "to": "redis://r.example.com", "headers": {"X": "y"}}, "redis has no such"),
    ],
)
def test_what_a_broker_cannot_be(row: Mapping[str, object], expected: str) -> None:
    """Each has columns of its own."""
    given = {name: value for name, value in row.items() if value is not None}
    assert expected in faults(given)


@given(st.text(min_size=1))
@example("bob@corp")
@example("bob%40corp")
def test_a_user_may_have_any_name(name: str) -> None:
    """What stands percent-encoded in an address is the name itself; an address has no other."""
    assert row(f"amqp://{quote(name, safe='')}@mq.example.com/v").user == name
    assert row("amqp://mq.example.com").user is row("amqp://@mq.example.com").user is None


def test_all_faults_are_told_at_once() -> None:
    """Of all rows."""
    told = faults({**HOOK, "secret": "x", "topic": "y"}, {**NATS, "exchange": "z"})
    assert all(one in told for one in ("secret", "topic", "exchange"))


def test_confidential_entities_are_told_of_to_the_company_alone() -> None:
    """ACC-011: where reads are journaled only an internal address is told of events."""
    journaled = [{"name": "matters", "machine": "matter"}]
    events = {**HOOK, "machines": ["matter"]}
    assert "ACC-011" in faults(events, journaled=journaled)
    with office(config(deliveries=[{**events, "internal": True}], access_journals=journaled)):
        pass


def test_a_name_that_is_taken_is_refused() -> None:
    """Two handlers of one name would be one too few."""
    said = config(deliveries=[{**HOOK, "name": "notice"}], settings={"outputs.folder": "out"})
    with pytest.raises(PluginDefinitionError, match="'notice' exists already"):
        office(said)


@pytest.mark.parametrize(
    ("missing", "row", "extra"), [("urllib3", HOOK, "webhooks"), ("faststream", NATS, "broker")]
)
def test_a_missing_package_names_its_extra(
    monkeypatch: pytest.MonkeyPatch, missing: str, row: Mapping[str, object], extra: str
) -> None:
    """When the engine starts, not when the first message waits."""
    monkeypatch.setitem(sys.modules, missing, None)
    told = f"delivery '{row['name']}' needs {missing}: pip install 'crmflow[{extra}]'"
    with pytest.raises(ImportError, match=re.escape(told)):
        office(config(deliveries=[row]))
