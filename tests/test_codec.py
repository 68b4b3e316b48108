"""The codec: what goes in comes out, the same bytes every time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.codec import EPOCH, SHELVES, Codec, chained, micros, moment
from crmflow.codec.shapes import converter, shape_of, strange_in
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.claim import Claim
from crmflow.core.compiled import Basis
from crmflow.core.entity import NOTHING, Attached, PolicyState, Received, Snapshot
from crmflow.core.errors import DamagedError, MachineDefinitionError, UnstorableError
from crmflow.core.event import Cause, Event
from crmflow.core.form import Text
from crmflow.core.hold import Hold
from crmflow.core.journal import KEYS, Drop, Entry, JournalRecord, Put
from crmflow.core.link import Link, Watcher
from crmflow.core.machine import Kind, Machine, Row, State
from crmflow.core.message import Message, MessageKind
from crmflow.core.money import Money
from crmflow.core.pause import Pause, PauseScope
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.reserved import ADOPT, MIRROR, OBSERVE, Adoption, Mirrored, Observation
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.core.verdict import Answer, Verdict
from crmflow.states import MACHINES, load

REF = EntityRef("acme", "thing", "T-1")


class Colour(StrEnum):
    """A choice."""

    RED = "red"
    BLUE = "blue"


@attrs.frozen
class Part:
    """A nested value."""

    price: Money
    colour: Colour = Colour.RED
    weight: Decimal | None = None


@attrs.frozen
class Known:
    """Facts of every type that is supported."""

    text: str
    number: int = 0
    flag: bool = False
    exact: Decimal = Decimal(0)
    price: Money | None = None
    day: date | None = None
    moment: datetime | None = None
    span: timedelta | None = None
    colour: Colour | None = None
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    words: tuple[Text, ...] = ()
    pair: tuple[Colour, int] | None = None
    marks: frozenset[str] = frozenset()
    colours: frozenset[Colour] = frozenset()
    prices: Mapping[str, Money] = attrs.field(factory=dict)
    ref: EntityRef | None = None


def machine(facts: type = Known, form: type | None = Known, event: str = "change") -> Machine:
    """Return a machine with these facts, whose events bring the form."""
    return Machine(
        "thing",
        facts,
        (State("open", "开", "open", Kind.INITIAL),),
        (Row(UNBORN, "start", "open"), Row("open", event, form=form)),
        zh="物",
        en="thing",
    )


def codec(*args: Any) -> Codec:  # noqa: ANN401 - those of `machine`
    """Return the codec of one machine."""
    return Codec({"thing": machine(*args)})


CODEC = codec()

# Half a pair of surrogates is no text; forms refuse it.
TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
NUMBERS = st.integers() | st.sampled_from([2**63, 2**64, -(2**64)])
EXACT = st.decimals(allow_nan=False, allow_infinity=False)
MONEY = st.builds(
    Money,
    st.decimals(-(10**9), 10**9, allow_nan=False, places=2),
    st.sampled_from(["CNY", "EUR"]),
)
ZONES = st.sampled_from(["UTC", "Asia/Shanghai", "America/St_Johns", "Europe/Berlin"])
AWARE = st.datetimes(
    datetime.fromisoformat("1900-01-02"),
    datetime.fromisoformat("2999-01-01"),
    timezones=ZONES.map(ZoneInfo),
)
INSTANTS = AWARE.map(lambda at: at.astimezone(UTC))
SPANS = st.timedeltas()
REFS = st.builds(EntityRef, TEXT, st.sampled_from(["thing", "deal"]), TEXT)
COUNTS = st.integers(0, 2**53)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
TABLES = st.dictionaries(TEXT, PLAIN, max_size=3)
PARTS = st.builds(Part, MONEY, st.sampled_from(Colour), st.none() | EXACT)
KNOWN = st.builds(
    Known,
    TEXT,
    number=NUMBERS,
    flag=st.booleans(),
    exact=EXACT,
    price=st.none() | MONEY,
    day=st.none() | st.dates(),
    moment=st.none() | INSTANTS,
    span=st.none() | SPANS,
    colour=st.none() | st.sampled_from(Colour),
    part=st.none() | PARTS,
    parts=st.lists(PARTS, max_size=2).map(tuple),
    words=st.lists(TEXT, max_size=2).map(tuple),
    pair=st.none() | st.tuples(st.sampled_from(Colour), NUMBERS),
    marks=st.frozensets(TEXT, max_size=4),
    colours=st.frozensets(st.sampled_from(Colour)),
    prices=st.dictionaries(TEXT, MONEY, max_size=2),
    ref=st.none() | REFS,
)
CODES = st.from_regex(r"[a-z_]{1,6}", fullmatch=True)
ITEMS: dict[str, st.SearchStrategy[Any]] = {
    "timers": st.builds(Timer, TEXT, TEXT, INSTANTS, COUNTS),
    "tasks": st.builds(Task, TEXT, TEXT, TEXT, INSTANTS, st.none() | INSTANTS),
    "links": st.builds(Link, TEXT, REFS, COUNTS, TEXT, TABLES),
    "watchers": st.builds(Watcher, REFS, TEXT),
    "claims": st.builds(Claim, CODES, TEXT),
    "received": st.builds(Received, REFS, COUNTS, COUNTS),
    "holds": st.builds(Hold, TEXT, TEXT, TEXT, TEXT, INSTANTS),
    "policies": st.builds(PolicyState, TEXT, COUNTS, PLAIN),
    "pauses": st.builds(Pause, st.sampled_from(PauseScope), TEXT, TEXT, INSTANTS, INSTANTS),
    "frozen": st.builds(Timer, TEXT, TEXT, INSTANTS, COUNTS, TEXT),
}
ATTACHED = st.builds(
    Attached, **{shelf: st.lists(of, max_size=2).map(tuple) for shelf, of in ITEMS.items()}
)
SNAPSHOTS = st.builds(
    Snapshot,
    st.just(REF),
    TEXT,
    COUNTS,
    INSTANTS,
    INSTANTS,
    st.none() | KNOWN,
    st.just(NOTHING) | ATTACHED,
)
ACTORS = st.just(SYSTEM) | st.builds(
    Actor, TEXT, st.frozensets(TEXT, max_size=3), departments=st.frozensets(TEXT, max_size=2)
)
CAUSES = st.builds(Cause, st.none() | TEXT, st.none() | REFS, COUNTS, COUNTS, st.none() | TEXT)
FORMS = st.one_of(
    st.tuples(st.just("start"), st.none()),
    st.tuples(st.just("change"), KNOWN),
    st.tuples(st.just(ADOPT), st.builds(Adoption, TEXT, TABLES, TEXT, st.booleans())),
    st.tuples(st.just(OBSERVE), st.builds(Observation, TEXT, TEXT, TABLES, INSTANTS)),
    st.tuples(st.just(MIRROR), st.builds(Mirrored, TEXT, REFS, COUNTS, TEXT, TABLES)),
)
EVENTS = st.builds(
    lambda named, actor, at, key, cause: Event(named[0], actor, at, named[1], key, cause),
    FORMS,
    ACTORS,
    INSTANTS,
    st.none() | TEXT,
    st.none() | CAUSES,
)
EFFECTS = st.one_of(
    *(st.builds(Put, st.just(shelf), of) for shelf, of in ITEMS.items()),
    st.builds(Drop, st.sampled_from(sorted(ITEMS)), TEXT),
)
MESSAGES = st.builds(
    Message,
    COUNTS,
    st.sampled_from(MessageKind),
    TEXT,
    TEXT,
    TEXT,
    TABLES,
    st.none() | TEXT,
    st.none() | TEXT,
)
WORDS = st.lists(TEXT, max_size=2).map(tuple)
VERDICTS = st.builds(Verdict, TEXT, st.sampled_from(Answer), TEXT, TEXT, TEXT, WORDS, WORDS)
FACTS = KNOWN.flatmap(
    lambda known: st.sets(st.sampled_from([f.name for f in attrs.fields(Known)]), max_size=4).map(
        lambda names: {name: getattr(known, name) for name in sorted(names)}
    )
)
RECORDS = st.builds(
    JournalRecord,
    st.just(REF),
    COUNTS,
    st.sampled_from(Entry),
    EVENTS,
    TEXT,
    st.none() | TEXT.filter(bool),
    FACTS,
    st.lists(EFFECTS, max_size=3).map(tuple),
    st.lists(MESSAGES, max_size=2).map(tuple),
    TEXT,
    st.builds(Basis, st.sampled_from(["thing 1", "thing 1+3f2a"]), TEXT),
    st.lists(VERDICTS, max_size=2).map(tuple),
)


def read(snapshot: Snapshot[Any], by: Codec = CODEC) -> Snapshot[Any]:
    """Return a snapshot as it comes back from the store."""
    body = by.encode_snapshot(snapshot)
    return by.decode_snapshot(snapshot.ref, snapshot.version, micros(snapshot.at), body)


@given(SNAPSHOTS)
def test_snapshots_come_back(snapshot: Snapshot[Known]) -> None:
    """Every supported type of fact and every shelf survives, and the bytes stay the same."""
    again = read(snapshot)
    assert again == snapshot
    assert CODEC.encode_snapshot(again) == CODEC.encode_snapshot(snapshot)


@settings(max_examples=60)
@given(RECORDS)
def test_records_come_back(record: JournalRecord) -> None:
    """Every kind of event, effect and verdict survives, and the bytes stay the same."""
    body = CODEC.encode_record(record)
    again = CODEC.decode_record(body)
    assert again == record
    assert CODEC.encode_record(again) == CODEC.encode_record(record) == body


@given(MESSAGES)
def test_messages_come_back(message: Message) -> None:
    """A message survives, and the bytes stay the same."""
    body = CODEC.encode_message(message)
    assert CODEC.decode_message(body) == message
    assert CODEC.encode_message(CODEC.decode_message(body)) == body


@given(AWARE)
def test_instants_of_any_zone_come_back(at: datetime) -> None:
    """An instant is its microseconds UTC, also in the hour that a zone has twice."""
    assert moment(micros(at)) == at.astimezone(UTC)
    again = read(Snapshot(REF, "open", 1, at, at, Known("a", moment=at)))
    assert again.facts.moment == again.at == again.entered_at == at.astimezone(UTC)


def nested(depth: int) -> object:
    """Return lists in lists."""
    found: object = "end"
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("\ud800", "half of a character"),
        (nested(9000), "without end"),
        (object(), "of a kind"),
        pytest.param(10**5000, "more digits than Python writes", id="long"),
    ],
)
def test_what_no_json_can_say_is_told(value: object, told: str) -> None:
    """By its kind, not by itself: it may be a secret."""
    with pytest.raises(UnstorableError, match=told):
        CODEC._encoded({"value": value})


def test_naive_instants_are_refused() -> None:
    """No offset, no microseconds UTC."""
    with pytest.raises(TypeError, match="naive"):
        micros(datetime(2026, 3, 2))  # noqa: DTZ001 - what is refused


def test_system_is_itself() -> None:
    """Guards and updates may ask whether the actor is SYSTEM."""
    event = Event("start", SYSTEM, moment(0), None)
    record = JournalRecord(REF, 1, Entry.DECISION, event, "-", "open", {}, (), (), "", B, ())
    assert CODEC.decode_record(CODEC.encode_record(record)).event.actor is SYSTEM


B = Basis("thing 1")


def test_bytes_are_the_same_in_every_process() -> None:
    """A set's order differs from process to process; a record's bytes do not."""
    code = """
