"""Checking: every fault of the table `chains`, with its path, when it is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault
from crmflow.core.machine import Kind, Machine
from crmflow.core.reading import FieldError
from crmflow.core.ref import UNBORN
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.approvals.binding import grouped
from crmflow.policies.approvals.rows import (
    NONE,
    Approver,
    Chain,
    Empty,
    Mode,
    OnTimeOut,
    StepRow,
)


def check(
    rows: Sequence[Chain], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """
    Yield every fault of the chains.

    Args:
        rows: The rows in use.
        tables: Calendars and zone.
        machines: The machines that are on.
    """
    for number, row in enumerate(rows):
        machine = machines.get(row.machine)
        if machine is not None:
            yield from _Checked(f"$.chains[{number}]", row, machine, tables).faults()
    yield from _defaults(rows)


def _defaults(rows: Sequence[Chain]) -> Iterator[Fault]:
    """Yield the gaps and overlaps between chains of one event or state."""
    groups: dict[tuple[str, str], list[tuple[int, Chain]]] = {}
    for number, row in enumerate(rows):
        groups.setdefault((row.machine, row.key), []).append((number, row))
    for (_, key), chains in groups.items():
        closed: list[Chain] = []
        for number, row in chains:
            if any(_overlap(row, other) for other in closed):
                name = next(other.name for other in closed if _overlap(row, other))
                expected = f"a chain that can be reached: {name!r} before it takes every {key!r}"
                yield Fault(f"$.chains[{number}]", "unreachable", expected)
            if row.when is None or row.otherwise is not None:
                closed.append(row)
        if not closed:
            expected = f'a last chain of {key!r} without `when`, or `otherwise = "none"`'
            yield Fault(f"$.chains[{chains[-1][0]}].when", "default", expected)


def _overlap(row: Chain, other: Chain) -> bool:
    """Say whether two rows are ever in force on one day."""
    ends_before = other.until_on is not None and row.from_on and other.until_on < row.from_on
    starts_after = row.until_on is not None and other.from_on and row.until_on < other.from_on
    return not (ends_before or starts_after)


@attrs.frozen
class _Checked:
    """One row and what it is held against."""

    path: str
    row: Chain
    machine: Machine
    tables: Tables

    def faults(self) -> Iterator[Fault]:
        yield from self._key()
        yield from self._steps()
        yield from self.expression(f"{self.path}.when", self.row.when)
        facts = self._facts
        for number, name in enumerate(self.row.covers or ()):
            if name not in facts:
                yield self._unknown(f"{self.path}.covers[{number}]", name, facts)
        if self.row.otherwise is not None and self.row.when is None:
            yield Fault(f"{self.path}.otherwise", "useless", "a `when` that it follows, or none")
        for number, step in enumerate(self.row.steps):
            yield from _StepChecked(f"{self.path}.steps[{number}]", step, self).faults()
        yield from self._names()

    @property
    def _facts(self) -> tuple[str, ...]:
        return tuple(field.name for field in attrs.fields(self.machine.facts))

    @property
    def form(self) -> type | None:
        """The form of the held event, where it has one."""
        known = self.row.event in self.machine.events
        return self.machine.form(self.row.event or "") if known else None

    def _unknown(self, path: str, name: str, known: Iterable[str]) -> Fault:
        return Fault(path, "unknown", did_you_mean(name, known))

    def known_fact(self, path: str, name: str | None) -> Iterator[Fault]:
        """Yield a fault where there is no such fact."""
        if name is not None and name not in self._facts:
            yield self._unknown(path, name, self._facts)

    def known_field(self, path: str, name: str | None) -> Iterator[Fault]:
        """Yield a fault where the event's form has no such field."""
        fields = [] if self.form is None else [one.name for one in attrs.fields(self.form)]
        if name is not None and name not in fields:
            yield self._unknown(path, name, fields)

    def _key(self) -> Iterator[Fault]:
        event, state = self.row.event, self.row.state
        if (event is None) == (state is None):
            yield Fault(self.path, "choice", "either an event or a state")
        elif event is not None:
            yield from self._event(event)
        else:
            yield from self._state(self.row.key)

    def _event(self, event: str) -> Iterator[Fault]:
        path = f"{self.path}.event"
        if event not in self.machine.events:
            yield self._unknown(path, event, self.machine.events)
            return
        if any(row.vote for row in self.machine.rows if row.event == event):
            yield Fault(path, "vote", "an event that is no vote: the chain of its state judges it")

    @property
    def _creates(self) -> bool:
        """Whether the event only creates entities: then there are no facts yet."""
        rows = [row for row in self.machine.rows if row.event == self.row.event]
        return bool(rows) and all(row.source == (UNBORN,) for row in rows)

    def _state(self, state: str) -> Iterator[Fault]:
        path = f"{self.path}.state"
        known = {one.name: one for one in self.machine.states}
        if state not in known:
            yield self._unknown(path, state, known)
            return
        if known[state].kind is Kind.FINAL:
            yield Fault(path, "final", "a state that can be left")
            return
        votes = {row.vote for row in self.machine.rows if state in row.source}
        if "approve" not in votes:
            expected = "a state with a row whose `vote` is 'approve'"
            yield Fault(path, "vote", expected)
        if votes.isdisjoint({"refuse", "return"}):
            expected = "a state with a row whose `vote` is 'refuse' or 'return'"
            yield Fault(path, "vote", expected)
        if state in self.machine.events:
            yield Fault(path, "doubled", "a state that no event has the name of")

    def _steps(self) -> Iterator[Fault]:
        row = self.row
        if row.roles is not None and row.steps:
            expected = (
                "no steps: it is stated that nobody approves" if row.is_none else "steps only"
            )
            yield Fault(f"{self.path}.roles", "doubled", expected)
        elif row.roles is None and not row.steps:
            expected = 'steps, or `roles = "none"` where nobody approves (CON-011)'
            yield Fault(f"{self.path}.steps", "empty", expected)

    def expression(self, path: str, text: str | None) -> Iterator[Fault]:
        """Yield what is wrong with a condition."""
        if text is None:
            return
        try:
            found = Scope.of(self.machine.facts, self.form, zone=self.tables.zone).compile(text)
        except FieldError as error:
            yield Fault(path, error.code, error.expected)
            return
        if self._creates and not found.names.isdisjoint(self._facts):
            yield Fault(path, "unborn", "`form.` names: before creation there are no facts")

    def _names(self) -> Iterator[Fault]:
        """Yield steps that have another's name, and gaps between alternatives of one name."""
        first, seen = 0, set[str]()
        for steps in grouped(self.row.steps):
            name = steps[0].name
            if name in seen or name == "requester":
                expected = "a name no other step has; alternatives follow each other"
                yield Fault(f"{self.path}.steps[{first}].name", "doubled", expected)
            seen.add(name)
            yield from self._alternatives(first, steps)
            first += len(steps)

    def _alternatives(self, first: int, steps: tuple[StepRow, ...]) -> Iterator[Fault]:
        """Yield gaps and unreachable alternatives of one step."""
        for number, step in enumerate(steps):
            path, last = f"{self.path}.steps[{first + number}]", number == len(steps) - 1
            if last and step.when is not None and step.otherwise is None:
                expected = f'a last {step.name!r} without `when`, or `otherwise = "skip"`'
                yield Fault(f"{path}.when", "default", expected)
            if not last and (step.when is None or step.otherwise is not None):
                expected = f"a `when` alone: no {step.name!r} after it can be reached"
                yield Fault(f"{path}.when", "unreachable", expected)


