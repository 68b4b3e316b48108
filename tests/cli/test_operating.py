"""`crmflow bulk`, `machine migrate` and pauses: many entities, and those that stand still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import read

if TYPE_CHECKING:
    from click.testing import Result

    from tests.cli.conftest import Crm

CLERK = ("--actor", "clerk-1", "--role", "clerk")
ROOT = ("--actor", "root-1", "--role", "administrator", "--reason", "stocktaking")


def parcels(crm: Crm, *words: str, stdin: str | None = None) -> Result:
    """Run a verb with the machine of parcels."""
    flags = ("--plugin", "tests.cli.plugin_parcels")
    return crm.of("parcel")(*flags, *words, stdin=stdin)


@pytest.fixture
def three(crm: Crm) -> Crm:
    """Return a command line over a store with three parcels of version 1."""
    for name in ("a", "b", "c"):
        given = ("--id", name, "--set", f"sender={name}", *CLERK)
        assert parcels(crm, "entity", "create", "parcel", *given).exit_code == 0
    return crm


def test_bulk_fire_asks_first_and_tells_what_was_not_moved(three: Crm) -> None:
    """With 4 where one was refused; the key is told before anything happens."""
    words = ("bulk", "fire", "parcel", "send", *CLERK)
    assert parcels(three, *words, stdin="n\n").exit_code == 1
    assert parcels(three, *words, "--id", "a", "--yes").exit_code == 0
    done = parcels(three, *words, "-o", "json", "--key", "k", stdin="y\n")
    assert done.exit_code == 4
    assert "Fire send on 3 entities?" in done.stderr
    assert "--key k goes on with this firing" in done.stderr
    assert read(done.stdout) == {
        "key": "k",
        "accepted": 2,
        "held": 0,
        "repeated": 0,
        "unmoved": [{"machine": "parcel", "id": "a", "refused": True, "reasons": ["no_row"]}],
    }
    again = parcels(three, *words, "--key", "k", "--yes")
    assert "2" in again.stdout
    assert "Not moved" in again.stdout


def test_a_dry_run_neither_asks_nor_stores(three: Crm) -> None:
    """It tells what the run would; values that are searched select."""
    words = ("bulk", "fire", "parcel", "weigh", "--set", "grams=5", *CLERK, "--where", "sender=b")
    told = parcels(three, *words, "--dry-run", "-o", "json")
    assert (told.exit_code, told.stderr) == (0, "")
    assert read(told.stdout)["accepted"] == 1
    assert '"version": 1' in parcels(three, "entity", "show", "parcel", "b", "-o", "json").stdout


def test_what_went_wrong_otherwise_exits_with_1(three: Crm) -> None:
    """Such as an id that nobody has; ids and a filter are a mistake of usage."""
    words = ("bulk", "fire", "parcel", "send", *CLERK, "--yes", "--id", "nobody")
    assert parcels(three, *words).exit_code == 1
    assert parcels(three, *words, "--state", "noted").exit_code == 2


def test_an_entity_is_paused_and_goes_on(three: Crm) -> None:
    """It is shown with why; what is refused meanwhile says so."""
    paused = parcels(three, "entity", "pause", "parcel", "a", *ROOT)
    assert paused.exit_code == 0
    assert "$pause (pause) ✓ accepted" in paused.stdout
    shown = parcels(three, "entity", "show", "parcel", "a").stdout
    assert "stocktaking" in shown
    assert "Frozen" in shown
    refused = parcels(three, "entity", "fire", "parcel", "a", "send", *CLERK)
    assert refused.exit_code == 4
    assert "it is paused (entity: stocktaking, root-1)" in refused.stdout
    assert parcels(three, "entity", "unpause", "parcel", "a", *ROOT).exit_code == 0
    again = parcels(three, "entity", "unpause", "parcel", "a", *ROOT)
    assert again.exit_code == 4
    assert "it is not paused" in again.stdout


def test_a_machine_is_paused_and_goes_on(three: Crm) -> None:
    """Once; who may not is refused."""
    done = parcels(three, "machine", "pause", "parcel", *ROOT, "-o", "json")
    found = read(done.stdout)
    assert (done.exit_code, found["entities"], found["unmoved"]) == (0, 3, [])
    assert found["decision"]["state"] == "paused"
    again = parcels(three, "machine", "pause", "parcel", *ROOT)
    assert again.exit_code == 4
    assert "machine_pause parcel" in again.stdout
    new = parcels(three, "entity", "create", "parcel", "--set", "sender=d", *CLERK)
    assert new.exit_code == 4
    assert "3" in parcels(three, "machine", "unpause", "parcel", *ROOT).stdout
    denied = parcels(three, "machine", "pause", "parcel", *CLERK, "--reason", "r")
    assert denied.exit_code == 4


def test_a_migration_is_told_and_done(three: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """By version and state, how many and which first; then nothing is left."""
    monkeypatch.setenv("PARCELS", "3")
    told = read(parcels(three, "machine", "migrate", "parcel", "--dry-run", "-o", "json").stdout)
    assert (told["seen"], told["migrated"], told["failing"], told["version"]) == (3, 0, 0, 3)
    assert told["impacts"] == [
        {
            "version": 1,
            "state": "noted",
            "to": "booked",
            "entities": 3,
            "lost": [],
            "gone": ["timer remind", "task weigh"],
            "faults": [],
            "first": "a",
        }
    ]
    done = parcels(three, "machine", "migrate", "parcel")
    assert done.exit_code == 0
    assert "Entities of other versions" in done.stdout
    again = parcels(three, "machine", "migrate", "parcel")
    assert "Entities of other versions" not in again.stdout
    shown = parcels(three, "entity", "show", "parcel", "a", "-o", "json")
    assert read(shown.stdout)["state"] == "booked"


def test_what_cannot_be_migrated_exits_with_1(three: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older release met by entities of a newer one, for one; a single one exits with 3."""
    monkeypatch.setenv("PARCELS", "2")
    assert parcels(three, "machine", "migrate", "parcel").exit_code == 0
    monkeypatch.setenv("PARCELS", "1")
    unmoved = parcels(three, "machine", "pause", "parcel", *ROOT)
    assert unmoved.exit_code == 1
    assert "Not moved" in unmoved.stdout
    failed = parcels(three, "machine", "migrate", "parcel")
    assert failed.exit_code == 1
    assert "a newer release wrote it" in failed.stdout
    assert parcels(three, "entity", "show", "parcel", "a").exit_code == 3
