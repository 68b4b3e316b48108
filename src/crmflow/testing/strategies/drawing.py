"""The strategies of the kit: one value that knows what is overridden, a method for each want."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

import attrs
from hypothesis import strategies as st

from crmflow.config import Config, Profiles
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.machine import Machine
from crmflow.core.plain import plain
from crmflow.testing.strategies.calendars import DrawnCalendar, calendars
from crmflow.testing.strategies.faults import Faulty, spots
from crmflow.testing.strategies.kinds import Kinds, Overrides
from crmflow.testing.strategies.paths import Payload, told
from crmflow.testing.strategies.pieces import IDS, Values
from crmflow.testing.strategies.rows import Ground


@attrs.frozen
class Strategies:
    """
    Hypothesis strategies built from types: those of crmflow, of a plugin, of anybody.

    Fields are read as the engine reads them: types, `Annotated` checks, validators, defaults.
    A check is a predicate: values that it likes are found by trying the usual ones. Where none
    of them pass, Hypothesis says that too much was filtered; give a strategy then.

    Args:
        overrides: Strategies of one's own, by type (`Money`), by annotation (`Text`) or by
            class and field (`(Order, "contract_number")`).

    Example:
        drawn = Strategies({(Parcel, "weight"): st.integers(1, 30)})

        @given(drawn.payloads_for(PARCEL, "send"))
        def test_a_parcel_is_sent(payload): ...
    """

    overrides: Overrides = attrs.field(factory=dict)
    kinds: Kinds = attrs.field(init=False, eq=False, repr=False)

    @kinds.default
    def _kinds(self) -> Kinds:
        return Kinds(self.overrides)

    def of(self, kind: object) -> Values:
        """
        Return a strategy for the values of an annotation.

        Raises:
            TypeError: Nothing is known of a kind within it.
        """
        return self.kinds.of(kind)

    def forms_for(self, machine: Machine, event: str) -> Values:
        """Return a strategy for the forms of an event, as values; None for one without a form."""
        form = machine.form(event)
        return st.none() if form is None else self.of(form)

    def payloads_for(self, machine: Machine, event: str) -> st.SearchStrategy[Payload]:
        """Return a strategy for payloads of an event that its form accepts, as plain values."""
        form = machine.form(event)
        return st.builds(dict) if form is None else self.payloads(form)

    def payloads(self, form: type) -> st.SearchStrategy[Payload]:
        """Return a strategy for payloads that a form accepts: defaults are told or left out."""
        found, whole = self.of(form), cast("Callable[[object], Payload]", plain)
        return found.map(told) | found.map(whole)

    def faulty_for(self, machine: Machine, event: str) -> st.SearchStrategy[Faulty]:
        """
        Return a strategy for payloads of an event that are wrong in one known place.

        Nothing is drawn for an event without a form, which takes no payload.
        """
        form = machine.form(event)
        return st.nothing() if form is None else self.faulty(form)

    def faulty(self, form: type) -> st.SearchStrategy[Faulty]:
        """
        Return a strategy for payloads that a form refuses.

        A needed field is missing, a field unknown, a value of the wrong type, no choice there
        is, or one of which a check does not hold: at any depth.
        """
        return self.payloads(form).flatmap(lambda payload: self._planted(form, payload))

    def _planted(self, form: type, payload: Payload) -> st.SearchStrategy[Faulty]:
        found = st.sampled_from(list(spots(self.kinds, form, payload)))
        return found.flatmap(lambda spot: spot.planted(payload))

    def facts_for(self, machine: Machine) -> Values:
        """Return a strategy for a machine's facts, each field by itself: any, told by no event."""
        return self.of(machine.facts)

    def rows_for(
        self,
        table: str,
        machine: str | Machine,
        *,
        plugins: Iterable[object] = (),
        profile: Profiles = None,
        config: Config = None,
    ) -> st.SearchStrategy[Payload]:
        """
        Return a strategy for rows of a table about a machine, as a company's own file has them.

        What columns name is told by their names (`event`, `states`, `when`); what is wrong all
        the same is mended by what the table's own check says. Each row, by itself, can be put
        beside those of the profile.

        Args:
            table: Name of the table, such as `deadlines`; a plugin's too.
            machine: The machine, or its name.
            plugins: As `Engine` takes them.
            profile: Likewise.
            config: Likewise: the company's own, beside which the row is put.

        Raises:
            DefinitionError: Plugin, profile or configuration is wrong.
            ValueError: No such table; names those there are.
        """
        return Ground.of(machine, plugins, profile, config).rows(table, self.overrides)

    def calendars(self) -> st.SearchStrategy[DrawnCalendar]:
        """
        Return a strategy for working calendars: any week, holidays, make-up days, any zone.

        Each comes with a day that is close to its special days and to a change of its clocks.
        """
        return calendars()

    def actors(self, machine: Machine | None = None) -> st.SearchStrategy[Actor]:
        """
        Return a strategy for who asks.

        Args:
            machine: Whose roles people have: those that its rows and guards name, from all of
                them to none; left out, any.
        """
        if machine is None:
            return self.of(Actor)
        roles = sorted(roles_in(machine))
        some = st.lists(st.sampled_from(roles), max_size=2) if roles else st.just([])
        return st.builds(Actor, st.sampled_from(IDS), st.just(roles) | some) | st.just(SYSTEM)


def roles_in(machine: Machine) -> frozenset[str]:
    """Return the roles that a machine's rows and guards name, but for the system's own."""
    rows = [
        roles for row in machine.rows for roles in (row.who, *(one.roles for one in row.guards))
    ]
    return frozenset[str]().union(*rows) - SYSTEM.roles
