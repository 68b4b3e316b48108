"""What analyses are given: properties, stories and scenarios, lived as far as they are right."""

from __future__ import annotations

import copy
import functools
import json
import sys
from collections.abc import Iterable
from datetime import timedelta
from types import ModuleType
from typing import Any

from hypothesis import assume, example
from hypothesis import strategies as st

from crmflow.analysis.exploring import Bounds, always, explore_machine, in_state, never, read_story
from crmflow.analysis.exploring.property import Predicate, Property, leads_to, precedes
from crmflow.analysis.exploring.property_file import read_statements
from crmflow.analysis.exploring.replaying import replay_story
from crmflow.analysis.exploring.staffing import registry_of
from crmflow.analysis.simulation import Scenario, simulate
from crmflow.core.entity import Snapshot
from crmflow.core.errors import CrmflowError
from crmflow.flow.registry import Registry
from crmflow.testing.bench import shipped
from tests.analysis.parcels import PARCEL
from tests.analysis.simulation import visits
from tests.fuzz.hostile import TEXTS, Document, mutated
from tests.fuzz.passes import BLAME, fuzzed, told_clearly

FEW = Bounds(situations=4, depth=4, payloads=2, horizon=timedelta(days=2))


@functools.cache
def parcels() -> Registry:
    """Return what runs parcels."""
    return registry_of([PARCEL])


def _fails(_snapshot: Snapshot[Any]) -> bool:
    raise RuntimeError


CLAIMS: st.SearchStrategy[Predicate] = st.one_of(
    st.sampled_from(("packed", "sent", "delivered")).map(in_state),
    TEXTS.map(in_state),
    st.sampled_from((_fails, lambda one: one.facts.nothing, lambda one: one)),
)


@st.composite
def statements(draw: st.DrawFn) -> Document:
    """Draw what a file of properties says, with something wrong in it or in its claims."""
    ways = st.sampled_from((never, always))
    one = draw(st.builds(lambda way, name, claim: way(name, claim), ways, TEXTS, CLAIMS))
    pairs = st.sampled_from((precedes, leads_to))
    two = draw(st.builds(lambda way, a, b: way("two", a, b), pairs, CLAIMS, CLAIMS))
    right: Document = {
        "PROPERTIES": {"parcel": [one, two]},
        "SAMPLES": {"parcel": {"pack": [{"receiver": "ann", "size": "small"}], "send": [{}]}},
    }
    return right if draw(st.booleans()) else draw(mutated(right))


@fuzzed(short=8, long=250, stated=statements())
@example(stated={"PROPERTIES": {"parcel": None}})
@example(stated={"SAMPLES": {"parcel": [{}]}})
@example(stated={"SAMPLES": {"parcel": {"pack": [[]], "send": [{}]}}})
def test_properties_are_held_or_named(stated: Document) -> None:
    """A file of properties is refused by its name, or a machine explored with it."""
    module = ModuleType("fuzzed_statements")
    vars(module).update({key: value for key, value in stated.items() if isinstance(key, str)})
    sys.modules[module.__name__] = module
    with told_clearly("fuzzed_statements", "parcel"):
        read = read_statements(module.__name__, ["parcel"])
        own: Iterable[Property] = read.properties.get("parcel", ())
        samples = read.samples.get("parcel", {})
        explore_machine(parcels(), "parcel", bounds=FEW, properties=own, samples=samples)


@functools.cache
def payments() -> Registry:
    """Return what runs payments."""
    from crmflow.clock import ManualClock
    from crmflow.storage.memory import MemoryStore
    from crmflow.testing.fixtures import MONDAY

    return shipped("payment").engine(MemoryStore(), ManualClock(MONDAY)).registry


LINES: list[dict[str, Any]] = [
    {"story": "payment", "state": "recorded"},
    {
        "at": "2026-03-02T01:00:00+00:00",
        "event": "expect",
        "actor": "asker-1",
        "roles": ["sales_service"],
        "payload": {
            "customer": "C-1",
            "contract": "K-1",
            "amount": "5 CNY",
            "signed_at": "2026-03-02T01:00:00+00:00",
        },
    },
    {"at": "2026-03-02T02:00:00+00:00", "event": "invoice", "actor": "asker-1",
     "roles": ["sales_service"], "payload": {"invoice": "I-1"}},
    {"at": "2026-03-09T01:00:00+00:00"},
    {"at": "2026-03-09T01:00:00+00:00", "event": "$mirror", "payload": {
        "name": "contract", "machine": "contract", "id": "K-1", "state": "signed", "facts": {}}},
]  # fmt: skip
EVENTS = st.sampled_from(("record", "cancel", "$adopt", "$pause", "$ask", "$approve", "$mirror"))