@attrs.frozen
class _StepChecked:
    """One step of a row."""

    path: str
    step: StepRow
    chain: _Checked

    def faults(self) -> Iterator[Fault]:
        step = self.step
        yield from self.chain.expression(f"{self.path}.when", step.when)
        if not step.approvers:
            yield Fault(f"{self.path}.approvers", "empty", "at least one way to find an approver")
        for column in ("approvers", "fallback", "to"):
            for number, approver in enumerate(getattr(step, column)):
                yield from self._approver(f"{self.path}.{column}[{number}]", approver)
        yield from self._quorum()
        yield from self._missing()
        yield from self._limit()

    def _approver(self, path: str, approver: Approver) -> Iterator[Fault]:
        if len(approver.ways) != 1:
            known = ", ".join(field.name for field in attrs.fields(Approver))
            yield Fault(path, "choice", f"one of {known}")
        yield from self.chain.known_fact(f"{path}.department_of", approver.department_of)
        yield from self.chain.known_fact(f"{path}.fact", approver.fact)
        yield from self.chain.known_field(f"{path}.chosen", approver.chosen)
        yield from self.chain.known_fact(f"{path}.owner", "owner" if approver.owner else None)
        if approver.superior is not None and approver.superior < 1:
            yield Fault(f"{path}.superior", "size", "1 for the superior, 2 for theirs, and so on")
        if approver.role == NONE and len(self.step.approvers) > 1:
            yield Fault(f"{path}.role", "doubled", "no other approvers: nobody approves")

    def _quorum(self) -> Iterator[Fault]:
        step = self.step
        if step.mode is not Mode.VOTE:
            for column in ("ratio", "count", "weights"):
                if getattr(step, column) not in (None, {}):
                    yield Fault(f"{self.path}.{column}", "useless", "the mode `vote`, or nothing")
            return
        if (step.ratio is None) == (step.count is None):
            yield Fault(f"{self.path}.ratio", "choice", "either a ratio or a count")
        if step.ratio is not None and not _is_share(step.ratio):
            expected = "a share above 0 and up to 1, such as '2/3' or '0.6'"
            yield Fault(f"{self.path}.ratio", "size", expected)
        for who, weight in step.weights.items():
            if weight < 1:
                yield Fault(f"{self.path}.weights.{who}", "size", "at least one vote")
        yield from self._reachable()

    def _reachable(self) -> Iterator[Fault]:
        count, named = self.step.count, [one.person for one in self.step.approvers]
        if count is None:
            return
        votes = sum(self.step.weights.get(person or "", 1) for person in dict.fromkeys(named))
        if count < 1:
            yield Fault(f"{self.path}.count", "size", "at least 1")
        elif None not in named and count > votes:
            expected = f"at most {votes}: the named approvers have no more votes"
            yield Fault(f"{self.path}.count", "unreachable", expected)

    def _missing(self) -> Iterator[Fault]:
        wants = self.step.empty is Empty.FALLBACK
        if wants and not self.step.fallback:
            yield Fault(f"{self.path}.fallback", "missing", "who approves where nobody is found")
        if self.step.fallback and not wants:
            yield Fault(f"{self.path}.fallback", "useless", 'empty = "fallback", or none')

    def _limit(self) -> Iterator[Fault]:
        step, known = self.step, self.chain.tables.calendars
        if step.limit is None:
            if step.on_time_out is not OnTimeOut.REMIND or step.to:
                yield Fault(f"{self.path}.limit", "missing", "a time limit that can pass")
            return
        if step.calendar is None and step.limit.working:
            yield Fault(f"{self.path}.calendar", "missing", did_you_mean("", known))
        if step.calendar is not None and step.calendar not in known:
            yield Fault(f"{self.path}.calendar", "unknown", did_you_mean(step.calendar, known))
        if step.on_time_out is OnTimeOut.TRANSFER and not step.to:
            yield Fault(f"{self.path}.to", "missing", "who takes over")
        if step.to and step.on_time_out not in {OnTimeOut.TRANSFER, OnTimeOut.ESCALATE}:
            yield Fault(
                f"{self.path}.to", "useless", "on_time_out `transfer` or `escalate`, or none"
            )
        if step.to and set(step.to) <= set(step.approvers):
            yield Fault(f"{self.path}.to", "circle", "others than the approvers who are late")


def _is_share(text: str) -> bool:
    try:
        return 0 < Fraction(text) <= 1
    except (ValueError, ZeroDivisionError):
        return False
