"""Counting: each mode by its table, the edges of ratios, weights and vetoes."""

from typing import Any

import pytest

from crmflow.policies.approvals.counting import due_seats, outcome, reachable, tally
from crmflow.policies.approvals.request import Ballot, Seat, Signer, Step, Vote
from crmflow.policies.approvals.rows import Mode, OwnRequest, Refusal, StepRow
from tests.policies.approvals.desk import NOW

VOTES = {"y": Vote.APPROVE, "n": Vote.REFUSE}


def voted(
    mode: Mode,
    votes: str,
    *,
    weights: str = "",
    refusal: Refusal | None = None,
    ratio: str | None = None,
    count: int | None = None,
) -> Step:
    """Return a step whose seats have said `y`, `n` or nothing (`-`), in order."""
    seats = tuple(
        Seat((Signer(str(number)),), int(weights[number]) if weights else 1)
        for number in range(len(votes))
    )
    ballots = tuple(
        Ballot(str(number), str(number), VOTES[vote], NOW)
        for number, vote in enumerate(votes)
        if vote != "-"
    )
    refuses = refusal or StepRow("x", mode=mode).refuses
    own = OwnRequest.FORBID
    return Step("x", 0, 0, mode, refuses, own, seats, NOW, ratio, count, ballots)


@pytest.mark.parametrize(
    ("mode", "votes", "expected"),
    [
        (Mode.ONE, "--", None),
        (Mode.ONE, "-y", "approve"),
        (Mode.ONE, "-n", "refuse"),
        (Mode.ALL, "yy-", None),
        (Mode.ALL, "yyy", "approve"),
        (Mode.ALL, "--n", "refuse"),
        (Mode.ANY, "n-n", None),
        (Mode.ANY, "ny-", "approve"),
        (Mode.ANY, "nnn", "refuse"),
        (Mode.SEQUENCE, "y-", None),
        (Mode.SEQUENCE, "yy", "approve"),
        (Mode.SEQUENCE, "yn", "refuse"),
    ],
)
def test_modes(mode: Mode, votes: str, expected: str | None) -> None:
    """One, all, any, one after another."""
    assert outcome(voted(mode, votes)) == expected


@pytest.mark.parametrize(
    ("votes", "columns", "expected"),
    [
        ("yy-", {"ratio": "2/3"}, "approve"),
        ("yn-", {"ratio": "2/3"}, None),
        ("nn-", {"ratio": "2/3"}, "refuse"),
        ("yyn", {"ratio": "0.667"}, "refuse"),
        ("yy--", {"ratio": "0.5"}, "approve"),
        ("yy--", {"ratio": "0.51"}, None),
        ("y--", {"count": 1}, "approve"),
        ("nn-", {"count": 2}, "refuse"),
        ("y--", {"count": 3, "weights": "311"}, "approve"),
        ("n--", {"count": 3, "weights": "311"}, "refuse"),
        ("-yy", {"ratio": "1/2", "weights": "311"}, None),
        ("yy-", {"count": 2, "refusal": Refusal.AT_ONCE}, None),
        ("yyy", {"count": 2, "refusal": Refusal.AT_ONCE}, "approve"),
        ("yyn", {"count": 2, "refusal": Refusal.AT_ONCE}, "refuse"),
    ],
)
def test_votes(votes: str, columns: dict[str, Any], expected: str | None) -> None:
    """Ratio, count and weights are exact; a veto waits for all who may cast it."""
    assert outcome(voted(Mode.VOTE, votes, **columns)) == expected


def test_any_with_a_veto_is_decided_by_the_first() -> None:
    """Who refuses at once ends what any one could have passed."""
    assert outcome(voted(Mode.ANY, "n--", refusal=Refusal.AT_ONCE)) is Vote.REFUSE
    assert outcome(voted(Mode.ANY, "y--", refusal=Refusal.AT_ONCE)) is Vote.APPROVE


def test_seat_with_several_signers_is_one_vote() -> None:
    """All of them approve for it, any of them refuses for it."""
    seat = Seat((Signer("a"), Signer("b")))
    step = voted(Mode.ALL, "-")
    step = Step(
        "x", 0, 0, Mode.ALL, Refusal.AT_ONCE, OwnRequest.FORBID, (seat, *step.seats), NOW,
        ballots=(Ballot("a", "a", Vote.APPROVE, NOW),),
    )  # fmt: skip
    found = tally(step)
    assert (found.needed, found.yes, found.no, found.open) == (2, 0, 0, 2)


def test_sequence_asks_one_at_a_time() -> None:
    """Others ask all who have not voted."""
    assert [seat.signers[0].person for seat in due_seats(voted(Mode.SEQUENCE, "y--"))] == ["1"]
    assert [seat.signers[0].person for seat in due_seats(voted(Mode.ALL, "y--"))] == ["1", "2"]


def test_reachable() -> None:
    """A quorum above all votes is said to be out of reach."""
    assert reachable(voted(Mode.VOTE, "--", count=2))
    assert not reachable(voted(Mode.VOTE, "--", count=3))
