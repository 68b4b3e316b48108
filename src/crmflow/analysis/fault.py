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

    # Found by looking at the tables, the machines and the people together.
    NEVER_TRUE = "never_true"
    ALWAYS_TRUE = "always_true"
    SHADOWED = "shadowed"
    OVERLAP = "overlap"
    GAP = "gap"
    DAY_GAP = "day_gap"
    UNREACHABLE_QUORUM = "unreachable_quorum"
    ONLY_REQUESTER = "only_requester"
    SUPERIOR_MISSING = "superior_missing"
    UNHELD_ROLE = "unheld_role"
    EMPTY_DEPARTMENT = "empty_department"
    UNKNOWN_PERSON = "unknown_person"
    SUPERIOR_CIRCLE = "superior_circle"
    STAND_IN_CIRCLE = "stand_in_circle"
    CLOSED_CALENDAR = "closed_calendar"
    LATE_WARNING = "late_warning"
    OVERTAKEN = "overtaken"
    STUCK_PAUSE = "stuck_pause"
    UNHEARD_MESSAGE = "unheard_message"
    CLOSED_EVENT = "closed_event"
    MASKED_GRANT = "masked_grant"
    SHORT_RETENTION = "short_retention"
    CROWDED_CADENCE = "crowded_cadence"
    IDLE_CADENCE = "idle_cadence"
    OPEN_VOTE = "open_vote"
    MISFIT = "misfit"


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
        story: A way that shows it, of which nothing can be left out; where exploring found it.
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
