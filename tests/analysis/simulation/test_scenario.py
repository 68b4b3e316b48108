from pathlib import Path
from typing import Any

import pytest

from crmflow import ConfigurationError, Scenario
from tests.analysis.simulation.visits import document, scenario


def faults(found: dict[str, Any]) -> str:
    """Return what is said of a scenario that cannot be read."""
    with pytest.raises(ConfigurationError) as raised:
        Scenario.of(found)
    return str(raised.value)


def law(**columns: object) -> dict[str, Any]:
    """Return a scenario whose clerk takes such a time."""
    (serve,) = document()["doings"]
    return document(doings=[{**serve, "takes": columns}])


def test_all_faults_are_told_at_once() -> None:
    """Each with its path, why, and what would be right."""
    found = document(days=0, seeds=1, arrivals=[{"name": "a", "machine": "visit"}])
    told = faults(found)
    assert "$.days: number, expected a whole number from 1" in told
    assert "$.seeds: unknown. Did you mean 'seed'?" in told
    assert "$.arrivals[0]: invalid, expected `per_week`, or a `history` to count in" in told


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"law": "gamma", "mean": "2h"}, "gamma with mean, shape, not with mean"),
        ({"law": "constant", "value": "2h", "mean": "1h"}, "constant with value, not with"),
        ({"law": "constant", "value": "2wh"}, "a length such as '90s', '20min' or '2h'"),
        ({"law": "weibull", "scale": "2h", "shape": 0}, "a number from 0.05 to 30"),
        ({"law": "lognormal", "median": "2h", "sigma": 600}, "a number from 0.05 to 30"),
        (
            {"law": "mixture", "parts": [{"law": "constant", "value": "2h", "weight": 0}]},
            "a number greater than 0",
        ),
        ({"law": "empirical", "quantiles": ["2h", "1h"]}, "the least first"),
        ({"law": "empirical", "quantiles": ["2h"]}, "two quantiles at least"),
        ({"law": "fit", "history": "log"}, "`to` with a law that is fitted"),
        ({"law": "normal"}, "choice, expected"),
    ],
)
def test_a_wrong_law_is_told(columns: dict[str, object], said: str) -> None:
    """What its kind needs, and what it does not know."""
    told = faults(law(**columns))
    assert "$.doings[0]" in told
    assert said in told


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"warm_up_days": 2}, "`warm_up_days` below the 2 days"),
        ({"days": 999_999_999}, "`starts_on` and `days` with an end by 9000-01-01"),
        ({"starts_on": "8999-12-31"}, "`starts_on` and `days` with an end by 9000-01-01"),
        (
            {"arrivals": [{"name": "a", "machine": "visit", "per_week": 1e300}]},
            "a number above 0, up to 1,000,000",
        ),
        ({"queue": {"discipline": "priority"}}, "`by` and `order` with discipline 'priority'"),
        ({"histories": [{"name": "h", "machine": "visit"}]}, "a `log` with its `mapping`"),
        (
            {"staff": [{"name": "a", "roles": ["clerk"],
                        "away": [{"from_on": "2026-01-06", "until_on": "2026-01-05"}]}]},
            "a last day that is not before the first",
        ),
        (
            {"arrivals": [{"name": "a", "machine": "visit", "per_week": 1, "hours": [1]}]},
            "24 `hours` and 7 `weekdays`",
        ),
        (
            {"arrivals": [{"name": "a", "machine": "visit", "per_week": 1, "week": [1]}]},
            "168 weights, Monday 00:00 first",
        ),
        (
            {"arrivals": [{"name": "a", "machine": "visit", "per_week": 1, "growth": -1}]},
            "`growth` above -1",
        ),
        (
            {"days": 730, "arrivals": [{"name": "a", "machine": "visit", "per_week": 1,
                                        "growth": 99, "season": {"01": 1.1}}]},
            "`growth` and `season` that bring at most 1000 times an ordinary week, unlike a",
        ),
        (
            {"arrivals": [{"name": "a", "machine": "visit", "per_week": 1,
                           "season": {"01": 1e300}}]},
            "that bring at most 1000 times",
        ),
        (
            {"doings": [{"name": "a", "machine": "visit", "states": ["waiting"], "event": "serve",
                         "role": "clerk"}]},
            "a `role` and what it `takes`, or neither",
        ),
        (
            {"doings": [{"name": "a", "machine": "visit", "states": ["waiting"], "event": "serve",
                         "chance": 2}]},
            "a number from 0 to 1",
        ),
        (
            {"staff": [{"name": "a", "roles": ["clerk"], "per_hour": "9 EUR"}]},
            "an amount such as '90 CNY'",
        ),
        (
            {"staff": [{"name": "a", "roles": ["clerk"]}, {"name": "a", "roles": ["clerk"]}]},
            "$.staff[1].name: doubled, expected another than 'a'",
        ),
        (
            {"arrivals": [{"name": "a", "machine": "visit", "per_week": 1,
                           "mix": [{"draws": {"rank": {"gold": 0}}}]}]},
            "weights from 0, one of them greater",
        ),
        (
            {"arrivals": [{"name": "a", "machine": "visit", "per_week": 1, "mix": []}]},
            "one kind of case at least in `mix`",
        ),
    ],
)  # fmt: skip
def test_a_wrong_row_is_told(changes: dict[str, object], said: str) -> None:
    """What would be right."""
    assert said in faults(document(**changes))


