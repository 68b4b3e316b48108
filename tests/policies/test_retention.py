"""Retention: how long things are kept and why, what may be purged, who asked for an erasure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.erasure import ERASE
from crmflow.core.errors import ConfigurationError
from crmflow.core.machine import KEEP, Kind, Machine, Row, State
from crmflow.core.measure import Measure
from crmflow.core.policy import Line
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.tables import Tables
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine
from crmflow.policies.retention import (
    ASK_ERASURE,
    PRUNE,
    Fate,
    Retention,
    candidates,
    find,
    kept_until,
)
from crmflow.policies.retention.erasing import RetentionState
from crmflow.policies.retention.pruning import Journals

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
YEAR = datetime(2027, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
KEEPER = Actor("keeper", {"file_keeper"})


@attrs.frozen
class Card:
    """What is known of a card."""

    name: str = ""
    dealt_at: datetime | None = None
    dealt_on: date | None = None


@attrs.frozen
class Deal:
    """A dealing."""

    dealt_at: datetime | None = None
    dealt_on: date | None = None


CARD = Machine(
    "card",
    Card,
    zh="卡片",
    en="card",
    states=(
        State("active", "在用", "active", Kind.INITIAL),
        State("dormant", "休眠", "dormant"),
        State("archived", "已归档", "archived"),
        State("purged", "已清除", "purged", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "file", "active"),
        Row("active", "deal", KEEP, form=Deal, sets=copied("dealt_at", "dealt_on")),
        Row("active", "rest", "dormant"),
        Row("dormant", "archive", "archived"),
        Row(("active", "archived"), "purge", "purged"),
    ),
)

KEEP_CARDS = Retention(
    name="cards",
    machine="card",
    dealings=("dealt_at", "dealt_on"),
    event="purge",
    erasers=("file_keeper",),
    rules=("STO-003",),
)
ARCHIVE = Retention(
    name="archive", machine="card", states=("dormant",), archive=True, rules=("LIF-007",)
)
PURGE = Retention(
    name="purge", machine="card", states=("archived",), purge=True, days=400, rules=("AMB-13",)
)


def card(state: str = "active", at: datetime = AT, facts: Card = Card()) -> Snapshot[Card]:
    """Return a card that last changed at an instant."""
    return Snapshot(EntityRef("main", "card", "C-1"), state, 3, at, at, facts)


def rows(*found: Retention) -> list[Mapping[str, object]]:
    """Return rows as a company's file has them."""
    return [
        {
            name: value if not isinstance(value, Measure) else str(value)
            for name, value in attrs.asdict(row, recurse=False).items()
            if value not in (None, (), False, "", True) or name in ("purge", "archive")
        }
        for row in found
    ]


def engine(*found: Retention, clock: ManualClock | None = None) -> Engine:
    """Return an engine of cards."""
    return Engine(
        "memory:",
        machines=[CARD],
        plugins=["crmflow.policies.retention"],
        config=Overlay({"company.zone": "Asia/Shanghai"}, {"retention": rows(*found)}),
        clock=clock or ManualClock(AT),
    )


@pytest.mark.parametrize(
    ("facts", "since", "until", "code"),
    [
        (Card(), AT, YEAR, "retention_change"),
        (Card(dealt_at=AT - DAY), AT, YEAR, "retention_change"),
        (Card(dealt_at=AT + DAY), AT + DAY, YEAR + DAY, "retention_dealing"),
        (
            Card(dealt_on=date(2026, 3, 2)),
            datetime(2026, 3, 2, 16, tzinfo=UTC),
            datetime(2027, 3, 2, 16, tzinfo=UTC),
            "retention_dealing",
        ),
    ],
)
def test_one_year_from_the_last_change_or_dealing(
    facts: Card, since: datetime, until: datetime, code: str
) -> None:
    """STO-003, AMB-13: whichever is later; a day counts to its end."""
    found = kept_until([KEEP_CARDS], card(facts=facts), AT.date(), SHANGHAI)
    assert (found.since, found.until) == (since, until)
    assert [line.code for line in found.why] == [code, "retention_floor"]
    assert found.why[1].rules == ("STO-003", "AMB-13")


