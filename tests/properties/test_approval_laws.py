"""Laws of approvals: of counting, and of whatever people do to a request."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import attrs
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.core.journal import Put, apply, unborn
from crmflow.flow.redeciding import redecide
from crmflow.policies.approvals.counting import outcome, reachable, tally
from crmflow.policies.approvals.request import (
    Approvals,
    Ballot,
    Phase,
    Request,
    Seat,
    Signer,
    Step,
    Vote,
)
from crmflow.policies.approvals.rows import Mode, OwnRequest, Refusal
from tests.policies.approvals.desk import NOW, REF, Desk, Purchase, away, chain, staff

# ---- Counting ----------------------------------------------------------------------------------


@st.composite
def counted(draw: st.DrawFn) -> tuple[Step, tuple[Ballot, ...]]:
    """Draw a step that can pass, and a full set of ballots for it."""
    weights = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    total = sum(weights)
    mode = draw(st.sampled_from(Mode))
    refusal = draw(st.sampled_from(Refusal))
    ratio = draw(st.sampled_from([None, "1/2", "2/3", "0.6", "1"])) if mode is Mode.VOTE else None
    count = draw(st.integers(1, total)) if mode is Mode.VOTE and ratio is None else None
    seats = tuple(
        Seat(tuple(Signer(f"{number}{mate}") for mate in range(draw(st.integers(1, 2)))), weight)
        for number, weight in enumerate(weights)
    )
    step = Step("x", 0, 0, mode, refusal, OwnRequest.FORBID, seats, NOW, ratio=ratio, count=count)
    votes = [draw(st.sampled_from(Vote)) for _ in step.signers]
    ballots = tuple(
        Ballot(signer.person, signer.person, vote, NOW)
        for signer, vote in zip(step.signers, votes, strict=True)
    )
    return step, ballots


@given(counted(), st.randoms(use_true_random=False))
def test_votes_commute(drawn: tuple[Step, tuple[Ballot, ...]], random: Any) -> None:  # noqa: ANN401
    """What a step has come to does not depend on the order of its ballots."""
    step, ballots = drawn
    shuffled = list(ballots)
    random.shuffle(shuffled)
    for cut in range(len(ballots) + 1):
        one = attrs.evolve(step, ballots=tuple(shuffled[:cut]))
        other = attrs.evolve(step, ballots=tuple(reversed(shuffled[:cut])))
        assert outcome(one) == outcome(other)
        assert tally(one) == tally(other)


@given(counted())
def test_early_end_equals_full_count(drawn: tuple[Step, tuple[Ballot, ...]]) -> None:
    """
    A step that ends before all have voted ends as it would with all votes counted.

    Where the first vote decides (`one`, and `any` with a veto) there is no full count.
    """
    step, ballots = drawn
    first_decides = step.refusal is Refusal.AT_ONCE and step.mode in {Mode.ONE, Mode.ANY}
    full = outcome(attrs.evolve(step, ballots=ballots))
    assert full is not None
    for cut in range(len(ballots)):
        early = outcome(attrs.evolve(step, ballots=ballots[:cut]))
        if early is not None and not first_decides:
            assert early == full


@given(counted())
def test_nothing_passes_without_its_quorum(drawn: tuple[Step, tuple[Ballot, ...]]) -> None:
    """Approved means that as many votes approve as are needed; an empty step never is."""
    step, ballots = drawn
    assert reachable(step)
    assert outcome(step) is None
    for cut in range(len(ballots) + 1):
        voted = attrs.evolve(step, ballots=ballots[:cut])
        found = tally(voted)
        if outcome(voted) is Vote.APPROVE:
            assert found.yes >= found.needed > 0
        if outcome(voted) is Vote.REFUSE:
            assert found.no > 0


@given(counted(), st.integers(0, 9))
def test_a_ballot_more_never_takes_a_decision_back(
    drawn: tuple[Step, tuple[Ballot, ...]], pick: int
) -> None:
    """Counting a second ballot of one person changes nothing."""
    step, ballots = drawn
    again = ballots[pick % len(ballots)]
    once = attrs.evolve(step, ballots=ballots)
    assert tally(once) == tally(attrs.evolve(step, ballots=(*ballots, again)))


# ---- Whatever people do ------------------------------------------------------------------------

NAMES = ("ann", "bob", "cleo", "dan", "eve", "guy", "root")
WHO = st.sampled_from(NAMES)
REASON = st.just("because")


def _act(event: str, **fields: st.SearchStrategy[object]) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(event), WHO, st.fixed_dictionaries(fields))


ACTS = st.one_of(
    _act("$approve"),
    _act("$approve"),
    _act("$refuse", reason=REASON),
    _act(
        "$return",
        reason=REASON,
        to=st.sampled_from(["requester", "s0", "s1"]),
        resume=st.sampled_from(["again", "jump"]),
    ),
    _act("$resubmit"),
    _act("$take_back"),
    _act("$transfer", to=WHO, reason=REASON),
    _act("$delegate", to=WHO, reason=REASON),
    _act(
        "$add_signer",
        person=WHO,
        reason=REASON,
        place=st.sampled_from(["before", "after", "beside"]),
    ),
    _act("$remove_signer", person=WHO, reason=REASON),
    _act("$hand_over", person=WHO, to=WHO, reason=REASON),
    st.tuples(st.just("wait"), WHO, st.just({})),
)


@st.composite
def walks(draw: st.DrawFn) -> st.SearchStrategy[Any]:
    """Draw a chain without self-approval, people of whom some are away, and what they do."""
    steps = []
    for number in range(draw(st.integers(1, 3))):
        mode = draw(st.sampled_from(["one", "all", "any", "sequence", "vote"]))
        ways = draw(st.lists(WHO, min_size=1, max_size=3, unique=True))
        step: dict[str, object] = {
            "name": f"s{number}",
            "mode": mode,
            "approvers": [{"person": who} for who in ways],
            "own_request": draw(st.sampled_from(["forbid", "superior"])),
            "empty": draw(st.sampled_from(["refuse", "fallback"])),
            "limit": "2h",
            "on_time_out": draw(st.sampled_from(["remind", "escalate"])),
        }
        if step["empty"] == "fallback":
            step["fallback"] = [{"person": draw(WHO)}]
        if mode == "vote" and draw(st.booleans()):
            step["ratio"] = draw(st.sampled_from(["1/2", "2/3"]))
        elif mode == "vote":
            step["count"] = draw(st.integers(1, len(ways)))
        steps.append(step)
    same = draw(st.sampled_from(["once", "consecutive", "each"]))
    people = [
        away(one, draw(WHO)) if draw(st.booleans()) and one.id != "ann" else one for one in staff()
    ]
    acts = draw(st.lists(ACTS, max_size=25))
    return steps, same, people, acts  # type: ignore[return-value]


def lived(drawn: Any) -> Iterator[Desk]:  # noqa: ANN401 - what `walks` draws
    """Yield the desk after each thing that was done to its request."""
    steps, same, people, acts = drawn
    desk = Desk.of(chain(steps=steps, same_person=same), people=people)
    desk.ask("order", "ann", supplier="acme")
    yield desk
    for event, who, form in acts:
        if event == "wait":
            desk.elapse(hours=1)
        else:
            desk.ask(event, who, **form)
        yield desk


def request_of(desk: Desk) -> Request | None:
    """Return the open request."""
    return desk.state.find("order")


def seen(desk: Desk) -> Iterator[Request]:
    """Yield every shape that the request has had, as the journal tells."""
    for record in desk.records:
        for effect in record.effects:
            if isinstance(effect, Put) and effect.shelf == "policies":
                yield from _open(effect.item.value)  # type: ignore[union-attr]


def _open(state: object) -> tuple[Request, ...]:
    return state.open if isinstance(state, Approvals) else ()


ALICE: Any = (
    [{"name": "s0", "mode": "all", "approvers": [{"person": "bob"}, {"person": "dan"}]}],
    "each",
    [away(one, "ann") if one.id == "bob" else one for one in staff()],
    [("$approve", "ann", {}), ("$transfer", "dan", {"to": "ann", "reason": "x"})],
)
"""The requester stands in for an approver and is offered a vote."""

TWICE: Any = (
    [{"name": "s0", "mode": "all", "approvers": [{"person": "bob"}, {"person": "dan"}]}],
    "each",
    [away(one, "eve") if one.id in {"bob", "dan"} else one for one in staff()],
    [("$approve", "eve", {}), ("$approve", "eve", {})],
)
"""One person stands in for two."""

FEWER: Any = (
    [
        {
            "name": "s0",
            "mode": "vote",
            "count": 2,
            "approvers": [{"person": "bob"}, {"person": "dan"}],
        }
    ],
    "each",
    staff(),
    [("$remove_signer", "root", {"person": "bob", "reason": "x"})],
)
"""Somebody whom the count needs is taken away."""


@settings(max_examples=60)
@given(walks())
@example(ALICE)
def test_nobody_approves_their_own_request(drawn: Any) -> None:  # noqa: ANN401
    """Not as stand-in, not by transfer, delegation, added signature, hand-over or escalation."""
    *_, desk = lived(drawn)
    for request in seen(desk):
        for step in (*request.done, *((request.step,) if request.step else ())):
            assert all("ann" not in {ballot.person, ballot.by} for ballot in step.ballots)
            assert "ann" not in {signer.person for signer in step.signers}
            assert "ann" not in {signer.holder for signer in step.signers}


@settings(max_examples=60)
@given(walks())
@example(TWICE)
def test_one_person_never_counts_twice(drawn: Any) -> None:  # noqa: ANN401
    """In one step nobody casts two ballots, and nobody's vote is cast twice."""
    *_, desk = lived(drawn)
    for request in seen(desk):
        for step in (*request.done, *((request.step,) if request.step else ())):
            people = [ballot.person for ballot in step.ballots]
            by = [ballot.by for ballot in step.ballots]
            signers = [signer.person for signer in step.signers]
            assert len(set(people)) == len(people)
            assert len(set(by)) == len(by)
            assert len(set(signers)) == len(signers)


