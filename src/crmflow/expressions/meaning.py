"""What the tree of an expression means: kinds checked, then functions that compute it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from decimal import Context, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Any, ClassVar, TypeAlias

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.expressions.functions import FUNCTIONS
from crmflow.expressions.kinds import Base, Env, Kind, Named, kind_of
from crmflow.expressions.terms import Term, choose, either, present, same
from crmflow.expressions.words import CONSTANTS, KEYWORDS, Word, wrong

Node: TypeAlias = Any
"""A node of the library's tree."""

# Sums and products are exact or missing; only a quotient is rounded, half to even.
_EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, Overflow])
_ROUNDED = Context(prec=100, traps=[DivisionByZero, InvalidOperation, Overflow])

_ORDERED = frozenset({Base.NUMBER, Base.INSTANT, Base.DAY, Base.SPAN})
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_ARITHMETIC: Mapping[tuple[Base, str, Base], tuple[Base, Callable[[Any, Any], object]]] = {
    (Base.NUMBER, "add", Base.NUMBER): (Base.NUMBER, _EXACT.add),
    (Base.NUMBER, "sub", Base.NUMBER): (Base.NUMBER, _EXACT.subtract),
    (Base.NUMBER, "mul", Base.NUMBER): (Base.NUMBER, _EXACT.multiply),
    (Base.NUMBER, "tdiv", Base.NUMBER): (Base.NUMBER, _ROUNDED.divide),
    (Base.INSTANT, "sub", Base.INSTANT): (Base.SPAN, operator.sub),
    (Base.DAY, "sub", Base.DAY): (Base.SPAN, operator.sub),
    (Base.INSTANT, "add", Base.SPAN): (Base.INSTANT, operator.add),
    (Base.INSTANT, "sub", Base.SPAN): (Base.INSTANT, operator.sub),
    (Base.SPAN, "add", Base.SPAN): (Base.SPAN, operator.add),
    (Base.SPAN, "sub", Base.SPAN): (Base.SPAN, operator.sub),
}
_TRUTH = Kind(Base.TRUTH)
_SIGNS = {"add": "+", "sub": "-", "mul": "*", "tdiv": "/"}


