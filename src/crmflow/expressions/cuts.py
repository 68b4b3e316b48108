"""
Cuts: the written values at which what an expression says can change.

Where every comparison holds one name against written values, the expression says the same of
all values between two neighbouring cuts: looking at one of each is looking at all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import attrs

from crmflow.expressions.kinds import Base, Named
from crmflow.expressions.meaning import Node
from crmflow.expressions.tree import tree
from crmflow.expressions.words import Word, words

__all__ = ["Cuts", "cuts_of"]


@attrs.frozen
class Cuts:
    """
    Where an expression can change.

    Attributes:
        values: Written values by the name they are held against; none where only the truth of
            a name counts, or whether it is missing.
        exact: Whether nothing else counts: no two names are held against each other, nothing is
            computed, no text is looked into.
    """

    values: Mapping[str, tuple[object, ...]]
    exact: bool


def cuts_of(text: str, names: Mapping[str, Named]) -> Cuts:
    """
    Return the cuts of an expression.

    Args:
        text: A text that a scope of these names compiles.
        names: Names it may use.

    Raises:
        FieldError: The text cannot be read.
    """
    found = words(text)
    reading = _Reading(found, names)
    exact = reading.truth(tree(found))
    return Cuts({name: tuple(values) for name, values in reading.cuts.items()}, exact)


@attrs.frozen
class _Reading:
    """Reads a tree: notes the cuts and says whether they are all that counts."""

    words: Sequence[Word]
    names: Mapping[str, Named]
    cuts: dict[str, list[object]] = attrs.field(factory=dict)

    def truth(self, node: Node) -> bool:
        """Note what a part that is true or false is made of."""
        match type(node).__name__:
            case "LogicExpression":
                return self.truth(node.left) and self.truth(node.right)
            case "UnaryExpression":
                return self.truth(node.right)
            case "TernaryExpression":
                parts = (node.condition, node.case_true, node.case_false)
                return all(map(self.truth, parts))
            case "ComparisonExpression" | "ArithmeticComparisonExpression":
                return self._held(node.left, node.right)
            case "ContainsExpression":
                inside = self._held(node.member, node.container)
                return inside and not self._is_text(node.container)
        return self._held(node)

    def _held(self, *sides: Node) -> bool:
        """Note a comparison: names on one side at most, and nothing but written values beside."""
        parts = [list(self._parts(side)) for side in sides]
        words = [word for side in parts for word in side if word is not None]
        values = [word.value for word in words if word.kind == "value"]
        for word in words:
            if word.kind == "name":
                self.cuts.setdefault(word.text, []).extend(values)
        naming = [side for side in parts if any(word and word.kind == "name" for word in side)]
        return len(words) == sum(map(len, parts)) and len(naming) <= 1

    def _parts(self, node: Node) -> Iterator[Word | None]:
        """Yield the names and written values of a part; None where there is more to it."""
        match type(node).__name__:
            case "SymbolExpression":
                yield self._word(node)
            case "ArrayExpression":
                for item in node.value:
                    yield from self._parts(item)
            case "CoalesceExpression":
                yield from self._parts(node.left)
                yield from self._parts(node.right)
            case "UnaryExpression" if type(node.right).__name__ == "SymbolExpression":
                yield _minus(self._word(node.right))
            case _:
                yield None

    def _word(self, node: Node) -> Word:
        return self.words[int(node.name[1:])]

    def _is_text(self, node: Node) -> bool:
        word = self._word(node) if type(node).__name__ == "SymbolExpression" else None
        named = self.names.get(word.text) if word is not None else None
        return named is not None and named.kind.base is Base.TEXT


def _minus(word: Word) -> Word | None:
    """Return the opposite of a written number or span; None of anything else."""
    value = word.value
    return attrs.evolve(word, value=-value) if isinstance(value, Decimal | timedelta) else None
