"""
The questions crmflow asks its plugins; each says when it is called and how answers combine.

Every plugin is asked by itself, so that one that fails can be named; the order of the
plugins never shows, and implementations that ask for one (wrappers, `tryfirst`,
`trylast`) are refused. An answer of None counts as none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pluggy

from crmflow.core.judging import Judge
from crmflow.core.lookup import Lookup
from crmflow.core.machine import Extension, Machine
from crmflow.core.message import Handler
from crmflow.core.policy import Policy
from crmflow.core.tables import Table, Tables

hookspec = pluggy.HookspecMarker("crmflow")
hookimpl = pluggy.HookimplMarker("crmflow")


@hookspec
def machines() -> Sequence[Machine]:  # type: ignore[empty-body]
    """
    Bring machines of one's own.

    Called: when an engine starts or a command needs the list of machines; gives the
        same every time.
    Return: machines, none of a name that another plugin or crmflow has.
    Combined: all together; a name given twice is refused, naming both plugins.
    """


@hookspec
def rows_for(machine: Machine) -> Extension | None:
    """
    Add states and rows to a machine of somebody else's.

    Called: once per machine that is switched on, when an engine starts.
    Return: what is added; None for nothing. Facts of one's own are a policy's state.
    Combined: all together, in the order of the plugins' names, behind the machine's own
        rows; the result is checked like any machine.
    """


@hookspec
def tables() -> Sequence[Table]:  # type: ignore[empty-body]
    """
    Bring kinds of tables that one's policies read.

    Called: when an engine starts or a command reads the profiles.
    Return: tables, none of a name that another plugin has.
    Combined: all together; a name given twice is refused, naming both plugins.
    """


@hookspec
def table_rows() -> Mapping[str, Sequence[Mapping[str, object]]]:  # type: ignore[empty-body]
    """
    Bring rows of tables, as a profile file has them.

    Called: as `tables`.
    Return: lists of rows by the name of their table.
    Combined: laid over the profiles in the order of the plugins' names; the company's own
        file comes last and wins.
    """


@hookspec
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """
    Judge proposals of one event.

    Called: once per machine and event, when an engine starts.
    Return: a pure function (before, proposal) -> Verdict, a tuple of several, or None for
        no opinion; None for no function.
    Combined: any refusal refuses; else any hold holds; else any vote counts; else allowed.
    """


@hookspec
def lookups_for(  # type: ignore[empty-body]
    machine: Machine, event: str, tables: Tables
) -> Sequence[Lookup]:
    """
    Say what has to be looked up in the store before an event is judged.

    Called: once per machine and event, when an engine starts.
    Return: lookups, each of a name of its own; empty where nothing is looked up.
    Combined: all together; their answers are kept in the record, where judges find them by
        name. A name given twice for one event is refused, naming both plugins.
    """


@hookspec
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:  # type: ignore[empty-body]
    """
    Bring policies that remember: deadlines, approvals, messages, tasks, claims.

    Called: once per machine that is switched on, when an engine starts.
    Return: policies bound to the machine; empty where they have nothing to do with it.
    Combined: all together, shown every step in the order of the policies' names; none sees
        what another adds. A name or a reserved event given twice is refused, naming both.
    """


@hookspec
def handlers(tables: Tables) -> Mapping[str, Handler]:  # type: ignore[empty-body]
    """
    Bring handlers that take messages to the outside.

    Called: when an engine starts.
    Return: functions by the name that messages are addressed to in place of a machine. A
        handler is given a message at least once, in order per sender; what it raises
        leaves the message where it is, to be tried again, but for
        `DeliveryRejectedError`, which parks it. One that waits for another system is a
        `RemoteHandler`, for which no caller waits.
    Combined: all together; a name given twice is refused, naming both plugins.
    """


@hookspec
def commands() -> Sequence[object]:  # type: ignore[empty-body]
    """
    Bring nouns for the command line.

    Called: when the command line looks for a command that is not its own, or lists them.
    Return: click commands or groups, none of a name that crmflow or another plugin has.
    Combined: all together, in the order of the plugins' names.
    """


@hookspec
def texts(lang: str) -> Mapping[str, object]:  # type: ignore[empty-body]
    """
    Bring labels and reason texts in a language.

    Called: when texts are needed in a language, `en` or `zh`.
    Return: tables shaped like those of `crmflow/profiles/locale`; empty where it has none.
    Combined: merged key by key in the order of the plugins' names; crmflow's own come first.
    """