@attrs.frozen
class Meaning:
    """
    Gives the parts of a tree their meaning.

    Attributes:
        words: The expression's words; the tree's symbols are their numbers.
        names: Names that may be used.
        zone: The zone by which `day` tells a day.
    """

    words: Sequence[Word]
    names: Mapping[str, Named]
    zone: tzinfo

    def of(self, node: Node) -> Term:
        """Return the meaning of a node; FieldError where it has none."""
        part = self._parts.get(type(node).__name__)
        if part is None:
            raise wrong("syntax", "a comparison, not this", self._place(node))
        return part(self, node)

    def _place(self, node: Node) -> int:
        """Return where a refused node begins, as near as its first parts tell."""
        while type(node).__name__ != "SymbolExpression":
            inner = [getattr(node, name, None) for name in ("container", "function", "left")]
            node = next((part for part in inner if part is not None), None)
            if node is None:
                return 1
        return self._word(node).place

    def _word(self, node: Node) -> Word:
        return self.words[int(node.name[1:])]

    def _symbol(self, node: Node) -> Term:
        word = self._word(node)
        if word.kind == "value":
            kind = Kind(Base.NOTHING) if word.value is None else kind_of(type(word.value))
            value = word.value
            return Term(kind, lambda _env: value, word.place, (value,))
        named = self.names.get(word.text)
        if named is None:
            known = {*self.names, *CONSTANTS, *KEYWORDS, *FUNCTIONS}
            raise wrong("unknown", did_you_mean(word.text, known), word.place)
        return Term(named.kind, named.read, word.place)

    def _list(self, node: Node) -> Term:
        items = [self.of(item) for item in node.value]
        first = items[0]
        for item in items:
            if not item.written or item.kind.base is Base.NOTHING:
                raise wrong("type", "a written value: a list holds no names", item.place)
            if item.kind != first.kind:
                raise wrong("type", f"{first.kind}, as the others of the list", item.place)
        values = tuple(value for item in items for value in item.written)
        return Term(Kind(Base.LIST, first.kind.base), lambda _env: values, first.place, values)

    def _logic(self, node: Node) -> Term:
        left, right = self._truth(node.left), self._truth(node.right)
        one, two = left.read, right.read
        if node.type == "and":
            return Term(left.kind, lambda env: one(env) is True and two(env) is True, left.place)
        return Term(left.kind, lambda env: one(env) is True or two(env) is True, left.place)

    def _truth(self, node: Node) -> Term:
        term = self.of(node)
        if term.kind.base is not Base.TRUTH:
            raise wrong("type", f"true or false, not {term.kind}", term.place)
        return term

    def _unary(self, node: Node) -> Term:
        if node.type == "not":
            truth = self._truth(node.right)
            return Term(truth.kind, lambda env: truth.read(env) is not True, truth.place)
        term = self.of(node.right)
        if term.kind.base is Base.NUMBER:
            return Term(term.kind, present(_EXACT.minus, term.read), term.place)
        if term.kind.base is Base.SPAN:
            return Term(term.kind, present(operator.neg, term.read), term.place)
        raise wrong("type", f"a number or a span of time, not {term.kind}", term.place)

    def _equal(self, node: Node) -> Term:
        left, right = self.of(node.left), self.of(node.right)
        same(left, right)
        one, two = left.read, right.read
        if node.type == "eq":
            return Term(_TRUTH, lambda env: bool(one(env) == two(env)), left.place)
        return Term(_TRUTH, lambda env: bool(one(env) != two(env)), left.place)

    def _order(self, node: Node) -> Term:
        left, right = self.of(node.left), self.of(node.right)
        for term in (left, right):
            if term.kind.base not in _ORDERED:
                right_one = "a number, a day, an instant or a span of time"
                raise wrong("type", f"{right_one}, not {term.kind}", term.place)
        same(left, right)
        one, two, holds = left.read, right.read, _ORDERS[node.type]

        def read(env: Env) -> bool:
            a, b = one(env), two(env)
            return a is not None and b is not None and holds(a, b)

        return Term(_TRUTH, read, left.place)

    def _contains(self, node: Node) -> Term:
        member, container = self.of(node.member), self.of(node.container)
        kind = container.kind
        if kind.base is Base.LIST:
            within = Term(Kind(kind.items or Base.OTHER), container.read, container.place)
        elif kind.base is Base.TEXT:
            within = container
        else:
            raise wrong("type", f"a list or a text to look in, not {kind}", container.place)
        if Base.NOTHING in {member.kind.base, within.kind.base}:
            raise wrong("type", "a value to look for, not null", member.place)
        same(member, within)
        if kind.base is Base.LIST:
            choose(member, container)
        one, two = member.read, container.read

        def read(env: Env) -> bool:
            a, b = one(env), two(env)
            return a is not None and b is not None and a in b

        return Term(_TRUTH, read, member.place)

    def _arithmetic(self, node: Node) -> Term:
        left, right = self.of(node.left), self.of(node.right)
        found = _ARITHMETIC.get((left.kind.base, node.type, right.kind.base))
        if found is None:
            sign = _SIGNS[node.type]
            raise wrong("type", f"no {left.kind} {sign} {right.kind}", left.place)
        base, compute = found
        return Term(Kind(base), present(compute, left.read, right.read), left.place)

    def _coalesce(self, node: Node) -> Term:
        left, right = self.of(node.left), self.of(node.right)
        same(left, right)
        one, two = left.read, right.read

        def read(env: Env) -> object:
            value = one(env)
            return two(env) if value is None else value

        return Term(either(left, right), read, left.place)

    def _ternary(self, node: Node) -> Term:
        asked = self._truth(node.condition)
        left, right = self.of(node.case_true), self.of(node.case_false)
        same(left, right)
        condition, one, two = asked.read, left.read, right.read
        return Term(
            either(left, right),
            lambda env: one(env) if condition(env) is True else two(env),
            asked.place,
        )

    def _call(self, node: Node) -> Term:
        word = self._word(node.function) if hasattr(node.function, "name") else None
        function = None if word is None or word.kind != "name" else FUNCTIONS.get(word.text)
        if word is None or function is None:
            hint = did_you_mean("" if word is None else word.text, FUNCTIONS)
            raise wrong("unknown", f"a function. {hint}", self._place(node))
        terms = [self.of(argument) for argument in node.arguments]
        result = function.result_of(tuple(term.kind.base for term in terms))
        if result is None:
            raise wrong("type", function.usage, word.place)
        compute = function.bound(self.zone)
        return Term(Kind(result), present(compute, *(term.read for term in terms)), word.place)

    _parts: ClassVar[Mapping[str, Callable[[Meaning, Node], Term]]] = {
        "SymbolExpression": _symbol,
        "ArrayExpression": _list,
        "LogicExpression": _logic,
        "UnaryExpression": _unary,
        "ComparisonExpression": _equal,
        "ArithmeticComparisonExpression": _order,
        "ContainsExpression": _contains,
        "AddExpression": _arithmetic,
        "SubtractExpression": _arithmetic,
        "ArithmeticExpression": _arithmetic,
        "CoalesceExpression": _coalesce,
        "TernaryExpression": _ternary,
        "FunctionCallExpression": _call,
    }
    # Every other part of the library's language is refused.
