"""Votes beside chains."""

from __future__ import annotations

from datetime import date

from crmflow.analysis.checking import votes
from crmflow.core.machine import Kind, Machine, Row, State
from crmflow.core.ref import UNBORN
from tests.analysis.checking.desk import claim, faults, subject

VOTED = Machine(
    "claim",
    claim().facts,
    zh="报销单",
    en="claim",
    states=(
        State("sent", "已提交", "sent", Kind.INITIAL),
        State("signed", "已签", "signed"),
        State("done", "完成", "done", Kind.FINAL),
        State("refused", "拒绝", "refused", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "send", "sent", form=claim().facts),
        Row("sent", "sign", "signed", vote="approve"),
        Row(("sent", "signed"), "refuse", "refused", vote="refuse"),
        Row("signed", "pay", "done"),
    ),
)


def found(**columns: object) -> list[tuple[str, object]]:
    """Return states and days without a chain, beside one of the state `sent`."""
    row = {"name": "votes", "machine": "claim", "state": "sent", "roles": "manager", **columns}
    given = subject({"chains": [row]}, VOTED)
    return [(one.where, one.values["day"]) for one in faults(votes.uncounted, given)]


def test_votes_are_counted_by_a_chain_every_day() -> None:
    """A state in which votes only refuse needs none."""
    assert found() == []
    assert found(enabled=False) == [("claim: sent", date(2026, 3, 2))]
    assert found(until_on=date(2026, 4, 30)) == [("claim: sent", date(2026, 5, 1))]


def test_a_chain_that_waits_for_its_blanks_is_there() -> None:
    """What nobody has filled in yet is told elsewhere."""
    blank = {"name": "claim.approver", "kind": "text", "feature": "claims"}
    blanks = [{**blank, "meaning_en": "Who.", "meaning_zh": "谁。"}]
    roles = {"blank": "claim.approver"}
    row = {"name": "votes", "machine": "claim", "state": "sent", "roles": roles}
    given = subject({"chains": [row], "blanks": blanks}, VOTED)
    assert given.loaded.missing
    assert faults(votes.uncounted, given) == []
