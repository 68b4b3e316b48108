"""
The teller: lets people do things on a virtual clock, and keeps a sentence of each.

What people say and write stands in the story in both languages, as `Said`; the teller takes the
one of its language. Deadlines tell of themselves: what was kept is noted at the step that kept it,
what was missed has a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from crmflow.analysis.story.deadlines import DEADLINES, Watch
from crmflow.analysis.story.lines import ZONE, Chapter, Line, Refused, Said
from crmflow.clock import ManualClock
from crmflow.codec import micros, moment
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.texts import Texts

__all__ = ["Teller"]

_FOREVER = micros(datetime.max.replace(tzinfo=UTC))

MISSED = Said("Missed: {deadline} ({entity}).", "超时：{deadline}（{entity}）。")
OVER = Said("The time has come: {deadline} ({entity}).", "时间已到：{deadline}（{entity}）。")


@attrs.define
class Teller:
    """
    Lets things happen and tells them.

    Attributes:
        engine: Where people ask for events.
        clock: The engine's clock; it only moves forward.
        lang: Language of all that is said and written, `en` or `zh`.
        chapters: What was told so far.
        known: Entities that a later chapter goes on with, by name.
        refused: What was refused last.
        pace: How long the worker rests at least, before it fires what has become due meanwhile.
    """

    engine: Engine
    clock: ManualClock
    lang: str
    chapters: list[Chapter] = attrs.field(factory=list)
    known: dict[str, EntityRef] = attrs.field(factory=dict)
    pace: timedelta = timedelta(0)
    refused: Refused | None = None
    _place: int = attrs.field(init=False, default=0)
    _watch: Watch = attrs.field(init=False)
    _texts: Texts = attrs.field(init=False)

    @_watch.default
    def _of_engine(self) -> Watch:
        return Watch(self.engine)

    @_texts.default
    def _of_language(self) -> Texts:
        return self.engine.texts(self.lang)

    # ---- Time ----------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The company's own time."""
        return self.engine.clock.now().astimezone(ZONE)

    def on(self, day: str, time: str = "09:00") -> None:
        """Go on to a day such as `2026-01-05` and a time of it; all that is due happens first."""
        self._until(datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZONE))

    def later(self, **span: int) -> None:
        """Go on after some `minutes`, `hours` or `days`."""
        self._until(self.now + timedelta(**span))

    def ahead(self, **span: int) -> datetime:
        """Return the instant after some `minutes`, `hours` or `days`: what people promise."""
        return self.now + timedelta(**span)

    def _until(self, at: datetime) -> None:
        while rows := self.engine.store.due(self.engine.registry.tenant, _FOREVER, limit=1):
            due_at = moment(rows[0].due_at)
            if due_at > at:
                break
            self._fire(min(at, max(due_at, self.now + self.pace)))
        self._fire(at)

    def _fire(self, at: datetime) -> None:
        self.clock.set(at)
        due = self.engine.run_due()
        for error in due.errors:
            raise error
        for decision in due.fired:
            if any(_about_deadlines(one) for one in (*decision.fired, decision)):
                self._tell_missed(decision.entity)

    # ---- What happens --------------------------------------------------------------------------

    def open(
        self,
        machine: str,
        by: str,
        id: str | None = None,  # noqa: A002 - the field's word
        **form: object,
    ) -> EntityRef:
        """Let somebody create an entity; the refusal is raised where it is not possible."""
        decision = self.engine.create(machine, self._written(form), actor=by, id=id).require()
        return decision.entity

    def do(self, ref: EntityRef, event: str, by: str, **form: object) -> Decision:
        """Let somebody fire an event that is accepted, or held until others have approved it."""
        decision = self.engine.fire(ref, event, self._written(form), actor=by).require()
        told = {EntityRef(ref.tenant, one.machine, one.id) for one in decision.messages}
        for entity in (ref, *sorted(told, key=str)):
            if entity.machine in self.engine.registry.machines:
                self._tell_kept(entity)
        return decision

    def try_to(self, ref: EntityRef, event: str, by: str, **form: object) -> None:
        """
        Let somebody ask for what is refused, and remember it.

        Raises:
            RuntimeError: It was not refused.
        """
        payload = self._written(form)
        if self.engine.fire(ref, event, payload, actor=by).refusal is None:
            message = f"{event} on {ref} was not refused"
            raise RuntimeError(message)
        self.refused = Refused(ref, event, payload, by)

    def try_to_read(self, ref: EntityRef, by: str) -> None:
        """
        Let somebody look into what is not for them.

        Raises:
            RuntimeError: They were shown it.
        """
        if self.engine.read(ref, actor=by, purpose=Said("curious", "好奇").told(self.lang)).allowed:
            message = f"{by} was shown {ref}"
            raise RuntimeError(message)

    def linked(self, ref: EntityRef, name: str) -> EntityRef:
        """Return what an entity has opened last under a name."""
        return [link.ref for link in self.engine.get(ref).links if link.name == name][-1]

    def opened_by(self, ref: EntityRef, machine: str) -> EntityRef:
        """Return the entity of a machine that names another one as its origin, the last one."""
        found = [one for one in self._all(machine) if one.facts.origin == str(ref)]
        return found[-1].ref

    def newest(self, machine: str) -> EntityRef:
        """Return the entity of a machine that was opened last."""
        return self._all(machine)[-1].ref

    def _all(self, machine: str) -> list[Snapshot[Any]]:
        found = [self.engine.get(row.ref) for row in self.engine.find(machine)]
        return sorted(found, key=lambda one: (self._born(one), str(one.ref)))

    def _born(self, snapshot: Snapshot[Any]) -> datetime:
        return next(iter(self.engine.journal(snapshot.ref))).event.at

    def facts(self, ref: EntityRef) -> Any:  # noqa: ANN401 - each machine has facts of its own
        """Return what is known of an entity."""
        return self.engine.get(ref).facts

    def _written(self, value: object) -> Any:  # noqa: ANN401 - as deep as forms are
        if isinstance(value, Said):
            return value.told(self.lang)
        if isinstance(value, Mapping):
            return {key: self._written(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._written(one) for one in value]
        return value

    # ---- What is told --------------------------------------------------------------------------

    def chapter(self, title: Said) -> None:
        """Begin a chapter."""
        self.chapters.append(Chapter(title.told(self.lang)))

    def say(self, en: str, zh: str) -> None:
        """Tell what happens now; the steps that follow belong to it."""
        lines = self.chapters[-1].lines
        self._place = len(lines)
        lines.append(Line(self.now, Said(en, zh).told(self.lang)))

    def _tell_kept(self, ref: EntityRef) -> None:
        lines, place = self.chapters[-1].lines, self._place
        labels = [self._label(ref, deadline) for deadline in self._watch.kept(ref)]
        lines[place] = attrs.evolve(lines[place], kept=(*lines[place].kept, *labels))

    def _tell_missed(self, ref: EntityRef) -> None:
        machine = self._texts.machine(self.engine.registry.machine(ref.machine).machine)
        for passed in self._watch.missed(ref):
            said = OVER if passed.is_wait else MISSED
            label = self._label(ref, passed.deadline)
            text = said.told(self.lang).format(deadline=label, entity=machine)
            self._add(Line(passed.at.astimezone(ZONE), text, missed=not passed.is_wait))

    def _add(self, line: Line) -> None:
        """Add a line, or count it where the chapter has said the same before."""
        lines = self.chapters[-1].lines
        for place, one in enumerate(lines):
            if one.text == line.text:
                lines[place] = attrs.evolve(one, times=one.times + 1)
                return
        lines.append(line)

    def _label(self, ref: EntityRef, deadline: str) -> str:
        return self._texts.text("timers", f"{DEADLINES}:{deadline}:due", ref.machine)


def _about_deadlines(decision: Decision) -> bool:
    event = decision.event
    return DEADLINES in (event.raised_by, (event.timer or "").partition(":")[0])
