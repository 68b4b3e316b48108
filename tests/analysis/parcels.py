"""A small machine and its logs, for tests of importing."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import attrs

from crmflow.analysis.import_report import Imported
from crmflow.analysis.importing import import_log
from crmflow.analysis.log_row import RowFault
from crmflow.analysis.mapping import Mapping
from crmflow.analysis.mapping_file import mapping_from
from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.machine import KEEP, Kind, Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN
from crmflow.engine.engine import Engine
from crmflow.storage.port import Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ADMIN = Actor("importer", {"administrator"})


class Size(StrEnum):
    """How large a parcel is."""

    SMALL = "small"
    LARGE = "large"


def _above(parcel: "Parcel", _field: object, value: int) -> None:
    if value < parcel.least:
        message = f"at least {parcel.least}"
        raise ValueError(message)


@attrs.frozen
class Parcel:
    """What is known of a parcel: *most* is never below *least*."""

    receiver: str
    size: Size | None = None
    value: Money | None = None
    tags: tuple[str, ...] = ()
    least: int = 0
    most: int = attrs.field(default=100, validator=_above)


PARCEL = Machine(
    "parcel",
    Parcel,
    zh="包裹",
    en="parcel",
    states=(
        State("packed", "已打包", "packed", Kind.INITIAL),
        State("sent", "已发出", "sent", requires=("receiver", "size", "tags")),
        State("delivered", "已送达", "delivered", Kind.FINAL, requires=("receiver", "value")),
    ),
    rows=(
        Row(UNBORN, "pack", "packed", form=Parcel),
        Row("packed", "send", "sent"),
        Row("sent", "trace", KEEP),
        Row("sent", "deliver", "delivered"),
    ),
)

HISTORY: dict[str, object] = {
    "format": "csv",
    "case": "id",
    "state": "stage",
    "time": "at",
    "zone": "UTC",
    "actor": "who",
    "states": {"P": "packed", "S": "sent", "D": "delivered"},
    "columns": {
        "receiver": {"column": "to"},
        "size": {},
        "least": {"type": "integer"},
        "most": {"type": "integer"},
    },
}
HEADER = "id,stage,at,who,to,size,least,most"
SNAPSHOT: dict[str, object] = {
    "format": "csv",
    "kind": "snapshot",
    "case": "id",
    "state": "stage",
    "time": "at",
    "zone": "UTC",
    "states": {"P": "packed", "S": "sent", "D": "delivered"},
    "columns": {
        "receiver": {"column": "to"},
        "value": {"type": "money", "currency": "EUR"},
        "tags": {"type": "texts", "separator": ";"},
        "least": {"type": "integer"},
    },
    "report": {"sums": ["value", "least"]},
}
SNAPSHOT_HEADER = "id,stage,at,to,value,tags,least"


def mapped(entries: dict[str, object], **more: object) -> Mapping:
    """Return a mapping of these entries."""
    return mapping_from({**entries, **more}, "map.toml")


def log_of(folder: Path, lines: Iterable[str], header: str = HEADER) -> Path:
    """Write a CSV log."""
    path = folder / "log.csv"
    path.write_text("\n".join((header, *lines)) + "\n")
    return path


def engine(store: str | Store = "memory:") -> Engine:
    """Return an engine for parcels."""
    return Engine(store, machines=[PARCEL], clock=ManualClock(NOW))


def brought(
    into: Engine, path: Path, mapping: Mapping | None = None, *, actor: Actor = ADMIN
) -> tuple[Imported, list[RowFault]]:
    """Import a log, bad rows aside; return the report and those rows."""
    aside: list[RowFault] = []
    found = mapping or mapped(HISTORY)
    report = import_log(into, path, found, "parcel", actor=actor, aside=aside.append)
    assert report.rows == (
        report.observations + report.adopted + report.unchanged + report.merged + report.set_aside
    )
    assert report.set_aside == len(aside)
    return report, aside
