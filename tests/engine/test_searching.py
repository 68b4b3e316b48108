"""Finding entities by what is known of them, and by likeness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.core.errors import IndexOutOfDateError, NotSearchableError, UnknownMachineError
from crmflow.core.form import Text
from crmflow.core.machine import Asked, Kind, Machine, Row, State
from crmflow.core.ref import UNBORN
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting, Firing
from tests.engine.machines import ADMIN, AT, CALL, SALES


@attrs.frozen
class Mill:
    """What is known of a mill."""

    name: str
    mobile: str | None = None
    note: str | None = None


@attrs.frozen
class Known:
    """What is said of a mill."""

    name: Text | None = None
    mobile: Text | None = None
    note: Text | None = None


def _said(attempt: Asked) -> Mapping[str, object]:
    return {name: one for name, one in attrs.asdict(attempt.form).items() if one is not None}


MILL = Machine(
    "mill",
    Mill,
    (
        State("known", "已知", "Known", Kind.INITIAL),
        State("gone", "已无", "Gone", Kind.FINAL),
    ),
    (
        Row(UNBORN, "add", "known", form=Known, sets=_said),
        Row("known", "change", form=Known, sets=_said),
        Row("known", "end", "gone"),
    ),
    zh="磨坊",
    en="Mill",
    searchable="name:text mobile",
)


@pytest.fixture(params=["memory:", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of each kind of store."""
    return f"sqlite:///{tmp_path / 'mills.db'}" if request.param == "sqlite" else request.param


@pytest.fixture
def mills(url: str) -> Iterator[Engine]:
    """Return an engine with three mills."""
    with Engine(url, machines=[MILL, CALL], clock=ManualClock(AT)) as engine:
        for number, (name, mobile) in enumerate(
            [("Harbour Mill", "400 1"), ("Harbor Mill", "400 2"), ("River Works", "400 1")], 1
        ):
            add(engine, f"M-{number}", name, mobile)
        yield engine


def add(engine: Engine, id_: str, name: str, mobile: str | None = None) -> None:
    """Create a mill."""
    known = {"name": name} | ({} if mobile is None else {"mobile": mobile})
    engine.create("mill", known, actor=SALES, id=id_).require()


def ids(engine: Engine, state: str | None = None, **where: object) -> list[str]:
    """Return the ids of the mills that are found."""
    return [row.ref.id for row in engine.find("mill", state=state, where=where)]


def test_entities_are_found_by_their_values(mills: Engine) -> None:
    """
    Whatever the spelling; by several facts at once; in a state.

    Rules: REC-049 STO-007
    """
    assert ids(mills, mobile="4001") == ["M-1", "M-3"]
    assert ids(mills, mobile=" ４００ 1", name="river WORKS") == ["M-3"]
    assert ids(mills, name="Harbour") == []
    mills.fire(("mill", "M-1"), "end", actor=SALES).require()
    assert ids(mills, "gone", mobile="4001") == ["M-1"]
    assert ids(mills, "known", mobile="4001") == ["M-3"]
    assert ids(mills, name=" ") == []
    assert ids(mills) == ["M-1", "M-2", "M-3"]


def test_what_is_found_follows_what_is_known(mills: Engine) -> None:
    """A changed value is found in place of the old one, by every way facts change."""
    mill = ("mill", "M-1")
    firings = [
        Firing(mill, "change", {"mobile": "500"}, actor=SALES),
        Firing(mill, "change", {"mobile": "600", "note": "moved"}, actor=SALES),
    ]
    assert [one.accepted for one in mills.fire_many(firings)] == [True, True]  # type: ignore[union-attr]
    assert (ids(mills, mobile="400 1"), ids(mills, mobile="500")) == (["M-3"], [])
    assert ids(mills, mobile="600", name="Harbour Mill") == ["M-1"]
    adopting = Adopting(("mill", "M-9"), "gone", {"name": "Old Mill"}, reason="from the old files")
    mills.adopt(adopting, actor=ADMIN).require()
    assert ids(mills, name="old mill") == ["M-9"]


def test_entities_alike_are_found_for_people_to_look_at(mills: Engine) -> None:
    """A customer that is there under a slightly other name comes first (REC-002)."""
    found = mills.alike("mill", {"name": "Harbour Mills", "mobile": "4002"})
    assert [(one.ref.id, one.shared) for one in found] == [("M-1", 10), ("M-2", 9)]
    assert len(mills.alike("mill", {"name": "Harbour"}, limit=1)) == 1
    assert list(mills.alike("mill", {"name": ""})) == []


def test_only_what_is_searched_can_be_asked(mills: Engine) -> None:
    """Another fact, a machine that is searched by nothing, no machine, one that is off."""
    with pytest.raises(NotSearchableError, match="mill is not searched by 'note'"):
        ids(mills, note="x")
    with pytest.raises(NotSearchableError, match="call is not searched by 'number'"):
        mills.find("call", where={"number": "400"})
    with pytest.raises(NotSearchableError, match="a search by 'name' names the machine"):
        mills.find(where={"name": "x"})
    with pytest.raises(UnknownMachineError):
        mills.alike("well", {"name": "x"})


def test_what_is_searched_by_other_facts_is_indexed_anew(tmp_path: Path) -> None:
    """Nothing is found by halves: entities of before are indexed first, page by page (REC-049)."""
    url = f"sqlite:///{tmp_path / 'mills.db'}"
    plain = attrs.evolve(MILL, searchable="name")
    with Engine(url, machines=[attrs.evolve(MILL, searchable="")]) as engine:
        for number in range(401):
            add(engine, f"M-{number}", f"Mill {number}")
    for machine in (MILL, plain):
        with Engine(url, machines=[machine, CALL]) as engine:
            with pytest.raises(IndexOutOfDateError, match=r"'mill' .* run `crmflow db reindex`"):
                ids(engine, name="Mill 7")
            with pytest.raises(IndexOutOfDateError):
                engine.alike("mill", {"name": "Mill 7"})
            assert engine.reindex() == {"mill": 401}
            assert ids(engine, name="Mill 7") == ["M-7"]
    with Engine(url, machines=[plain]) as engine:
        assert ids(engine, name="mill 400") == ["M-400"]
    with Engine(url, machines=[MILL]) as engine, pytest.raises(IndexOutOfDateError):
        ids(engine, name="Mill 7")


def test_a_machine_that_is_off_keeps_its_index(tmp_path: Path) -> None:
    """An engine that does not run a machine says nothing of its terms."""
    url = f"sqlite:///{tmp_path / 'mills.db'}"
    with Engine(url, machines=[MILL]) as engine:
        add(engine, "M-1", "Harbour Mill")
    Engine(url, machines=[CALL]).close()
    with Engine(url, machines=[MILL]) as engine:
        assert ids(engine, name="Harbour Mill") == ["M-1"]
