"""What a company says of all its outputs: name, language, zone, handlers and connectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any, cast

import attrs

from crmflow.core.form import Fault, Text, structure
from crmflow.core.machine import Machine
from crmflow.core.tables import MachineRow, Tables
from crmflow.policies.outputs.wording import Wording
from crmflow.texts import LANGUAGES, Texts

NOTICE = "notice"
"""Name of the handler that takes what no other handler was named for."""

NAME, LANGUAGE = "company.name", "company.language"
FOLDER, HANDLERS = "outputs.folder", "outputs.handlers"
ENDPOINTS = "integration.endpoints"


@attrs.frozen(kw_only=True)
class Connector:
    """
    Another system of the company, or of somebody else (INT-001).

    Attributes:
        internal: Whether it is the company's own: confidential data goes to no other (ACC-011).
        handler: Handler that takes its messages; left out, the one of the connector's name.
        folder: Folder that crmflow itself writes them into, in place of a handler.
    """

    internal: bool
    handler: Text | None = None
    folder: Text | None = None


@attrs.frozen
class Company:
    """
    What is common to all outputs.

    Attributes:
        name: Name of the company, or empty.
        language: Language where nobody's own is known; English where no setting says.
        zone: Its zone.
        handlers: Handler by channel.
        connectors: The systems it is connected with, by name.
    """

    name: str
    language: str
    zone: tzinfo
    handlers: Mapping[str, str]
    connectors: Mapping[str, Connector]
    languages: tuple[str, ...] = LANGUAGES

    @classmethod
    def of(cls, tables: Tables) -> Company:
        """Return what the settings say; what does not fit was told when they were checked."""
        given = tables.settings
        return cls(
            str(given.get(NAME, "")),
            str(given.get(LANGUAGE, LANGUAGES[0])),
            tables.zone,
            cast("Mapping[str, str]", given.get(HANDLERS, {})),
            connectors(tables),
        )

    def wording(self, lang: str, machine: str) -> Wording:
        """Return how values are written in a language, with the labels of a machine."""
        return Wording(Texts(lang), self.zone, machine)

    def handler(self, own: str | None, channel: str | None) -> str:
        """Return who takes a message: the row's own handler, the channel's, else `notice`."""
        return own or self.handlers.get(channel or "", NOTICE)


def connectors(tables: Tables) -> dict[str, Connector]:
    """Return the connectors that are described rightly, by name."""
    read = {name: structure(Connector, one)[0] for name, one in _endpoints(tables).items()}
    return {name: one for name, one in read.items() if isinstance(one, Connector)}


def connector_faults(place: str, tables: Tables) -> Iterator[Fault]:
    """Yield what is wrong with the connectors of the settings."""
    for name, one in _endpoints(tables).items():
        _, faults = structure(Connector, one)
        for fault in faults:
            where = f"setting {ENDPOINTS}.{name}{fault.path.removeprefix('$')}"
            yield Fault(place, fault.code, f"{where}: {fault.expected}")


def _endpoints(tables: Tables) -> Mapping[str, Any]:
    found = tables.settings.get(ENDPOINTS, {})
    return found if isinstance(found, Mapping) else {}


def is_confidential(machine: Machine, tables: Tables) -> bool:
    """
    Say whether a machine's entities are confidential: reads of them are journaled.

    Rules: ACC-001 ACC-011
    """
    return bool(tables.about(machine, "access_journals", MachineRow))