@settings(max_examples=60)
@given(walks())
def test_an_event_passes_only_with_every_quorum_met(drawn: Any) -> None:  # noqa: ANN401
    """Each step that was left has come to an approval, and each of the chain was walked."""
    *_, desk = lived(drawn)
    passed = [request for request in seen(desk) if request.phase is Phase.PASSED]
    for request in passed:
        assert [step.index for step in request.done] == list(range(len(drawn[0])))
        assert all(outcome(step) is Vote.APPROVE for step in request.done)
    if desk.snapshot.state == "ordered":
        assert passed


@settings(max_examples=60)
@given(walks())
def test_refusing_is_always_possible(drawn: Any) -> None:  # noqa: ANN401
    """Whoever is asked may refuse, whatever signers were added and whoever was asked first."""
    for desk in lived(drawn):
        request = request_of(desk)
        if request is None or request.step is None:
            continue
        voted = request.step.voters
        for seat in request.step.seats:
            waiting = [one.person for one in seat.signers if one.person not in voted]
            if request.step.mode is Mode.SEQUENCE and seat != _turn(request.step):
                continue
            for person in waiting:
                other = Desk(desk.registry, desk.now, desk.snapshot)
                assert other.ask("$refuse", person, reason="no").accepted


def _turn(step: Step) -> Seat:
    voted = {ballot.person for ballot in step.ballots}
    return next(seat for seat in step.seats if not {one.person for one in seat.signers} <= voted)


