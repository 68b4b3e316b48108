"""A plugin with a noun of its own for the command line, and a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from crmflow.core.machine import Machine
from crmflow.core.policy import Evolve, Evolved, Line, Occurrence
from crmflow.core.tables import Tables
from crmflow.hookspecs import hookimpl
from tests.engine.policies import Witnessed


@click.command("shop", help="Say what the shop says.")
def shop() -> None:
    """Say what the shop says."""
    click.echo("open")


def _count(state: Witnessed | None, _seen: Occurrence) -> Evolved:
    return Evolved(Witnessed((state or Witnessed()).touched + 1))


class Counting:
    """Counts what happens to leads."""

    name = "counting"
    schema = 1
    state = Witnessed
    reserved: Mapping[str, type | None] = {}

    def evolve_for(self, event: str) -> Evolve | None:
        """Count every event."""
        return _count

    def upgraded(self, schema: int, value: Mapping[str, object]) -> Mapping[str, object]:
        """Return it as it is."""
        return value

    def explain(self, state: Witnessed, snapshot: object) -> Sequence[Line]:
        """Tell how often."""
        return (Line("counted", {"times": state.touched}),)


@hookimpl
def commands() -> Sequence[click.Command]:
    """Bring the command."""
    return [shop]


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Counting]:
    """Bring the policy."""
    return [Counting()] if machine.name == "lead" else []
