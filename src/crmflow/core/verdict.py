"""Verdicts: what the policies say of a proposal."""

from __future__ import annotations

from enum import StrEnum

import attrs


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
