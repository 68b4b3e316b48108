"""The public names as hosts and authors write them: type-checked by mypy, never run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_type

import attrs

from crmflow import (
    ANY,
    KEEP,
    UNBORN,
    Actor,
    Answer,
    Attempt,
    Claim,
    ConflictError,
    Decision,
    Elapsed,
    Engine,
    EntityRef,
    Guard,
    JournalRecord,
    Kind,
    Machine,
    Money,
    Open,
    Option,
    Proposal,
    Refusal,
    RefusedError,
    Row,
    Send,
    Snapshot,
    Start,
    State,
    Text,
    Verdict,
    both,
    copied,
    hookimpl,
)


@attrs.frozen
class Offer:
    """Facts of a machine of one's own."""

    customer: str = ""
    amount: Money | None = None


@attrs.frozen
class Opening:
    """A form of one's own."""

    customer: Text
    amount: Money


def is_large(attempt: Attempt[Offer, None]) -> bool:
    """A guard sees typed facts, form, actor and instant."""
    assert_type(attempt.facts, Offer)
    assert_type(attempt.at, datetime)
    assert_type(attempt.actor, Actor)
    amount = attempt.facts.amount
    return amount is not None and amount > Money(100_000)


def named(attempt: Attempt[Offer, None]) -> tuple[Claim, ...]:
    """An effect sees the new facts."""
    return (Claim("offer_customer", attempt.facts.customer),)


# Parts may be written in place or come from elsewhere, as tuples or lists.
GUARDS = (Guard(is_large, "too_small", rules="OFF-001", roles="boss"),)
LATE = [Start("late", "lapse", Elapsed(timedelta(days=10)))]

OFFER = Machine(
    "offer",
    Offer,
    (State("made", "已报价", "Made", Kind.INITIAL), State("over", "结束", "Over", Kind.FINAL)),
    [
        Row(UNBORN, "make", "made", form=Opening, sets=copied("customer", "amount"), start=LATE),
        Row("made", "raise", KEEP, guards=GUARDS, sets=both(copied("amount")), who="sales boss"),
        Row("made", "call", tasks=(Open("call", "sales", timer="late"),), claims=named),
        Row(
            "made",
            "accept",
            "over",
            send=[Send("deal", "open", lambda attempt: {"customer": attempt.facts.customer})],
        ),
        Row(ANY, "lapse", "over", who="system"),
    ],
    zh="报价",
    en="offer",
)


class Limits:
    """A plugin of one's own."""

    @hookimpl
    def judge_for(self, machine: Machine, event: str) -> object:
        """Bind a judge for one event."""

        def ask(before: Snapshot[Offer], proposal: Proposal) -> Verdict | None:
            assert_type(before.facts, Offer)
            assert_type(proposal.to, str)
            return Verdict("limits", Answer.HOLD, "too_much")

        return ask if event == "raise" else None


def use(engine: Engine) -> None:
    """Create, fire, ask and read."""
    seller = Actor("sales-1", roles={"sales"})
    decision = engine.create("offer", {"customer": "C-1", "amount": "12 CNY"}, actor=seller)
    assert_type(decision, Decision)
    assert_type(decision.require(), Decision)
    offer = decision.require().entity
    assert_type(offer, EntityRef)
    assert_type(decision.refusal, Refusal | None)
    assert_type(engine.options(offer, actor=seller), tuple[Option, ...])
    assert_type(engine.journal(offer), Iterator[JournalRecord])
    try:
        engine.fire(("offer", "O-1"), "raise", actor="sales-1", key="k", version=1).require()
    except RefusedError as error:
        assert_type(error.reasons, tuple[str, ...])
        assert_type(error.possible, tuple[str, ...])
    except ConflictError as error:
        assert_type(error.found, int | None)


def money() -> None:
    """Sums are money; what is exact may be an amount, a float may not."""
    assert_type(Money(1) + Money("0.10"), Money)
    assert_type(Money(1) < Money(2), bool)
    Money(1.5)  # type: ignore[arg-type]
