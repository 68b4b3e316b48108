"""All checks together: of shipped profiles nothing is wrong, and each fault is told once."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crmflow import ConfigurationError, hookimpl
from crmflow.analysis import checking
from crmflow.analysis.checking import CHECKS, check_policies, check_together, subject_of
from crmflow.config import Overlay
from crmflow.core.message import Handler
from crmflow.directory import toml_directory
from crmflow.engine.starting import examined
from crmflow.plugins.bringing import find_machines
from crmflow.plugins.loading import load_plugins
from crmflow.profiles.features import features
from tests.analysis.checking.desk import chain, subject

AT = datetime(2026, 3, 2, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.slow
@pytest.mark.parametrize(
    "profile",
    [
        "demo",
        "demo,power",
        "demo,key_account",
        "demo,insurance",
        "demo,power,key_account,insurance",
        None,
    ],
)
def test_nothing_is_wrong_between_shipped_rows(profile: str | None) -> None:
    """With all machines on, blanks filled in or not."""
    assert check_policies(at=AT, profile=profile) == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", features())
def test_nothing_is_wrong_in_a_feature_alone(name: str) -> None:
    """What it tells machines that are off waits for them."""
    feature = features()[name]
    found = check_policies(
        feature.machines,
        at=AT,
        profile=[*feature.profiles, "demo"],
        config=Overlay({}, feature.rows(), "config"),
        plugins=feature.plugins,
    )
    assert found == ()


@pytest.mark.parametrize(
    ("folder", "config", "people", "machine"),
    [
        ("travel", "approval.toml", "staff.toml", "declaration"),
        ("servicenow", "deadlines.toml", None, "incident"),
    ],
)
def test_nothing_is_wrong_in_examples_of_real_companies(
    folder: str, config: str, people: str | None, machine: str
) -> None:
    """Their rows were written for logs of what really happened."""
    here = EXAMPLES / folder
    found = check_policies(
        [machine],
        at=AT,
        config=here / config,
        plugins=[here / f"crmflow_{folder}.py"],
        directory=None if people is None else toml_directory(here / people),
    )
    assert found == ()


def test_every_check_is_in_the_list() -> None:
    """A check that nobody calls finds nothing."""
    listed = {(check.__module__, check.__name__) for check in CHECKS}
    modules = {module for module, _ in listed}
    public = {(one, name) for one in modules for name in importlib.import_module(one).__all__}
    assert listed == public
    assert len(CHECKS) == len(listed)


def test_a_fault_of_several_days_is_told_once() -> None:
    """However often its rows are looked at."""
    rows = [
        chain("manager", "amount > 10", rules=["EXP-002"]),
        chain("finance", "amount > 20", until_on="2026-12-31"),
        chain("none"),
    ]
    (fault,) = check_together(subject({"chains": rows}))
    assert fault.where == "own.toml: $.chains[1].when (finance)"


def test_a_row_that_is_wrong_by_itself_is_told_first() -> None:
    """What is between rows is asked when each of them is right; blanks may be open."""
    rows = Overlay({}, {"chains": [chain("x", machine="complant")]}, "config")
    with pytest.raises(ConfigurationError, match="Did you mean 'complaint'"):
        check_policies(["complaint"], at=AT, config=rows)
    assert check_policies(["complaint"], at=AT) == ()


class Archive:
    """A plugin with a handler."""

    @staticmethod
    @hookimpl
    def handlers() -> Mapping[str, Handler]:
        """Take messages to the archive."""
        return {"archive": print}


def test_handlers_are_known_once_blanks_are_filled_in() -> None:
    """They may need what the blanks say."""
    manager = load_plugins([Archive], installed=False)
    machines = find_machines(["complaint"], manager)
    for profile, known in ((None, False), ("demo", True)):
        loaded = examined(manager, machines, profile)
        found = subject_of(manager, machines, loaded, None, AT)
        assert ("archive" in found.handlers) == known
        assert "machine_pause" in found.machines
    assert checking.Subject is type(found)
