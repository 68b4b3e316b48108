"""
Group commit: callers of one engine who ask at the same time share a transaction.

Who finds nobody at work goes straight on. Who finds somebody at work waits, and the first of
those who wait leads next: it takes them all, up to `MOST` requests, as one batch of the flow,
which answers each for itself. Nobody is led longer than one batch lasts. In a process that was
forked nobody is at work but who forked it: no other thread comes with it.
"""

from __future__ import annotations

import copy
import os
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from threading import Lock, get_ident
from weakref import WeakSet

from crmflow.core.errors import CrmflowError, UnavailableError
from crmflow.engine.driving import drive
from crmflow.flow.request import Request
from crmflow.flow.run import Answered, Flow

MOST = 100
"""Requests of a batch; one caller's own are never parted."""

Answers = tuple[Answered, ...]
"""What the requests of one caller come to, in order."""


class _Caller:
    """
    Somebody who waits.

    Attributes:
        thread: Who it is.
        requests: What is asked.
        woken: Held until it leads, or is answered.
        taken: Whether its requests are in a batch.
        answers: What they came to.
        fault: Why they came to nothing.
    """

    def __init__(self, thread: int, requests: Sequence[Request]) -> None:
        self.thread = thread
        self.requests = requests
        self.woken = Lock()
        self.woken.acquire()
        self.taken = False
        self.answers: Answers = ()
        self.fault: CrmflowError | None = None


class Group:
    """
    Those who ask one flow.

    Args:
        flow: Decides and commits requests in one batch, each for itself.
    """

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._work = Lock()
        self._leader: int | None = None
        self._mutex = Lock()
        self._waiting: deque[_Caller] = deque()
        _GROUPS.add(self)

    def begin_again(self) -> None:
        """Forget those of other threads, which are not in a process that was forked."""
        self._mutex = Lock()
        self._waiting = deque()
        if self._leader != get_ident():
            self._leader = None
            self._work = Lock()

    def ask(self, requests: Sequence[Request]) -> Answers:
        """
        Return what requests come to, asked together with those of others who ask meanwhile.

        Raises:
            UnavailableError: The store, or who led the batch, failed; whether the requests
                were committed is unknown.
        """
        if not requests:
            return ()
        if self._work.acquire(False):
            try:
                self._leader = get_ident()
                return tuple(drive(self._flow.ask(requests)))
            finally:
                self._resign()
        me = get_ident()
        if self._leader == me:
            # A policy, directory or store that asks while it is asked must not wait for itself.
            return tuple(drive(self._flow.ask(requests)))
        return self._wait(_Caller(me, requests))

    def _wait(self, caller: _Caller) -> Answers:
        try:
            with self._mutex:
                self._waiting.append(caller)
            # Whoever was at work may have left before it could see that somebody waits.
            self._appoint()
            caller.woken.acquire()
            if not caller.taken:
                self._lead()
        finally:
            with self._mutex:
                if not caller.taken:
                    # A signal has stopped it.
                    self._waiting.remove(caller)
            if self._leader == caller.thread:
                self._resign()
        if caller.fault is not None:
            raise caller.fault
        return caller.answers

    def _resign(self) -> None:
        self._leader = None
        self._work.release()
        if self._waiting:
            self._appoint()

    def _appoint(self) -> None:
        """Let the first of those who wait lead, unless somebody does."""
        with self._mutex:
            if self._waiting and self._work.acquire(False):
                first = self._waiting[0]
                self._leader = first.thread
                first.woken.release()

    def _lead(self) -> None:
        """Ask for those who wait, the present thread among them."""
        with self._mutex:
            batch = self._taken()
        answers: Sequence[Answered] = ()
        fault: BaseException | None = None
        try:
            answers = drive(self._flow.ask([one for caller in batch for one in caller.requests]))
        except BaseException as error:
            fault = error
            raise
        finally:
            left = iter(answers)
            for caller in batch:
                caller.answers = tuple(islice(left, len(caller.requests)))
                caller.fault = None if fault is None else shared(fault)
                caller.woken.release()

    def _taken(self) -> list[_Caller]:
        batch: list[_Caller] = []
        room = MOST
        while self._waiting and (not batch or len(self._waiting[0].requests) <= room):
            caller = self._waiting.popleft()
            caller.taken = True
            room -= len(caller.requests)
            batch.append(caller)
        return batch


_GROUPS: WeakSet[Group] = WeakSet()


def forked() -> None:
    """Let every group begin again, in a process that was forked."""
    for group in tuple(_GROUPS):
        group.begin_again()


# There is no forking on Windows.
with suppress(AttributeError):
    os.register_at_fork(after_in_child=forked)


def shared(fault: BaseException) -> CrmflowError:
    """Return what reaches those whose batch failed in the hands of another."""
    if isinstance(fault, CrmflowError):
        # Each raises its own: a traceback belongs to one thread.
        return copy.copy(fault)
    found = UnavailableError("of this engine", f"{type(fault).__name__} ended a shared batch")
    found.__cause__ = fault
    return found
