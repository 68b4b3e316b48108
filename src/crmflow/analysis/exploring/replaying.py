"""Replaying a story: the same requests, on a real flow over a throwaway store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from crmflow.analysis.exploring.asking import request_of
from crmflow.analysis.exploring.staffing import registry_of, staffed
from crmflow.analysis.happening import Happening, Story
from crmflow.clock import ManualClock
from crmflow.config import Config, Profiles
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.journal import unborn
from crmflow.core.machine import Machine
from crmflow.core.ref import EntityRef
from crmflow.directory import Directory
from crmflow.engine.driving import at_once, drive
from crmflow.flow.due import fire
from crmflow.flow.registry import Registry
from crmflow.flow.run import Flow
from crmflow.storage.memory import MemoryStore

__all__ = ["Replayed", "replay", "replay_story"]


@attrs.frozen
class Replayed:
    """
    What became of a story.

    Attributes:
        answers: What each happening came to: the decisions in order, or the error it raised.
        snapshot: The entity afterwards; None where it never came to be.
    """

    answers: tuple[tuple[Happening, tuple[Decision, ...] | Exception], ...]
    snapshot: Snapshot[Any] | None

    @property
    def state(self) -> str | None:
        """The state the entity is in; None where it never came to be."""
        return None if self.snapshot is None else self.snapshot.state


def replay_story(registry: Registry, story: Story) -> Replayed:
    """
    Let a story happen again, committed step by step to a store in memory.

    Args:
        registry: What runs its machine, as an engine has it.
        story: The story.

    Raises:
        UnknownMachineError: Its machine is not switched on.
    """
    registry.machine(story.machine)
    staff = staffed(registry)
    clock = ManualClock(story.happenings[0].at) if story.happenings else None
    if clock is None:
        return Replayed((), None)
    flow = Flow(staff, MemoryStore(), at_once, clock)
    ref = staff.ref(story.machine, "explored")
    answers = []
    for happening in story.happenings:
        clock.set(max(happening.at, clock.at))
        answers.append((happening, _answered(flow, ref, happening)))
    return Replayed(tuple(answers), _stored(flow, ref))


def _answered(flow: Flow, ref: EntityRef, happening: Happening) -> tuple[Decision, ...] | Exception:
    """Return what one happening comes to; time passes before each."""
    touched = drive(fire(flow, [ref], happening.at))
    if touched.failures:
        return touched.failures[ref]
    if not happening.event:
        return touched.fired
    before = _stored(flow, ref) or unborn(ref, happening.at)
    (answer,) = drive(flow.ask([request_of(before, happening)]))
    return (answer,) if isinstance(answer, Decision) else answer


def _stored(flow: Flow, ref: EntityRef) -> Snapshot[Any] | None:
    known = drive(flow.known([ref]))
    return known[ref].snapshot if ref in known else None


def replay(
    story: Story,
    *,
    machines: Iterable[str | Machine] = (),
    plugins: Iterable[object] = (),
    profile: Profiles = None,
    config: Config = None,
    directory: Directory | None = None,
) -> Replayed:
    """
    Let a story happen again; for a test suite. The arguments are those of `explore`.

    Raises:
        DefinitionError: A machine, plugin or setting is wrong or missing.
        UnknownMachineError: No such machine.
    """
    switched_on = tuple(machines) or (story.machine,)
    registry = registry_of(
        switched_on, plugins=plugins, profile=profile, config=config, directory=directory
    )
    return replay_story(registry, story)
