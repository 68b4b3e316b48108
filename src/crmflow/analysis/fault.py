"""Faults between machines, policies and people: what each alone does not show."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import attrs

from crmflow.analysis.happening import Story
from crmflow.core.plain import plain
from crmflow.core.words import words
from crmflow.texts import Texts

__all__ = ["Fault", "FaultKind"]


class FaultKind(StrEnum):
    """What kinds of faults there are; the texts are in the locale section `findings`."""

    # Found by exploring a machine together with its policies.
    UNREACHABLE_STATE = "unreachable_state"
    DEAD_END = "dead_end"
    TRAP = "trap"
    IDLE_WAIT = "idle_wait"
    UNAPPROVED = "unapproved"
    SELF_APPROVAL = "self_approval"
    UNDECIDABLE_HOLD = "undecidable_hold"
    TIMER_LOOP = "timer_loop"
    DEAD_EVENT = "dead_event"
    CONTRADICTION = "contradiction"
    FAILING = "failing"
    FINAL_LEFT = "final_left"
    ENDLESS_DEADLINE = "endless_deadline"
    BROKEN_PROPERTY = "broken_property"


@attrs.frozen
class Fault:
    """
    One fault that lies between rows, machines and people.

    Attributes:
        kind: What kind it is.
        where: The state, event, row or table row it is about.
        machine: Name of the machine; empty where it is about none.
        values: What fills the placeholders of its text, as plain values.
        rules: Rule ids.
        story: The shortest way that shows it, where it was found by exploring.
    """

    kind: FaultKind
    where: str
    machine: str = attrs.field(default="", kw_only=True)
    values: Mapping[str, object] = attrs.field(factory=dict, kw_only=True, hash=False)
    rules: tuple[str, ...] = attrs.field(default=(), converter=words, kw_only=True)
    story: Story | None = attrs.field(default=None, kw_only=True, repr=False)

    def told(self, texts: Texts) -> str:
        """Return the sentence that says what is wrong and what would be right."""
        values = {"where": self.where, "machine": self.machine, **self.values}
        return texts.filled("findings", self.kind, {k: plain(v) for k, v in values.items()})
