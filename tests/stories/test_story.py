"""One customer's life: every deadline once kept and once missed, and the journals replay."""

from __future__ import annotations

import re
import runpy
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from rich.console import Console

from crmflow.analysis.story import CHAPTERS, MACHINES, START, LetterBox, Teller, company
from crmflow.analysis.story.deadlines import DEADLINES
from crmflow.analysis.story.lines import Said
from crmflow.cli.demo_report import show
from crmflow.cli.demo_year import year_of
from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.errors import GuardFailedError
from crmflow.core.journal import JournalRecord, fold, unborn
from crmflow.core.machine import Asked, Guard, Kind, Machine, Row, Start, State
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.timer import Elapsed
from crmflow.engine.engine import Engine
from crmflow.policies.sla import Definition, waits
from crmflow.policies.sla.report import Compliance, compliance
from crmflow.states import MACHINES as GENERAL
from tests.stories.lived import lived

HOUR = timedelta(hours=1)
HAN = re.compile(r"[一-鿿]")
ROOT = Path(__file__).parents[2]
NEVER_KEPT = {
    "improvement_evaluation": "nothing is evaluated before the time the company has set is over",
    "survey_interval": "no round is issued before its interval is over",
}
"""Deadlines that cannot be kept: waits whose guard asks that they are over."""
VOTES = {
    "contract": ("approve",),
    "proposal": ("dispatch", "manager_approve", "deputy_approve"),
    "expense_claim_reception": ("approve_service", "approve_finance", "sign"),
    "expense_claim_revisit": ("sign",),
    "key_account": ("approve",),
    "survey": ("check",),
    "access_request": ("approve",),
}
"""Events that approve what somebody else has asked for."""


@attrs.frozen
class Hung:
    """What is known of a bell."""


