"""Ways to read whether something is paid, other than its name."""

from __future__ import annotations

import functools
import operator

import attrs


@attrs.frozen
class Noted:
    """A record that facts hold."""

    text: str = ""


@attrs.frozen
class Paid:
    """What is known of something that is paid."""

    paid: bool = False
    note: Noted | None = None

    @property
    def is_settled(self) -> bool:
        """Whether it is."""
        return self.paid

    @property
    def is_really_settled(self) -> bool:
        """Whether it is, by way of another property."""
        return self.is_settled

    @functools.cached_property
    def is_noted(self) -> bool:
        """Whether it is, looked up once."""
        return self.paid

    def is_ok(self) -> bool:
        """Say whether it is."""
        return self.paid


class Reader:
    """Reads by its methods."""

    most = 97

    @classmethod
    def by_class(cls, facts: Paid) -> bool:
        """Say whether it is paid."""
        return facts.paid

    @staticmethod
    def by_static(facts: Paid) -> bool:
        """Say whether it is paid."""
        return facts.paid

    def by_object(self, facts: Paid) -> bool:
        """Say whether it is paid."""
        return facts.paid


READER = Reader()


def is_paid(facts: Paid) -> bool:
    """Say whether it is paid."""
    return facts.paid


@functools.cache
def is_paid_as_known(facts: Paid) -> bool:
    """Say whether it is paid."""
    return facts.paid


is_paid_as_got = operator.attrgetter("paid")
