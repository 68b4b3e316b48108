"""
A log's incidents lived again under deadlines, and what is kept beside the log's own flag.

    python incidents.py incident_event_log.csv.gz
    python incidents.py incident_event_log.csv.gz --limit 1000

Every change of state in the log is fired as an event at the log's instant; the deadlines of
`deadlines.toml` run along, and timers fire when they are due. What the machine does not allow
is placed by an adoption and counted apart.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path

import attrs
from msgspec.structs import replace

from crmflow import Actor, Adopting, Decision, Engine, EntityRef, ManualClock
from crmflow.analysis.eventlog import LogRow, read_log
from crmflow.analysis.mapping_file import load_mapping
from crmflow.policies.sla.report import Entity, compliance, spent
from crmflow.policies.sla.run import Deadlines, Lapse, Status

Line = tuple[object, ...]
HERE = Path(__file__).parent
READ_ON = datetime(2017, 3, 1, tzinfo=UTC)
"""When the log is read: after its last row."""
IMPORTER = Actor("importer", {"administrator"})
EVENTS = {
    "active": "work",
    "awaiting_user_info": "ask_user",
    "awaiting_vendor": "ask_vendor",
    "awaiting_problem": "await_problem",
    "awaiting_evidence": "await_evidence",
    "resolved": "resolve",
    "closed": "close",
}
"""The event that leads to a state."""
JOB = timedelta(hours=2.4)
"""How long after the five days the desk's own job may come: from 4.99 to 5.10 days."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TIMERS = {"close": "timers that closed"}
SOON, LATER = "the timer, the log within 0.1 days", "the timer, the log later"
BY_HAND = "somebody, before the timer"


@attrs.frozen
class Step:
    """One change in the log: to a state or, where `priority` is given, to that priority."""

    at: datetime
    actor: Actor
    state: str = ""
    priority: str = ""

    def event(self, before: str) -> str:
        """Return the event that makes the change, from a state."""
        if self.priority:
            return "prioritize"
        opens_again = (before, self.state) == ("resolved", "active")
        return "reopen" if opens_again else EVENTS[self.state]


@attrs.frozen
class Life:
    """An incident as the log tells it; priority and flag are those of its last row."""

    id: str
    opened_at: datetime
    report: Mapping[str, object]
    steps: tuple[Step, ...]
    priority: str
    made_sla: bool

    @property
    def begins_new(self) -> bool:
        """Whether the log shows it from the beginning."""
        return self.steps[0].state == "new"


@attrs.frozen
class End:
    """How an incident ended: whether the log closes it when we do, and its deadlines."""

    priority: str
    made_sla: bool
    begins_new: bool
    closes_alike: bool
    entity: Entity


@attrs.define
class Played:
    """What came of all incidents; adoptions by the states the log has before and after."""

    counts: Counter[str] = attrs.field(factory=Counter)
    adopted: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    closed: Counter[str] = attrs.field(factory=Counter)
    ends: list[End] = attrs.field(factory=list)


def opened() -> Engine:
    """Return an engine with the machine and its deadlines, on a store in memory."""
    return Engine(
        "memory:",
        machines=["incident"],
        plugins=[str(HERE / "crmflow_servicenow.py")],
        config=HERE / "deadlines.toml",
        clock=ManualClock(READ_ON),
    )


def lives(path: Path, counts: Counter[str]) -> Iterator[Life]:
    """Yield the incidents of the log; the rows of each stand together."""
    mapping = load_mapping(HERE / "mapping.toml")
    for case, rows in groupby(read_log(path, mapping), key=lambda row: row.case):
        told = list(rows)
        known = [row for row in told if row.state is not None]
        counts["rows"] += len(told)
        counts["rows of an unknown state, left out"] += len(told) - len(known)
        yield life(case, known)


def life(case: str, rows: Sequence[LogRow]) -> Life:
    """Return an incident from its rows, those that change nothing left out."""
    first, last = rows[0], rows[-1]
    opened_at = first.values["opened_at"]
    assert isinstance(opened_at, datetime)
    began_at = min(opened_at, instant(first))
    asked = {name: first.values[name] for name in ("priority", "category") if name in first.values}
    changes = tuple(steps(rows, began_at))
    return Life(case, began_at, asked, changes, priority(last), last.values["made_sla"] is True)


def steps(rows: Sequence[LogRow], at: datetime) -> Iterator[Step]:
    """Yield what changes; where the log goes back in time, the instant before counts."""
    state, urgent = "", priority(rows[0])
    for row in rows:
        at, actor = max(at, instant(row)), Actor(row.actor or "unknown")
        if priority(row) != urgent:
            urgent = priority(row)
            yield Step(at, actor, priority=urgent)
        if row.state is not None and row.state != state:
            state = row.state
            yield Step(at, actor, state)


def instant(row: LogRow) -> datetime:
    """Return the instant of a row; a history's has one."""
    assert row.at is not None
    return row.at


def priority(row: LogRow) -> str:
    """Return the priority that a row shows."""
    return str(row.values["priority"])


def play(engine: Engine, life: Life, played: Played) -> None:
    """Let an incident live: its report, every step, and what its timers do in between."""
    caller = life.steps[0].actor
    asked = engine.create("incident", life.report, actor=caller, id=life.id, at=life.opened_at)
    ref = asked.require().entity
    counted(asked, played)
    played.counts["incidents"] += 1
    played.counts["that begin in another state than new"] += not life.begins_new
    state = "new"
    for step in life.steps[life.begins_new :]:
        event, change = step.event(state), {"priority": step.priority} if step.priority else None
        asked = engine.fire(ref, event, change, actor=step.actor, at=step.at)
        counted(asked if asked.accepted else settled(engine, ref, step, state, played), played)
        state = step.state or state
    finished(engine, ref, life, played)


