"""Master keys: entities' keys are wrapped anew while the store is used, and nothing is lost."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.codec.sealing import DESTROYED, wrapped_by
from crmflow.config import Overlay
from crmflow.core.erasure import ERASE, ERASED
from crmflow.core.errors import (
    ConfigurationError,
    IndexOutOfDateError,
    SealedError,
    UnavailableError,
)
from crmflow.core.ref import EntityRef
from crmflow.engine import rekeying
from crmflow.engine.engine import Engine
from crmflow.engine.rekeying import MasterKey, Rewrapped
from crmflow.storage.memory import MemoryStore
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store
from crmflow.testing import CrashingStore
from tests.engine.machines import AT, SALES
from tests.engine.test_sealing import CHIEF, MILL, MOBILE, ROW, YEAR, add, get

PLACES = {"k1": "env:K1", "k2": "env:K2", "index": "env:INDEX"}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have two master keys and two of digests."""
    for name, byte in (("K1", 1), ("K2", 2), ("INDEX", 3), ("INDEX2", 4)):
        monkeypatch.setenv(name, base64.b64encode(bytes([byte]) * 32).decode())


def mills(store: Store, key: str = "k1", **places: str) -> Engine:
    """Return an engine over a store, its master key the one named."""
    named = {name: place for name, place in {**PLACES, **places}.items() if place}
    own = Overlay(
        {"company.zone": "UTC", "storage.keys": named},
        {
            "encryption": [{**ROW, "key": key}],
            "retention": [{"name": "mills", "machine": "mill", "erasers": ["archivist"]}],
        },
    )
    return Engine(store, machines=[MILL], config=own, clock=ManualClock(AT))


def erase(engine: Engine, id_: str) -> None:
    """Destroy a mill's key."""
    at = AT + YEAR
    engine.fire(("mill", id_), ERASE, {"reason": "asked for"}, actor=CHIEF, at=at).require()


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return a store of each kind, with three mills, one of them erased."""
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with closing(open_store(url)) as store:
        first = mills(store)
        for number in (1, 2, 3):
            add(first, f"M-{number}", mobile=f"{MOBILE}{number}").require()
        erase(first, "M-2")
        yield store


def test_keys_are_wrapped_anew_and_values_stay(store: Store) -> None:
    """
    The journal is as it was, the old master key may go, and what is erased stays erased.

    Rule: STO-002
    """
    before = list(store.journal(EntityRef("main", "mill", "M-1")))
    with_both = mills(store, "k2")
    assert with_both.master_keys() == (
        MasterKey("", 1, current=False, known=True),
        MasterKey("k1", 2, current=False, known=True),
        MasterKey("k2", 0, current=True, known=True),
    )
    assert with_both.rotate() == Rewrapped(3, 2)
    assert with_both.rotate() == Rewrapped(3, 0)
    assert list(store.journal(EntityRef("main", "mill", "M-1"))) == before
    without = mills(store, "k2", k1="")
    assert [get(without, f"M-{n}").mobile for n in (1, 2, 3)] == [
        f"{MOBILE}1",
        ERASED,
        f"{MOBILE}3",
    ]
    assert [(one.name, one.entities) for one in without.master_keys()] == [("", 1), ("k2", 2)]
    assert [one.findings for one in without.audit()] == [(), (), ()]


def test_the_store_is_used_meanwhile(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """By engines that still wrap by the old key; what is made or erased then is left well."""
    monkeypatch.setattr(rekeying, "PAGE", 1)
    old, new = mills(store), mills(store, "k2")

    def meanwhile(done: Rewrapped) -> None:
        old.fire(("mill", "M-1"), "change", {"mobile": f"9{done.seen}"}, actor=SALES).require()
        if done.seen == 1:
            erase(old, "M-3")
            add(old, "M-0", mobile="0").require()

    done = new.rotate(meanwhile)
    assert done.rewrapped == 1
    assert new.rotate().rewrapped == 1
    assert get(new).mobile == "93"
    assert (get(new, "M-0").mobile, get(new, "M-3").mobile) == ("0", ERASED)


def test_a_key_destroyed_while_it_is_wrapped_stays_destroyed() -> None:
    """The old bytes are asked for, not the entity."""

    class Slow(MemoryStore):
        def rewrap(self, ref: EntityRef, old: bytes, new: bytes) -> bool:
            erase(first, ref.id)
            return super().rewrap(ref, old, new)

    store = Slow()
    first = mills(store)
    add(first).require()
    assert mills(store, "k2").rotate() == Rewrapped(1, 0)
    assert store.secret(EntityRef("main", "mill", "M-1")) == DESTROYED


@given(count=st.integers(1, 6), crash=st.integers(1, 6), after=st.booleans())
@example(count=3, crash=3, after=True)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_ended_early_goes_on(count: int, crash: int, after: bool) -> None:
    """Wherever it crashed, everything can be read, and running it again does the rest."""
    store = MemoryStore()
    first = mills(store)
    for number in range(count):
        add(first, f"M-{number}", mobile=str(number)).require()
    crashing = CrashingStore(
        store, UnavailableError("memory:", "it fell"), at=crash, after=after, calls=("rewrap",)
    )
    new = mills(crashing, "k2")
    if crash <= count:
        with pytest.raises(UnavailableError):
            new.rotate()
    names = [wrapped_by(secret) for _, secret in store.secrets("main")]
    assert names == sorted(map(str, names), reverse=True)
    assert [get(new, f"M-{n}").mobile for n in range(count)] == list(map(str, range(count)))
    assert new.rotate().rewrapped == names.count("k1")
    assert [(one.name, one.entities) for one in new.master_keys()] == [("k2", count)]


def test_what_cannot_be_wrapped_anew_is_told_and_the_rest_goes_on(store: Store) -> None:
    """A master key that is not there; and where nothing is encrypted there is none to wrap by."""
    lost = mills(store, "k2", k1="")
    add(lost, "M-4").require()
    done = lost.rotate()
    assert (done.seen, done.rewrapped) == (4, 0)
    assert [type(one) for one in done.errors] == [SealedError, SealedError]
    assert lost.master_keys()[1] == MasterKey("k1", 2, current=False, known=False)
    with pytest.raises(ConfigurationError, match="no row of"):
        Engine("memory:", machines=[MILL]).rotate()
    assert Engine("memory:", machines=[MILL]).master_keys() == ()


def test_another_key_of_digests_asks_for_the_index_anew(store: Store) -> None:
    """Until then nothing is found wrongly, or not found: the search is refused."""
    other = mills(store, index="env:INDEX2")
    with pytest.raises(IndexOutOfDateError):
        list(other.find("mill", where={"mobile": f"{MOBILE}1"}))
    other.reindex()
    assert [row.ref.id for row in other.find("mill", where={"mobile": f"{MOBILE}1"})] == ["M-1"]
