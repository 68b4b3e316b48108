"""What people do with entities: what begins in a state, who does it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain

import attrs

from crmflow.analysis.simulation.desk import Need, Work
from crmflow.analysis.simulation.ordering import urgency
from crmflow.analysis.simulation.plan import Course, Plan
from crmflow.analysis.simulation.scene import Scene
from crmflow.analysis.simulation.staff import Member
from crmflow.core.actor import Actor
from crmflow.core.plain import plain
from crmflow.core.ref import EntityRef


@attrs.define(eq=False)
class Turn:
    """
    A doing that one stay of an entity has begun, until it is given up.

    Attributes:
        course: What is done.
        purpose: What its chance is named by: `serve 2` the second time.
        work: What waits for one of the staff, or None.
        is_taken: Whether one of the staff has begun it.
    """

    course: Course
    purpose: str
    work: Work | None = None
    is_taken: bool = False


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
    _turns: dict[tuple[EntityRef, str], Turn] = attrs.field(init=False, factory=dict)

    def entered(self, ref: EntityRef, before: str, state: str) -> None:
        """Begin what begins where an entity enters a state, and give up what ends with it."""
        for course in self._courses(ref, before):
            if state not in course.row.states:
                self._give_up(ref, course)
        for group in self.plan.courses.get((ref.machine, state), ()):
            beginning = [one for one in group if before not in one.row.states]
            if (chosen := self._chosen(ref, state, self._matching(ref, beginning))) is not None:
                self._begin(ref, chosen)

    def _courses(self, ref: EntityRef, state: str) -> Iterator[Course]:
        """Return all that may be done in a state."""
        return chain.from_iterable(self.plan.courses.get((ref.machine, state), ()))

    def _give_up(self, ref: EntityRef, course: Course) -> None:
        """Let a doing be done no more, unless another stay begins it anew."""
        turn = self._turns.pop((ref, course.row.name), None)
        if turn is not None and turn.work is not None:
            self.scene.desk.leave(turn.work, self.scene.now)

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
        turn = Turn(course, self.scene.times(ref, course.row.name))
        self._turns[ref, course.row.name] = turn
        law, minutes = course.after, 0.0
        if law is not None:
            minutes = law.draw(self.scene.stream(ref, turn.purpose, "after").uniform())
        act = partial(self._ready, ref, turn)
        self.scene.agenda.after(self.scene.now, minutes, act, course.calendar)

    def _goes_on(self, ref: EntityRef, turn: Turn) -> bool:
        """Say whether a doing is not given up; one of the same name may be of another stay."""
        return self._turns.get((ref, turn.course.row.name)) is turn

    def _ready(self, ref: EntityRef, turn: Turn) -> None:
        """Let a doing be done now, or wait for somebody who has time."""
        row, takes, scene = turn.course.row, turn.course.takes, self.scene
        other = self._turns.get((ref, row.until or ""))
        if not self._goes_on(ref, turn) or (other is not None and other.is_taken):
            return
        if takes is None:
            self._fire(ref, turn, Actor(row.by, row.roles))
            return
        turn.work = Work(
            Need(str(row.role), row.role, row.skill),
            row.name,
            urgency(scene.company.scenario.rows.queue, ref, scene.company.engine.get, scene.now),
            takes.draw(scene.stream(ref, turn.purpose, "takes").uniform()),
            partial(self._done, ref, turn),
            scene.now,
            partial(self._taken, ref, turn),
        )
        scene.desk.join(turn.work)

    def _taken(self, ref: EntityRef, turn: Turn) -> None:
        """Give up what was to be done only until now; what is begun too is finished."""
        turn.is_taken = True
        for course in self._courses(ref, self.scene.states[ref]):
            other = self._turns.get((ref, course.row.name))
            is_over = course.row.until == turn.course.row.name
            if is_over and other is not None and not other.is_taken:
                self._give_up(ref, course)

    def _done(self, ref: EntityRef, turn: Turn, member: Member) -> None:
        if self._goes_on(ref, turn):
            self._fire(ref, turn, member.person.actor())

    def _fire(self, ref: EntityRef, turn: Turn, actor: Actor) -> None:
        row, again, scene = turn.course.row, turn.course.again, self.scene
        payload = scene.case(ref).filled(turn.purpose, row.payload, row.draws)
        decision = scene.company.engine.fire(ref, row.event, payload, actor=actor)
        scene.tally.decided(ref.machine, decision)
        scene.notice()
        if decision.refusal is not None and again is not None:
            turn.purpose = scene.times(ref, row.name)
            minutes = again.draw(scene.stream(ref, turn.purpose, "again").uniform())
            scene.agenda.after(scene.now, minutes, partial(self._ready, ref, turn))


def _fits(facts: object, match: Mapping[str, object]) -> bool:
    return all(plain(getattr(facts, name, None)) == value for name, value in match.items())
