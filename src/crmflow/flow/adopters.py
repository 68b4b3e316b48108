"""The right to administer entities of a machine: adopt, attach, retire, pause."""

from __future__ import annotations

from typing import Any

from crmflow.core.compiled import Compiled
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.event import Event
from crmflow.core.refusal import Because, Reason, Refusal, Tried


def no_adopter(
    compiled: Compiled, snapshot: Snapshot[Any], event: Event[Any], to: str | None = None
) -> Decision | None:
    """Return the refusal of who has none of the machine's adopting roles, else None."""
    adopters = compiled.machine.adopters
    if not adopters.isdisjoint(event.actor.roles):
        return None
    reason = Reason("role", tuple(sorted(adopters)))
    tried = (Tried(f"{event.name} -> {to or snapshot.state}", to, (reason,), (), ()),)
    return Decision(event, snapshot, refusal=Refusal(Because.ROWS, snapshot.state, tried))
