"""
The shortest story that shows a fault.

The nearest way is known from all that was found to happen, but it may be put together of parts
of several lives, and situations that count as one may differ. So it is walked again; and
whatever can be left out of it, so that the rest still shows the fault, is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from crmflow.analysis.exploring.graph import Edge, Graph, nowhere, plainly
from crmflow.analysis.exploring.walking import Step, Walked, Walker
from crmflow.analysis.happening import Happening, Story
from crmflow.core.entity import Snapshot

__all__ = ["Sight", "shorter", "story_of"]

Steps = Sequence[Step]


@attrs.frozen
class Sight:
    """
    What must be seen at the end of a story.

    Attributes:
        way: The nearest way to where it is seen.
        goals: Numbers of all situations in which it is seen.
        more: What happens there; what is refused or raises is no edge, and the last.
        raises: Whether that raises.
        avoided: Says where no story may lead.
    """

    way: Sequence[Edge]
    goals: frozenset[int]
    more: Sequence[Edge | Happening] = ()
    raises: bool = False
    avoided: Callable[[Snapshot[Any]], bool] = nowhere

    def is_seen(self, walked: Walked, length: int) -> bool:
        """Say whether so many steps, as they were walked, show it."""
        before = length - len(self.more)
        targets = tuple(one.target for one in self.more if isinstance(one, Edge))
        there = (0, *walked.ends)[before] if 0 <= before <= len(walked.ends) else None
        is_there = there in self.goals and walked.ends[before:] == targets
        return is_there and walked.raised is self.raises


def story_of(walker: Walker, graph: Graph, sight: Sight) -> Story | None:
    """
    Return the story that shows something, of which nothing can be left out.

    None where no engine would go that way: only situations that count as one lead there.

    Args:
        walker: Walks it.
        graph: All that was found.
        sight: What it is to show.
    """

    def seen(steps: Steps) -> Walked | None:
        walked = walker.walk(steps, sight.avoided)
        return walked if sight.is_seen(walked, len(steps)) else None

    last = graph.situations[sight.way[-1].target if sight.way else 0]
    for way in (sight.way, graph.way(last)):
        steps = _steps(graph, way, sight.more)
        if seen(steps):
            kept = shorter(steps, lambda one: seen(one) is not None)
            walked = walker.walk(kept, sight.avoided)
            return Story(graph.machine, walked.happenings, walked.state)
    return None


def shorter(steps: Steps, holds: Callable[[Steps], bool]) -> Steps:
    """
    Return what is left of steps where no single one can be left out any more.

    Half of them are tried first, then ever smaller blocks; of n steps that is n * n tries at most
    and a few.

    Args:
        steps: The steps.
        holds: Says whether fewer of them do.
    """
    size = max(len(steps) // 2, 1)
    while size:
        found = next((one for one in _without(steps, size) if holds(one)), None)
        if found is None:
            size //= 2
        else:
            steps = found
    return steps


def _without(steps: Steps, size: int) -> Iterator[Steps]:
    """Yield the steps without each block of a size, the last block first."""
    for start in range(len(steps) - size, -1, -1):
        yield [*steps[:start], *steps[start + size :]]


def _steps(graph: Graph, way: Sequence[Edge], more: Sequence[Edge | Happening]) -> list[Step]:
    """Return a way as steps, each so long after the one before as where it was found."""
    place, found = 0, []
    for one in (*way, *more):
        happening = one.happening if isinstance(one, Edge) else one
        place = one.source if isinstance(one, Edge) else place
        after = happening.at - graph.situations[place].snapshot.at
        found.append(Step(plainly(happening), after))
        place = one.target if isinstance(one, Edge) else place
    return found