import test_codec as t
known = t.Known("a", marks=frozenset("qwertyuiop"), colours=frozenset(t.Colour))
actor = t.Actor("a", set("asdfgh"), departments=set("zxcvb"))
event = t.Event("change", actor, t.moment(0), known)
print(t.CODEC.encode_record(t.JournalRecord(
    t.REF, 1, t.Entry.DECISION, event, "-", "open", {"marks": known.marks}, (), (), "", t.B, ()
)))
"""
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parent / "src")])
    found = set()
    for seed in ("1", "2"):
        environ = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": paths}
        command = [sys.executable, "-c", code]
        found.add(subprocess.run(command, env=environ, capture_output=True, check=True).stdout)
    assert len(found) == 1


@given(st.lists(st.binary(min_size=1), min_size=1, max_size=4), st.data(), st.integers(1, 255))
def test_chain_shows_any_changed_byte(bodies: list[bytes], data: st.DataObject, by: int) -> None:
    """Whatever byte of whatever record is changed, the head is another."""

    def head(records: list[bytes]) -> bytes:
        link = bytes(32)
        for body in records:
            link = chained(link, body)
        return link

    which = data.draw(st.integers(0, len(bodies) - 1))
    changed = bytearray(bodies[which])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= by
    assert head([*bodies[:which], bytes(changed), *bodies[which + 1 :]]) != head(bodies)
    assert head(bodies[:-1]) != head(bodies)


@attrs.frozen
class Before:
    """Facts and a form as an older release had them."""

    text: str
    gone: int = 0


OLD = codec(Before, Before)


@attrs.frozen
class Needy:
    """A form that got a field which older payloads do not have."""

    text: str
    needed: Decimal


@given(TEXT, st.integers(1))
def test_facts_added_later_read_as_their_defaults(text: str, gone: int) -> None:
    """Rows of an older release read as if the new facts had always had their defaults."""
    old = Snapshot(REF, "open", 3, moment(7), moment(5), Before(text, gone))
    body = OLD.encode_snapshot(old)
    assert CODEC.decode_snapshot(REF, 3, 7, body).facts == Known(text)


def record_of(by: Codec, event: Event[Any], facts: Mapping[str, object]) -> bytes:
    """Return a record's bytes."""
    record = JournalRecord(REF, 1, Entry.DECISION, event, "-", "open", facts, (), (), "", B, ())
    return by.encode_record(record)


