"""Law: whatever fails, a receiver that drops doubles has every decision once, and in order."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.core.errors import UnavailableError
from crmflow.engine.engine import Engine
from crmflow.storage.memory import MemoryStore
from crmflow.testing.crashing import CrashingStore
from tests.delivery.receivers import Receiver, receiving
from tests.policies.letters import AT, CLERK, MATTER, config

EDITS = 4
FAR = 10**6
CALLS = ("journal", "outbox", "settle", "mark", "load", "commit")


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """Run a server that takes webhooks."""
    with receiving() as found:
        yield found


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from([200, 404, 429, 503]), st.integers(0, 25)), max_size=6),
    st.booleans(),
)
def test_nothing_is_lost_or_out_of_order(
    receiver: Receiver, rounds: list[tuple[int, int]], after: bool
) -> None:
    """The receiver fails, refuses and recovers; the store fails at any call of any round."""
    receiver.received.clear()
    hook = {"name": "hook", "to": receiver.url, "allow_private": True, "machines": ["matter"]}
    cut, clock = UnavailableError("test", "cut"), ManualClock(AT)
    store = CrashingStore(MemoryStore(), cut, at=FAR, after=after, calls=CALLS)
    with Engine(store, machines=[MATTER], config=config(deliveries=[hook]), clock=clock) as engine:
        ref = engine.create("matter", {"customer": "C-1"}, actor=CLERK, id="M-1").require().entity
        for number in range(EDITS):
            engine.fire(ref, "edit", {"text": str(number)}, actor=CLERK).require()
        for status, calls in [*rounds, (200, 0)]:
            receiver.status, store.count = status, FAR - calls
            with contextlib.suppress(UnavailableError):
                engine.retry_outbox()
            clock.advance(timedelta(hours=2))
        assert [row for row in engine.outbox() if row.target.machine == "hook"] == []
    bodies = {one.headers["webhook-id"]: one.body for one in receiver.received}
    assert all(bodies[one.headers["webhook-id"]] == one.body for one in receiver.received)
    told = [json.loads(body)["data"]["version"] for body in bodies.values()]
    assert told == list(range(1, EDITS + 2))
