"""Checking one step of a chain: approvers, quorum, who is missing, who is late."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import attrs

from crmflow.core.checking import known
from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault
from crmflow.policies.approvals.known import Known
from crmflow.policies.approvals.rows import NONE, Approver, Empty, Mode, OnTimeOut, StepRow


@attrs.frozen
class CheckedStep:
    """
    One step of a row.

    Attributes:
        path: Its place.
        step: The step.
        known: What its names may be.
    """

    path: str
    step: StepRow
    known: Known

    def faults(self) -> Iterator[Fault]:
        """Yield every fault of the step."""
        step = self.step
        yield from self.known.condition(f"{self.path}.when", step.when)
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
        yield from self.known.fact(f"{path}.department_of", approver.department_of)
        yield from self.known.fact(f"{path}.fact", approver.fact)
        yield from self.known.field(f"{path}.chosen", approver.chosen)
        yield from self.known.fact(f"{path}.owner", "owner" if approver.owner else None)
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
        step, calendars = self.step, self.known.tables.calendars
        if step.limit is None:
            if step.on_time_out is not OnTimeOut.REMIND or step.to:
                yield Fault(f"{self.path}.limit", "missing", "a time limit that can pass")
            return
        if step.calendar is None and step.limit.working:
            yield Fault(f"{self.path}.calendar", "missing", did_you_mean("", calendars))
        yield from known(f"{self.path}.calendar", step.calendar, calendars)
        if step.on_time_out is OnTimeOut.TRANSFER and not step.to:
            yield Fault(f"{self.path}.to", "missing", "who takes over")
        if step.to and step.on_time_out not in {OnTimeOut.TRANSFER, OnTimeOut.ESCALATE}:
            expected = "on_time_out `transfer` or `escalate`, or nobody"
            yield Fault(f"{self.path}.to", "useless", expected)
        if step.to and set(step.to) <= set(step.approvers):
            yield Fault(f"{self.path}.to", "circle", "others than the approvers who are late")


def _is_share(text: str) -> bool:
    try:
        return 0 < Fraction(text) <= 1
    except (ValueError, ZeroDivisionError):
        return False
