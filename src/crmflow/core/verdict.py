"""Verdicts: what the policies say of a proposal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.errors import PolicyFailedError

if TYPE_CHECKING:
    from crmflow.core.proposal import Proposal


class Answer(StrEnum):
    """A policy's answer: any refusal refuses; else any hold holds; else allowed."""

    ALLOW = "allow"
    HOLD = "hold"
    REFUSE = "refuse"


@attrs.frozen
class Verdict:
    """
    One policy's answer about one proposal.

    Args:
        policy: Name of the policy.
        answer: Allow, hold for an approval, or refuse.
        reason: Code; its texts are in the locale tables.
        row: Name of the table row it comes from.
        version: Version of the table.
        rules: Rule ids.
        roles: Roles that could make it pass.
    """

    policy: str
    answer: Answer
    reason: str = ""
    row: str = ""
    version: str = ""
    rules: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


Judge = Callable[[Snapshot[Any], "Proposal"], Verdict | None]
"""A policy's pure question about one machine and event; None for no opinion."""


@attrs.frozen
class BoundJudge:
    """A judge with the plugin it comes from, so that a failure can be named."""

    plugin: str
    ask: Judge


def _place(verdict: Verdict) -> tuple[object, ...]:
    """Return by what verdicts are ordered: all there is, so that only equal ones tie."""
    given = verdict.policy, verdict.row, verdict.reason, verdict.answer, verdict.version
    return *given, verdict.rules, verdict.roles


def judge(judges: Iterable[BoundJudge], proposal: Proposal) -> tuple[Verdict, ...]:
    """
    Return the verdicts on a proposal, ordered so that plugins' order does not show.

    Args:
        judges: Judges bound for the proposal's machine and event.
        proposal: What would be done.

    Raises:
        PolicyFailedError: A judge raised; names its plugin.
    """
    verdicts = []
    for bound in judges:
        try:
            verdict = bound.ask(proposal.before, proposal)
        except Exception as error:
            raise PolicyFailedError(bound.plugin, "judge_for", proposal.event.name) from error
        if verdict is not None:
            verdicts.append(verdict)
    if len(verdicts) > 1:
        verdicts.sort(key=_place)
    return tuple(verdicts)
