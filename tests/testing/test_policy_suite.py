"""The suite of policies finds what is wrong with a plugin: each law has one that breaks it."""

import base64
import cProfile
import gc
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from itertools import product
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import Phase, example, given
from hypothesis import strategies as st

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Put
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.policy import Evolve, Evolved, Line, Occurrence, Policy
from crmflow.core.proposal import Proposal
from crmflow.core.tables import MachineRow, Table, Tables
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.core.verdict import Answer, Verdict
from crmflow.hookspecs import hookimpl
from crmflow.testing import PolicySuite
from crmflow.testing.policy_days import LATER, postponed
from crmflow.testing.policy_suite import name_of
from crmflow.testing.policy_watching import Watch, impure, spied

Said = Callable[[Snapshot[Any], Proposal], Verdict | None]
NAMED = Verdict("odd", Answer.REFUSE, "role", "row")
LATE = {
    "deadlines": [
        {
            "name": "answered",
            "machine": "lead",
            "kind": "time_in_state",
            "start": [{"states": ["identified"]}],
            "target": "8h",
        }
    ]
}


@attrs.frozen
class Judging:
    """A plugin that judges by a function."""

    says: Said

    @hookimpl
    def judge_for(self, machine: Machine, event: str, tables: Tables) -> Judge | None:
        """Judge everything but creations."""
        return None if event == machine.creating else self.says


@attrs.frozen
class Kept:
    """What the policy remembers."""

    word: str = ""