def test_records_of_older_releases_read() -> None:
    """What today's machine knows no more is passed over; forms keep their plain fields."""
    event = Event("change", SYSTEM, moment(0), Before("a", 2))
    body = record_of(OLD, event, {"text": "a", "gone": 2})
    found = CODEC.decode_record(body)
    assert found.facts == {"text": "a"}
    assert found.event.form == Known("a")
    for today in (codec(Known, Needy), codec(Known, None), codec(Known, Known, "alter")):
        again = today.decode_record(body)
        assert again.event.form == {"text": "a", "gone": 2}
        stored = msgspec.json.decode(body)["event"]
        assert msgspec.json.decode(today.encode_record(again))["event"] == stored


@attrs.frozen
class Strange:
    """Facts no store can keep."""

    number: complex = 0j


@pytest.mark.parametrize(("facts", "form"), [(Strange, None), (Known, Strange)])
def test_types_that_cannot_be_stored_are_refused(facts: type, form: type | None) -> None:
    """A field's type is checked when an engine starts, not when the first row is read."""
    with pytest.raises(MachineDefinitionError, match=r"'thing'.*\n.*Strange.*complex"):
        codec(facts, form)


class Note(msgspec.Struct):
    """A struct around what no store can keep."""

    inner: Strange | None = None


