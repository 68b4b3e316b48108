"""The ticket told to each library in its own words, and by hand."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import transitions
import xstate_statemachine as xstate
from statemachine import State, StateMachine

from benchmarks.ticket import (
    CYCLE,
    FACTS,
    ROWS,
    STATES,
    Guard,
    Lap,
    Ticket,
    has_departments,
    has_problem,
    has_solution,
    is_answered,
    is_graded,
    is_grave,
)


class Holder:
    """The object that stock transitions plants its state and triggers on."""

    state: str
    facts: Ticket
    trigger: Callable[[str], bool]

    def __init__(self) -> None:
        """Begin with the facts that let every move pass."""
        self.facts = FACTS


def floor() -> Lap:
    """Return the lap of a hand-written dispatch: what no library can undercut."""
    table: dict[tuple[str, str], list[tuple[Guard, str]]] = {}
    for source, event, target, guard in ROWS:
        table.setdefault((source, event), []).append((guard, target))

    known = Holder()

    def lap() -> str:
        state = "received"
        for event in CYCLE:
            for guard, target in table[state, event]:
                if guard(known):
                    state = target
                    break
        return state

    return lap


# A guard of stock transitions is handed its event data: each is written for that,
# so that no contender pays for an adapter around its guards.
STOCK_GUARDS: dict[Guard, Callable[[Any], bool]] = {
    has_problem: lambda event: bool(event.model.facts.problem),
    is_graded: lambda event: event.model.facts.grade > 0,
    has_departments: lambda event: bool(event.model.facts.departments),
    has_solution: lambda event: bool(event.model.facts.solution),
    is_answered: lambda event: event.model.facts.answered,
    is_grave: lambda event: event.model.facts.grave,
}


def _stock(model: Holder) -> None:
    machine = transitions.Machine(
        model,
        states=list(STATES),
        initial="received",
        auto_transitions=False,
        send_event=True,
    )
    for source, event, target, guard in ROWS:
        machine.add_transition(event, source, target, conditions=[STOCK_GUARDS[guard]])


def stock_transitions() -> Lap:
    """Return the lap of stock transitions, each event by its planted method."""
    model = Holder()
    _stock(model)
    fire = [getattr(model, event) for event in CYCLE]

    def lap() -> str:
        for trigger in fire:
            trigger()
        return model.state

    return lap


def stock_transitions_by_name() -> Lap:
    """Return the lap of stock transitions, each event by its name."""
    model = Holder()
    _stock(model)

    def lap() -> str:
        trigger = model.trigger
        for event in CYCLE:
            trigger(event)
        return model.state

    return lap


class TicketMachine(StateMachine):
    """The ticket in the words of python-statemachine."""

    received = State(initial=True)
    recorded = State()
    graded = State()
    investigating = State()
    solution_ready = State()
    solved = State()
    withdrawn = State(final=True)

    record = received.to(recorded, cond="has_problem")
    grade = recorded.to(graded, cond="is_graded")
    investigate = graded.to(investigating, cond="has_departments")
    propose = investigating.to(solution_ready, cond="has_solution")
    reject = solution_ready.to(investigating, cond="has_problem")
    solve = solution_ready.to(investigating, cond="is_grave") | solution_ready.to(
        solved, cond="has_solution"
    )
    reopen = solved.to(received, cond="is_answered")
    withdraw = received.to(withdrawn, cond="has_problem")

    facts = FACTS

    def has_problem(self) -> bool:
        """Whether the problem is described."""
        return bool(self.facts.problem)

    def is_graded(self) -> bool:
        """Whether the ticket has a grade."""
        return self.facts.grade > 0

    def has_departments(self) -> bool:
        """Whether the departments concerned are named."""
        return bool(self.facts.departments)

    def has_solution(self) -> bool:
        """Whether a solution is recorded."""
        return bool(self.facts.solution)

    def is_answered(self) -> bool:
        """Whether the customer was told."""
        return self.facts.answered

    def is_grave(self) -> bool:
        """Whether the ticket is grave."""
        return self.facts.grave


def python_statemachine() -> Lap:
    """Return the lap of python-statemachine."""
    machine = TicketMachine()

    def lap() -> str:
        for event in CYCLE:
            machine.send(event)
        return str(next(iter(machine.configuration)).id)

    return lap


XSTATE_GUARDS: dict[str, Callable[[dict[str, Ticket], xstate.Event], bool]] = {
    "has_problem": lambda context, _: bool(context["facts"].problem),
    "is_graded": lambda context, _: context["facts"].grade > 0,
    "has_departments": lambda context, _: bool(context["facts"].departments),
    "has_solution": lambda context, _: bool(context["facts"].solution),
    "is_answered": lambda context, _: context["facts"].answered,
    "is_grave": lambda context, _: context["facts"].grave,
}


def xstate_machine(context: dict[str, Any]) -> xstate.MachineNode[dict[str, Any]]:
    """Return the ticket in the words of xstate-statemachine, with what its guards read."""
    states: dict[str, dict[str, dict[str, list[dict[str, str]]]]] = {
        state: {"on": {}} for state in STATES
    }
    for source, event, target, guard in ROWS:
        moves = states[source]["on"].setdefault(event, [])
        moves.append({"target": target, "guard": guard.__name__})
    return xstate.create_machine(
        {
            "id": "ticket",
            "initial": "received",
            "context": context,
            "states": states,
        },
        logic=xstate.MachineLogic(guards=XSTATE_GUARDS),
    )


def leaf(states: set[str]) -> str:
    """Return the name of the only state of xstate-statemachine."""
    return next(iter(states)).rpartition(".")[2]


def xstate_sync() -> Lap:
    """Return the lap of xstate-statemachine's synchronous interpreter."""
    logging.getLogger("xstate_statemachine").setLevel(logging.ERROR)
    interpreter = xstate.SyncInterpreter(xstate_machine({"facts": FACTS})).start()

    def lap() -> str:
        for event in CYCLE:
            interpreter.send(event)
        return leaf(interpreter.current_state_ids)

    return lap


def xstate_async(until: ExitStack) -> Lap:
    """
    Return the lap of xstate-statemachine's asynchronous interpreter, awaited.

    Args:
        until: What stops the interpreter and its loop in the end.
    """
    logging.getLogger("xstate_statemachine").setLevel(logging.ERROR)
    loop = asyncio.new_event_loop()
    until.callback(loop.close)
    interpreter = loop.run_until_complete(
        xstate.Interpreter(xstate_machine({"facts": FACTS})).start()
    )
    until.callback(lambda: loop.run_until_complete(interpreter.stop()))

    async def laps() -> str:
        for event in CYCLE:
            await interpreter.send(event, wait=True)
        return leaf(interpreter.current_state_ids)

    def lap() -> str:
        return loop.run_until_complete(laps())

    return lap


STOCK = "stock transitions"

LAPS: dict[str, Callable[[], Lap]] = {
    "hand-written floor": floor,
    STOCK: stock_transitions,
    "stock transitions, by name": stock_transitions_by_name,
    "python-statemachine": python_statemachine,
    "xstate-statemachine, sync": xstate_sync,
}
