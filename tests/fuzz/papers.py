"""Files of a folder that commands read, each right before something happens to it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.analysis.parcels import HEADER
from tests.analysis.simulation import visits
from tests.cli.test_log import HISTORY, MACHINE, ROWS
from tests.fuzz.test_tables import PEOPLE

COMPANY = b"""\
[settings.company]
zone = "Asia/Shanghai"

[[deadlines]]
name = "complaint_first_response"
target = "2h"

[[roles]]
name = "customer_service"
duties_en = "answers"
duties_zh = "\xe5\xae\xa2\xe6\x9c\x8d"
"""

STATED = b"""\
from crmflow.analysis.exploring import in_state, never, precedes

PROPERTIES = {
    "parcel": [
        never("none_delivered", in_state("delivered")),
        precedes("sent_first", in_state("sent"), in_state("delivered")),
    ],
}
SAMPLES = {"parcel": {"pack": [{"receiver": "ann"}]}}
"""

STORY = "\n".join(
    json.dumps(line)
    for line in (
        {"story": "parcel", "state": "sent"},
        {
            "at": "2026-03-02T01:00:00+00:00",
            "event": "pack",
            "actor": "ann-1",
            "payload": {"receiver": "ann", "size": "small", "tags": ["a"]},
        },
        {"at": "2026-03-02T02:00:00+00:00", "event": "send", "actor": "ann-1"},
    )
).encode()

SCENARIO = b"""\
starts_on = 2026-01-05
days = 1
machines = ["visit"]
plugins = ["visits.py"]

[[arrivals]]
name = "visits"
machine = "visit"
per_week = 60
limit = 3

[[doings]]
name = "serve"
machine = "visit"
states = ["waiting"]
event = "serve"
role = "clerk"
takes = { law = "exponential", mean = "10min" }

[[staff]]
name = "clerk"
roles = ["clerk"]
"""

SETTINGS = b"""\
store = "sqlite:///own.db"
machines = ["complaint"]
profile = "demo"
tenant = "main"
lang = "en"

[settings.company]
zone = "Asia/Shanghai"
"""

PAPERS: Mapping[str, bytes] = {
    "company.toml": COMPANY,
    "people.toml": PEOPLE,
    "stated.py": STATED,
    "story.jsonl": STORY,
    "scenario.toml": SCENARIO,
    "log.csv": "\n".join((HEADER, *ROWS)).encode(),
    "map.toml": HISTORY.encode(),
    "crmflow.toml": SETTINGS,
}
"""Files by name."""

_PARCELS = ("--plugin", str(MACHINE), "--machine", "parcel", "--store", "sqlite:///parcels.db")
_DESK = ("--machine", "complaint", "--profile", "demo", "--store", "sqlite:///crm.db")
_LOG = ("log.csv", "--mapping", "map.toml")
_TESTED = ("policy", "backtest", "--log", "log.csv", "--mapping", "map.toml")
_FEW = ("--situations", "2", "--depth", "3")

READERS: Mapping[str, Sequence[tuple[str, ...]]] = {
    "company.toml": (
        (*_DESK, "policy", "preview", "--with", "company.toml"),
        (*_DESK, "policy", "backtest", "--with", "company.toml"),
        (*_DESK, "policy", "check", "company.toml"),
    ),
    "people.toml": (
        (*_DESK, "policy", "preview", "--with-directory", "people.toml"),
        (*_DESK, "--directory", "people.toml", "entity", "options", "complaint", "C-1",
         "--actor", "service-1"),
    ),
    "stated.py": ((*_PARCELS, "policy", "check", "--property", "stated.py", *_FEW),),
    "story.jsonl": ((*_PARCELS, "policy", "replay", "story.jsonl"),),
    "scenario.toml": (("policy", "simulate", "scenario.toml"),),
    "log.csv": (
        (*_PARCELS, "log", "replay", *_LOG),
        (*_PARCELS, "log", "import", *_LOG),
        (*_PARCELS, *_TESTED, "--with-profile", "demo"),
    ),
    "map.toml": (
        (*_PARCELS, "log", "replay", *_LOG),
        (*_PARCELS, *_TESTED, "--with-profile", "demo"),
    ),
    "crmflow.toml": (("entity", "count"), ("config", "show", "--origin"), ("policy", "list")),
}  # fmt: skip
"""Commands that read a file, by its name."""


OWN = "crmflow.toml"
"""The file that every command reads where it is there."""


def lay_out(folder: Path) -> None:
    """Put the files into a folder, but for the one all read, and the plugin of the scenario."""
    for name, raw in PAPERS.items():
        (folder / name).write_bytes(raw)
    (folder / OWN).unlink()
    shutil.copy(visits.HERE, folder / "visits.py")
