"""The handlers that crmflow brings: messages as files in a folder, each written once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from crmflow.core.message import Handler, Parcel
from crmflow.core.plain import plain
from crmflow.core.tables import Tables
from crmflow.policies.outputs.company import FOLDER, NOTICE, Connector, connectors
from crmflow.policies.outputs.notices import worded
from crmflow.policies.outputs.payload import INTERNAL


def shipped_handlers(tables: Tables) -> Mapping[str, Handler]:
    """
    Return the handlers that the settings ask for.

    `notice` where `outputs.folder` names a folder; one for each connector with a folder.
    Without them messages wait in the outbox, where `crmflow outbox status` shows them, for
    the handlers of a plugin.
    """
    found: dict[str, Handler] = {}
    folder = tables.settings.get(FOLDER)
    if folder is not None:
        found[NOTICE] = _to_folder(Path(str(folder)), tables)
    for name, connector in connectors(tables).items():
        if connector.folder is not None:
            found[connector.handler or name] = _to_system(name, connector, tables)
    return found


def _to_folder(folder: Path, tables: Tables) -> Handler:
    def take(parcel: Parcel) -> None:
        keep(folder, parcel, worded(parcel, tables))

    return take


def _to_system(name: str, connector: Connector, tables: Tables) -> Handler:
    folder = Path(str(connector.folder))

    def take(parcel: Parcel) -> None:
        admit(parcel, tables)
        keep(folder, parcel, parcel.message.payload)

    return take


def admit(parcel: Parcel, tables: Tables) -> None:
    """
    Refuse confidential data that waits for a connector which is not internal any more.

    For handlers, crmflow's own and those of plugins: what is raised leaves the message in
    the outbox.

    Args:
        parcel: A message with data for another system.
        tables: All rows in use, as the hook `handlers` is given them.

    Raises:
        PermissionError: It may go to the company's own systems only, and this is none.

    Rule: ACC-011
    """
    payload = parcel.message.payload
    name = str(payload.get("connector"))
    connector = connectors(tables).get(name)
    if payload.get(INTERNAL) and (connector is None or not connector.internal):
        message = (
            f"{parcel.source} is confidential and {name!r} is no internal connector: "
            f"integration.endpoints.{name}.internal says so (ACC-011)"
        )
        raise PermissionError(message)


def keep(folder: Path, parcel: Parcel, payload: Mapping[str, object]) -> None:
    """
    Write a message as a JSON file, the same however often it is delivered.

    Args:
        folder: Made where there is none; only its owner may read it.
        parcel: The message; its key is the file's name, and in the file.
        payload: What it says.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = parcel.spelt()
    body = json.dumps({"key": parcel.key, **_plain(payload)}, ensure_ascii=False, indent=2)
    unfinished = folder / f".{name}"
    unfinished.write_text(body + "\n", encoding="utf-8")
    # One that is there is replaced whole: nobody reads half a message.
    unfinished.replace(folder / f"{name}.json")


def _plain(payload: Mapping[str, object]) -> dict[str, object]:
    return {name: plain(value) for name, value in payload.items()}
