"""Values in words: amounts, days, instants and lengths of time as a language writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from unicodedata import category

import attrs

from crmflow.core.measure import Measure, Unit
from crmflow.core.money import Money
from crmflow.texts import Texts

LONGEST = 2_000
"""Characters of one value; what is longer is cut, and ends in an ellipsis."""

ELLIPSIS = "…"

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_YUAN = "CNY"
_UNSEEN = frozenset({"Cc", "Cf"})
"""Characters that steer a screen or turn what is read around."""
_DAY, _HOUR, _MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@attrs.frozen
class Wording:
    """
    How values are written in one language; pure.

    Attributes:
        texts: Labels of the language.
        zone: The company's zone, by which instants are told.
        machine: Machine whose labels come first.
    """

    texts: Texts
    zone: tzinfo
    machine: str

    @property
    def lang(self) -> str:
        """The language."""
        return self.texts.lang

    def label(self, path: str) -> str:
        """Return the label of a fact or field, by the last part of its path."""
        return self.texts.text("fields", path.rpartition(".")[2], self.machine)

    def say(self, value: object) -> str:  # noqa: PLR0911 - a line for each kind of value
        """
        Return a value as text.

        Args:
            value: Of a fact, a form or a link; a mapping is a value with fields of its own.
        """
        if value is None:
            return ""
        if isinstance(value, bool):
            return self.texts.text("phrases", "yes" if value else "no")
        if isinstance(value, Enum):
            return self.texts.text("choices", str(value.value), self.machine)
        if isinstance(value, Money):
            return self._money(value)
        if isinstance(value, Decimal):
            return _grouped(value)
        if isinstance(value, datetime):
            local = value.astimezone(self.zone)
            return f"{self._day(local.date())} {local:%H:%M}"
        if isinstance(value, date):
            return self._day(value)
        if isinstance(value, timedelta):
            return self._span(value)
        if isinstance(value, Measure):
            return self._measure(value)
        return _short(self._composed(value))

    def _composed(self, value: object) -> str:
        """Return a list, a value with fields, or anything else as text."""
        if isinstance(value, Mapping):
            said = [(self.label(name), self.say(one)) for name, one in value.items()]
            comma, colon = ("，", "：") if self.lang == "zh" else (", ", ": ")
            return comma.join(f"{label}{colon}{text}" for label, text in said if text)
        if isinstance(value, frozenset):
            value = sorted(map(str, value))
        if isinstance(value, list | tuple):
            parts = [self.say(one) for one in value]
            return ("、" if self.lang == "zh" else "; ").join(part for part in parts if part)
        return str(value)

    def _money(self, value: Money) -> str:
        if self.lang == "zh" and value.currency == _YUAN:
            return f"{_grouped(value.amount)} 元"
        return f"{_grouped(value.amount)} {value.currency}"

    def _day(self, day: date) -> str:
        if self.lang == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def _span(self, value: timedelta) -> str:
        days, rest = divmod(abs(value), _DAY)
        hours, rest = divmod(rest, _HOUR)
        minutes = rest // _MINUTE
        parts = [(days, Unit.DAYS), (hours, Unit.HOURS), (minutes, Unit.MINUTES)]
        said = [self._count(amount, unit) for amount, unit in parts if amount]
        sign = "-" if value < timedelta() and said else ""
        return sign + (" ".join(said) or self._count(0, Unit.MINUTES))

    def _measure(self, value: Measure) -> str:
        if value.by is not None or value.through:
            return str(value)
        return self._count(value.amount, value.unit)

    def _count(self, amount: int, unit: Unit) -> str:
        code = f"unit_{unit.value}" if amount == 1 else f"units_{unit.value}"
        return self.texts.filled("phrases", code, {"n": amount})


def _grouped(value: Decimal) -> str:
    """Return a number with its thousands set apart and no zeros to no purpose."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text and value == int(value) else text


def _short(text: str) -> str:
    """Return a text without characters that are not seen, cut where it is too long."""
    clean = "".join(one for one in text if one in "\n\t" or category(one) not in _UNSEEN)
    return clean if len(clean) <= LONGEST else clean[: LONGEST - 1] + ELLIPSIS
