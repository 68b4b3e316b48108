"""The pytest plugin, by runs of pytest within this one."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import crmflow.storage.sqlite  # loaded once, not anew by each inner run
import crmflow.testing.fixtures
from crmflow.testing import plugin

ROOT = Path(__file__).parents[2]
OURS = ("-p", "crmflow.testing.plugin", "-p", "no:crmflow", "-p", "no:xstate_statemachine")
"""As if installed; a rival's plugin that the benchmarks bring stays out."""


def run(pytester: pytest.Pytester, test: str, *options: str) -> pytest.RunResult:
    """Run a test file in this process."""
    pytester.makepyfile(test)
    return pytester.runpytest_inprocess(*OURS, "--strict-markers", *options)


def test_the_entry_point_is_this_module() -> None:
    """What pytest loads where crmflow is installed, by the name that `-p no:` takes."""
    declared = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))
    points = declared["project"]["entry-points"]["pytest11"]
    assert list(points) == ["crmflow"]
    assert EntryPoint("crmflow", points["crmflow"], "pytest11").load() is plugin


def test_it_costs_a_run_nothing_that_does_not_use_it() -> None:
    """No engine, no SQLAlchemy and no Hypothesis is loaded by loading it."""
    heavy = "hypothesis sqlalchemy alembic attrs cattrs transitions pluggy"
    code = (
        "import sys, pytest; before = set(sys.modules); import crmflow.testing.plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT / "src"
    ).stdout.split()
    assert {name for name in loaded if not name.startswith("crmflow")} & set(heavy.split()) == set()
    ours = {name for name in loaded if name.startswith("crmflow")}
    assert ours == {"crmflow", "crmflow.testing", "crmflow.testing.plugin"}


def test_an_engine_is_made_as_marked(pytester: pytest.Pytester) -> None:
    """Markers of module, class and function add up, the nearest one wins; the clock is moved."""
    run(
        pytester,
        """
        from datetime import UTC, datetime, timedelta
        import pytest

        AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
        pytestmark = pytest.mark.crmflow(machines=["lead"], profile="demo", at=AT)

        @pytest.mark.crmflow(machines=["complaint"])
        class TestComplaint:
            def test_missed(self, crmflow_engine, crmflow_clock, crmflow_actor):
                service = crmflow_actor("customer_service")
                assert service.id == "customer_service-1"
                given = {"customer": "C-1", "channel": "phone"}
                case = crmflow_engine.create("complaint", given, actor=service).require()
                assert case.event.at == AT
                crmflow_clock.advance(timedelta(minutes=31))
                crmflow_engine.run_due()
                assert crmflow_engine.get(case.entity).facts.response_missed_at

            @pytest.mark.crmflow(machines=["payment"], interpreter="stock")
            def test_nearest(self, crmflow_engine):
                assert "payment" in crmflow_engine.registry.machines
                assert "complaint" not in crmflow_engine.registry.machines
        """,
    ).assert_outcomes(passed=2)


def test_several_engines_share_a_store(pytester: pytest.Pytester) -> None:
    """One that is made anew knows what the first one did; a store of one's own is closed too."""
    run(
        pytester,
        """
        from crmflow import open_store

        def test_again(crmflow_engines, crmflow_actor, crmflow_clock):
            machines = ["payment"]
            one = crmflow_engines(machines=machines, profile="demo")
            other = crmflow_engines(machines=machines, profile="demo")
            assert one is not other
            assert one.store is other.store
            assert one.clock is other.clock is crmflow_clock
            apart = crmflow_engines(store=open_store("memory:"), machines=machines, profile="demo")
            assert apart.store is not one.store

        def test_actors(crmflow_actor):
            assert crmflow_actor().id == "guest-1"
            assert crmflow_actor("salesperson", id="s-7", departments=["east"]).id == "s-7"
        """,
    ).assert_outcomes(passed=2)