@attrs.frozen
class Around:
    """Facts that hold what no store can keep further inside."""

    parts: tuple[Note, ...] = ()


@attrs.frozen
class Tree:
    """Facts with others of their kind in them; what is never given is never stored."""

    below: tuple[Tree, ...] = ()
    by_name: Mapping[str, Tree] = attrs.field(factory=dict)
    kept: list[int | None] = attrs.field(factory=list)
    number: complex = attrs.field(default=0j, init=False)


@pytest.mark.parametrize("facts", [Around, attrs.make_class("Bare", {"any": attrs.field()})])
def test_types_are_looked_for_within_others(facts: type) -> None:
    """A list of what cannot be stored cannot be stored; a field of no type may hold anything."""
    strange = strange_in(facts)
    assert (strange is complex) == (facts is Around)


def test_types_may_hold_themselves() -> None:
    """The check ends, and what it lets pass comes back."""
    assert strange_in(Tree) is None
    tree = Tree((Tree(kept=[1, None]),), {"left": Tree()})
    shape = shape_of(Tree)
    assert shape.load(msgspec.json.decode(msgspec.json.encode(shape.dump(tree))), Tree) == tree


@pytest.mark.parametrize("name", MACHINES)
def test_what_is_let_pass_can_be_stored(name: str) -> None:
    """The check of kinds and the building of shapes say the same of every shipped class."""
    one = load(name)
    for cls in {one.facts, *filter(None, map(one.form, one.events))}:
        assert strange_in(cls) is None
        assert shape_of(cls).cls is cls


def test_shapes_are_built_once_and_when_needed() -> None:
    """A start builds none; a second codec, of a machine of the same name, has its own."""
    first = attrs.make_class("First", {"price": attrs.field(type=Money, default=None)})
    other = attrs.make_class("First", {"price": attrs.field(type=Decimal, default=None)})
    built = shape_of.cache_info().misses
    one, two = codec(first, None), codec(other, None)
    assert shape_of.cache_info().misses == built
    at = EPOCH
    for by, facts in ((one, first(Money("1", "EUR"))), (two, other(Decimal("1.50")))):
        snapshot = Snapshot(REF, "a", 1, at, at, facts)
        assert read(snapshot, by) == snapshot
    assert shape_of(first) is shape_of(first) is not shape_of(other)


def test_kinds_of_lists_are_not_built_again() -> None:
    """A further kind of list leaves what was built before in place."""
    made, kind = converter(), tuple[Part, ...]
    built = made.get_unstructure_hook(kind)
    made.get_unstructure_hook(tuple[Colour, ...])
    made.get_structure_hook(Mapping[str, Part])
    assert made.get_unstructure_hook(kind) is built


def test_every_shelf_is_drawn() -> None:
    """The laws above are about all there is."""
    names = {field.name for field in msgspec.structs.fields(Attached)}
    assert names == set(SHELVES) == set(KEYS) == set(ITEMS)
    assert {field.name for field in attrs.fields(Known)} >= {"exact", "parts", "colours"}


DEEP = b"[" * 10_000 + b"]" * 10_000


@pytest.mark.parametrize(
    "body", [b"", b"{", b"7", b"{}", b"\xff", DEEP, b'{"state": "open", "ref": []}']
)
def test_bytes_that_were_damaged_are_told(body: bytes) -> None:
    """They are named by the entity, and by the kind of the cause alone: it may show a value."""
    with pytest.raises(DamagedError, match=r"of thing T-1 cannot be read: \w+\. See"):
        CODEC.decode_snapshot(REF, 1, 0, body)
    with pytest.raises(DamagedError, match=r"of a journal cannot be read: \w+\. See"):
        CODEC.decode_record(body)
