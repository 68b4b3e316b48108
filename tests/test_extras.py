"""What a company has to install: nothing for its own machines, one extra for the shipped ones."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
    "optional-dependencies"
]
PACKAGES = {
    "broker": ("faststream", "aiokafka", "aio_pika", "nats", "redis"),
    "calendar": ("holidays", "dateutil", "lunar_python"),
    "charts": ("pygal",),
    "contact": ("email_validator", "phonenumbers", "stdnum"),
    "crypto": ("cryptography",),
    "dedupe": ("rapidfuzz",),
    "log": ("defusedxml",),
    "rules": ("rule_engine",),
    "templates": ("jinja2",),
    "webhooks": ("urllib3",),
}
OWN = """
import attrs, sys
sys.modules.update(dict.fromkeys(sys.argv[1].split(",")))
from crmflow import UNBORN, Actor, Engine, Kind, Machine, Row, State
states = State("kept", "已存", "kept", Kind.INITIAL), State("gone", "已去", "gone", Kind.FINAL)
rows = Row(UNBORN, "keep", "kept"), Row("kept", "go", "gone")
facts = attrs.make_class("Facts", [])
card = Machine("card", facts, states=states, rows=rows, zh="卡片", en="card")
with Engine("memory:", machines=[card]) as engine:
    engine.create("card", actor=Actor("ann")).require()
"""
SHIPPED = """
import sys
sys.modules.update(dict.fromkeys(sys.argv[1].split(",")))
from crmflow import Engine
Engine("memory:", profile="demo").close()
"""


def run(program: str, *extras: str) -> str:
    """Return what a process says that has these extras alone; nothing where all is well."""
    missing = [name for extra, names in PACKAGES.items() if extra not in extras for name in names]
    words = [sys.executable, "-c", program, ",".join(missing)]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False).stderr


def test_a_machine_of_ones_own_needs_no_extra() -> None:
    """Rows about machines that are off ask for no package."""
    assert run(OWN) == ""


def test_the_shipped_machines_need_one_extra() -> None:
    """It names all that their rows need."""
    (shipped,) = EXTRAS["shipped"]
    extras = shipped.removeprefix("crmflow[").removesuffix("]").split(",")
    assert run(SHIPPED, *extras) == ""


SERVERS = """
import sys
sys.modules.update(dict.fromkeys(("psycopg", "psycopg_pool", "pymysql")))
from crmflow.storage.opening import open_store, restore
for use in (open_store, lambda url: restore(url, "copy.db")):
    for url in ("postgresql://host/crm", "mysql://host/crm"):
        try:
            use(url)
        except ImportError as fault:
            print(str(fault).partition(": ")[2], file=sys.stderr)
"""


def test_a_store_on_a_server_says_which_extra_it_needs() -> None:
    """Whichever module comes first to what is missing."""
    install = ["pip install 'crmflow[postgres]'", "pip install 'crmflow[mysql]'"]
    assert run(SERVERS).splitlines() == install * 2
