"""Vocabulary: what the texts of a table's columns usually name, by the names of the columns."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from hypothesis import strategies as st

from crmflow.core.kinds import field_names
from crmflow.core.machine import Machine
from crmflow.core.tables import TableRow, Tables
from crmflow.expressions import Scope
from crmflow.testing.strategies.expressions import numbers, truths
from crmflow.testing.strategies.pieces import WORDS, Values

MEANINGS: Mapping[str, str] = {
    "machine": "machine",
    "events": "event events counts minus raises fire by on done through cancel cancelled_by"
    " spent_on released_on",
    "states": "state states exempt_states while_in reaches",
    "facts": "fact facts field fields since covers owner assignee holder department_of",
    "roles": "role roles approvers assigners pickers erasers administrators placers qualified who",
    "truths": "when requires where exempt unless",
    "numbers": "amount value spent out_of",
    "hours": "monday tuesday wednesday thursday friday saturday sunday",
    "addresses": "to",
    "calendars": "calendar",
    "schemes": "tier",
    "templates": "template",
}
"""Columns by what they name; what else a column may name is told by the faults of its table."""

_FEATURED = {column: what for what, columns in MEANINGS.items() for column in columns.split()}
_HOURS = ("closed", "09:00-18:00", "09:00-12:00 13:00-17:30", "22:00-24:00")


@attrs.frozen
class Vocabulary:
    """
    Strategies for the texts of rows about one machine.

    Attributes:
        meanings: What is drawn, by what a column names.
        any: What any other column may name.
    """

    meanings: Mapping[str, Values]
    any: Values

    @property
    def keys(self) -> Values:
        """Strategy for the keys of a mapping: facts, most often."""
        return self.meanings["facts"] | st.sampled_from(WORDS)

    @classmethod
    def of(cls, machine: Machine, tables: Tables) -> Vocabulary:
        """
        Return the vocabulary of a machine.

        Args:
            machine: The machine.
            tables: The rows in use, which others name: calendars, roles, templates, schemes.
        """
        scope = Scope.of(machine.facts, zone=tables.zone)
        named = {
            "machine": st.just(machine.name),
            "events": st.sampled_from(machine.events),
            "states": st.sampled_from([state.name for state in machine.states]),
            "facts": st.sampled_from(field_names(machine.facts)),
            "roles": _names(tables, "roles"),
        }
        words = st.one_of(st.sampled_from(WORDS), *named.values())
        meanings: dict[str, Values] = {
            **named,
            **{table: _names(tables, table) for table in ("calendars", "schemes", "templates")},
            "truths": truths(scope),
            "numbers": numbers(scope),
            "hours": st.sampled_from(_HOURS),
            "addresses": st.just("https://example.com/") | words,
        }
        return cls(meanings, words)

    def words(self, column: str) -> Values:
        """Return a strategy for the texts of a column."""
        return self.meanings[_FEATURED[column]] if column in _FEATURED else self.any


def _names(tables: Tables, table: str) -> Values:
    """Return a strategy for the names of a table's rows; any word where it has none."""
    return st.sampled_from([row.name for row in tables.of(table, TableRow)] or WORDS)
