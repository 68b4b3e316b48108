"""Everybody outside fails as often as the seed says, in each way there is."""

from __future__ import annotations

import random

import attrs
import pytest

from crmflow.analysis.simulation.streams import Stream
from crmflow.core.errors import DeliveryError, DeliveryRejectedError
from crmflow.core.message import Message, MessageKind, Parcel
from crmflow.testing.rehearsal.outside import FAILS, RAISES, REJECTS, Outside
from crmflow.testing.rehearsal.repertoire import START
from tests.testing.rehearsal.staging import JOB

PARCEL = Parcel(JOB, 1, 0, Message(0, MessageKind.FIRE, "outside", "somebody", "note", {}), START)


class Always(random.Random):
    """A source of chance that gives one number."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.number = number

    def random(self) -> float:
        """Return the number."""
        return self.number


@pytest.mark.parametrize(
    ("drawn", "error"),
    [
        (REJECTS / 2, DeliveryRejectedError),
        (REJECTS + RAISES / 2, RuntimeError),
        (REJECTS + RAISES + FAILS / 2, DeliveryError),
    ],
)
def test_it_fails_as_is_drawn(drawn: float, error: type[Exception]) -> None:
    """What it will not have is noted, and nothing of what fails is taken."""
    outside = Outside(("outside",))
    outside.begin(Stream(Always(drawn)))
    with pytest.raises(error):
        outside.take(PARCEL)
    assert outside.rejected == ({PARCEL.key} if error is DeliveryRejectedError else set())
    assert (outside.failed, outside.taken[PARCEL.key]) == (1, 0)


def test_it_takes_the_rest() -> None:
    """And everything where nothing is left to chance."""
    outside = Outside(("outside",))
    outside.begin(Stream(Always(REJECTS + RAISES + FAILS)))
    outside.take(PARCEL)
    attrs.evolve(outside, chance=None).take(PARCEL)
    assert (outside.failed, outside.taken[PARCEL.key]) == (0, 2)
