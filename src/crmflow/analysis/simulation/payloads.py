"""What forms are given: what the scenario says, drawn where it leaves it to chance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import attrs

from crmflow.analysis.simulation.agenda import MINUTE
from crmflow.analysis.simulation.law_rows import is_length, minutes_of
from crmflow.analysis.simulation.streams import Streams
from crmflow.core.measure import Measure
from crmflow.core.reading import FieldError

PLACE = re.compile(r"\{(n|id|customer|at)(?: \+ ([^{}]*))?\}")
_PLACES = "'{n}', '{id}', '{customer}', '{at}' or such as '{at + 2h}'"
# A misspelt place would be given as it stands, to every case.
_MEANT = re.compile(r"\{[^{}]*\}")
_WORDS: Mapping[str, object] = {"true": True, "false": False}


@attrs.frozen
class Case:
    """
    Whose form it is.

    Attributes:
        name: What chance is named by: the id of the case, with what it caused.
        id: Id of the entity.
        number: Number of the case among those of its arrivals.
        customers: How many customers there are.
        at: Aware UTC instant.
        streams: Where chance comes from.
    """

    name: str
    id: str
    number: int
    customers: int
    at: datetime
    streams: Streams

    @property
    def customer(self) -> int:
        """The number of its customer: the same for all that one case causes."""
        root = self.name.partition("/")[0]
        return 1 + int(self.streams.of(root, "customer").uniform() * self.customers)

    def filled(
        self,
        purpose: str,
        payload: Mapping[str, object],
        draws: Mapping[str, Mapping[str, float]],
    ) -> Mapping[str, object]:
        """
        Return what a form is given.

        Args:
            purpose: What the form is for, which names its chance.
            payload: Values; texts may have places.
            draws: Field -> value -> weight; `true` and `false` are no texts.
        """
        drawn = {
            field: self.streams.of(self.name, purpose, field).choose(weights)
            for field, weights in draws.items()
        }
        found = {**payload, **{name: _WORDS.get(one, one) for name, one in drawn.items()}}
        return {name: self._filled(one) for name, one in found.items()}

    def _filled(self, value: object) -> object:
        if isinstance(value, str):
            return PLACE.sub(self._placed, value)
        if isinstance(value, Mapping):
            return {name: self._filled(one) for name, one in value.items()}
        return [self._filled(one) for one in value] if isinstance(value, list) else value

    def _placed(self, found: re.Match[str]) -> str:
        word, later = found.groups()
        if word == "at":
            length = minutes_of(Measure.parse(later)) if later else 0.0
            return (self.at + length * MINUTE).isoformat()
        return str({"n": self.number, "id": self.id, "customer": self.customer}[word])


def place_faults(value: object) -> list[str]:
    """Return what is wrong with the places of a payload's texts."""
    if isinstance(value, Mapping):
        return [fault for one in value.values() for fault in place_faults(one)]
    if isinstance(value, list):
        return [fault for one in value for fault in place_faults(one)]
    meant = _MEANT.findall(value) if isinstance(value, str) else ()
    return [f"{one!r}: expected {_PLACES}" for one in meant if not _is_right(one)]


def _is_right(meant: str) -> bool:
    found = PLACE.fullmatch(meant)
    if found is None:
        return False
    word, later = found.groups()
    if later is None:
        return True
    try:
        return word == "at" and is_length(Measure.parse(later))
    except FieldError:
        return False