@pytest.mark.parametrize(
    ("facts", "since"),
    [
        (Card(), AT - 30 * DAY),
        (Card(dealt_at=AT - 20 * DAY), AT - 20 * DAY),
        (Card(dealt_at=AT - 40 * DAY), AT - 30 * DAY),
        (Card(dealt_on=date(2026, 2, 27)), datetime(2026, 2, 28, tzinfo=UTC)),
    ],
)
def test_what_policies_do_day_by_day_is_no_change(facts: Card, since: datetime) -> None:
    """Where a row names what a change is, that and the entering of the state count (STO-003)."""
    row = attrs.evolve(KEEP_CARDS, dealings=("dealt_on",), changes=("dealt_at",))
    ref = EntityRef("main", "card", "C-1")
    touched_today = Snapshot(ref, "active", 90, AT, AT - 30 * DAY, facts)
    assert kept_until([row], touched_today, AT.date()).since == since
    assert kept_until([KEEP_CARDS], touched_today, AT.date()).since == AT


def test_without_a_row_the_floor_holds_all_the_same() -> None:
    """Also where nothing is known yet."""
    held = Snapshot(EntityRef("main", "card", "C-1"), UNBORN, 1, AT, AT, None)
    assert kept_until([], held, AT.date()).until == YEAR
    assert kept_until([KEEP_CARDS], held, AT.date()).until == YEAR


def test_a_row_may_keep_longer_but_not_shorter() -> None:
    """The longest of all wins, and each is told."""
    longer = attrs.evolve(KEEP_CARDS, name="longer", keep=Measure.parse("3mo"), days=800)
    found = kept_until([KEEP_CARDS, longer], card(), AT.date())
    assert found.until == AT + 800 * DAY
    told = [(line.row, line.values["until"]) for line in found.why if line.code == "retention_row"]
    assert told == [("longer", datetime(2026, 6, 2, 9, tzinfo=UTC)), ("longer", AT + 800 * DAY)]


def test_rows_are_about_their_machine_state_and_days() -> None:
    """Others have nothing to say."""
    others = (
        attrs.evolve(PURGE, machine="other"),
        attrs.evolve(PURGE, states=("active",)),
        attrs.evolve(PURGE, until_on=date(2026, 1, 1)),
    )
    found = find(others, card("archived"), YEAR + 900 * DAY)
    assert found.fate is Fate.KEEP
    assert found.why[-1].code == "retention_never_purged"


@pytest.mark.parametrize(
    ("after", "fate"),
    [
        (timedelta(0), Fate.KEEP),
        (400 * DAY - timedelta(microseconds=1), Fate.KEEP),
        (400 * DAY, Fate.PURGE),
    ],
)
def test_a_purge_is_found_only_once_all_has_passed(after: timedelta, fate: Fate) -> None:
    """The floor, and the days the company has configured."""
    found = find([KEEP_CARDS, PURGE], card("archived"), AT + after)
    assert (found.fate, found.until) == (fate, AT + 400 * DAY)
    assert (found.why[-1].code == "retention_purge") is (fate is Fate.PURGE)


def test_nothing_is_purged_unless_configured() -> None:
    """AMB-13: however long it lies there."""
    found = find([KEEP_CARDS], card("archived"), AT + 9000 * DAY)
    assert found.fate is Fate.KEEP


def test_what_belongs_in_the_archive() -> None:
    """LIF-007, STO-004: at once, or after some time without a change."""
    later = attrs.evolve(ARCHIVE, archive_after=Measure.parse("30d"))
    assert find([ARCHIVE], card("dormant"), AT).fate is Fate.ARCHIVE
    assert find([ARCHIVE], card(), AT).fate is Fate.KEEP
    fates = [find([later], card("dormant"), AT + n * DAY).fate for n in (29, 30)]
    assert fates == [Fate.KEEP, Fate.ARCHIVE]


def test_where_originals_are_and_who_keeps_them() -> None:
    """REV-023, SUR-012: told with the row that says so."""
    place = attrs.evolve(ARCHIVE, archive=False, place="archive_room", rules=("SUR-012",))
    keeper = attrs.evolve(ARCHIVE, archive=False, keeper="customer_service", rules=("REV-023",))
    found = find([place, keeper], card("dormant"), AT)
    assert (found.places, found.keepers) == (("archive_room",), ("customer_service",))
    assert found.ref == card().ref
    told = [(line.rules, line.values) for line in found.why if line.code == "retention_place"]
    assert told == [
        (("SUR-012",), {"place": "archive_room", "keeper": ""}),
        (("REV-023",), {"place": "", "keeper": "customer_service"}),
    ]


