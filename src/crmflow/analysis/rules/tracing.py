"""The trace of each rule: carriers and tests together, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import pluggy

from crmflow.analysis.rules.carriers import Carrier, What, carriers
from crmflow.analysis.rules.catalogue import Reading, Rule, readings, rules
from crmflow.analysis.rules.evidence import evidence

__all__ = ["Trace", "Tracing", "trace"]


@attrs.frozen
class Trace:
    """
    A rule or reading with what carries it and what holds it.

    Attributes:
        of: The rule or reading.
        carriers: What carries it.
        tests: The tests that name it; None where no tests were looked at.
    """

    of: Rule | Reading
    carriers: tuple[Carrier, ...]
    tests: tuple[str, ...] | None

    @property
    def id(self) -> str:
        """Id of the rule or reading."""
        return self.of.id

    @property
    def kind(self) -> str:
        """Kind of the rule; of a reading `reading`."""
        return self.of.kind if isinstance(self.of, Rule) else "reading"

    @property
    def carried(self) -> bool:
        """Whether something does; a blank only what a company must say, a role only a role."""
        enough = {What.BLANK: self.kind == "config-blank", What.ROLE: self.kind == "role"}
        return any(enough.get(one.what, True) for one in self.carriers)


@attrs.frozen
class Tracing:
    """
    The traces of the whole catalogue.

    Attributes:
        traces: Of every rule, and then of every reading.
        unknown: Who cites an id that no rule has, by that id.
    """

    traces: tuple[Trace, ...]
    unknown: Mapping[str, tuple[Carrier, ...]]

    def faults(self) -> Iterator[str]:
        """Yield what is missing: a carrier, a test that names it, or the rule itself."""
        for one in self.traces:
            if not one.carried:
                yield f"{one.id}: nothing carries it"
            if one.tests is not None and not one.tests:
                yield f"{one.id}: no test names it"
        for id_, cited in self.unknown.items():
            yield f"{id_}: there is no such rule; cited by {cited[0]}"


def trace(manager: pluggy.PluginManager, tests: Path | None) -> Tracing:
    """
    Return the trace of every rule and of every reading.

    Args:
        manager: The plugins, whose machines carry rules too.
        tests: Folder of the tests, or None where there is none.
    """
    carried = carriers(manager)
    held: Mapping[str, tuple[str, ...]] | None = None if tests is None else evidence(tests)
    traces = tuple(
        Trace(one, carried.get(id_, ()), None if held is None else held.get(id_, ()))
        for id_, one in _catalogue()
    )
    known = {one.id for one in traces}
    groups = {id_.partition("-")[0] for id_ in known}
    unknown = {
        id_: cited
        for id_, cited in carried.items()
        if id_ not in known and id_.partition("-")[0] in groups
    }
    return Tracing(traces, unknown)


def _catalogue() -> Iterator[tuple[str, Rule | Reading]]:
    yield from rules().items()
    yield from readings().items()
