"""The only place that reads time and draws ids."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Protocol

import attrs


class Clock(Protocol):
    """Where an engine takes 'now' and new ids from."""

    def now(self) -> datetime:
        """Return the aware UTC instant."""
        ...

    def new_id(self) -> str:
        """Return an id never returned before."""
        ...


@attrs.frozen
class SystemClock:
    """The machine's clock; ids sort by the time they were drawn."""

    def now(self) -> datetime:
        """Return the aware UTC instant."""
        return datetime.now(UTC)

    def new_id(self) -> str:
        """Return 22 hexadecimal digits: milliseconds since 1970, then chance."""
        milliseconds = int(self.now().timestamp() * 1000)
        return f"{milliseconds:012x}{secrets.token_hex(5)}"


def _aware(_clock: ManualClock, _field: object, value: datetime) -> None:
    if value.tzinfo is None:
        message = f"an instant needs its offset, and {value.isoformat()} has none"
        raise ValueError(message)


@attrs.define
class ManualClock:
    """
    A clock that moves only when told, for tests and simulations.

    Args:
        at: Aware instant it starts at.

    Raises:
        ValueError: *at* is naive, or the clock is told to go back.
    """

    at: datetime = attrs.field(validator=_aware)
    drawn: int = attrs.field(default=0, kw_only=True)

    def now(self) -> datetime:
        """Return the aware UTC instant it was last set to."""
        return self.at.astimezone(UTC)

    def advance(self, span: timedelta) -> datetime:
        """Move forward by *span* and return the new instant."""
        return self.set(self.at + span)

    def set(self, at: datetime) -> datetime:
        """Move forward to *at* and return it in UTC."""
        _aware(self, None, at)
        if at < self.at:
            message = f"a clock does not go back from {self.at.isoformat()} to {at.isoformat()}"
            raise ValueError(message)
        self.at = at
        return self.now()

    def new_id(self) -> str:
        """Return the next of a fixed sequence: the same in every run."""
        self.drawn += 1
        return f"{self.drawn:06d}"
