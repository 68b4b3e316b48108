"""The table `retention`: how long what is known of an entity is kept, where, and what follows."""

from __future__ import annotations

import attrs

from crmflow.core.form import Text
from crmflow.core.measure import Measure
from crmflow.core.tables import MachineRow


@attrs.frozen(kw_only=True)
class Retention(MachineRow):
    """
    What holds for entities of a machine, beside the floor of one year (STO-003).

    Attributes:
        states: States it is about; empty for all.
        dealings: Facts with the instant or day of a dealing.
        changes: Facts with the instant or day of the last change, for entities that policies
            touch day by day: with them only these and the entering of the state count.
        keep: How long from the last change or dealing; left out, one year.
        days: The same in whole days, for a purge.
        archive: Whether entities in these states belong in the archive store.
        archive_after: How long after the last change or dealing; left out, at once.
        purge: Whether what need not be kept any longer may be purged; nothing ever is
            without such a row (AMB-13).
        event: Event of the machine that purges, which is refused until then.
        place: Where the originals are (`archive_room`).
        keeper: Role that keeps them.
        erasers: Roles that may ask for an erasure.
        journal: How long records of the journal are kept, each from its own instant; left out,
            for ever, as history is to be (STO-005, STO-006).
    """

    states: tuple[Text, ...] = ()
    dealings: tuple[Text, ...] = ()
    changes: tuple[Text, ...] = ()
    keep: Measure | None = None
    days: int | None = None
    archive: bool = False
    archive_after: Measure | None = None
    purge: bool = False
    event: Text | None = None
    place: Text | None = None
    keeper: Text | None = None
    erasers: tuple[Text, ...] = ()
    journal: Measure | None = None

    def about(self, state: str) -> bool:
        """Say whether it is about entities in a state."""
        return not self.states or state in self.states
