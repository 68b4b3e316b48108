"""Reading by right: what is shown, what is noted, and who is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.errors import UnknownEntityError
from crmflow.engine.engine import Engine
from tests.engine.machines import CALL, NO_CHAIN, SALES

KEEPER = Actor("keeper-1", {"file_keeper"})
ROWS: Mapping[str, Sequence[Mapping[str, object]]] = {
    "access": [
        {"name": "call_events", "machine": "call", "events": ["*"]},
        {
            "name": "call_keeper", "machine": "call", "roles": ["file_keeper"],
            "fields": ["number"], "journaled": True, "rules": ["ACC-009", "ACC-010"],
        },
        {
            "name": "call_rings", "machine": "call", "roles": ["salesperson"],
            "fields": ["rings"], "rules": ["ACC-002"],
        },
    ],
}  # fmt: skip


@pytest.fixture
def calls() -> Iterator[Engine]:
    """Return an engine of calls that few may read."""
    config = Overlay(NO_CHAIN, ROWS)
    with Engine("memory:", machines=[CALL], config=config) as engine:
        engine.create("call", {"number": "400"}, actor=SALES, id="c").require()
        yield engine


def test_what_may_be_seen_is_shown_and_the_rest_withheld(calls: Engine) -> None:
    """A right names facts; without one that is journaled nothing is noted."""
    reading = calls.read(("call", "c"), actor=SALES)
    assert (reading.allowed, reading.facts, reading.withheld) == (True, {"rings": 0}, ("number",))
    assert calls.store.counts("main") == {("call", "ringing"): 1}


def test_a_journaled_read_is_noted_before_it_is_shown(calls: Engine) -> None:
    """Who, what for and what was shown stand in the journal of the entity's access log."""
    for purpose in ("audit", "again"):
        reading = calls.read(("call", "c"), actor=KEEPER, purpose=purpose)
        assert reading.facts == {"number": "400"}
    log = ("access_log", reading.log)
    assert calls.get(log).facts.reads == 2
    notes = [record.event.form for record in calls.journal(log)]
    assert [(one.reader, one.purpose, one.fields) for one in notes] == [
        ("keeper-1", "audit", ("number",)),
        ("keeper-1", "again", ("number",)),
    ]


def test_who_has_no_right_sees_nothing_and_is_told_who_could(calls: Engine) -> None:
    """A refused read shows no fact."""
    reading = calls.read(("call", "c"), actor=Actor("guest"))
    assert (reading.allowed, reading.facts) == (False, {})
    assert set(reading.verdicts[0].roles) == {"file_keeper", "salesperson"}


def test_what_is_not_there_cannot_be_read(calls: Engine) -> None:
    """As with any question about an entity."""
    with pytest.raises(UnknownEntityError):
        calls.read(("call", "none"), actor=SALES)
