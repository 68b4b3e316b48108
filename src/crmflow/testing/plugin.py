"""
The pytest plugin: clock, store, engines and actors as fixtures.

Every run of pytest loads it where crmflow is installed. So it only names options, hooks and
fixtures; what they are made of is loaded by the first test that asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from crmflow.clock import ManualClock
    from crmflow.engine.engine import Engine
    from crmflow.storage.port import Store
    from crmflow.testing.fixtures import Actors, Engines

MARKER = """
crmflow(machines=, profile=, config=, plugins=, directory=, interpreter=, retiring=, at=): what the
fixture `crmflow_engine` is made with, as `Engine` takes it, and the aware instant its clock shows.
"""
STORES = """
Where `crmflow_store` keeps entities: `memory`, `sqlite` (a file of the test's own), or the URL of
a server, on which each test has a tenant of its own. Of several each test runs on each.
"""

_NOWHERE = (
    "crmflow_stores names no store: write memory, sqlite or the URL of a server, or leave it out"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take `--crmflow-store`, and `crmflow_stores` of the configuration file."""
    told = " ".join(STORES.split())
    parser.getgroup("crmflow").addoption(
        "--crmflow-store", action="append", metavar="STORE", help=told
    )
    parser.addini("crmflow_stores", told, type="args", default=["memory"])


def pytest_configure(config: pytest.Config) -> None:
    """
    Declare the marker.

    Raises:
        UsageError: The configuration names no store.
    """
    if not _stores(config):
        raise pytest.UsageError(_NOWHERE)
    config.addinivalue_line("markers", " ".join(MARKER.split()))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses a store once for each of several."""
    stores = _stores(metafunc.config)
    if "crmflow_store" in metafunc.fixturenames and len(stores) > 1:
        metafunc.parametrize("crmflow_place", stores, indirect=True, ids=map(_shown, stores))


def _shown(place: str) -> str:
    """Return a place without what lets anybody in: user, password, options."""
    return re.sub("//[^:/@]*(:[^@]*)?@", "//", place).partition("?")[0]


def _stores(config: pytest.Config) -> Sequence[str]:
    found: Sequence[str] = config.getoption("crmflow_store") or config.getini("crmflow_stores")
    return found


@pytest.fixture
def crmflow_place(request: pytest.FixtureRequest) -> str:
    """Return which kind of store, or URL, the test runs on."""
    place: str = getattr(request, "param", None) or _stores(request.config)[0]
    return place


@pytest.fixture
def crmflow_clock(request: pytest.FixtureRequest) -> ManualClock:
    """Return a clock that the test moves; it begins on a Monday at nine, or as marked."""
    from crmflow.testing.fixtures import clock_of

    return clock_of(request.node)


@pytest.fixture
def crmflow_store(crmflow_place: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """Return an empty store, closed after the test."""
    from crmflow.testing.fixtures import opened

    yield from opened(crmflow_place, request)


@pytest.fixture
def crmflow_tenant(crmflow_place: str) -> str:
    """Return the test's tenant: `main`, or one of its own in a store that others use."""
    from crmflow.testing.fixtures import tenant_on

    return tenant_on(crmflow_place)


@pytest.fixture
def crmflow_engines(
    request: pytest.FixtureRequest,
    crmflow_store: Store,
    crmflow_clock: ManualClock,
    crmflow_tenant: str,
) -> Iterator[Engines]:
    """Return what makes engines over the test's store and clock; it takes what `Engine` takes."""
    from crmflow.testing.fixtures import engines_over

    yield from engines_over(request.node, crmflow_store, crmflow_clock, crmflow_tenant)


@pytest.fixture
def crmflow_engine(crmflow_engines: Engines) -> Engine:
    """Return an engine as the test's markers say."""
    return crmflow_engines()


@pytest.fixture
def crmflow_actor() -> Actors:
    """Return what makes actors: `crmflow_actor("salesperson", id="sales-2")`."""
    from crmflow.testing.fixtures import actor_with

    return actor_with
