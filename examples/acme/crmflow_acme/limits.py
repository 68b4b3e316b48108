"""The table `[[sample_limits]]`: up to what worth a salesperson lends, and the judge it feeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import attrs

from crmflow import (
    Answer,
    Fault,
    Judge,
    Machine,
    MachineRow,
    Money,
    Proposal,
    Snapshot,
    Table,
    Tables,
    Text,
    Verdict,
)
from crmflow_acme.sample import SampleFacts


@attrs.frozen(kw_only=True)
class SampleLimit(MachineRow):
    """
    Who lends a sample that is worth more than a limit (ACM-002).

    Attributes:
        product: What it is about; left out, every product without a row of its own.
        worth: The limit; what is worth just as much is within it.
        role: Who lends what is worth more, or priced in another currency.
        machine: Always the same, so nobody need write it.
    """

    product: Text | None = None
    worth: Money
    role: Text
    machine: Text = "sample"


def check(
    rows: Sequence[SampleLimit], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """Yield every fault of the rows, and a gap where nothing is said of a product."""
    if "sample" not in machines:
        return
    lenders = sorted(next(row.who for row in machines["sample"].rows if row.event == "lend"))
    for number, row in enumerate(rows):
        place = f"$.sample_limits[{number}]"
        if row.worth.amount < 0:
            yield Fault(f"{place}.worth", "negative", "an amount of zero or more")
        if row.role not in lenders:
            yield Fault(f"{place}.role", "choice", f"one of {', '.join(lenders)}")
        for other in rows[:number]:
            if row.product == other.product and _meet(row, other):
                expected = f"one row at a time; {other.name!r} is about the same"
                yield Fault(f"{place}.product", "doubled", expected)
    if all(row.product for row in rows):
        expected = "a row that names no product, for all without a row of their own"
        yield Fault("$.sample_limits", "missing", expected)


def _meet(one: SampleLimit, other: SampleLimit) -> bool:
    """Say whether there is a day on which both are in force."""
    starts = max(one.from_on or date.min, other.from_on or date.min)
    return starts <= min(one.until_on or date.max, other.until_on or date.max)


LIMITS = Table("sample_limits", SampleLimit, check)
"""The table of limits."""


def judge(tables: Tables) -> Judge:
    """Return what says of lending whether the actor may (ACM-002)."""
    rows = tables.of(LIMITS.name, SampleLimit)

    def within_limit(before: Snapshot[SampleFacts], proposal: Proposal) -> Verdict | None:
        facts, event = before.facts, proposal.event
        day = tables.day(event.at)
        about = {row.product: row for row in rows if row.in_force(day)}
        row = about.get(facts.product) or about.get(None)
        if row is None:
            return Verdict("acme_limits", Answer.REFUSE, "no_sample_limit", rules="ACM-002")
        if row.role in event.actor.roles or _is_within(facts.worth, row.worth):
            return None
        return Verdict(
            "acme_limits",
            Answer.REFUSE,
            "sample_too_dear",
            row.name,
            row.version,
            row.rules,
            roles=(row.role,),
            values={"worth": str(facts.worth), "limit": str(row.worth)},
        )

    return within_limit


def _is_within(worth: Money, limit: Money) -> bool:
    return worth.currency == limit.currency and worth <= limit
