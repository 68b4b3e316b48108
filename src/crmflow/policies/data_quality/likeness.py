"""
Likeness: how sure it is that two entities are one, from 0 to 1.

Each field is compared by itself; the score is their weighted mean over the fields that both
have, and never less than what a decisive field says. It does not matter which of the two comes
first, and what is the same scores 1; more of it never scores less.

Rule: REC-002
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Context, Decimal

import attrs

from crmflow.core.searching import normalised
from crmflow.policies.data_quality.rows import Compared, Comparison

Values = Mapping[str, Sequence[str]]
"""What is known of an entity by path: several values, one or none."""

_LEGAL_FORMS = re.compile(
    r"(?:股份有限公司|有限责任公司|有限公司|股份公司|集团公司|分公司|公司|集团|股份"
    r"|co\.?,?\s*ltd\.?|ltd\.?|limited|inc\.?|incorporated|llc|llp|plc|corp\.?|corporation"
    r"|company|co\.?|group|holdings?|gmbh|ag|kg|s\.?a\.?|b\.?v\.?|pty)\s*[,.]?\s*$",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[()（）\[\]【】〈〉《》]")
_PLACES = Decimal("0.0001")
# Not the host's; what differs is never rounded up to the same.
_EXACT = Context(prec=50, rounding=ROUND_DOWN)
_CHINESE_MOBILE = 11


@attrs.frozen
class Likeness:
    """
    How alike two entities are.

    Attributes:
        score: From 0 to 1.
        why: Likeness of each field that both have, by path.
    """

    score: Decimal
    why: Mapping[str, Decimal]


def likeness(fields: Iterable[Compared], one: Values, other: Values) -> Likeness | None:
    """
    Return how alike two entities are; None where they have no field in common.

    Args:
        fields: What is compared.
        one: What is known of one of them.
        other: What is known of the other.

    Raises:
        ImportError: The extra `dedupe` is not installed, and names are compared.
    """
    why: dict[str, Decimal] = {}
    total = weight = least = Decimal(0)
    for field in fields:
        pairs = [(a, b) for a in one.get(field.field, ()) for b in other.get(field.field, ())]
        if pairs:
            # Who has several numbers is known by any of them.
            found = max(alike(field.how, a, b) for a, b in pairs)
            why[field.field] = found
            least = max(least, found) if field.decisive else least
            total = _EXACT.add(total, _EXACT.multiply(field.weight, found))
            weight = _EXACT.add(weight, field.weight)
    if not why:
        return None
    score = max(_EXACT.divide(total, weight), least)
    return Likeness(_EXACT.quantize(score, _PLACES), why)


def alike(how: Comparison, one: str, other: str) -> Decimal:
    """Return how alike two values are, from 0 to 1."""
    if how is Comparison.NAME:
        return _names(name_of(one), name_of(other))
    plain = _PLAIN[how]
    return Decimal(int(plain(one) == plain(other)))


def name_of(text: str) -> str:
    """Return a company's name as it is compared: width, case, spaces and legal forms left out."""
    whole = _BRACKETS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
    found = whole
    while (shorter := _LEGAL_FORMS.sub("", found).strip(" ,.")) != found:
        if not shorter:  # a name that is nothing but a legal form is a name all the same
            break
        found = shorter
    return normalised(re.sub(r"[^\w\s]", "", found)) or normalised(whole)


def _names(one: str, other: str) -> Decimal:
    if one == other:
        return Decimal(1)
    return _EXACT.quantize(Decimal(ratio()(one, other)), _PLACES)


@functools.cache
def ratio() -> Callable[[str, str], float]:
    """
    Return what tells how alike two texts are, from 0 to 1.

    Raises:
        ImportError: The extra `dedupe` is not installed.
    """
    try:
        from rapidfuzz.distance import Indel
    except ImportError as error:
        message = "comparing names needs rapidfuzz: pip install 'crmflow[dedupe]'"
        raise ImportError(message) from error
    return Indel.normalized_similarity


def _phone(text: str) -> str:
    digits = "".join(char for char in normalised(text) if char.isdecimal())
    bare = digits.removeprefix("00")
    national = bare.removeprefix("86")
    return national if len(national) == _CHINESE_MOBILE else bare


def _letters(text: str) -> str:
    return "".join(char for char in normalised(text) if char.isalnum())


_PLAIN: Mapping[Comparison, Callable[[str], str]] = {
    Comparison.EXACT: normalised,
    Comparison.EMAIL: normalised,
    Comparison.PHONE: _phone,
    Comparison.TAX_ID: _letters,
}
