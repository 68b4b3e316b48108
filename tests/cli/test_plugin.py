"""`crmflow plugin`: what is loaded, whether it fits, and policies that come and go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.cli.conftest import read

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

SHOP = ("--plugin", "tests.cli.plugin_shop")
LEAD = ("--set", "name=Plant 7", "--set", "source=referral", "--actor", "sales-1")


def test_a_plugins_noun_is_a_command(crm: Crm) -> None:
    """It runs, and the help lists it behind crmflow's own."""
    assert crm.ok(*SHOP, "shop") == "open\n"
    assert "Say what the shop says." in crm.ok(*SHOP, "--help")
    assert "插件的命令" in crm.ok(*SHOP, "--lang", "zh", "--help")
    assert "Commands of plugins" not in crm.ok("--help")
    assert "there is no command 'shop'" in crm("shop").stderr


def test_a_plugin_that_cannot_be_loaded_brings_no_command(crm: Crm, tmp_path: Path) -> None:
    """Help and other commands work all the same; the check says what is wrong."""
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0")
    assert "Options" in crm.ok("--plugin", str(broken), "--help")
    assert crm("--plugin", str(broken), "plugin", "check").exit_code == 3


def test_check_tells_what_fits(crm: Crm, tmp_path: Path) -> None:
    """Nothing, or the fault; the exit code says which."""
    fits = crm(*SHOP, "plugin", "check", "-o", "json")
    assert (fits.exit_code, read(fits.stdout)) == (0, [])
    assert "policies of" in fits.stderr
    bad = tmp_path / "bad.py"
    bad.write_text(
        "from crmflow import hookimpl\n\n\n@hookimpl\ndef policies_for(machine, tables):\n"
        "    raise KeyError(machine.name)\n"
    )
    found = crm("--plugin", str(bad), "plugin", "check", "-o", "json")
    assert found.exit_code == 1
    assert "plugin 'bad' raised in hook 'policies_for'" in read(found.stdout)[0]["fault"]


def test_policies_attach_and_retire(crm: Crm) -> None:
    """First dry, then for good; retired, its state is gone and the journal says why."""
    admin = ("--actor", "admin-1", "--role", "administrator")
    crm = crm.of("lead")
    crm.ok("entity", "create", "lead", "--id", "L-1", *LEAD)
    dry = crm.ok(*SHOP, "plugin", "attach", "counting", "--dry-run", *admin, "-o", "json")
    assert read(dry) == [{"machine": "lead", "id": "L-1"}]
    assert read(crm.ok(*SHOP, "plugin", "attach", "counting", *admin, "-o", "json")) == read(dry)
    assert read(crm.ok(*SHOP, "plugin", "attach", "counting", *admin, "-o", "json")) == []
    told = crm.ok(*SHOP, "entity", "explain", "lead", "L-1", "drop", "--actor", "sales-1")
    assert "counted" in told
    done = crm.ok(*("plugin", "retire", "counting", "--reason", "given up"), *admin, "-o", "json")
    assert read(done) == [{"machine": "lead", "id": "L-1"}]
    last = read(crm.ok("entity", "journal", "lead", "L-1", "-o", "json"))[-1]
    assert (last["event"], last["entry"]) == ("$retire", "policy")