def test_a_file_may_begin_with_another(tmp_path: Path) -> None:
    """Its keys win, and of rows with a name of the other file the columns it gives."""
    base = tmp_path / "base.toml"
    base.write_text(
        'starts_on = 2026-01-05\ndays = 9\nmachines = ["visit"]\n'
        '[[staff]]\nname = "clerk"\nroles = ["clerk"]\n[[staff]]\nname = "head"\nroles = ["head"]\n'
    )
    other = tmp_path / "more.toml"
    other.write_text('base = "base.toml"\ndays = 3\n[[staff]]\nname = "clerk"\ncount = 2\n')
    found = Scenario.load(other)
    assert (found.name, found.rows.days) == ("more", 3)
    assert [(one.name, one.count, one.roles) for one in found.rows.staff] == [
        ("clerk", 2, ("clerk",)),
        ("head", 1, ("head",)),
    ]
    other.write_text('base = "base.toml"\nmachines = ["other"]\nstaff = []\n')
    assert Scenario.load(other).rows.machines == ("other",)
    assert not Scenario.load(other).rows.staff


def test_paths_of_another_file_are_beside_that_one(tmp_path: Path) -> None:
    """Wherever the file is that begins with it; its own are beside itself."""
    for name in ("base", "child"):
        (tmp_path / name).mkdir()
    (tmp_path / "base" / "base.toml").write_text(
        'starts_on = 2026-01-05\ndays = 9\nmachines = ["visit"]\nconfig = "own.toml"\n'
        'plugins = ["acme", "visits.py"]\n'
        '[[histories]]\nname = "log"\nmachine = "visit"\nlog = "a.csv"\nmapping = "b.toml"\n'
        '[[histories]]\nname = "was"\nmachine = "visit"\nstore = "sqlite:///was.db"\n'
        '[[histories]]\nname = "far"\nmachine = "visit"\nstore = "postgresql:///crm"\n'
        '[[arrivals]]\nname = "x"\nmachine = "visit"\nper_week = 1\n'
        'mix = [{ payload = { log = "a.csv" } }]\n'
    )
    other = tmp_path / "child" / "more.toml"
    other.write_text(
        'base = "../base/base.toml"\n[[histories]]\nname = "log"\nmapping = "mine.toml"\n'
    )
    found, base = Scenario.load(other), tmp_path / "base"
    assert found.plugins == ("acme", str(base / "visits.py"))
    assert found.place(found.rows.config or "") == base / "own.toml"
    log, was, far = found.rows.histories
    assert found.place(log.log or "") == base / "a.csv"
    assert found.place(log.mapping or "") == tmp_path / "child" / "mine.toml"
    assert found.store(was.store or "") == f"sqlite:///{base / 'was.db'}"
    assert found.store(far.store or "") == "postgresql:///crm"
    assert found.rows.arrivals[0].mix[0].payload == {"log": "a.csv"}
    (base / "base.toml").write_text('starts_on = 2026-01-05\nconfig = 1\nplugins = "visits.py"\n')
    with pytest.raises(ConfigurationError) as raised:
        Scenario.load(other)
    assert "$.config" in str(raised.value)


def test_what_a_file_begins_with_is_checked(tmp_path: Path) -> None:
    """It is the name of a file, and no circle."""
    file = tmp_path / "a.toml"
    file.write_text("base = 1")
    with pytest.raises(ConfigurationError, match="expected the name of a file"):
        Scenario.load(file)
    file.write_text('base = "a.toml"')
    with pytest.raises(ConfigurationError, match="circle"):
        Scenario.load(file)


def test_a_scenario_may_be_looked_at_under_other_profiles() -> None:
    """Several are parted by commas; where there are none it has none."""
    assert scenario().under("demo, key_account").rows.profile == ("demo", "key_account")
    assert scenario().under(("demo",)).name == "demo"
    assert scenario().under(None).rows.profile == ()


def test_paths_are_beside_the_file() -> None:
    """Modules are no paths."""
    found = Scenario.of(document(plugins=["acme", "acme.py"], config="own.toml"), "x", "/there")
    assert found.plugins == ("acme", "/there/acme.py")
    assert found.place("own.toml") == Path("/there/own.toml")
    assert found.store("sqlite:///crm.db?timeout=1") == "sqlite:////there/crm.db?timeout=1"
    assert found.store("sqlite:////srv/crm.db") == "sqlite:////srv/crm.db"
    assert found.store("sqlite://") == "sqlite://"
    assert found.store("mysql://me@host/crm") == "mysql://me@host/crm"
    assert Scenario.of(document(), "x").config is None