@settings(max_examples=60)
@given(walks())
@example(FEWER)
def test_a_request_waits_for_somebody_or_says_why_not(drawn: Any) -> None:  # noqa: ANN401
    """Its quorum can be reached and somebody has the task, or it has ended with a reason."""
    for desk in lived(drawn):
        request = request_of(desk)
        if request is None:
            ended = [one.reason for one in desk.state.ended]
            refused = desk.snapshot.policy("approvals") is None
            assert refused or ended
            continue
        assert desk.snapshot.holds
        if request.phase is Phase.RETURNED:
            assert desk.waits_for == {"resubmit:order:ann": "ann"}
            continue
        assert request.step is not None
        assert reachable(request.step)
        assert outcome(request.step) is None
        tasks = [name for name in desk.waits_for if name.startswith("approve:")]
        assert tasks
        assert all(desk.waits_for[name] for name in tasks)


@settings(max_examples=60)
@given(walks())
def test_what_hangs_on_the_entity_is_what_is_open(drawn: Any) -> None:  # noqa: ANN401
    """Holds, tasks and timers are those of open requests, and end with them."""
    for desk in lived(drawn):
        open_ = {request.key for request in desk.state.open}
        assert {hold.event for hold in desk.snapshot.holds} == open_
        assert {name.split(":")[1] for name in desk.waits_for} == open_
        timers = {timer.name.split(":")[1] for timer in desk.snapshot.timers}
        awaiting = {one.key for one in desk.state.open if one.phase is Phase.AWAITING}
        assert timers == awaiting


@settings(max_examples=60)
@given(walks())
def test_journals_decide_again_the_same(drawn: Any) -> None:  # noqa: ANN401
    """Every record comes out as it was, from its inputs and what the directory had said."""
    *_, desk = lived(drawn)
    snapshot = unborn(REF, NOW)
    for record in desk.records:
        assert redecide(desk.registry, snapshot, record).differs == ()
        snapshot = apply(snapshot, record, Purchase)
    assert snapshot == desk.snapshot


@settings(max_examples=60)
@given(st.permutations(["bob", "cleo", "dan"]), st.sampled_from(["all", "any", "vote"]))
def test_order_of_voters_does_not_matter(order: list[str], mode: str) -> None:
    """Through the whole engine: the same approvals lead to the same state in any order."""
    ways = [{"person": who} for who in ("bob", "cleo", "dan")]
    step: dict[str, object] = {"name": "s", "mode": mode, "approvers": ways}
    if mode == "vote":
        step["ratio"] = "2/3"
    desk = Desk.of(chain(steps=[step]))
    desk.fire("order", "ann", supplier="acme")
    needed = {"all": 3, "any": 1, "vote": 2}[mode]
    for who in itertools.islice(order, needed):
        assert desk.snapshot.state == "draft"
        desk.fire("$approve", who)
    assert desk.snapshot.state == "ordered"


@given(st.lists(st.sampled_from(["dan", "eve", "cleo"]), min_size=1, max_size=3, unique=True))
def test_missing_superior_is_said(others: list[str]) -> None:
    """Whoever else approves, a superior who is missing is never passed over in silence."""
    ways: list[dict[str, object]] = [{"person": who} for who in others]
    step = {"name": "s", "mode": "all", "approvers": [*ways, {"superior": 1}]}
    people = [attrs.evolve(one, superior=None) for one in staff()]
    desk = Desk.of(chain(steps=[step]), people=people)
    assert desk.denied("order", "ann", supplier="acme") == "approver_missing"
