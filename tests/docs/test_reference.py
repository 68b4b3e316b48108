import importlib
import inspect
import re

import click
import pytest

import crmflow
from crmflow import hookspecs, testing
from crmflow.cli.app import app
from crmflow.core.errors import CrmflowError
from tests.docs.pages import ROOT

REFERENCE = ROOT / "docs" / "reference"
DIRECTIVE = re.compile(
    r"^\.\. auto(?:class|exception|function|data):: crmflow\.(\w+)$", re.MULTILINE
)


def documented(page: str) -> list[str]:
    """Return the public names that a page of the reference documents."""
    return DIRECTIVE.findall((REFERENCE / page).read_text("utf-8"))


def hooks() -> list[str]:
    """Return the names of the hooks."""
    return [name for name, found in vars(hookspecs).items() if hasattr(found, "crmflow_spec")]


def commands() -> list[str]:
    """Return every command as it is typed."""
    context, found = click.Context(app), []
    for noun in app.list_commands(context):
        command = app.get_command(context, noun)
        verbs = [""]
        if isinstance(command, click.Group):
            alone = [""] if command.invoke_without_command else []
            verbs = [*alone, *command.list_commands(context)]
        found += [f"crmflow {noun} {verb}".strip() for verb in verbs]
    return found


def test_every_public_name_is_documented_once() -> None:
    """The reference has what `crmflow` exports, and nothing else."""
    found = documented("names.md") + documented("errors.md")
    assert sorted(found) == sorted(crmflow.__all__)


def test_the_test_kit_is_documented() -> None:
    """What authors of stores and plugins get is on the page of names too."""
    page = (REFERENCE / "names.md").read_text("utf-8")
    found = re.findall(r"^\.\. auto\w+:: crmflow\.testing\.(\w+)$", page, re.MULTILINE)
    assert sorted(found) == sorted(testing.__all__)


@pytest.mark.parametrize("name", crmflow.__all__)
def test_every_public_name_can_be_imported_and_says_what_it_is(name: str) -> None:
    """Exported members exist, and those that can have a docstring have one of their own."""
    found = getattr(crmflow, name)
    if inspect.isclass(found) or inspect.isfunction(found):
        assert inspect.getdoc(found)
        assert found.__doc__


def test_the_package_lists_what_it_exports() -> None:
    """`dir(crmflow)` shows every public name, in one sorted list."""
    assert set(crmflow.__all__) <= set(dir(crmflow))
    assert sorted(crmflow.__all__) == sorted(set(crmflow.__all__))


def test_every_public_error_is_on_the_page_of_errors() -> None:
    """Whoever catches an error finds it explained."""
    errors = {
        name
        for name in crmflow.__all__
        if inspect.isclass(found := getattr(crmflow, name)) and issubclass(found, CrmflowError)
    }
    assert set(documented("errors.md")) == errors


def test_every_error_is_public() -> None:
    """No error can reach a caller who cannot import its name."""
    for module in ("core.errors", "engine.values"):
        for name, found in vars(importlib.import_module(f"crmflow.{module}")).items():
            if inspect.isclass(found) and issubclass(found, CrmflowError):
                assert name in crmflow.__all__


@pytest.mark.parametrize("name", hooks())
def test_every_hook_is_documented(name: str) -> None:
    """Each says when it is called, what to return and how answers combine."""
    told = inspect.getdoc(getattr(hookspecs, name)) or ""
    assert all(f"{word}:" in told for word in ("Called", "Return", "Combined"))
    members = re.search(r":members: (.*)", (REFERENCE / "hooks.md").read_text("utf-8"))
    assert members is not None
    assert name in members[1].split(", ")


def test_there_are_hooks() -> None:
    """The test above has something to test."""
    assert {"machines", "judge_for", "texts"} <= set(hooks())


def test_every_command_is_in_the_reference() -> None:
    """The table has each command, and no other."""
    page = (REFERENCE / "cli.md").read_text("utf-8")
    assert re.findall(r"^\| `(crmflow [^`]*)` \|", page, re.MULTILINE) == commands()


def test_decisions_are_numbered_and_have_their_parts() -> None:
    """Numbers go up without a gap; each page has context, decision and consequences."""
    found = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    assert [int(page.name[:4]) for page in found] == list(range(1, len(found) + 1))
    for page in found:
        text = page.read_text("utf-8")
        parts = ("## Context", "## Decision", "## Consequences")
        places = [text.index(part) for part in parts]
        assert places == sorted(places)
