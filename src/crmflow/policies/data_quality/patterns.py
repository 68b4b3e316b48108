r"""
Patterns: what a text looks like, in a small language that is always quick to match.

A pattern is a row of items, each with a count: a character itself, `\d` a digit, `[A-Z0-9]`
one of several, `.` any; `{3}` or `{2,5}` says how many. There is no choice and no group, and
a text is followed in all ways at once, so that no pattern takes long with any text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import attrs

from crmflow.core.reading import FieldError

ITEMS, COUNT, LENGTH = 32, 64, 256
"""Items of a pattern, count of an item, characters of a text that is looked at."""

_ITEM = re.compile(
    r"(?:(?P<class>\[[^\[\]\\]+\])|(?P<digit>\\d)|(?P<any>\.)"
    r"|\\(?P<escaped>[^\w\s])|(?P<plain>[^\[\]\\{}().|*+?^$\s]))"
    r"(?:\{(?P<low>\d{1,2})(?:,(?P<high>\d{1,2}))?\})?"
)
_RANGE = re.compile(r"(.)-(.)|(.)", re.DOTALL)

Holds = Callable[[str], bool]


@attrs.frozen
class Item:
    """An item: which characters it takes, and how many of them."""

    holds: Holds
    low: int
    high: int


@attrs.frozen
class Pattern:
    """A pattern as a row of items."""

    items: tuple[Item, ...]

    def fits(self, text: str) -> bool:
        """Say whether the whole of a text looks like it."""
        if len(text) > LENGTH:
            return False
        places = {0}
        for item in self.items:
            places = {end for place in places for end in _ends(item, text, place)}
        return len(text) in places


def _ends(item: Item, text: str, place: int) -> range:
    """Return the places at which an item may end that begins at one."""
    taken = 0
    while taken < item.high and place + taken < len(text) and item.holds(text[place + taken]):
        taken += 1
    return range(place + item.low, place + taken + 1)


def pattern_of(text: str) -> Pattern:
    """
    Return a pattern.

    Raises:
        FieldError: What is wrong with it, where, and what would be right.
    """
    items: list[Item] = []
    at = 0
    while at < len(text):
        match = _ITEM.match(text, at)
        if match is None:
            right = r"a character, \d, [A-Z0-9] or ., with a count such as {3} or {2,5}"
            raise FieldError("pattern", f"{right} (at character {at + 1})")
        low = int(match["low"] or 1)
        high = int(match["high"] or low)
        if not low <= high <= COUNT:
            raise FieldError("pattern", f"counts in order, at most {COUNT} (at character {at + 1})")
        items.append(Item(_holds(match), low, high))
        at = match.end()
    if not 0 < len(items) <= ITEMS:
        raise FieldError("pattern", f"one item at least, and at most {ITEMS}")
    return Pattern(tuple(items))


def _holds(match: re.Match[str]) -> Holds:
    if match["class"]:
        ranges = [
            (low or one, high or one) for low, high, one in _RANGE.findall(match["class"][1:-1])
        ]
        return lambda char: any(low <= char <= high for low, high in ranges)
    if match["digit"]:
        return lambda char: char.isascii() and char.isdigit()
    if match["any"]:
        return lambda _char: True
    wanted = match["escaped"] or match["plain"]
    return lambda char: char == wanted
