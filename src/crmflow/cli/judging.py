"""What verbs need that hold other policies against today's: options, and both policy sets."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import attrs
import click

from crmflow.cli.output import Record, dumped
from crmflow.cli.session import Session, misused
from crmflow.cli.verbs import flag

if TYPE_CHECKING:
    from crmflow.analysis.source import Policies
    from crmflow.directory import Directory


class Told(Protocol):
    """What is told of one entity."""

    def to_dict(self) -> Record:
        """Return it as plain data."""
        ...


One = TypeVar("One", bound=Told)

WANTED = "say what would be other: --with, --with-profile or --with-plugin"


@attrs.frozen
class Others:
    """
    The other policies, as they were asked for.

    Attributes:
        file: The company's own file as it would be, or None for that of today.
        profile: Shipped profiles in place of today's, or None.
        plugins: Plugins beside today's.
    """

    file: Path | None
    profile: str | None
    plugins: tuple[str, ...]

    def require(self, *besides: object, text: str = WANTED) -> None:
        """
        Check that anything is to be other than today.

        Args:
            besides: What else may be.
            text: What is said where nothing is.

        Raises:
            UsageError: Nothing is.
        """
        if not any((self.file, self.profile, self.plugins, *besides)):
            raise misused(text)

    def policies(self, here: Session, directory: Directory | None = None) -> Policies:
        """
        Return the other policy set, before it is bound.

        Args:
            here: What stays as it is today.
            directory: In place of today's directory, or None.
        """
        today = policies(here)
        names = (*here.settings.names("plugins"), *self.plugins)
        return attrs.evolve(
            today,
            profile=self.profile or today.profile,
            config=today.config if self.file is None else self.file,
            plugins=today.plugins if not self.plugins else names,
            directory=directory or today.directory,
        )


def policies(here: Session) -> Policies:
    """Return the policy set of today, before it is bound."""
    from crmflow.analysis.source import Policies

    chosen = here.settings
    return Policies(
        machines=chosen.names("machines") or None,
        profile=chosen.text("profile"),
        config=chosen.own,
        plugins=here.plugins(),
        directory=here.directory(),
        tenant=str(chosen.text("tenant")),
    )


def judged_by_others(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options by which other policies are named; the verb takes them as `others`."""
    existing = click.Path(exists=True, dir_okay=False, path_type=Path)

    @functools.wraps(command)
    def run(
        *,
        with_file: Path | None,
        with_profile: str | None,
        with_plugins: tuple[str, ...],
        **given: object,
    ) -> object:
        return command(others=Others(with_file, with_profile, with_plugins), **given)

    found: Callable[..., Any] = run
    for decorate in (
        flag("--with-plugin", "with_plugins", multiple=True, metavar="NAME",
             help="With this plugin too; repeat."),
        flag("--with-profile", "with_profile", metavar="NAME",
             help="With this shipped profile in place of today's."),
        flag("--with", "with_file", type=existing, metavar="FILE",
             help="With this file in place of the company's own."),
    ):  # fmt: skip
        found = decorate(found)
    return found


def kept_or_written(here: Session, one: One) -> tuple[One, ...]:
    """Write an entity at once where each is a line of its own, else give it back for later."""
    if here.output != "jsonl":
        return (one,)
    click.echo(dumped(one.to_dict()))
    return ()
