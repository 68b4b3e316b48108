"""What was: read from a log or a store, fitted, and simulated on."""

import json
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from crmflow import (
    Actor,
    ConfigurationError,
    Engine,
    EntityRef,
    ListedDirectory,
    ManualClock,
    Person,
    Scenario,
    StoreFileError,
    simulate,
)
from crmflow.analysis.simulation.company import opened
from crmflow.analysis.simulation.running import histories_of
from crmflow.storage.rows import Pruned
from tests.analysis.simulation.visits import HERE, document, local, row

MAPPING = """
format = "csv"
case = "who"
state = "state"
time = "at"
zone = "UTC"
[states]
"in" = "waiting"
"out" = "served"
"gone" = "left"
[columns]
rank = {}
came = { type = "instant" }
"""


def history(**columns: object) -> dict[str, Any]:
    """Return the row of a history."""
    return {"name": "was", "machine": "visit", **columns}


def written(folder: Path, lines: list[str]) -> dict[str, Any]:
    """Write a log, and return the history that it tells."""
    (folder / "mapping.toml").write_text(MAPPING)
    (folder / "log.csv").write_text("\n".join(["who,state,at,rank,came", *lines]) + "\n")
    return history(log=str(folder / "log.csv"), mapping=str(folder / "mapping.toml"))


def read(**changes: object) -> Scenario:
    """Return a scenario over a history."""
    return Scenario.of(document(config="company.toml", **changes), "was", HERE.parent)


def visits(folder: Path, count: int = 200) -> dict[str, Any]:
    """Return a history of visits on Mondays between nine and ten, served within 20 minutes."""
    lines = []
    for n in range(count):
        at = local("2025-11-03T09:00") + timedelta(weeks=n % 4, minutes=n % 60)
        rank = "gold" if n % 4 == 0 else "plain"
        lines.append(f"{n},in,{at.isoformat()},{rank},")
        end = at + timedelta(minutes=1 + n % 20)
        lines.append(f"{n},{'gone' if n % 5 == 0 else 'out'},{end.isoformat()},{rank},")
    return written(folder, lines)


def test_a_log_tells_when_cases_came_and_how_long_they_stayed(tmp_path: Path) -> None:
    """Rows of no state, or that cannot be read, are left out; time never goes back."""
    found = written(
        tmp_path,
        [
            "a,in,2025-11-03T09:00,gold,",
            "a,in,2025-11-03T09:05,gold,",
            "a,lost,2025-11-03T09:06,gold,",
            "a,out,2025-11-03T08:00,gold,",
            "b,out,2025-11-04T09:30,plain,2025-11-04T09:10+00:00",
            "b,out,never,plain,",
            "c,in,2025-11-09T09:00,plain,",
        ],
    )
    scenario = read(histories=[{**found, "opened": "came", "until_on": date(2025, 11, 8)}])
    with opened(scenario) as company:
        (was,) = histories_of(company).values()
    assert was.began == [local("2025-11-03T09:00"), local("2025-11-04T09:10")]
    assert was.stays == {("waiting", "served"): [5.0, 20.0]}
    assert was.facts[0] == {"rank": "gold"}
    assert was.between(["waiting"], "left") == []
    later = read(histories=[{**found, "from_on": date(2025, 11, 4), "calendar": "office"}])
    with opened(later) as company:
        (was,) = histories_of(company).values()
    assert was.began == [local("2025-11-04T09:30"), local("2025-11-09T09:00")]


def test_a_log_is_simulated_on(tmp_path: Path) -> None:
    """Arrivals, kinds of cases, moves and times are those of the log; the distance is told."""
    fitted = {"law": "fit", "history": "was", "family": "empirical"}
    doing = {"machine": "visit", "states": ["waiting"], "choice": "end", "roles": ["clerk"]}
    scenario = read(
        days=28,
        arrivals=[{"name": "visits", "machine": "visit", "history": "was",
                   "mix": [{"history": "was", "fields": ["rank", "note"]}]}],
        doings=[
            {**doing, "name": "served", "event": "serve", "to": "served", "after": fitted},
            {**doing, "name": "left", "event": "note", "payload": {"note": "x"}, "to": "left",
             "after": {**fitted, "family": "best"}},
        ],
        histories=[
            {**visits(tmp_path), "from_on": date(2025, 11, 3), "until_on": date(2025, 11, 30)},
        ],
    )  # fmt: skip
    with opened(scenario) as company:
        (was,) = histories_of(company).values()
        assert Counter(one["rank"] for one in was.facts) == {"gold": 50, "plain": 150}
    found = simulate(scenario)
    fits = found.tables["fits"].rows
    assert row(fits, work="served")["count"] == 160
    assert row(fits, work="served")["law"] == "empirical"
    assert float(str(row(fits, work="served")["ks"])) < 0.06
    assert row(fits, work="left")["count"] == 40
    came = [int(str(one["came"])) for one in found.tables["throughput"].rows]
    # 200 in the four weeks of the log; within four standard deviations.
    assert 143 < sum(came) < 257
    ended = found.tables["durations"].rows[0]
    assert 0.6 < int(str(ended["count"])) / sum(came) < 0.9
    assert float(str(ended["longest"])) <= 0.35


