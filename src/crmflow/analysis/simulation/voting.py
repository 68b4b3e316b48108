"""Approvals: those who are asked answer in their shifts, like any other work."""

from __future__ import annotations

from functools import partial

import attrs

from crmflow.analysis.simulation.desk import Need, Work
from crmflow.analysis.simulation.laws import Law
from crmflow.analysis.simulation.ordering import urgency
from crmflow.analysis.simulation.plan import Plan
from crmflow.analysis.simulation.rows import Voting
from crmflow.analysis.simulation.scene import Scene
from crmflow.analysis.simulation.staff import Member
from crmflow.core.ref import EntityRef
from crmflow.policies.approvals import is_approval
from crmflow.storage.commit import Commit
from crmflow.storage.rows import TaskRow

QUEUE = "approval"
"""What the work of approvers is called."""

LABELS = {"en": "approvals", "zh": "审批"}
"""The same as people read it."""

REASON = "not as it stands"
"""What approvers say who refuse."""


@attrs.define
class Ballots:
    """
    The votes that are asked for.

    Args:
        plan: How approvers answer.
        scene: Where they do.
    """

    plan: Plan
    scene: Scene
    _asked: dict[tuple[EntityRef, str], Work] = attrs.field(init=False, factory=dict)

    def noticed(self, commit: Commit) -> None:
        """Ask whom a commit asks, and no longer whom it does not."""
        ref = commit.row.ref
        for name in (*commit.tasks_gone, *(one.name for one in commit.tasks)):
            # A task that is set again is asked for again.
            if (work := self._asked.pop((ref, name), None)) is not None:
                self.scene.desk.leave(work, self.scene.now)
        for task in commit.tasks:
            if task.name.startswith("approve:") and is_approval(task.name):
                self._ask(ref, task)

    def _ask(self, ref: EntityRef, task: TaskRow) -> None:
        _, request, _ = task.name.split(":", 2)
        person = task.role.removeprefix("@")
        known = any(one.id == person for one in self.scene.desk.members)
        found = self._row(ref, request)
        if found is None or not known:
            self._count(ref, request, "unanswered")
            return
        row, law = found
        purpose = self.scene.times(ref, f"vote {request}")
        work = Work(
            Need(QUEUE, person=person),
            request,
            urgency(
                self.scene.company.scenario.rows.queue,
                ref,
                self.scene.company.engine.get,
                self.scene.now,
            ),
            law.draw(self.scene.stream(ref, purpose, "takes").uniform()),
            partial(self._vote, ref, request, row, purpose),
            self.scene.now,
        )
        self._asked[ref, task.name] = work
        self.scene.desk.join(work)

    def _row(self, ref: EntityRef, request: str) -> tuple[Voting, Law] | None:
        return next(
            (
                (row, law)
                for row, law in self.plan.voting
                if row.machine in {None, ref.machine} and row.request in {None, request}
            ),
            None,
        )

    def _vote(
        self, ref: EntityRef, request: str, row: Voting, purpose: str, member: Member
    ) -> None:
        approves = self.scene.stream(ref, purpose, "approve").uniform() < row.approve
        payload: dict[str, object] = {"request": request}
        if row.payload is not None:
            payload["payload"] = self.scene.case(ref).filled(purpose, row.payload, {})
        if not approves:
            payload["reason"] = REASON
        event = "$approve" if approves else "$refuse"
        decision = self.scene.company.engine.fire(ref, event, payload, actor=member.person.actor())
        self.scene.tally.decided(ref.machine, decision)
        self.scene.notice()
        outcome = "approved" if approves else "refused"
        self._count(ref, request, outcome if decision.accepted else "not taken")

    def _count(self, ref: EntityRef, request: str, outcome: str) -> None:
        self.scene.tally.voted(ref.machine, request, outcome, self.scene.now)
