"""The keys of encrypted fields and of audits, and what is sealed, read when an engine starts."""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from crmflow.codec.sealing import INDEX, Sealing, Vault
from crmflow.config import secret_at
from crmflow.core.entity import Snapshot
from crmflow.core.errors import ConfigurationError
from crmflow.core.machine import Machine
from crmflow.core.policy import Findable, Policy
from crmflow.core.searching import Searching, searching_of
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.encryption import Encryption

KEYS = "storage.keys"
AUDIT_KEY = "storage.audit_key"
_LENGTH = 32


def vault_of(tables: Tables, machines: Mapping[str, Machine]) -> Vault:
    """
    Return the vault of the rows in use; one without keys where there are none.

    Args:
        tables: The rows in use and settings; `storage.keys` says where each key is,
            `env:NAME` or `file:PATH`, and the key is 32 bytes in base64; `storage.audit_key`
            names the one that signs anchors and marks.
        machines: The machines that are on.

    Raises:
        ConfigurationError: A key is not there or is none; no key is ever told.
        ImportError: The extra `crypto` is not installed.
    """
    named = tables.settings.get(KEYS)
    places: Mapping[str, object] = named if isinstance(named, Mapping) else {}
    rows = {
        name: mine
        for name, machine in machines.items()
        if (mine := tables.about(machine, "encryption", Encryption))
    }
    wanted = {row.key for mine in rows.values() for row in mine}
    auditing = str(tables.settings.get(AUDIT_KEY) or "")
    faults: list[str] = []
    keys: dict[str, bytes] = {}
    for name in sorted({*places, *wanted, *([INDEX] if rows else []), *filter(None, [auditing])}):
        try:
            keys[name] = _key(places.get(name))
        except ValueError as error:
            faults.append(f"{KEYS}.{name}: {error}")
    if len(wanted) > 1:
        faults.append(f"encryption: rows name one key, not {', '.join(sorted(wanted))}")
    if faults:
        raise ConfigurationError("the keys of encrypted fields and audits", tuple(faults))
    sealings = {
        name: tuple(_sealing(row, machines[name], tables) for row in mine)
        for name, mine in rows.items()
    }
    return Vault(keys, next(iter(wanted), ""), sealings, auditing=auditing)


def searching_in_use(
    vault: Vault,
    machines: Mapping[str, Machine],
    policies: Mapping[str, Sequence[Policy]],
    tenant: str,
) -> Mapping[str, Searching]:
    """Return by what entities are searched, by machine; sealed facts by digests alone."""
    return {
        name: searching_of(
            machine,
            vault.fields(name),
            functools.partial(vault.blind, tenant, name),
            {one.name: one.terms for one in policies.get(name, ()) if isinstance(one, Findable)},
        )
        for name, machine in machines.items()
    }


def _sealing(row: Encryption, machine: Machine, tables: Tables) -> Sealing:
    when = Scope.about(machine, None, tables).maybe(row.when)

    def applies(snapshot: Snapshot[Any]) -> bool:
        if not row.in_force(tables.day(snapshot.at)):
            return False
        # A held creation has no facts yet that could say that it need not be.
        if when is None or snapshot.facts is None:
            return True
        return when(snapshot.facts, state=snapshot.state, links=snapshot.links)

    return Sealing(frozenset(row.fields), frozenset(row.claims), applies)


def _key(place: object) -> bytes:
    text = secret_at(place)
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _LENGTH:
        raise ValueError(f"what {str(place).partition(':')[0]} gives is no key: 32 bytes in base64")
    return key