def test_a_store_is_read_and_never_written(tmp_path: Path) -> None:
    """Its journals tell the same as a log would."""
    file = tmp_path / "real.db"
    url = f"sqlite:///{file}"
    clock = ManualClock(local("2025-11-03T09:00"))
    plugins = [str(HERE)]
    with Engine(url, machines=["visit"], plugins=plugins, clock=clock) as engine:
        asked = engine.create("visit", {"rank": "gold"}, actor=_clerk()).require()
        clock.advance(timedelta(minutes=30))
        engine.fire(asked.entity, "note", {"note": "x"}, actor=_clerk()).require()
        engine.fire(asked.entity, "serve", actor=_clerk()).require()
    before = file.read_bytes()
    scenario = read(histories=[history(store=url)])
    with opened(scenario) as company:
        (was,) = histories_of(company).values()
    assert was.stays == {("waiting", "served"): [30.0]}
    assert was.facts == [{"rank": "gold"}]
    assert file.read_bytes() == before


def test_a_life_whose_beginning_was_pruned_is_left_out() -> None:
    """Nobody knows any more when it began."""
    ref = EntityRef("main", "visit", "old")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/real.db"
        clock = ManualClock(local("2025-11-03T09:00"))
        with Engine(url, machines=["visit"], plugins=[str(HERE)], clock=clock) as engine:
            engine.create("visit", actor=_clerk(), id="old").require()
            (row,) = engine.store.load([ref])
            engine.fire(ref, "serve", actor=_clerk()).require()
            engine.create("visit", actor=_clerk(), id="young").require()
            assert row is not None
            assert engine.store.prune(ref, Pruned(1, row.at, row.head, row.snapshot), {})
        with opened(read(histories=[history(store=url)])) as company:
            (was,) = histories_of(company).values()
    assert len(was.began) == 1
    assert was.stays == {}


def test_a_life_begins_once_its_creation_is_approved(tmp_path: Path) -> None:
    """With what is known then; what still waits for approval, or was refused, is no life."""
    chains = '[[chains]]\nname = "coming"\nmachine = "visit"\nevent = "come"\nroles = "head"\n'
    own = tmp_path / "own.toml"
    own.write_text(f'[settings.company]\nzone = "UTC"\n{chains}')
    url, clock = f"sqlite:///{tmp_path}/real.db", ManualClock(local("2025-11-03T09:00"))
    plugins, head = [str(HERE)], Actor("ann", {"head"})
    people = ListedDirectory((Person("ann", ("head",)),))
    with Engine(
        url, machines=["visit"], plugins=plugins, clock=clock, config=own, directory=people
    ) as engine:
        for name in ("approved", "refused", "waits"):
            assert engine.create("visit", {"rank": name}, actor=_clerk(), id=name).held
        clock.advance(timedelta(minutes=10))
        form = {"request": "come", "reason": "full"}
        engine.fire(("visit", "approved"), "$approve", {"request": "come"}, actor=head).require()
        engine.fire(("visit", "refused"), "$refuse", form, actor=head).require()
        clock.advance(timedelta(minutes=5))
        engine.fire(("visit", "approved"), "serve", actor=_clerk()).require()
    with opened(read(histories=[history(store=url)])) as company:
        (was,) = histories_of(company).values()
    assert was.began == [local("2025-11-03T09:10")]
    assert was.facts == [{"rank": "approved"}]
    assert was.stays == {("waiting", "served"): [5.0]}


def test_a_store_that_is_not_there_is_never_made(tmp_path: Path) -> None:
    """A misspelt name is an error; a relative path is beside the scenario."""
    found = history(store="sqlite:///reel.db?timeout=1")
    scenario = Scenario.of(document(histories=[found], plugins=[str(HERE)]), "was", tmp_path)
    assert scenario.store("sqlite:///reel.db") == f"sqlite:///{tmp_path}/reel.db"
    with pytest.raises(StoreFileError, match=r"reel\.db"):
        simulate(scenario)
    assert list(tmp_path.iterdir()) == []


def test_a_store_beside_the_scenario_is_read(tmp_path: Path) -> None:
    """Wherever the command runs."""
    url = f"sqlite:///{tmp_path}/real.db"
    clock = ManualClock(local("2025-11-03T09:00"))
    with Engine(url, machines=["visit"], plugins=[str(HERE)], clock=clock) as engine:
        engine.create("visit", actor=_clerk()).require()
    found = history(store="sqlite:///real.db")
    scenario = Scenario.of(document(histories=[found], plugins=[str(HERE)]), "was", tmp_path)
    with opened(scenario) as company:
        (was,) = histories_of(company).values()
    assert was.began == [local("2025-11-03T09:00")]


def _clerk() -> Actor:
    return Actor("clerk", {"clerk"})


def test_what_never_was_cannot_be_fitted(tmp_path: Path) -> None:
    """Neither a machine that the history has nothing of, nor a move nobody made."""
    with pytest.raises(ConfigurationError, match="no visit began in its days"):
        simulate(read(histories=[written(tmp_path, [])]))
    lines = ["a,in,2025-11-03T09:00,gold,", "a,out,2025-11-03T09:10,gold,"]
    scenario = read(
        doings=[{"name": "left", "machine": "visit", "states": ["waiting"], "event": "leave",
                 "to": "left", "after": {"law": "fit", "history": "was"}}],
        histories=[written(tmp_path, lines)],
    )  # fmt: skip
    with pytest.raises(ConfigurationError, match="nothing ever left"):
        simulate(scenario)


def test_documents_are_json(tmp_path: Path) -> None:
    """All that is told can be written down."""
    found = simulate(read(histories=[visits(tmp_path, 8)], days=1))
    assert json.loads(json.dumps(found.document()))["scenario"] == "was"