def test_candidates_come_in_pages_as_they_are_asked_for() -> None:
    """No more is read than the pages need: a store may have millions."""
    read: list[int] = []

    def cards() -> Iterator[Snapshot[Card]]:
        for number in range(10):
            read.append(number)
            yield card("dormant" if number % 2 else "active")

    pages = candidates([ARCHIVE], cards(), Fate.ARCHIVE, AT, page=2)
    assert len(next(pages)) == 2
    assert read == [0, 1, 2, 3]
    assert [len(page) for page in pages] == [2, 1]


def test_a_purge_is_refused_until_then() -> None:
    """The event waits for a person even then: it is never fired by itself."""
    clock = ManualClock(AT)
    with engine(KEEP_CARDS, ARCHIVE, PURGE, clock=clock) as cards:
        ref = cards.create("card", actor=KEEPER).require().entity
        (verdict,) = cards.fire(ref, "purge", actor=KEEPER).verdicts
        assert verdict.reason == "purging_not_configured"
        for event in ("rest", "archive"):
            cards.fire(ref, event, actor=KEEPER).require()
        (verdict,) = cards.fire(ref, "purge", actor=KEEPER).verdicts
        assert (verdict.reason, verdict.row) == ("must_be_kept", "cards")
        assert verdict.values == {"until": (AT + 400 * DAY).isoformat()}
        clock.advance(400 * DAY)
        cards.run_due()
        assert cards.get(ref).state == "archived"
        cards.fire(ref, "purge", actor=KEEPER).require()


def test_an_erasure_is_asked_for_with_a_reason_by_whom_it_is_for() -> None:
    """Who, when and why is kept; what is to be erased is not."""
    with engine(KEEP_CARDS) as cards:
        ref = cards.create("card", actor=KEEPER).require().entity
        (policy,) = cards.registry.policies["card"]
        assert list(policy.explain(None, cards.get(ref))) == []
        asking = {"reason": "the customer wants it"}
        (verdict,) = cards.fire(ref, ASK_ERASURE, asking, actor=Actor("eve")).verdicts
        assert (verdict.reason, verdict.roles) == ("erasure_not_allowed", ("file_keeper",))
        for _ in range(2):
            cards.fire(ref, ASK_ERASURE, asking, actor=KEEPER).require()
        snapshot = cards.get(ref)
        state = snapshot.policy("retention")
        assert isinstance(state, RetentionState)
        assert [(one.by, one.at, one.reason) for one in state.asked] == [
            ("keeper", AT, "the customer wants it")
        ] * 2
        lines = list(policy.explain(state, snapshot))
        asked = {"by": "keeper", "at": AT, "reason": "the customer wants it"}
        assert lines[-2:] == [Line("erasure_asked", asked)] * 2
        assert "retention_floor" in [line.code for line in lines]
        done = attrs.evolve(state, asked=(), erased=state.asked[:1])
        assert list(policy.explain(done, snapshot))[-1] == Line("erased", asked)
        kept: dict[str, object] = {}
        assert policy.upgraded(1, kept) is kept
        assert policy.evolve_for("deal") is None


def test_nothing_is_erased_that_must_be_kept() -> None:
    """STO-003: until when, and by which rules."""
    with engine(KEEP_CARDS) as cards:
        ref = cards.create("card", actor=KEEPER).require().entity
        asking = {"reason": "the customer wants it"}
        (verdict,) = cards.fire(ref, ERASE, asking, actor=KEEPER).verdicts
        assert (verdict.reason, verdict.rules) == ("must_be_kept", ("STO-003", "AMB-13"))
        assert verdict.values == {"until": YEAR.isoformat()}


