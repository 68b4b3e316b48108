"""The words of an expression: bounded before anything else looks at the text."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

import attrs

from crmflow.core.reading import FieldError, instant, span

LENGTH, WORDS, DEPTH = 2000, 200, 16
"""How long an expression may be: characters, words, and what is nested in what."""

_WHOLE, _BROKEN = 30, 60  # the digits of `Money` before and after the point

_PATTERN = re.compile(
    r"""
    (?P<space> [ \t\r\n]+ )
  | (?P<day>   d(?:"[^"]*"|'[^']*') )
  | (?P<text>  "[^"]*"|'[^']*' )
  | (?P<name>  [A-Za-z_][A-Za-z0-9_]* (?: \. [A-Za-z_][A-Za-z0-9_]* )* )
  | (?P<number> [0-9] [0-9A-Za-z_.]* )
  | (?P<sign>  == | != | <= | >= | \?\? | [-<>+*/()\[\],?:] )
    """,
    re.VERBOSE,
)
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")

KEYWORDS = frozenset({"and", "or", "not", "in"})
CONSTANTS = {"true": True, "false": False, "null": None}

Value = bool | Decimal | str | datetime | date | timedelta | None


@attrs.frozen
class Word:
    """
    One word of an expression.

    Attributes:
        kind: A value, the name of one, or a sign or keyword.
        text: As it is written.
        place: Its first character, counted from 1.
        value: What a written value says.
    """

    kind: Literal["value", "name", "sign"]
    text: str
    place: int
    value: Value = None


def wrong(code: str, expected: str, place: int) -> FieldError:
    """Return the fault of an expression: what would be right, and where."""
    return FieldError(code, f"{expected} (at character {place})")


def written(text: object) -> str:
    """
    Return what stands in a table as the text of an expression.

    Raises:
        FieldError: It is no text, blank or too long.
    """
    if not isinstance(text, str):
        raise FieldError("type", "an expression as text")
    if not text.strip():
        raise FieldError("blank", "an expression such as 'amount > 500'")
    if len(text) > LENGTH:
        raise FieldError("size", f"an expression of at most {LENGTH} characters, not {len(text)}")
    return text


def words(text: str) -> tuple[Word, ...]:
    """
    Return the words of an expression.

    Args:
        text: As `written` gives it.

    Raises:
        FieldError: It is too long or too deep, or has a word that is none.
    """
    found: list[Word] = []
    at = 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise wrong("syntax", f"no {text[at]!r} here", at + 1)
        if match.lastgroup != "space":
            found.append(_word(str(match.lastgroup), match.group(), at + 1))
        at = match.end()
        if len(found) > WORDS:
            raise wrong("size", f"an expression of at most {WORDS} words", at)
    _bounded(found)
    return tuple(found)


def _word(group: str, text: str, place: int) -> Word:
    if group == "sign" or text in KEYWORDS:
        return Word("sign", text, place)
    if group == "name":
        if text in CONSTANTS:
            return Word("value", text, place, CONSTANTS[text])
        return Word("name", text, place)
    reader = {"text": _text, "day": _day, "number": _number}[group]
    return Word("value", text, place, reader(text, place))


def _text(text: str, place: int) -> str:
    value = text[1:-1]
    # Marks that cannot be seen would make two texts look the same.
    if not value.isprintable():
        raise wrong("syntax", "a text of characters that can be seen", place)
    if "\\" in value:
        raise wrong("syntax", "a text without a backslash: it escapes nothing", place)
    return value


def _day(text: str, place: int) -> date | datetime:
    value = text[2:-1]
    try:
        return date.fromisoformat(value)
    except ValueError:
        pass
    try:
        return instant(value)
    except FieldError:
        right = 'a day such as d"2026-03-01" or an instant such as d"2026-03-01T09:00:00+08:00"'
        raise wrong("type", right, place) from None


def _number(text: str, place: int) -> Decimal | timedelta:
    if not _DECIMAL.fullmatch(text):
        try:
            return span(text)
        except FieldError:
            right = "a number such as 12.50, or a span such as 30min, 48h or 10d"
            raise wrong("number", right, place) from None
    whole, _, broken = text.partition(".")
    if len(whole) > _WHOLE or len(broken) > _BROKEN:
        right = f"a number of at most {_WHOLE} digits before the point and {_BROKEN} after it"
        raise wrong("size", right, place)
    return Decimal(text)


def _bounded(found: list[Word]) -> None:
    """Refuse what is nested too deeply, before a parser walks it."""
    depth = run = 0
    for last, word in zip([None, *found], found, strict=False):
        sign = word.text if word.kind == "sign" else ""
        depth += (sign in {"(", "["}) - (sign in {")", "]"})
        run = run + 1 if sign in {"not", "-"} else 0
        if depth + run > DEPTH:
            raise wrong("size", f"at most {DEPTH} levels of nesting", word.place)
        if sign == "]" and last is not None and last.kind == "sign" and last.text == "[":
            raise wrong("empty", "at least one value in a list", word.place)
