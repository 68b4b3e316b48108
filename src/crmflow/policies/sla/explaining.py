"""Why a deadline is due when it is, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from crmflow.core.entity import Snapshot
from crmflow.core.policy import Line
from crmflow.policies.sla.binding import Bound, Definitions
from crmflow.policies.sla.course import Course, points
from crmflow.policies.sla.run import NOTHING, Run
from crmflow.policies.sla.stopwatch import consumed


def lines(definitions: Definitions, run: Run, snapshot: Snapshot[Any]) -> Iterator[Line]:
    """
    Yield what there is to say of a run: how it stands, what it rests on, what comes next.

    Args:
        definitions: The definitions of the machine.
        run: The run.
        snapshot: The entity; consumed and remaining time are told as of its last event.
    """
    bound = _bound(definitions, run)
    rules = () if bound is None else bound.row.rules
    row = f"{run.definition} {run.version}".rstrip()

    def line(code: str, **values: object) -> Line:
        return Line(code, {"deadline": run.definition, **values}, rules, row)

    yield line(f"deadline_{run.status}", **_stand(run))
    yield line("deadline_target", target=_target(run), number=run.row + 1, start_at=run.started_at)
    if bound is None:
        yield line("deadline_undefined")
        return
    yield from (line(code, **values) for code, values in _basis(bound, run))
    if run.open:
        yield from (line(code, **values) for code, values in _ahead(bound, run, snapshot))
    for granted in run.extensions:
        by = ", ".join(granted.by)
        yield line("deadline_extended", to=granted.to, by=by, at=granted.at, reason=granted.reason)


def _bound(definitions: Definitions, run: Run) -> Bound | None:
    named = definitions.named.get(run.definition, ())
    return next((one for one in named if one.row.version == run.version), None) or next(
        iter(named), None
    )


def _target(run: Run) -> str:
    return f"{run.target} - {run.limit}" if run.limit else run.target


def _stand(run: Run) -> Mapping[str, object]:
    """Return the instants and the overrun that tell how a run stands."""
    found: dict[str, object] = {"overrun": shown(run.overrun)}
    for name in ("due_at", "paused_at", "breached_at", "ended_at"):
        at = getattr(run, name)
        if at is not None:
            found[name] = at
    return found


def _basis(bound: Bound, run: Run) -> Iterator[tuple[str, Mapping[str, object]]]:
    if run.calendar:
        values = {"calendar": run.calendar, "version": run.calendar_version}
        yield "deadline_calendar", values
        end_at = run.due_at or run.seen_at
        if run.started_at < end_at:
            year = bound.calendar(run.calendar).unknown_year(run.started_at, end_at)
            if year is not None:
                yield "deadline_estimated", {**values, "year": year}
    if not run.measure:
        yield "deadline_prorated", {"total": shown(run.total)}
    if run.part(run.paused):
        yield "deadline_pauses", {"paused": shown(run.part(run.paused))}


def _ahead(
    bound: Bound, run: Run, snapshot: Snapshot[Any]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    calendar = bound.calendar(run.calendar)
    used = consumed(run, snapshot.at, calendar)
    left = max(run.total - used, NOTHING)
    yield "deadline_remaining", {"used": shown(used), "left": shown(left)}
    if run.given:
        yield "deadline_given", {"given": ", ".join(run.given)}
    for one in points(Course(bound, run, snapshot.at)):
        if one.what != "breach":
            yield f"deadline_next_{one.what}", {"name": one.name, "at": one.at}


def shown(span: timedelta) -> str:
    """Return a time as text, such as `26h 30min`; what is less than a second is left out."""
    seconds = span // timedelta(seconds=1)
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
