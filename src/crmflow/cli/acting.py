"""Options of the verbs that ask in somebody's name, and that bring something."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from crmflow.cli.payload import payload_of
from crmflow.cli.verbs import flag

if TYPE_CHECKING:
    from crmflow.core.actor import Actor
    from crmflow.engine.engine import Engine

Function = Callable[..., Any]


@attrs.frozen
class Who:
    """
    Who asks, as the command line names them.

    Attributes:
        id: Id.
        roles: Roles given.
        departments: Departments given.
    """

    id: str
    roles: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()

    def on(self, engine: Engine) -> Actor | str:
        """Return the actor: with the roles that are given, else as the directory knows the id."""
        from crmflow.core.actor import Actor

        named = Actor(self.id, self.roles, departments=self.departments)
        return self.id if engine.directory is not None and not named.roles else named


@attrs.frozen
class Brought:
    """
    What an event brings, as the command line spells it.

    Attributes:
        sets: Texts `field=value`.
        payload: A JSON object, `@` and the path of a file with one, `-` for stdin, or None.
    """

    sets: tuple[str, ...]
    payload: str | None

    def of(self, form: type | None) -> dict[str, object] | None:
        """Return the plain values of a form's fields; see `payload_of`."""
        return payload_of(form, self.sets, self.payload)


def acting(function: Function) -> Function:
    """Add `--actor`, `--role` and `--department`, given to the verb as one `who`."""

    @functools.wraps(function)
    def run(
        *, actor: str, roles: tuple[str, ...], departments: tuple[str, ...], **given: object
    ) -> object:
        return function(who=Who(actor, roles, departments), **given)

    found: Function = run
    for names, kwargs in reversed(
        (
            (("--actor",), {"required": True, "metavar": "ID", "help": "Who asks."}),
            (
                ("--role", "roles"),
                {"multiple": True, "help": "Role of the actor; repeat. Else the directory tells."},
            ),
            (
                ("--department", "departments"),
                {"multiple": True, "help": "Department of the actor; repeat."},
            ),
        )
    ):
        found = flag(*names, **kwargs)(found)
    return found


def bringing(function: Function) -> Function:
    """Add `--set` and `--payload`, given to the verb as one `brought`."""

    @functools.wraps(function)
    def run(*, sets: tuple[str, ...], payload: str | None, **given: object) -> object:
        return function(brought=Brought(sets, payload), **given)

    found = flag(
        "--payload", metavar="JSON|@FILE|-", help="All that is brought, as a JSON object."
    )(run)
    return flag(
        "--set", "sets", multiple=True, metavar="FIELD=VALUE", help="One field; repeat for more."
    )(found)