STORED = """
    import pytest

    @pytest.mark.crmflow(machines=["payment"], profile="demo")
    def test_kept(crmflow_engine, crmflow_store, crmflow_tenant, crmflow_place):
        assert crmflow_engine.store is crmflow_store
        assert crmflow_engine.registry.tenant == crmflow_tenant
        own = crmflow_place in ("memory", "sqlite")
        assert (crmflow_tenant == "main") == own

    def test_needs_none(crmflow_clock):
        pass
"""


def test_tests_run_on_each_of_several_stores(pytester: pytest.Pytester) -> None:
    """The option wins over the configuration file; what needs no store runs once."""
    pytester.makeini("[pytest]\ncrmflow_stores = memory sqlite memory:")
    found = run(pytester, STORED, "-v")
    found.assert_outcomes(passed=4)
    found.stdout.fnmatch_lines(["*test_kept[[]sqlite[]]*", "*test_kept[[]memory:[]]*"])
    run(pytester, STORED, "--crmflow-store=sqlite").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("memory", "memory"),
        ("sqlite:////var/crm@home/crm.db", "sqlite:////var/crm@home/crm.db"),
        ("postgresql://ann:p/w?d@db:5432/crm?password=s@t", "postgresql://db:5432/crm"),
        ("mysql+pymysql://ann@db/crm", "mysql+pymysql://db/crm"),
        ("postgresql://:pw@/crm?host=db", "postgresql:///crm"),
    ],
)
def test_passwords_are_no_part_of_an_id(place: str, told: str) -> None:
    """Ids of tests stand in logs: who may come in, and with what, is left out."""
    assert plugin._shown(place) == told


def test_ids_of_servers_hide_their_users(pytester: pytest.Pytester) -> None:
    """Each store has an id all the same."""
    urls = ("postgresql://ann:secret@one/crm", "postgresql://ann:secret@two/crm")
    options = (f"--crmflow-store={url}" for url in urls)
    found = run(pytester, STORED, "--collect-only", "-q", *options)
    found.stdout.fnmatch_lines(["*test_kept[[]postgresql://one/crm]", "*test_kept[[]*two/crm]"])
    assert "secret" not in found.stdout.str()


def test_no_store_at_all_is_told(pytester: pytest.Pytester) -> None:
    """An empty line of the configuration, unless the option names one."""
    pytester.makeini("[pytest]\ncrmflow_stores =")
    found = run(pytester, STORED)
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines(["ERROR: crmflow_stores names no store: write memory, *"])
    run(pytester, STORED, "--crmflow-store=memory").assert_outcomes(passed=2)


def test_a_wrong_marker_is_told(pytester: pytest.Pytester) -> None:
    """Every word that it does not know, with what was probably meant."""
    found = run(
        pytester,
        """
        import pytest

        @pytest.mark.crmflow("lead", machine=["lead"])
        def test_it(crmflow_engine):
            pass
        """,
    )
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["*Did you mean 'machines'?*'lead' has no name*"])


def test_a_thread_left_behind_fails_its_test(pytester: pytest.Pytester) -> None:
    """Such as a worker that was not stopped."""
    found = run(
        pytester,
        """
        import threading

        GO = threading.Event()

        def test_leaves(crmflow_engines):
            threading.Thread(target=GO.wait, args=(5,), name="worker-7").start()

        def test_next():
            GO.set()
        """,
    )
    found.assert_outcomes(passed=2, errors=1)
    found.stdout.fnmatch_lines(["*left threads behind: worker-7. Stop and join them.*"])


def test_it_can_be_left_out(pytester: pytest.Pytester) -> None:
    """With `-p no:` neither fixtures nor options are there."""
    pytester.makepyfile("def test_it(crmflow_clock): pass")
    blocked = ("-p", "no:crmflow", "-p", "no:xstate_statemachine")
    found = pytester.runpytest_inprocess(*blocked)
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["*fixture 'crmflow_clock' not found*"])
    assert crmflow.testing.fixtures.MONDAY.weekday() == 0
