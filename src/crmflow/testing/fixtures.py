"""What the fixtures of `crmflow.testing.plugin` are made of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from crmflow.clock import ManualClock, SystemClock
from crmflow.core.actor import Actor
from crmflow.core.errors import did_you_mean
from crmflow.engine.engine import Engine
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When a test begins that is not marked with `at`."""

WORDS = (
    "at",
    "config",
    "directory",
    "interpreter",
    "machines",
    "plugins",
    "profile",
    "retiring",
)
"""What the marker `crmflow` may say."""

Engines = Callable[..., Engine]
"""Makes an engine; what the test's markers say stands where nothing else is given."""


class Actors(Protocol):
    """Makes an actor with roles, named after the first of them."""

    def __call__(self, *roles: str, id: str = "", departments: Iterable[str] = ()) -> Actor:  # noqa: A002 - the field's word
        """Return the actor."""
        ...


def marked(node: pytest.Item) -> dict[str, Any]:
    """Return what the markers of a test say, what is nearest to it first."""
    found: dict[str, Any] = {}
    for mark in reversed(list(node.iter_markers("crmflow"))):
        unknown = sorted(mark.kwargs.keys() - set(WORDS))
        faults = [f"{word!r} is no word of it. {did_you_mean(word, WORDS)}" for word in unknown]
        faults += [f"{value!r} has no name: write machines=..." for value in mark.args]
        if faults:
            pytest.fail(f"marker crmflow of {node.nodeid}: {' '.join(faults)}", pytrace=False)
        found.update(mark.kwargs)
    return found


def clock_of(node: pytest.Item) -> ManualClock:
    """Return the clock of a test, at the instant that it is marked with."""
    return ManualClock(marked(node).get("at", MONDAY))


def is_shared(place: str) -> bool:
    """Say whether a store is used by others than one test."""
    return place not in {"memory", "sqlite"}


def tenant_on(place: str) -> str:
    """Return the tenant of one test."""
    return f"test-{SystemClock().new_id()}" if is_shared(place) else "main"


def opened(place: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """Yield a store, and close it afterwards."""
    url = place if is_shared(place) else "memory:"
    if place == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('tmp_path')}/crmflow.db"
    with closing(open_store(url)) as store:
        yield store


def engines_over(
    node: pytest.Item, store: Store, clock: ManualClock, tenant: str
) -> Iterator[Engines]:
    """
    Yield what makes engines, and close them afterwards.

    A test that leaves a thread behind, such as a worker it did not stop, fails: what goes on
    after a test is a fault of another one.
    """
    before, engines = set(threading.enumerate()), list[Engine]()
    words = {name: value for name, value in marked(node).items() if name != "at"}

    def make(**options: Any) -> Engine:  # noqa: ANN401 - what `Engine` takes
        given = {"clock": clock, "tenant": tenant, **words, **options}
        engines.append(Engine(given.pop("store", store), **given))
        return engines[-1]

    yield make
    for engine in reversed(engines):
        engine.registry.close()
        if engine.store is not store:
            engine.store.close()
    left = [one.name for one in threading.enumerate() if one not in before and not one.daemon]
    if left:
        told = f"{node.nodeid} left threads behind: {', '.join(sorted(left))}. Stop and join them."
        pytest.fail(told, pytrace=False)


def actor_with(*roles: str, id: str = "", departments: Iterable[str] = ()) -> Actor:  # noqa: A002 - the field's word
    """
    Return an actor.

    Args:
        roles: What it may do.
        id: Its id; left out, that of its first role and a one: `salesperson-1`.
        departments: Where it belongs.
    """
    return Actor(id or f"{(*roles, 'guest')[0]}-1", roles, departments=departments)
