"""
Awaited calls that ask at the same time: one thread takes them together, as one caller of the group.

A call that nobody took yet can be cancelled. One that is taken runs to its end, and what it comes
to is dropped where nobody waits for it any more.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, Generic, TypeVar, cast

import attrs

from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine, tellers_in
from crmflow.engine.grouping import MOST, Answers, shared
from crmflow.flow.request import Request

T = TypeVar("T")


@attrs.frozen
class Question(Generic[T]):
    """
    What a call asks, and what its caller gets.

    Attributes:
        requests: What is asked.
        result: Makes of the answers what the call returns, or raises.
    """

    requests: Sequence[Request]
    result: Callable[[Answers], T]


class Questioner(Engine):
    """
    An engine whose calls return what they would ask.

    A call that changes something asks as its last step, so here its last step is its question.

    Args:
        engine: Whose parts it has.
    """

    def __init__(self, engine: Engine) -> None:
        vars(self).update(vars(engine))

    def _ask(self, request: Request) -> Any:  # noqa: ANN401 - a question, which no caller sees
        return Question((request,), self._one)

    def _answers(self, requests: Sequence[Request]) -> Any:  # noqa: ANN401 - likewise
        return Question(requests, lambda answers: answers)


class Awaited(Generic[T]):
    """
    A call that somebody awaits.

    Args:
        call: Makes it on an engine.
    """

    def __init__(self, call: Callable[[Engine], T]) -> None:
        self.future: Future[T] = Future()
        # Directories and handlers see the context variables of who awaits it.
        self._context = contextvars.copy_context()
        self._call = call

    def question(self, questioner: Questioner) -> Question[T] | None:
        """Return what it asks, None where it fails before."""
        try:
            return cast("Question[T]", self._context.run(self._call, questioner))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it reaches who awaits it
            self.future.set_exception(error)
            return None

    def end(
        self, engine: Engine, question: Question[T], answers: Answers, tellers: Sequence[EntityRef]
    ) -> None:
        """Hand over what the decisions of *tellers* tell others, and answer who awaits it."""
        try:
            if tellers:
                self._context.run(engine._hand_over, tellers)  # noqa: SLF001 - half of a call
            result = question.result(answers)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it reaches who awaits it
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class Gathering:
    """
    The calls that wait for their thread.

    Args:
        engine: Returns the engine, made where it is not yet.
        others: Threads that hand over messages, so that no call waits for those of another.
    """

    def __init__(self, engine: Callable[[], Engine], others: Executor) -> None:
        self._engine = engine
        self._others = others
        self._thread = ThreadPoolExecutor(1, "crmflow-asks")
        self._waiting: deque[Awaited[Any]] = deque()

    def post(self, call: Callable[[Engine], T]) -> Future[T]:
        """Return what a call comes to, asked together with those that wait meanwhile."""
        one = Awaited(call)
        self._waiting.append(one)
        # Behind all that is posted in this turn of the event loop, so that it is taken together.
        asyncio.get_running_loop().call_soon(self._start)
        return one.future

    def close(self) -> None:
        """Wait until all that was posted is asked; nothing can be posted afterwards."""
        self._thread.shutdown()

    def _start(self) -> None:
        # Once for every call: what the first ones leave, the last ones take.
        self._thread.submit(self._work)

    def _work(self) -> None:
        """Take the calls that wait, up to as many as a batch has, and answer them."""
        waiting = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        taken = [one for one in waiting if one.future.set_running_or_notify_cancel()]
        if not taken:
            return
        try:
            engine = self._engine()
        except BaseException as fault:  # noqa: BLE001 - whatever it is, it reaches all of them
            for one in taken:
                one.future.set_exception(fault)
        else:
            self._answer(engine, taken)

    def _answer(self, engine: Engine, taken: Sequence[Awaited[Any]]) -> None:
        questioner = Questioner(engine)
        found = [(one, one.question(questioner)) for one in taken]
        asking = [(one, question) for one, question in found if question is not None]
        try:
            requests = [request for _, question in asking for request in question.requests]
            left = iter(engine._group.ask(requests))  # noqa: SLF001 - half of a call
        except BaseException as fault:  # noqa: BLE001 - whatever it is, it reaches all of them
            for one, _ in asking:
                one.future.set_exception(fault if len(asking) == 1 else shared(fault))
            return
        for one, question in asking:
            answers = tuple(islice(left, len(question.requests)))
            tellers = tellers_in(answers)
            if tellers:
                self._others.submit(one.end, engine, question, answers, tellers)
            else:
                one.end(engine, question, answers, ())
