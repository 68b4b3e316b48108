"""
The ticket: one small machine that every library is given.

It goes round a loop of six states and back, with one guard on every move; solving
it first meets a row whose guard refuses, so each contender also pays for one
refused candidate a lap. A contender is a *lap*: it fires the events of `CYCLE` and
returns the state it ends in, which is the one it began in.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

import attrs

Lap: TypeAlias = Callable[[], str]


@attrs.frozen
class Ticket:
    """What is known of the ticket: all that the guards read."""

    problem: str = "does not start"
    grade: int = 1
    departments: tuple[str, ...] = ("service",)
    solution: str = "replace the fuse"
    answered: bool = True
    grave: bool = False


FACTS = Ticket()


class Known(Protocol):
    """Whatever a library hands to a guard, as long as the facts are in it."""

    @property
    def facts(self) -> Ticket:
        """What is known of the ticket."""
        ...


def has_problem(known: Known) -> bool:
    """Whether the problem is described."""
    return bool(known.facts.problem)


def is_graded(known: Known) -> bool:
    """Whether the ticket has a grade."""
    return known.facts.grade > 0


def has_departments(known: Known) -> bool:
    """Whether the departments concerned are named."""
    return bool(known.facts.departments)


def has_solution(known: Known) -> bool:
    """Whether a solution is recorded."""
    return bool(known.facts.solution)


def is_answered(known: Known) -> bool:
    """Whether the customer was told."""
    return known.facts.answered


def is_grave(known: Known) -> bool:
    """Whether the ticket is grave, which refuses the first row of ``solve``."""
    return known.facts.grave


Guard: TypeAlias = Callable[[Known], bool]

STATES = (
    "received",
    "recorded",
    "graded",
    "investigating",
    "solution_ready",
    "solved",
    "withdrawn",
)

ROWS: tuple[tuple[str, str, str, Guard], ...] = (
    ("received", "record", "recorded", has_problem),
    ("recorded", "grade", "graded", is_graded),
    ("graded", "investigate", "investigating", has_departments),
    ("investigating", "propose", "solution_ready", has_solution),
    ("solution_ready", "reject", "investigating", has_problem),
    ("solution_ready", "solve", "investigating", is_grave),
    ("solution_ready", "solve", "solved", has_solution),
    ("solved", "reopen", "received", is_answered),
    ("received", "withdraw", "withdrawn", has_problem),
)

CYCLE = (
    "record",
    "grade",
    "investigate",
    "propose",
    "reject",
    "propose",
    "solve",
    "reopen",
)