@attrs.frozen
class Remembering:
    """A policy that remembers a value, opens a task and starts a timer."""

    value: Any = "fine"
    schema: int = 1
    lines: tuple[str, ...] = ()
    name: str = "odd"
    state: type = Kept
    shared: list[str] | None = None

    @property
    def reserved(self) -> Mapping[str, type | None]:
        """One event, that of its timer."""
        return {f"${self.name}": None}

    def evolve_for(self, event: str) -> Evolve | None:
        """Run after every event."""
        return self._evolve

    def _evolve(self, state: Kept | None, seen: Occurrence) -> Evolved | None:
        if self.shared is not None:
            self.shared.append(self.name)
        if state is not None or (self.shared and len(self.shared) % 2 == 0):
            return None
        due = datetime(2027, 1, 1, tzinfo=UTC)
        timer = Timer(f"{self.name}:late", f"${self.name}", due, seen.version)
        task = Task(f"{self.name}-1", self.name, "boss", seen.event.at)
        return Evolved(Kept(self.value), (Put("timers", timer), Put("tasks", task)))

    def upgraded(self, schema: int, value: Mapping[str, object]) -> Mapping[str, object]:
        """Read the word that was called otherwise."""
        return {"word": value["text"]}

    def explain(self, state: Kept | None, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Say the lines."""
        return [Line(code) for code in self.lines]


@attrs.frozen
class Row(MachineRow):
    """A row of the plugin's own."""


@attrs.frozen
class Bringing:
    """A plugin with policies, or with a table whose days it may forget."""

    policies: tuple[Remembering, ...] = ()
    forgets: bool = False

    @hookimpl
    def policies_for(self, machine: Machine, tables: Tables) -> Sequence[Policy]:
        """Bring the policies."""
        return self.policies

    @hookimpl
    def tables(self) -> Sequence[Table]:
        """Bring the table."""
        return (Table("odd", Row),)

    @hookimpl
    def judge_for(self, machine: Machine, event: str, tables: Tables) -> Judge | None:
        """Refuse while a row is in force."""

        def judge(_before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
            day = tables.day(proposal.event.at)
            rows = [one for one in tables.of("odd", Row) if self.forgets or one.in_force(day)]
            return NAMED if rows else None

        return judge


def suite(
    tried: object, rows: Mapping[str, Any] | None = None, **more: object
) -> type[PolicySuite]:
    """Return a suite of a plugin about leads."""
    own = {"plugin": tried, "machines": ("lead",), "rows": rows or {}, "steps": 3, "stories": 4}
    own["phases"] = (Phase.generate,)
    return type("Tried", (PolicySuite,), {**own, **more})


def broken(law: str, tried: type[PolicySuite]) -> str:
    """Return what a law says of a plugin that breaks it."""
    with tried.opened(tried.rows) as desk, pytest.raises(AssertionError) as told:
        getattr(tried(), law)(desk)
    return str(told.value)


def reads_clock(_before: Snapshot[Any], _proposal: Proposal) -> Verdict | None:
    """Judge by the clock."""
    return NAMED if datetime.now(UTC).year < 2000 else None


def throws_dice(_before: Snapshot[Any], _proposal: Proposal) -> Verdict | None:
    """Judge by chance."""
    return NAMED if random.random() < 0 else None


def changes_facts(_before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
    """Change what it was given."""
    changes: Any = proposal.changes
    changes["name"] = "other"
    return None


def counting() -> Said:
    """Return a judge that says something else each time."""
    seen: list[int] = []

    def judge(_before: Snapshot[Any], _proposal: Proposal) -> Verdict | None:
        seen.append(1)
        return NAMED if len(seen) % 2 else None

    return judge


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (reads_clock, "reads datetime.now"),
        (throws_dice, "reads random.random"),
        (changes_facts, "changes what it is given"),
        (counting(), "answers differently the second time"),
    ],
    ids=["clock", "dice", "changes", "counts"],
)
def test_what_is_not_pure_is_found(says: Said, told: str) -> None:
    """A judge that reads the clock, throws dice, changes its arguments or counts is told so."""
    assert told in broken("test_it_is_pure", suite(Judging(says)))


def test_who_reads_anothers_state_is_found() -> None:
    """A judge that looks at what another policy remembers is told so."""
    nosy = Judging(lambda before, _proposal: before.policy("sla") and NAMED)
    found = broken("test_it_knows_no_other_policy", suite(nosy, LATE))
    assert "reads another policy's state" in found


def test_an_order_that_shows_is_found() -> None:
    """Two policies of which only the first that is asked begins are told so."""
    shared: list[str] = []
    both = Remembering(shared=shared), Remembering(name="even", shared=shared)
    found = broken("test_the_order_of_plugins_does_not_show", suite(Bringing(both)))
    assert "the order of plugins shows" in found


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (Verdict("odd", Answer.REFUSE, "role"), "names neither row nor rule"),
        (Verdict("", Answer.REFUSE, "role", "row"), "names no policy"),
        (Verdict("odd", Answer.REFUSE, "oddity", "row"), "has no text in 'en'"),
    ],
    ids=["row", "policy", "text"],
)
def test_a_verdict_that_says_nothing_is_found(verdict: Verdict, told: str) -> None:
    """Policy, row or rule, and the texts of the reason are asked for."""
    mute = Judging(lambda _before, _proposal: verdict)
    assert told in broken("test_its_verdicts_say_why", suite(mute))


def test_a_line_without_text_is_found() -> None:
    """What an explanation says has its text in both languages."""
    refusing = Bringing((Remembering(lines=("oddity",)),))
    assert "'oddity' of the section 'lines'" in broken("test_it_is_explained", suite(refusing))


def test_a_state_that_is_not_kept_is_found() -> None:
    """A number where the state says text comes back as text."""
    forgetful = Bringing((Remembering(value=7),))
    assert "remembers what cannot be kept" in broken("test_its_state_is_kept", suite(forgetful))


def test_days_that_are_forgotten_are_found() -> None:
    """A judge that goes by rows which are not in force yet is told so, but for undated tables."""
    rows = {"odd": [{"name": "one", "machine": "lead"}]}
    law = "test_rows_count_from_their_day_on"
    forgetful = suite(Bringing(forgets=True), rows)
    assert "rows count before their day" in broken(law, forgetful)
    for tried in (suite(Bringing(), rows), suite(Bringing(forgets=True), rows, undated={"odd"})):
        with tried.opened(rows) as desk:
            tried().test_rows_count_from_their_day_on(desk)


