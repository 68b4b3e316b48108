"""The tree of an expression, as the library's grammar reads it."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence

from crmflow.core.reading import FieldError
from crmflow.expressions.grammar import library
from crmflow.expressions.meaning import Node
from crmflow.expressions.words import Word, wrong


def tree(found: Sequence[Word]) -> Node:
    """Return the library's tree of the words, each value and name as a symbol of its number."""
    rule, context, refused = library()
    shown = [word.text if word.kind == "sign" else f"_{n}" for n, word in enumerate(found)]
    try:
        return rule(" ".join(shown), context=context).statement.expression
    except refused as error:
        raise _fault(found, shown, error) from None


def _fault(found: Sequence[Word], shown: Sequence[str], error: Exception) -> FieldError:
    """Return the fault of an expression that the library's grammar refuses."""
    if not hasattr(error, "token"):  # it knows what a comparison and a list give, not where
        right = "a number where something is computed or called, not a comparison or a list"
        return wrong("type", right, found[0].place)
    if error.token is None:
        end = found[-1].place + len(found[-1].text)
        return wrong("syntax", "more: the expression breaks off", end)
    starts = list(itertools.accumulate((len(text) + 1 for text in shown), initial=0))
    word = found[bisect.bisect_right(starts, error.token.lexpos) - 1]
    return wrong("syntax", f"no {word.text!r} here", word.place)