def test_nobody_prunes_but_the_engine() -> None:
    """STO-003: whatever their role."""
    form = {"version": 1, "hash": "00", "row": "cards", "at": AT.isoformat()}
    with engine(KEEP_CARDS) as cards:
        ref = cards.create("card", actor=KEEPER).require().entity
        (verdict,) = cards.fire(ref, PRUNE, form, actor=KEEPER).verdicts
        assert (verdict.reason, verdict.rules) == ("pruned_by_the_engine", ("STO-003",))


def test_journals_are_kept_by_the_rows_of_the_day() -> None:
    """By the company's day, of the state an entity is in."""
    two = Measure.parse("24mo")
    until = Retention(name="until", machine="card", journal=two, until_on=date(2026, 3, 2))
    later = Retention(name="later", machine="card", journal=two, from_on=date(2026, 3, 3))
    other = Retention(name="other", machine="card", journal=two, states=("archived",))
    kept = Journals((until, later, other), Tables(zone=SHANGHAI))
    midnight = datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert kept.of("open", midnight - timedelta(seconds=1)) == (until,)
    assert kept.of("open", midnight) == (later,)
    assert kept.of("archived", midnight) == (later, other)


def test_a_machine_without_rows_is_left_alone() -> None:
    """No policy, no judge."""
    with engine() as cards:
        assert not cards.registry.policies.get("card")
        ref = cards.create("card", actor=KEEPER).require().entity
        cards.fire(ref, "purge", actor=KEEPER).require()


@pytest.mark.parametrize(
    ("change", "path", "told"),
    [
        (
            {"states": ["gone"]},
            "states[0]",
            "unknown. Known: 'active', 'archived', 'dormant', 'purged'.",
        ),
        ({"dealings": ["dealt"]}, "dealings[0]", "unknown. Did you mean 'dealt_on'?"),
        (
            {"dealings": ["name"]},
            "dealings[0]",
            "type, expected a fact that holds a date or an instant",
        ),
        (
            {"changes": ["name"]},
            "changes[0]",
            "type, expected a fact that holds a date or an instant",
        ),
        (
            {"event": "erase"},
            "event",
            "unknown. Known: 'archive', 'deal', 'file', 'purge', 'rest'.",
        ),
        (
            {"keep": "11mo"},
            "keep",
            (
                "below_floor, expected 12mo or more, or 365d or more: one year is the "
                "floor (STO-003)"
            ),
        ),
        (
            {"keep": "364d"},
            "keep",
            (
                "below_floor, expected 12mo or more, or 365d or more: one year is the "
                "floor (STO-003)"
            ),
        ),
        (
            {"keep": "400wd"},
            "keep",
            (
                "below_floor, expected 12mo or more, or 365d or more: one year is the "
                "floor (STO-003)"
            ),
        ),
        (
            {"keep": "9000h"},
            "keep",
            (
                "below_floor, expected 12mo or more, or 365d or more: one year is the "
                "floor (STO-003)"
            ),
        ),
        (
            {"journal": "11mo"},
            "journal",
            (
                "below_floor, expected 12mo or more, or 365d or more: one year is the "
                "floor (STO-003)"
            ),
        ),
        (
            {"journal": "400wd"},
            "journal",
            (
                "below_floor, expected 12mo or more, or 365d or more: one year is the "
                "floor (STO-003)"
            ),
        ),
        ({"days": 364}, "days", "below_floor, expected 365 or more (STO-003)"),
        (
            {"purge": True},
            "days",
            (
                "missing, expected days, or keep: purging is configured with how long "
                "things are kept"
            ),
        ),
        (
            {"archive_after": "30d"},
            "archive_after",
            ("type, expected a measure without working time, in a row that archives"),
        ),
        (
            {"archive": True, "archive_after": "30wd"},
            "archive_after",
            ("type, expected a measure without working time, in a row that archives"),
        ),
    ],
)
def test_what_is_wrong_with_a_row_is_told_when_loaded(
    change: Mapping[str, object], path: str, told: str
) -> None:
    """Nothing below the floor, nothing purged without its days."""
    with pytest.raises(ConfigurationError) as caught:
        Engine(
            "memory:",
            machines=[CARD],
            plugins=["crmflow.policies.retention"],
            config=Overlay(
                {"company.zone": "UTC"},
                {"retention": [{"name": "cards", "machine": "card", **change}]},
            ),
        )
    assert f"config: $.retention[0].{path} (cards): {told}" in caught.value.faults
