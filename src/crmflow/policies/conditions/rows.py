"""The table `conditions`."""

from __future__ import annotations

import attrs

from crmflow.core.form import Names, Text
from crmflow.core.machine import Machine
from crmflow.core.tables import MachineRow


@attrs.frozen(kw_only=True)
class Soft:
    """
    How a condition is overridden.

    Attributes:
        reason: The form's field in which the reason is given.
        roles: Roles of which one is needed for it; none, anybody may.
    """

    reason: Text = "reason"
    roles: tuple[Text, ...] = ()


@attrs.frozen(kw_only=True)
class Condition(MachineRow):
    """
    What must hold where an event is to happen.

    Attributes:
        events: The events it is about, or `*`.
        when: Expression for where it is asked; left out, always.
        requires: Expression for what must hold then; left out, the event must not happen.
        text_en: Why the event is refused, in English.
        text_zh: The same in Chinese.
        who: Roles it does not bind: what it refuses, they could do.
        soft: How it is overridden with a reason; left out, not at all.
    """

    events: Names
    when: Text | None = None
    requires: Text | None = None
    text_en: Text
    text_zh: Text
    who: tuple[Text, ...] = ()
    soft: Soft | None = None

    def about(self, machine: Machine) -> tuple[str, ...]:
        """Return the events of its machine that it is about."""
        return machine.events if ALL in self.events else self.events


ALL = "*"
"""In place of the names of events: every one."""
