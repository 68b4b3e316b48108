"""What people do with entities: what begins in a state, who does it, and what becomes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial

import attrs

from crmflow.analysis.simulation.desk import Need, Work
from crmflow.analysis.simulation.ordering import urgency
from crmflow.analysis.simulation.plan import Course, Plan
from crmflow.analysis.simulation.scene import Scene
from crmflow.analysis.simulation.staff import Member
from crmflow.core.actor import Actor
from crmflow.core.plain import plain
from crmflow.core.ref import EntityRef


@attrs.define
class Doings:
    """
    The doings of a plan on a scene.

    Args:
        plan: What is done in which state.
        scene: Where it is done.
    """

    plan: Plan
    scene: Scene
    _waiting: dict[EntityRef, list[tuple[Course, Work]]] = attrs.field(
        init=False, factory=lambda: defaultdict(list)
    )

    def entered(self, ref: EntityRef, before: str, state: str) -> None:
        """Begin what begins where an entity enters a state, and give up what ends with it."""
        self._give_up(ref, state)
        for group in self.plan.courses.get((ref.machine, state), ()):
            beginning = [one for one in group if before not in one.row.states]
            if (course := self._chosen(ref, state, self._matching(ref, beginning))) is not None:
                self._begin(ref, course)

    def _give_up(self, ref: EntityRef, state: str) -> None:
        left = []
        for course, work in self._waiting.pop(ref, ()):
            if state in course.row.states:
                left.append((course, work))
            else:
                self.scene.desk.leave(work, self.scene.now)
        if left:
            self._waiting[ref] = left

    def _matching(self, ref: EntityRef, courses: Sequence[Course]) -> list[Course]:
        if not any(course.row.match for course in courses):
            return list(courses)
        facts = self.scene.company.engine.get(ref).facts
        return [one for one in courses if _fits(facts, one.row.match)]

    def _chosen(self, ref: EntityRef, state: str, courses: Sequence[Course]) -> Course | None:
        """Return the one that is drawn, or None where there is none, or chance leaves it out."""
        if not courses:
            return None
        purpose = self.scene.times(ref, f"choice {courses[0].row.choice or courses[0].row.name}")
        stream = self.scene.stream(ref, purpose)
        place = stream.pick([one.weight for one in courses]) if len(courses) > 1 else 0
        course = courses[place]
        return course if course.row.chance == 1 or stream.uniform() < course.row.chance else None

    def _begin(self, ref: EntityRef, course: Course) -> None:
        purpose = self.scene.times(ref, course.row.name)
        law, minutes = course.after, 0.0
        if law is not None:
            minutes = law.draw(self.scene.stream(ref, purpose, "after").uniform())
        act = partial(self._ready, ref, course, purpose)
        self.scene.agenda.after(self.scene.now, minutes, act, course.calendar)

    def _ready(self, ref: EntityRef, course: Course, purpose: str) -> None:
        """Let a doing be done now, or wait for somebody who has time."""
        row, scene = course.row, self.scene
        if scene.states.get(ref) not in row.states or self._has_begun(ref, row.until):
            return
        if course.takes is None:
            self._fire(ref, course, purpose, Actor(row.by, row.roles))
            return
        work = Work(
            Need(str(row.role), row.role, row.skill),
            row.name,
            urgency(scene.company.scenario.rows.queue, ref, scene.company.engine.get, scene.now),
            course.takes.draw(scene.stream(ref, purpose, "takes").uniform()),
            partial(self._done, ref, course, purpose),
            scene.now,
        )
        self._waiting[ref].append((course, work))
        scene.desk.join(work)

    def _has_begun(self, ref: EntityRef, name: str | None) -> bool:
        """Say whether somebody has begun a doing of an entity."""
        return any(one.row.name == name and work.over for one, work in self._waiting.get(ref, ()))

    def _done(self, ref: EntityRef, course: Course, purpose: str, member: Member) -> None:
        if self.scene.states[ref] in course.row.states:
            self._fire(ref, course, purpose, member.person.actor())

    def _fire(self, ref: EntityRef, course: Course, purpose: str, actor: Actor) -> None:
        row, scene = course.row, self.scene
        payload = scene.case(ref).filled(purpose, row.payload, row.draws)
        decision = scene.company.engine.fire(ref, row.event, payload, actor=actor)
        scene.tally.decided(ref.machine, decision)
        scene.notice()
        if decision.refusal is not None and course.again is not None:
            once_more = scene.times(ref, row.name)
            minutes = course.again.draw(scene.stream(ref, once_more, "again").uniform())
            scene.agenda.after(scene.now, minutes, partial(self._ready, ref, course, once_more))


def _fits(facts: object, match: Mapping[str, object]) -> bool:
    return all(plain(getattr(facts, name, None)) == value for name, value in match.items())
