"""Verdicts: what the policies say of a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import attrs

from crmflow.core.words import words


class Answer(StrEnum):
    """
    A policy's answer: any refusal refuses; else any hold holds; else any vote counts; else allowed.

    A vote is taken and journaled, and moves nothing yet: others are still awaited.
    """

    ALLOW = "allow"
    HOLD = "hold"
    VOTE = "vote"
    REFUSE = "refuse"


def _answer(answer: Answer) -> Answer:
    return Answer(answer)  # its bare text would be no answer that `is` asks for


@attrs.frozen
class Verdict:
    """
    One policy's answer about one proposal.

    Args:
        policy: Name of the policy.
        answer: Allow, hold for an approval, take as a vote, or refuse.
        reason: Code; its texts are in the locale tables.
        row: Name of the table row it comes from.
        version: Version of the table.
        rules: Rule ids, separated by spaces.
        roles: Roles that could make it pass, likewise.
        people: Ids of those who could, where they are known.
        values: What fills the placeholders of the reason's text, as plain values.
    """

    policy: str
    answer: Answer = attrs.field(converter=_answer)
    reason: str = ""
    row: str = ""
    version: str = ""
    rules: tuple[str, ...] = attrs.field(default=(), converter=words)
    roles: tuple[str, ...] = attrs.field(default=(), converter=words)
    people: tuple[str, ...] = ()
    values: Mapping[str, object] = attrs.field(factory=dict)
