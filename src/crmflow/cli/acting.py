"""Options of the verbs that ask in somebody's name, and that bring something."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from crmflow.cli.verbs import flag

if TYPE_CHECKING:
    from crmflow.core.actor import Actor
    from crmflow.engine.engine import Engine

Function = Callable[..., Any]


def acting(function: Function) -> Function:
    """Add `--actor`, `--role` and `--department`."""
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
        function = flag(*names, **kwargs)(function)
    return function


def bringing(function: Function) -> Function:
    """Add `--set` and `--payload`."""
    function = flag(
        "--payload", metavar="JSON|@FILE|-", help="All that is brought, as a JSON object."
    )(function)
    return flag(
        "--set", "sets", multiple=True, metavar="FIELD=VALUE", help="One field; repeat for more."
    )(function)


def actor_of(
    engine: Engine, actor: str, roles: Iterable[str], departments: Iterable[str]
) -> Actor | str:
    """
    Return who asks: with the roles that are given, else as the directory knows the id.

    Args:
        engine: Its directory is asked where no role is given.
        actor: Id.
        roles: Roles given.
        departments: Departments given.
    """
    from crmflow.core.actor import Actor

    named = Actor(actor, roles, departments=departments)
    return actor if engine.directory is not None and not named.roles else named
