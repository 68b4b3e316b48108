"""`crmflow key`: master keys are listed and changed."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

FILE = """
[settings.storage]
keys = {{ {keys}, index = "env:INDEX" }}
[[encryption]]
name = "leads"
machine = "lead"
fields = ["need"]
key = "{key}"
"""


def configured(folder: Path, key: str, *names: str) -> None:
    """Write a file whose leads are encrypted by a key."""
    places = ", ".join(f'{name} = "env:{name.upper()}"' for name in names)
    (folder / "crmflow.toml").write_text(FILE.format(keys=places, key=key))


@pytest.fixture
def leads(crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Crm:
    """Return the command line over a lead that is encrypted by the key k1."""
    for byte, name in enumerate(("K1", "K2", "INDEX")):
        monkeypatch.setenv(name, base64.b64encode(bytes([byte]) * 32).decode())
    configured(tmp_path, "k1", "k1")
    leads = crm.of("lead")
    given = ("--set", "name=Mill", "--set", "source=exhibition", "--set", "need=flour")
    leads.ok(
        "entity", "create", "lead", "--id", "L-1", *given, "--actor", "al", "--role", "salesperson"
    )
    return leads


def test_keys_are_listed_and_wrapped_anew(leads: Crm, tmp_path: Path) -> None:
    """The table tells what each wraps; afterwards the old key may go."""
    configured(tmp_path, "k2", "k1", "k2")
    listed = json.loads(leads.ok("key", "list", "-o", "json"))
    assert listed == [
        {"name": "k1", "entities": 1, "current": False, "known": True},
        {"name": "k2", "entities": 0, "current": True, "known": True},
    ]
    done = json.loads(leads.ok("key", "rotate", "-o", "json"))
    assert done == [{"seen": 1, "rewrapped": 1, "errors": 0}]
    configured(tmp_path, "k2", "k2")
    assert "flour" in leads.ok("entity", "show", "lead", "L-1")
    assert "当前" in leads.ok("--lang", "zh", "key", "list")


def test_a_missing_master_key_is_a_finding(leads: Crm, tmp_path: Path) -> None:
    """It is named with the entity; no key is ever shown."""
    configured(tmp_path, "k2", "k2")
    result = leads("key", "rotate")
    assert result.exit_code == 1
    assert "lead L-1 cannot be opened: the key 'k1' is not among storage.keys" in result.stderr
