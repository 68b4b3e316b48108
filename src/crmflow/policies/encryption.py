"""
Encryption: which fields of which entities are encrypted beside what protects the store.

The table alone: the codec seals and opens them (STO-002).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from crmflow.core.checking import all_known, placed, readable
from crmflow.core.form import Fault, Names, Text
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.tables import MachineRow, Table, Tables
from crmflow.expressions import Scope
from crmflow.hookspecs import hookimpl

__all__ = ["Encryption", "tables"]


@attrs.frozen(kw_only=True)
class Encryption(MachineRow):
    """
    Fields that are encrypted.

    Attributes:
        fields: Names of facts; what stands under one of them in forms, messages and policies'
            states is encrypted too, however deep.
        claims: Scopes of claims of which the store keeps a digest alone.
        when: Expression about the entity; left out, always. Once encrypted, an entity's
            values stay so.
        key: Name of the master key, among `storage.keys`.
    """

    fields: Names
    claims: tuple[Text, ...] = ()
    when: Text | None = None
    key: Text


def check(
    rows: Sequence[Encryption], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """Yield every fault of the table."""
    for place, row, machine in placed("encryption", rows, machines):
        yield from all_known(f"{place}.fields", row.fields, kinds_of(machine.facts))
        for number, name in enumerate(row.fields):
            if name in machine.shares:
                expected = f"a fact that {machine.name} does not share: others keep it in clear"
                yield Fault(f"{place}.fields[{number}]", "shared", expected)
        if row.when is not None:
            text, scope = row.when, Scope.about(machine, None, tables)
            yield from readable(f"{place}.when", lambda s=scope, t=text: s.compile(t))  # type: ignore[misc]


@hookimpl
def tables() -> Sequence[Table]:
    """Return the table."""
    return (Table("encryption", Encryption, check),)
