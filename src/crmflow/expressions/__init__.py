"""
Expressions in tables: typed, checked when loaded, bounded, exact for decimals.

The grammar is that of the library rule-engine (extra `rules`), which is only shown
names and signs and never computes anything: written values are read before, kinds are
checked and the tree is computed here. A missing value makes an ordering comparison and
a search false, and what is computed of it missing; it equals nothing but null.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Generic, TypeVar, cast, overload

import attrs

from crmflow.core.actor import Actor
from crmflow.core.link import Link
from crmflow.core.machine import Machine
from crmflow.core.policy import Occurrence
from crmflow.core.proposal import Proposal
from crmflow.core.tables import Tables
from crmflow.expressions.kinds import (
    Base,
    Kind,
    Named,
    Read,
    at_slot,
    fields_of,
    kind_of,
    of_key,
    result_of,
)
from crmflow.expressions.links import LinkedTo, links_of, names_of
from crmflow.expressions.meaning import Meaning
from crmflow.expressions.tree import tree
from crmflow.expressions.words import words, written, wrong

__all__ = ["Expression", "Scope"]

R = TypeVar("R")
V = TypeVar("V")

_TEXT, _TEXTS = Kind(Base.TEXT), Kind(Base.LIST, Base.TEXT)
_GIVEN: Mapping[str, Named] = {
    "state": Named(_TEXT, at_slot(2)),
    "event": Named(_TEXT, at_slot(3)),
    "actor.id": Named(_TEXT, at_slot(4, ("id",))),
    "actor.roles": Named(_TEXTS, at_slot(4, ("roles",))),
    "actor.departments": Named(_TEXTS, at_slot(4, ("departments",))),
    "at": Named(Kind(Base.INSTANT), at_slot(5)),
}


@attrs.frozen
class Expression(Generic[R]):
    """
    A checked expression, ready to be asked.

    Attributes:
        text: As it stands in the table.
        names: Names it reads.
    """

    text: str
    names: frozenset[str]
    _read: Read = attrs.field(eq=False, repr=False)

    def __call__(
        self,
        facts: object,
        form: object = None,
        *,
        state: str = "",
        event: str = "",
        actor: Actor | None = None,
        at: datetime | None = None,
        links: Sequence[Link] = (),
    ) -> R:
        """
        Return its value; it raises nothing and reads nothing but what it is given.

        Args:
            facts: What is known of the entity, or None before its creation.
            form: What the event brings, or None.
            state: The entity's state.
            event: Name of the event.
            actor: Who asks.
            at: Aware instant of the event.
            links: What the entity knows of others.

        Returns:
            A value of the result type; None where a value it is made of is missing, but
            for true or false, which is false then.
        """
        return cast("R", self._read((facts, form, state, event, actor, at, links)))

    def before(self, seen: Proposal | Occurrence) -> R:
        """Return its value of an entity as it is before an event, with what the event brings."""
        now, event = seen.before, seen.event
        return self(
            now.facts,
            event.form,
            state=now.state,
            event=event.name,
            actor=event.actor,
            at=event.at,
            links=now.links,
        )

    def after(self, seen: Occurrence) -> R:
        """Return its value of an entity as it is after an event, the form left out."""
        now, event = seen.after, seen.event
        return self(
            now.facts,
            state=now.state,
            event=event.name,
            actor=event.actor,
            at=event.at,
            links=now.links,
        )


@attrs.frozen(eq=False)
class Scope:
    """
    The names that expressions of a table may use; made by `about`, `of` or `of_names`.

    A scope of classes is made once in a process, and so is each expression in it.

    Attributes:
        names: Kind and reader by name.
        zone: The zone by which `day` tells the day of an instant.
    """

    names: Mapping[str, Named]
    zone: tzinfo = UTC

    @classmethod
    def of(cls, facts: type, form: type | None = None, *, zone: tzinfo = UTC) -> Scope:
        """
        Return the names of a machine's facts, with `form.<field>` where there is a form.

        A fact of the name `state`, `event` or `at` is hidden by what is always given.

        Args:
            facts: Facts class of the machine.
            form: Form class of the event.
            zone: The company's zone.
        """
        return _scope(facts, form, (), zone)

    @classmethod
    def about(cls, machine: Machine, form: type | None, tables: Tables) -> Scope:
        """
        Return the names of a machine's facts, of a form and of what the entity is linked to.

        A linked entity's state and shared facts are `<link>.state` and `<link>.<fact>`; where
        nothing of that name was heard of they are missing.

        Args:
            machine: The machine.
            form: Form class of the event, or None where none is at hand.
            tables: Tells the company's zone, and of every machine what it shares.
        """
        return _scope(machine.facts, form, links_of(machine, tables.machines), tables.zone)

    @classmethod
    def of_names(cls, names: Mapping[str, type], *, zone: tzinfo = UTC) -> Scope:
        """
        Return a scope over facts that are a mapping of values by name.

        Args:
            names: Type of each value, such as `{"turnover": Decimal}`.
            zone: The company's zone.
        """
        given = {name: of_key(name, kind_of(kind)) for name, kind in names.items()}
        return cls({**given, **_GIVEN}, zone)

    @overload
    def compile(self, text: str) -> Expression[bool]: ...

    @overload
    def compile(self, text: str, result: type[bool]) -> Expression[bool]: ...

    @overload
    def compile(self, text: str, result: type[V]) -> Expression[V | None]: ...

    def compile(self, text: str, result: type = bool) -> Expression[Any]:
        """
        Return the checked expression.

        Args:
            text: As it stands in a table.
            result: What it gives: `bool`, `Decimal`, `str`, `datetime`, `date` or `timedelta`.

        Raises:
            FieldError: What is wrong with the text, where, and what would be right.
            ImportError: The extra `rules` is not installed.
            TypeError: *result* is no type an expression can give.
        """
        return _compiled(self, written(text), result)

    @overload
    def maybe(self, text: str | None) -> Expression[bool] | None: ...

    @overload
    def maybe(self, text: str | None, result: type[V]) -> Expression[V | None] | None: ...

    def maybe(self, text: str | None, result: type = bool) -> Expression[Any] | None:
        """Return the checked expression, None where a row has none; see `compile`."""
        return None if text is None else self.compile(text, result)


@functools.lru_cache(maxsize=2_000)
def _scope(facts: type, form: type | None, links: tuple[LinkedTo, ...], zone: tzinfo) -> Scope:
    """Return the scope of classes and links; rows of one machine share it."""
    told = {name: named for link in links for name, named in names_of(link).items()}
    brought = {} if form is None else _fields(form, 1, "form.")
    return Scope({**told, **_fields(facts, 0, ""), **brought, **_GIVEN}, zone)


@functools.cache
def _fields(cls: type, slot: int, prefix: str) -> Mapping[str, Named]:
    return dict(fields_of(cls, slot, prefix))


@functools.lru_cache(maxsize=4_000)
def _compiled(scope: Scope, text: str, result: type) -> Expression[Any]:
    """Return an expression of a scope, compiled once; see `Scope.compile`."""
    base, make = result_of(result)
    found = words(text)
    term = Meaning(found, scope.names, scope.zone).of(tree(found))
    if term.kind.base is not base:
        raise wrong("type", f"an expression that gives {base}, not {term.kind}", term.place)
    names = frozenset(word.text for word in found if word.text in scope.names)
    read = term.read
    return Expression(text, names, lambda env: make(read(env)))