@pytest.mark.parametrize(
    "days",
    [
        ({"until_on": date(2026, 12, 31)},),
        ({}, {"from_on": date(2026, 6, 1)}),
        ({"from_on": "2026-06-01", "until_on": "9999-12-31"}, {"from_on": date(2025, 1, 1)}),
    ],
)
def test_rows_of_any_days_begin_later(days: Sequence[Mapping[str, object]]) -> None:
    """Rows that end, and rows of one name that follow each other, are as good then as now."""
    rows = {"odd": [{"name": "one", "machine": "lead", **one} for one in days]}
    tried = suite(Bringing(), rows)
    with tried.opened(rows) as desk:
        tried().test_rows_count_from_their_day_on(desk)


DAY = st.dates(date(2020, 1, 1), date(2030, 12, 31)) | st.just(date.max)
DATED = st.fixed_dictionaries({}, optional={"from_on": DAY, "until_on": DAY})


@given(st.lists(DATED, max_size=4))
@example([{"from_on": date.max}])
@example([{"until_on": date.max}, {"from_on": date(2026, 1, 1)}])
def test_days_stand_to_each_other_as_they_did(rows: list[Mapping[str, date]]) -> None:
    """Each begins after all stories; of any two days the earlier one is the earlier then."""
    later: Any = postponed({"odd": rows})["odd"]
    assert all(row["from_on"] >= LATER for row in later)
    days = [
        (one.get(name, date.min), other[name])
        for one, other in zip(rows, later, strict=True)
        for name in ({"from_on"} | one.keys())
    ]
    for (one, then), (other, after) in product(days, repeat=2):
        assert one > other or then <= after, f"{one} and {other} become {then} and {after}"
        assert one >= other or then < after or after == date.max


def test_a_former_state_must_be_given() -> None:
    """A policy of a later schema is asked what its states were before."""
    tried = suite(Bringing((Remembering(schema=2),)))
    assert "former lacks 'odd' of schema 1" in broken("test_older_states_are_read", tried)
    given = suite(Bringing((Remembering(schema=2),)), former={("odd", 1): {"text": "old"}})
    with given.opened({}) as desk:
        given().test_older_states_are_read(desk)


def test_a_policy_with_timers_and_tasks_keeps_the_laws() -> None:
    """What is remembered, missed, retired and attached is as it should be."""
    tried = suite(Bringing((Remembering(),)))
    with tried.opened({}) as desk:
        for law in dir(PolicySuite):
            if law.startswith("test_"):
                getattr(tried(), law)(desk)


def test_a_plugin_may_be_a_file(tmp_path: Path) -> None:
    """Its name is that of the file, without the ending."""
    file = tmp_path / "odd_file.py"
    file.write_text(
        "from crmflow import hookimpl\n\n@hookimpl\ndef texts(lang):\n    return {}\n", "utf-8"
    )
    with suite(file).opened({}) as desk:
        assert desk.plugin == "odd_file"


