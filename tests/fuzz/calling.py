"""Strategies for calls of an engine: right ones, with what nobody means in some of their places."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import msgspec
from hypothesis import strategies as st

from crmflow.core.actor import Actor
from crmflow.engine.values import Adopting, Firing, Observed
from crmflow.testing.fixtures import MONDAY
from tests.fuzz.hostile import SCALARS, TEXTS, VALUES
from tests.zones import Unplaced

Words = st.SearchStrategy[Any]


_EDGE = timezone(timedelta(hours=23, minutes=59, seconds=59, microseconds=999_999))
_ZONES = (
    UTC,
    _EDGE,
    timezone(-timedelta(hours=23, minutes=59)),
    ZoneInfo("Asia/Shanghai"),
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("Pacific/Apia"),
    Unplaced(),
)

INSTANTS: st.SearchStrategy[datetime] = st.one_of(
    st.just(MONDAY),
    st.integers(-400, 1000).map(lambda days: MONDAY + timedelta(days)),
    # Centuries ahead every timer until then would fire, which is no fault and takes its time.
    st.datetimes(max_value=datetime(2029, 1, 1), timezones=st.sampled_from((None, *_ZONES))),  # noqa: DTZ001 - as Hypothesis takes it
    st.sampled_from(
        (
            datetime.max,  # noqa: DTZ901 - without a zone, as callers forget it
            *(datetime.max.replace(tzinfo=zone) for zone in _ZONES),
            *(datetime.min.replace(tzinfo=zone) for zone in _ZONES),
            datetime(2026, 3, 29, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
            datetime(2011, 12, 30, tzinfo=ZoneInfo("Pacific/Apia")),
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(9000, 1, 1, tzinfo=UTC),
        )
    ),
)
"""Instants near and far, in zones with odd offsets, hours that are none, and without a zone."""


NAMES = st.sampled_from(("", "\x00", "\ud800", "a\nb", "x" * 5000)) | TEXTS
"""Names that no store keeps, and any text."""


def mostly(right: object, wrong: Words = NAMES) -> Words:
    """Draw what is right twice as often as what is not."""
    among = right if isinstance(right, tuple) else (right,)
    one = st.sampled_from(among)
    return st.integers(0, 2).flatmap(lambda n: one if n else wrong)


def maybe(words: Words) -> Words:
    """Draw nothing as often as something."""
    return st.none() | words


IDS = mostly(("C-1", "C-2"))
MACHINES = mostly(("complaint", "customer"))
EVENTS = mostly(("record", "respond", "withdraw", "accept", "$adopt", "$pause", "$approve"))
REFS = st.tuples(MACHINES, IDS)
KEYS = maybe(mostly("key-1"))
AT = maybe(INSTANTS)
REASONS = mostly("a fault of the log")
STATES = mostly(("received", "recorded", "closed"))
NUMBERS = mostly((1, 2, 200), st.sampled_from((0, -1, -(2**63), 2**31, 2**63, 10**30)))
ROLES = mostly(("administrator", "customer_service", "quality_manager"))
ACTORS = st.one_of(
    st.just(Actor("tester-1", {"administrator", "customer_service"})),
    st.builds(
        lambda who, roles, of: Actor(who, roles, departments=of),
        mostly("tester-1"),
        st.sets(ROLES, max_size=2),
        st.sets(mostly("service"), max_size=1),
    ),
    mostly("tester-1"),
)
PAYLOADS = st.one_of(
    st.just({"customer": "C-1", "channel": "phone"}),
    st.dictionaries(mostly(("customer", "channel", "solution", "reason")), VALUES, max_size=3),
    st.none(),
)
FACTS = st.dictionaries(
    mostly(("customer", "channel", "amount")), mostly("C-1", SCALARS), max_size=3
)
WHERE = maybe(st.dictionaries(mostly(("customer", "name", "owner")), SCALARS, max_size=2))
LANGUAGES = mostly(("en", "zh"))

_PLACES = st.lists(
    st.one_of(TEXTS, st.none(), st.sampled_from((0, -1, 2**63, -(2**63) - 1, 10**30))), max_size=4
)


def _cursor(name: str, place: list[object]) -> str:
    try:
        return base64.urlsafe_b64encode(msgspec.json.encode((name, place))).decode()
    except (UnicodeEncodeError, OverflowError):
        return ""


CURSORS = maybe(
    st.one_of(
        TEXTS,
        st.builds(
            _cursor,
            st.sampled_from(("entities", "due", "tasks", "deadlines", "outbox", "inbox")),
            _PLACES,
        ),
    )
)


@attrs.frozen
class Call:
    """A call of one method of an engine."""

    method: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def on(self, engine: object) -> Any:  # noqa: ANN401 - whatever the method gives
        """Return what it gives."""
        method: Callable[..., Any] = getattr(engine, self.method)
        return method(*self.args, **self.kwargs)


def _call(method: str, *args: Words, **kwargs: Words) -> st.SearchStrategy[Call]:
    return st.builds(Call, st.just(method), st.tuples(*args), st.fixed_dictionaries(kwargs))


_FIRINGS = st.lists(
    st.builds(Firing, REFS, EVENTS, PAYLOADS, actor=ACTORS, key=KEYS, at=AT), max_size=3
)
_ADOPTING = st.builds(
    Adopting, REFS, STATES, FACTS, reason=REASONS, incomplete=st.booleans(), at=AT, key=KEYS
)
_OBSERVED = st.lists(
    st.builds(Observed, REFS, REASONS, STATES, INSTANTS, mostly("ann"), FACTS), max_size=3
)
_WANTED = {
    "state": maybe(STATES),
    "owner": maybe(mostly("ann")),
    "tier": maybe(mostly("gold")),
    "link": maybe(REFS),
    "where": WHERE,
}
_MEANT = st.one_of(
    st.fixed_dictionaries({"state": maybe(STATES), "where": WHERE}),
    st.fixed_dictionaries({"ids": st.lists(IDS, max_size=3)}),
)
_PAGE = {"limit": NUMBERS, "after": CURSORS}
_BULK = st.builds(
    lambda meant, call: attrs.evolve(call, kwargs={**call.kwargs, **meant}),
    _MEANT,
    _call("bulk", MACHINES, EVENTS, PAYLOADS, actor=ACTORS, key=KEYS, at=AT, dry_run=st.booleans()),
)

WRITING: tuple[st.SearchStrategy[Call], ...] = (
    _call("create", MACHINES, PAYLOADS, actor=ACTORS, id=maybe(IDS), key=KEYS, at=AT),
    _call("fire", REFS, EVENTS, PAYLOADS, actor=ACTORS, key=KEYS, at=AT, version=maybe(NUMBERS)),
    _call("fire_many", _FIRINGS),
    _call("adopt", _ADOPTING, actor=ACTORS),
    _call("observe_many", _OBSERVED),
    _call("pause", REFS, REASONS, actor=ACTORS, key=KEYS, at=AT),
    _call("unpause", REFS, REASONS, actor=ACTORS, key=KEYS, at=AT),
    _call("pause_machine", MACHINES, REASONS, actor=ACTORS),
    _call("unpause_machine", MACHINES, REASONS, actor=ACTORS),
    _call("attach", mostly(("sla", "approvals")), actor=ACTORS, dry_run=st.booleans()),
    _call("retire", mostly(("sla", "gone")), REASONS, actor=ACTORS),
    _call("rank", mostly("value"), actor=ACTORS, dry_run=st.booleans()),
    _call("retry_outbox", st.lists(TEXTS, max_size=2), target=maybe(MACHINES)),
    _call("drop_outbox", st.lists(TEXTS, max_size=2), target=maybe(MACHINES)),
    _call("run_due", AT),
    _BULK,
)
"""Calls that may change something."""

READING: tuple[st.SearchStrategy[Call], ...] = (
    _call("get", REFS, at=AT),
    _call("options", REFS, actor=ACTORS),
    _call("explain", REFS, EVENTS, PAYLOADS, actor=ACTORS, lang=LANGUAGES),
    _call("preview", mostly("work_order"), IDS, maybe(EVENTS), PAYLOADS, actor=ACTORS,
          lang=maybe(LANGUAGES)),
    _call("texts", LANGUAGES),
    _call("journal", REFS),
    _call("redecide", REFS),
    _call("audit", st.one_of(st.none(), MACHINES, REFS)),
    _call("read", REFS, actor=ACTORS, purpose=REASONS),
    _call("listed", mostly("contact_directory"), actor=ACTORS, purpose=REASONS),
    _call("duplicates", MACHINES, IDS | FACTS, actor=ACTORS, purpose=REASONS),
    _call("find", maybe(MACHINES), **_WANTED),
    _call("find_page", maybe(MACHINES), **_PAGE, **_WANTED),
    _call("find_due", INSTANTS, maybe(MACHINES), **_PAGE, **_WANTED),
    _call("counts", maybe(MACHINES)),
    _call("alike", MACHINES, FACTS, limit=NUMBERS),
    _call("tasks", ROLES, limit=NUMBERS),
    _call("queue", ROLES, limit=NUMBERS),
    _call("task_page", ROLES, **_PAGE),
    _call("tasks_for", ACTORS, **_PAGE),
    _call("deadlines", maybe(MACHINES), overdue=st.booleans(), **_PAGE),
    _call("inbox", person=maybe(IDS), role=maybe(ROLES), limit=NUMBERS),
    _call("inbox_page", person=maybe(IDS), role=maybe(ROLES), **_PAGE),
    _call("outbox_page", **_PAGE),
    _call("migrate", MACHINES, dry_run=st.booleans()),
    _call("anchored", mostly("an.anchor")),
)  # fmt: skip
"""Calls that ask."""

CALLS: st.SearchStrategy[list[Call]] = st.lists(
    st.one_of(st.one_of(*WRITING), st.one_of(*READING)), min_size=1, max_size=4
)