def settled(
    engine: Engine, ref: EntityRef, step: Step, before: str, played: Played
) -> Decision | None:
    """Return what becomes of a step that was refused; the timers due before it fire first."""
    for fired in engine.run_due(step.at).fired:
        counted(fired, played)
    if engine.get(ref).state == step.state:
        return None  # its timer had closed it
    played.adopted[before, step.state] += 1
    reason = "the log has it, the machine does not allow it"
    adopting = Adopting(ref, step.state, {}, reason=reason, at=step.at)
    return engine.adopt(adopting, actor=IMPORTER).require()


def counted(asked: Decision | None, played: Played) -> None:
    """Count what was journaled: events of people, adoptions, timers."""
    for one in () if asked is None else (*asked.fired, asked, *asked.caused):
        cause = one.event.cause
        if cause is not None and cause.timer is not None:
            played.counts[TIMERS.get(cause.timer, "timers of deadlines")] += 1
        else:
            played.counts["adoptions" if one.event.name == "$adopt" else "events"] += 1


def finished(engine: Engine, ref: EntityRef, life: Life, played: Played) -> None:
    """Note how an incident ended: who closed it, and how its deadlines were kept."""
    ended = engine.get(ref)
    assert ended.state == "closed"
    late = max(step.at for step in life.steps if step.state == "closed") - ended.at
    who = BY_HAND if not late else SOON if late <= JOB else LATER
    played.closed[who] += 1
    # What ended is in the sums; the last course of each deadline is not needed any more.
    entity = ref, "incident", replace(ended.policy("sla"), runs=())
    played.ends.append(End(life.priority, life.made_sla, life.begins_new, who != LATER, entity))


def kept(state: Deadlines, name: str) -> bool:
    """Say whether every course of a deadline ended in time."""
    late = {Status.MET_LATE, Status.BREACHED}
    return not any(one.definition == name and one.status in late for one in state.tallies)


def promised(entities: Iterable[Entity], name: str) -> Iterator[Line]:
    """Yield how the courses of a deadline ended, by priority."""
    for line in compliance(entities, UTC, ("definition", "tier")):
        if line.definition == name:
            judged = line.met + line.met_late + line.breached
            yield line.tier, judged, line.met, part(line.met, judged), line.cancelled


def agreeing(ends: Iterable[End], name: str) -> Iterator[Line]:
    """Yield by priority how often a deadline and the log's flag say the same."""
    found: dict[str, Counter[tuple[bool, bool]]] = {}
    for end in ends:
        said = kept(end.entity[2], name), end.made_sla
        for line in (end.priority, "all"):
            found.setdefault(line, Counter())[said] += 1
    for line, n in sorted(found.items()):
        both, ours, theirs, all_ = n[True, True], n[True, False], n[False, True], n.total()
        same = all_ - ours - theirs
        yield line, all_, both + ours, both + theirs, same, part(same, all_), ours, theirs


def times(entities: Iterable[Entity]) -> Iterator[Line]:
    """Yield the days spent in each state until closing, and what of them a deadline counted."""
    found = {(one.definition, one.name): one.spent for one in spent(entities, "state")}
    for (definition, state), lapse in found.items():
        if definition == "closing":
            of = found.get(("resolution", state), Lapse())
            days = (f"{span / DAY:.0f}" for span in (lapse.elapsed, of.elapsed))
            yield state, *days, f"{of.working / HOUR:.0f}"


def part(some: int, of: int) -> str:
    """Return a part in per cent, cut and never rounded up."""
    return f"{some * 10_000 // of / 100:.2f} %"


def table(title: str, head: str, lines: Iterable[Line]) -> None:
    """Print lines in columns, the first to the left."""
    rows = [head.split(","), *([str(cell) for cell in line] for line in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print(f"\n{title}")
    for first, *others in rows:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        print("  ".join((first.ljust(widths[0]), *cells)))


def shown(played: Played) -> None:
    """Print all figures."""
    ends, all_ = played.ends, [end.entity for end in played.ends]
    seen = (end.entity for end in ends if end.begins_new)
    alike = (end for end in ends if end.closes_alike)
    adopted = ((*move, n) for move, n in sorted(played.adopted.items()))
    courses = "priority,ended,in time,part,cancelled"
    flags = "priority,incidents,ours,made_sla,agree,part,only ours,only made_sla"
    spending = "state,days,counted days,counted desk hours"
    table("Replayed", "what,count", sorted(played.counts.items()))
    table("Adopted: what the machine does not allow", "from,to,count", adopted)
    table("Closed by", "whom,incidents", sorted(played.closed.items()))
    table("First response, where the log shows it", courses, promised(seen, "first_response"))
    table("Resolution, pauses left out", courses, promised(all_, "resolution"))
    table("Resolution beside made_sla", flags, agreeing(ends, "resolution"))
    table("Closing beside made_sla", flags, agreeing(ends, "closing"))
    table("Closing beside made_sla, closed alike", flags, agreeing(alike, "closing"))
    table("Time in each state", spending, times(all_))


def replayed(path: Path, limit: int | None = None) -> Played:
    """Return what comes of the first incidents of the log, or of all."""
    played = Played()
    with opened() as engine:
        for one in islice(lives(path, played.counts), limit):
            play(engine, one, played)
    return played


def main() -> None:
    """Read the command line and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--limit", type=int, help="only so many incidents")
    asked = parser.parse_args()
    shown(replayed(asked.log, asked.limit))


if __name__ == "__main__":
    main()