ROLLING = """
import random
from crmflow import hookimpl

@hookimpl
def judge_for(machine, event):
    if event == machine.creating:
        return None
    return lambda before, proposal: random.random() < 0 or None
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the module of an installed plugin that throws dice; its entry point is `dice`."""
    (tmp_path / "crmflow_dice.py").write_text(ROLLING, "utf-8")
    info = tmp_path / "dice-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dice\nVersion: 1\n", "utf-8")
    (info / "entry_points.txt").write_text("[crmflow]\ndice = crmflow_dice\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "crmflow_dice"
    del sys.modules["crmflow_dice"]


def test_an_installed_plugin_may_be_called_by_its_module(installed: str) -> None:
    """An engine has it under the name of its entry point: that is watched and left out."""
    tried = suite(installed)
    with tried.opened({}) as desk:
        assert desk.plugin == "dice"
    assert "reads random.random" in broken("test_it_is_pure", tried)


def test_a_plugin_that_is_not_there_is_told() -> None:
    """Nothing of it would be tested, and all would pass."""
    with (
        suite(Bringing()).opened({}) as desk,
        pytest.raises(AssertionError, match="nothing of it would be tested"),
    ):
        name_of(Judging(throws_dice), desk.engine)


def test_a_profiler_that_is_on_is_left_alone() -> None:
    """Whatever it is: what is watched is watched aside."""
    profiler, called = cProfile.Profile(), list[object]()
    profiler.enable()
    try:
        before = sys.getprofile()
        assert spied(time.time)[1] == ["time.time"]
        assert sys.getprofile() is before
    finally:
        profiler.disable()

    def mine(_frame: object, kind: str, one: object) -> None:
        called.append((kind, one))

    was = sys.getprofile()
    sys.setprofile(mine)
    try:
        spied(time.time)
        assert sys.getprofile() is mine
    finally:
        sys.setprofile(was)
    assert ("c_call", time.time) not in called


@pytest.mark.parametrize("on", [True, False])
def test_the_garbage_collector_is_nobodys_reading(*, on: bool) -> None:
    """Whoever is told of it, as Hypothesis is, reads clocks that the function does not."""

    def told(_phase: str, _info: object) -> None:
        time.perf_counter()

    def run() -> int:
        return len([[number] for number in range(50_000)])

    was = gc.isenabled()
    (gc.enable if on else gc.disable)()
    gc.callbacks.append(told)
    try:
        assert spied(run) == (50_000, [])
        assert gc.isenabled() is on
    finally:
        gc.callbacks.remove(told)
        (gc.enable if was else gc.disable)()


def test_what_a_watched_function_raises_is_raised() -> None:
    """As it is."""
    with pytest.raises(ZeroDivisionError):
        spied(lambda: 1 // 0)


def test_a_watched_function_has_the_context_it_would_have() -> None:
    """Such as how decimals are rounded."""
    with localcontext(prec=3):
        assert str(spied(lambda: Decimal(1) / 3)[0]) == "0.333"


def test_what_a_pure_function_does_not_read_is_seen(tmp_path: Path) -> None:
    """Clocks, chance and files are seen; what is only computed is not."""
    file = tmp_path / "a.txt"

    def run() -> str:
        time.time()
        date.today()  # noqa: DTZ011 - what is caught
        file.open("w").close()
        return datetime(2026, 1, 1, tzinfo=UTC).astimezone(UTC).isoformat()

    answer, read = spied(run)
    assert answer == "2026-01-01T00:00:00+00:00"
    assert {"time.time", "date.today", "open"} == set(read)


@pytest.mark.parametrize(
    ("called", "told"),
    [
        (time.time, "time.time"),
        (random.random, "random.random"),
        (date.today, "date.today"),
        (datetime.now, "datetime.now"),
        (open, "open"),
        ({"open": 1}.get, None),
        (len, None),
    ],
)
def test_what_is_impure_is_named(called: object, told: str | None) -> None:
    """Built-in functions that read clocks, chance or files have a name to be told."""
    assert impure(called) == told


def test_facts_may_be_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two engines that a story is told to keep the keys of their entities apart."""
    for name in ("main", "index"):
        monkeypatch.setenv(name.upper(), base64.b64encode(name.ljust(32).encode()).decode())
    rows = {"encryption": [{"name": "x", "machine": "lead", "fields": ["name"], "key": "main"}]}
    keys = {"storage.keys": {"main": "env:MAIN", "index": "env:INDEX"}}
    tried = suite("sla", {**LATE, **rows}, profile="demo", settings=keys)
    with tried.opened(tried.rows) as desk:
        for law in ("order_of_plugins_does_not_show", "may_come_later", "state_is_kept"):
            named = next(one for one in dir(PolicySuite) if one.endswith(law))
            getattr(tried(), named)(desk)


def test_only_the_plugin_is_watched() -> None:
    """What other plugins judge is asked as it was; an entity that is not there yet folds."""
    with suite(Judging(throws_dice)).opened({}) as desk:
        registry = desk.engine.registry
        assert Watch("another").over(registry).judges == registry.judges
        assert desk.telling().folds
