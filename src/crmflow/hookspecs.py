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
from crmflow.core.machine import Machine

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
def judge_for(machine: Machine, event: str) -> Judge | None:
    """
    Judge proposals of one event.

    Called: once per machine and event, when an engine starts.
    Return: a pure function (before, proposal) -> Verdict or None; None for no opinion.
    Combined: any refusal refuses; else any hold holds; else allowed.
    """


@hookspec
def texts(lang: str) -> Mapping[str, object]:  # type: ignore[empty-body]
    """
    Bring labels and reason texts in a language.

    Called: when texts are needed in a language, `en` or `zh`.
    Return: tables shaped like those of `crmflow/profiles/locale`; empty where it has none.
    Combined: merged key by key in the order of the plugins' names; crmflow's own come first.
    """