def broken(_attempt: Asked) -> bool:
    """Fail, as code does that nobody has tried."""
    raise ZeroDivisionError


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Return an engine over the finished story, read from its file."""
    found = lived("en")
    clock = ManualClock(found.year.ends_at)
    with company(found.url, clock, LetterBox()) as opened:
        yield opened


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Engine]:
    """Return an engine over a copy of the story, to go on with it."""
    file = tmp_path / "copy.db"
    shutil.copy(lived("en").file, file)
    with company(f"sqlite:///{file}", ManualClock(lived("en").year.ends_at), LetterBox()) as opened:
        yield opened


def entities(engine: Engine) -> list[EntityRef]:
    """Return all entities."""
    return [row.ref for row in engine.find()]


def judged(engine: Engine) -> list[tuple[EntityRef, str, Any]]:
    """Return every entity with deadlines, as the store has it."""
    found = ((ref, ref.machine, engine.get(ref).policy(DEADLINES)) for ref in entities(engine))
    return [one for one in found if one[2] is not None]


def test_every_deadline_is_once_kept_and_once_missed(engine: Engine) -> None:
    """
    Every row of the table that is in use, read from the store.

    CMP-007, CMP-010, CMP-013, CMP-030, CMP-033, CMP-034, CMP-037, CON-001, DEA-014, DLV-001,
    DLV-004, DLV-007, EXP-014, KAM-022, KAM-023, PAY-001, QMC-014, QMC-023, QUO-003, QUO-005,
    REC-026, REC-033, REV-008, REV-021, SUG-012, SUR-001, SUR-009, TIE-037.
    """
    tables = engine.registry.tables
    rows = [
        row
        for row in tables.of("deadlines", Definition)
        if row.enabled and row.machine in engine.registry.machines
    ]
    lines = {
        line.definition: line for line in compliance(judged(engine), tables.zone, ("definition",))
    }
    found = {row.name: lines.get(row.name, Compliance()) for row in rows}
    assert {name for name, line in found.items() if not line.met} == set(NEVER_KEPT)
    assert {name for name, line in found.items() if not line.met_late + line.breached} == set()
    assert waits(tables) >= set(NEVER_KEPT)


@pytest.mark.parametrize("grade", ["general", "serious", "major"])
def test_each_grade_of_complaints_keeps_its_limit_once(engine: Engine, grade: str) -> None:
    """CMP-007, CMP-010, CMP-013: the limits of the grades are told apart."""
    lines = compliance(judged(engine), engine.registry.tables.zone, ("definition", "tier"))
    kept = {line.tier for line in lines if line.definition == "complaint_limit" and line.met}
    assert grade in kept


def test_suggestions_end_in_every_way_and_get_more_time(engine: Engine) -> None:
    """SUG-013, SUG-015, SUG-023, SUG-029: accepted, held, rejected; 20 and 30 days; rewarded."""
    facts = [engine.get(row.ref).facts for row in engine.find("proposal")]
    assert Counter(str(one.result) for one in facts) == {"accepted": 1, "held": 2, "rejected": 2}
    assert sum(one.extended_at is not None for one in facts) == 1
    assert sum(one.extended_long_at is not None for one in facts) == 1
    assert all(one.rewarded_at and one.thanked_at for one in facts)


def test_the_customer_was_lost_put_to_rest_and_won_back(engine: Engine) -> None:
    """LIF-001, LIF-006, LIF-009, LIF-016: the journals tell the way through all of it."""
    customer = [record.to for record in engine.journal(("customer", "C-1001")) if record.to]
    assert customer == [
        "collected", "confirmed", "entered", "active", "dormant", "archived", "active",
    ]  # fmt: skip
    life = [record.to for record in engine.journal(("lifecycle", "C-1001")) if record.to]
    assert life[0] == "potential"
    assert life[-2:] == ["lost", "loyal"]


def test_every_machine_has_its_part(engine: Engine) -> None:
    """All general machines are switched on, and each of them has an entity."""
    assert set(GENERAL) < set(MACHINES)
    assert {ref.machine for ref in entities(engine)} >= set(MACHINES)


def test_journals_fold_to_the_same_entities(engine: Engine) -> None:
    """What is stored is what the journals replay to, without any rule code."""
    for ref in entities(engine):
        records = list(engine.journal(ref))
        facts = engine.registry.machine(ref.machine).machine.facts
        folded = fold(records, facts, unborn(ref, records[0].event.at))
        stored = engine.get(ref)
        assert (folded.state, folded.version, folded.facts) == (
            stored.state, stored.version, stored.facts,
        ), ref  # fmt: skip
        assert set(folded.tasks) == set(stored.tasks), ref


def test_every_decision_is_taken_again_the_same(engine: Engine) -> None:
    """Each record decided anew by the present machines differs in nothing."""
    checked = 0
    for ref in entities(engine):
        for found in engine.redecide(ref):
            checked += 1
            assert found.differs == (), f"{ref}: {found.record.event.name}"
    assert checked == lived("en").year.records


def test_every_message_was_taken(engine: Engine) -> None:
    """Nothing waits, nothing is parked, and letters went out."""
    assert list(engine.outbox()) == []
    assert sum(lived("en").year.letters.values()) > len(entities(engine))


def test_nobody_approves_what_they_have_asked_for(engine: Engine) -> None:
    """CON-011, EXP-002, SUG-018, KAM-002: who votes is never who brought it there."""
    votes = 0
    for ref in entities(engine):
        records = list(engine.journal(ref))
        for asked, record in _voted(records, VOTES.get(ref.machine, ())):
            votes += 1
            assert record.event.actor.id != asked.event.actor.id, ref
        for record in records:
            approved_by = record.event.cause.approved_by if record.event.cause else ()
            assert record.event.actor.id not in approved_by, ref
    assert votes


def _voted(
    records: Sequence[JournalRecord], events: Sequence[str]
) -> Iterator[tuple[JournalRecord, JournalRecord]]:
    """Yield each vote, behind the record that brought the entity to its state."""
    for place, record in enumerate(records):
        if record.event.name in events:
            entered = [one for one in records[:place] if one.to == record.before]
            yield entered[-1], record


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_reads_like_a_story(lang: str) -> None:
    """Chapters in order of time, plain sentences in one language each."""
    chapters = lived(lang).year.chapters
    assert [chapter.title for chapter in chapters] == [one.TITLE.told(lang) for one in CHAPTERS]
    lines = [line for chapter in chapters for line in chapter.lines]
    assert lines[0].at >= START
    told = [line.at for line in lines if not line.missed]
    assert all(line.text[-1] in ".。" for line in lines)
    assert all(bool(HAN.search(line.text)) is (lang == "zh") for line in lines)
    assert not any(line.missed and line.kept for line in lines)
    labels = {label for line in lines for label in line.kept}
    assert len(labels) > 20
    assert all(bool(HAN.search(label)) is (lang == "zh") for label in labels)
    assert not any("sla:" in text for text in (*labels, *(line.text for line in lines)))
    assert told == sorted(told)


def test_both_languages_live_the_same() -> None:
    """Words differ; entities, states and deadlines do not."""
    english, chinese = lived("en").year, lived("zh").year
    assert [(one.ref, one.state) for one in english.lives] == [
        (one.ref, one.state) for one in chinese.lives
    ]
    assert english.promises == chinese.promises
    assert english.letters == chinese.letters


def test_what_people_write_is_in_the_story_s_language() -> None:
    """The journals hold what people said."""
    first = next(one for one in lived("zh").year.lives if one.ref.machine == "customer")
    assert first.records[0].facts["name"] == "海港造纸厂"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_pictures_are_those_of_the_story(lang: str) -> None:
    """`python scripts/pictures.py` mends them."""
    picture = runpy.run_path(str(ROOT / "scripts" / "pictures.py"))["picture"]
    kept = ROOT / "docs" / "pictures" / f"demo-{lang}.svg"
    assert picture(lived(lang).year) == kept.read_text("utf-8")


def test_the_report_speaks_chinese() -> None:
    """Headings, labels and reasons are Chinese; eighty columns are enough."""
    console = Console(record=True, width=80, highlight=False)
    with console.capture() as shown:
        show(lived("zh").year, console)
    text = shown.get()
    for part in (
        "1. 初次接触",
        "全程一览",
        "按时：首次响应",
        "超时：",
        "为何拒绝一个事件",
        "2027 年",
    ):
        assert part in text
    assert "…" not in text


def test_the_teller_says_where_the_story_is_wrong(copy: Engine) -> None:
    """What should have been refused and was not stops the telling, and what has no refusal too."""
    teller = Teller(copy, ManualClock(START), "en")
    customer = copy.ref(("customer", "C-1001"))
    why = Said("moved", "迁址")
    with pytest.raises(RuntimeError, match="hand_over on customer C-1001 was not refused"):
        teller.try_to(customer, "hand_over", "head-1", owner="sales-1", reason=why)
    with pytest.raises(RuntimeError, match="keeper-1 was shown customer C-1001"):
        teller.try_to_read(customer, "keeper-1")
    with pytest.raises(ValueError, match="nothing to explain"):
        year_of(teller, LetterBox(), "file")


BELL = Machine(
    "bell",
    Hung,
    zh="铃",
    en="bell",
    states=(State("hung", "已挂", "hung", Kind.INITIAL), State("rung", "已响", "rung", Kind.FINAL)),
    rows=(
        Row(UNBORN, "hang", "hung", start=(Start("bell", "ring", Elapsed(HOUR)),)),
        Row("hung", "ring", "rung", who="system", guards=(Guard(broken, "cracked"),)),
    ),
)  # fmt: skip
"""A machine whose timer fails."""


def test_what_fails_while_time_passes_stops_the_telling() -> None:
    """A story does not go on over an entity that cannot be touched."""
    clock = ManualClock(START)
    with Engine("memory:", machines=[BELL], clock=clock) as engine:
        teller = Teller(engine, clock, "en")
        engine.create("bell", actor=Actor("anybody")).require()
        with pytest.raises(GuardFailedError):
            teller.later(hours=2)
