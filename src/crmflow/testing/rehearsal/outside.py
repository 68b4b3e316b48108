"""Everybody outside: handlers that take messages, and fail at times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import attrs

from crmflow.analysis.simulation.streams import Stream
from crmflow.core.errors import DeliveryError, DeliveryRejectedError
from crmflow.core.message import Handler, Parcel
from crmflow.core.tables import Tables
from crmflow.hookspecs import hookimpl

FAILS, RAISES, REJECTS = 0.10, 0.02, 0.01
"""How often a handler says that it cannot now, fails in its own code, and will not have it."""


@attrs.define(eq=False)
class Outside:
    """
    A plugin that brings handlers; all of them are this one.

    Attributes:
        names: What they are called.
        chance: Says when it fails; where there is none, never.
        taken: How often each parcel was taken, by its key.
        rejected: Keys of the parcels it would not have.
        failed: How often it failed.
    """

    names: Iterable[str] = attrs.field(converter=tuple[str, ...])
    chance: Stream | None = None
    taken: Counter[str] = attrs.field(factory=Counter)
    rejected: set[str] = attrs.field(factory=set)
    failed: int = 0

    def begin(self, chance: Stream) -> None:
        """Forget what was, and fail by chance from now on."""
        self.chance = chance
        self.taken, self.rejected, self.failed = Counter(), set(), 0

    @hookimpl
    def handlers(self, tables: Tables) -> Mapping[str, Handler]:
        """Bring the handlers."""
        return dict.fromkeys(self.names, self.take)

    def take(self, parcel: Parcel) -> None:
        """Take a parcel, or fail."""
        drawn = 1.0 if self.chance is None else self.chance.uniform()
        if drawn < FAILS + RAISES + REJECTS:
            self.failed += 1
            if drawn < REJECTS:
                self.rejected.add(parcel.key)
                raise DeliveryRejectedError(parcel.message.machine, "not this one")
            if drawn < REJECTS + RAISES:
                message = "the handler itself failed"
                raise RuntimeError(message)
            raise DeliveryError(parcel.message.machine, "not now")
        self.taken[parcel.key] += 1
