"""The second pure phase: ask the policies about a proposal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.errors import PolicyFailedError
from crmflow.core.proposal import Proposal
from crmflow.core.verdict import Verdict

Judge = Callable[[Snapshot[Any], Proposal], Verdict | tuple[Verdict, ...] | None]
"""A policy's pure question about one machine and event; None, or no verdict: no opinion."""


@attrs.frozen
class BoundJudge:
    """A judge with the plugin it comes from, so that a failure can be named."""

    plugin: str
    ask: Judge


def _place(verdict: Verdict) -> tuple[object, ...]:
    """Return by what verdicts are ordered: all there is, so that only equal ones tie."""
    given = verdict.policy, verdict.row, verdict.reason, verdict.answer, verdict.version
    values = sorted(map(str, verdict.values.items()))
    return *given, verdict.rules, verdict.roles, verdict.people, values


def _verdicts(answer: object) -> tuple[Verdict, ...]:
    found = answer if isinstance(answer, tuple) else (answer,)
    for one in found:
        if not isinstance(one, Verdict):
            message = f"a judge gives a Verdict, several or None, not {one!r}"
            raise TypeError(message)
    return found


def judge(judges: Iterable[BoundJudge], proposal: Proposal) -> tuple[Verdict, ...]:
    """
    Return the verdicts on a proposal, ordered so that plugins' order does not show.

    Args:
        judges: Judges bound for the proposal's machine and event.
        proposal: What would be done.

    Raises:
        PolicyFailedError: A judge raised or gave no verdict; names its plugin.
    """
    verdicts: list[Verdict] = []
    for bound in judges:
        try:
            answer = bound.ask(proposal.before, proposal)
            if answer is not None:
                verdicts += _verdicts(answer)
        except Exception as error:
            raise PolicyFailedError(bound.plugin, "judge_for", proposal.event.name) from error
    if len(verdicts) > 1:
        verdicts.sort(key=_place)
    return tuple(verdicts)