@st.composite
def stories(draw: st.DrawFn) -> list[str]:
    """Draw the lines of a story with something wrong in some of them."""
    found = draw(mutated({"lines": LINES})).get("lines", []) if draw(st.booleans()) else LINES
    lines = copy.deepcopy(found) if isinstance(found, list) else [found]
    for line in lines[1:]:
        if isinstance(line, dict) and draw(st.integers(0, 3)) == 0:
            line["event"] = draw(EVENTS)
    return [json.dumps(line, default=str) for line in lines]


@fuzzed(short=40, long=400, lines=stories())
@example(lines=[json.dumps(LINES[0]), json.dumps({**LINES[3], "event": "$adopt"})])
@example(lines=[json.dumps(LINES[0]), json.dumps({**LINES[3], "event": "$mirror"})])
def test_stories_happen_again_or_their_lines_are_named(lines: list[str]) -> None:
    """A story is refused by its lines, or each of its happenings is answered."""
    with told_clearly("lost.jsonl", "payment", "machine"):
        replayed = replay_story(payments(), read_story(lines, "lost.jsonl"))
        for _, found in replayed.answers:
            if isinstance(found, Exception):
                assert isinstance(found, CrmflowError)
                assert not isinstance(found, BLAME)
                assert str(found).strip()


COUNTER: Document = visits.document(
    title="a counter",
    seed=3,
    warm_up_days=1,
    queue={"discipline": "priority", "by": "rank", "order": ["gold", "plain"]},
    arrivals=[
        {
            "name": "visits",
            "machine": "visit",
            "per_week": 40,
            "hours": [0, *[1] * 22, 2],
            "weekdays": [1, 1, 1, 1, 1, 0.5, 0],
            "growth": 0.1,
            "season": {"01": 1.5},
            "limit": 9,
            "customers": 4,
            "mix": [{"weight": 2, "payload": {"rank": "plain"}, "draws": {"rank": {"gold": 1}}}],
        }
    ],
    doings=[
        {
            **visits.SERVE,
            "match": {"rank": "gold"},
            "choice": "first",
            "weight": 2,
            "after": {"law": "weibull", "scale": "5min", "shape": 1.2},
            "again": {"law": "constant", "value": "1h"},
        },
        {
            "name": "leave",
            "machine": "visit",
            "states": ["waiting"],
            "event": "leave",
            "chance": 0.5,
            "until": "serve",
            "after": {"law": "mixture", "parts": [
                {"law": "gamma", "mean": "1h", "shape": 2.0, "weight": 2},
                {"law": "lognormal", "median": "2h", "sigma": 0.5},
                {"law": "empirical", "quantiles": ["1min", "2min", "3h"]},
            ]},
            "payload": {},
        },
        {
            "name": "note",
            "machine": "visit",
            "states": ["waiting"],
            "event": "note",
            "after": {"law": "constant", "value": "2min"},
            "payload": {"note": "{n} of {customer} at {at + 2h}"},
        },
    ],
    staff=[
        {
            "name": "clerk",
            "roles": ["clerk"],
            "count": 2,
            "skills": ["talk"],
            "departments": ["front"],
            "per_hour": "90 CNY",
            "away": [{"from_on": "2026-01-06", "until_on": "2026-01-06", "stand_in": "clerk-2"}],
        }
    ],
    voting=[{"name": "all", "machine": "visit", "approve": 0.5,
             "takes": {"law": "exponential", "mean": "5min"}}],
)  # fmt: skip
_MOST_DAYS, _MOST_CASES = 60, 60.0


def is_short(scenario: Scenario) -> bool:
    """Say whether a scenario asks for no more than a few cases in a few days."""
    rows = scenario.rows
    weeks = rows.days / 7
    span = timedelta(days=rows.days)
    asked = ((one.per_week or 0) * weeks * one.grows(span) for one in rows.arrivals)
    return rows.days <= _MOST_DAYS and sum(asked) <= _MOST_CASES


NO_MIX: Document = {**COUNTER, "arrivals": [{**COUNTER["arrivals"][0], "mix": []}]}


@fuzzed(short=12, long=120, drawn=mutated(COUNTER), lang=st.sampled_from(("en", "zh")))
@example(drawn=NO_MIX, lang="en")
def test_scenarios_are_lived_or_their_faults_named(drawn: Document, lang: str) -> None:
    """A scenario is refused by what is wrong in it, or its days pass."""
    with told_clearly("scenario 'counter'", "plugin", "machine", "config", "profile"):
        read = Scenario.of(drawn, "counter", visits.HERE.parent)
        assume(is_short(read))
        simulate(read, lang=lang)


def test_what_is_changed_is_right_before() -> None:
    """The scenario and the story that the others begin with are lived whole."""
    assert simulate(Scenario.of(COUNTER, "counter", visits.HERE.parent)).document()
    lines = [json.dumps(line) for line in LINES]
    assert replay_story(payments(), read_story(lines)).state == "expected"
