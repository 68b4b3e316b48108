"""What is wrong with rows of loyalty: every fault, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from crmflow.core.checking import all_known, known, placed, readable
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.money import Money
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.loyalty.rows import Club, ClubKind, Earning, Programme, RewardKind

Machines = Mapping[str, Machine]


def check_programmes(
    rows: Sequence[Programme], tables: Tables, machines: Machines
) -> Iterator[Fault]:
    """Yield every fault of programmes of points."""
    for place, row, machine in placed("loyalty", rows, machines):
        scope = Scope.of(machine.facts, zone=tables.zone)
        yield from readable(f"{place}.when", partial(scope.maybe, row.when))
        if not row.earns:
            yield Fault(f"{place}.earns", "empty", "at least one way to earn points")
        for number, earning in enumerate(row.earns):
            yield from _earning(f"{place}.earns[{number}]", earning, machine, scope)
        if row.valid is not None and row.valid.working:
            yield Fault(f"{place}.valid", "working", "days, months or hours: points do not work")
        for name, reward in row.rewards.items():
            discounts = reward.kind is RewardKind.DISCOUNT
            if discounts != (reward.percent is not None):
                expected = "a percent for a discount, and for nothing else"
                yield Fault(f"{place}.rewards.{name}.percent", "kind", expected)


def _earning(path: str, earning: Earning, machine: Machine, scope: Scope) -> Iterator[Fault]:
    yield from all_known(f"{path}.events", earning.events, machine.events)
    yield from readable(f"{path}.when", partial(scope.maybe, earning.when))
    for event in earning.events:
        if earning.amount is None or event not in machine.events:
            continue
        fields = kinds_of(machine.form(event))
        yield from known(f"{path}.amount", earning.amount, fields)
        if earning.amount in fields and Money not in fields[earning.amount]:
            yield Fault(f"{path}.amount", "type", f"a sum of money in the form of {event!r}")


def check_clubs(rows: Sequence[Club], tables: Tables, machines: Machines) -> Iterator[Fault]:
    """Yield every fault of clubs and communities."""
    for place, row, machine in placed("clubs", rows, machines):
        scope = Scope.of(machine.facts, zone=tables.zone)
        yield from readable(f"{place}.when", partial(scope.maybe, row.when))
        if (row.kind is ClubKind.COMMUNITY) != (row.channel is not None):
            expected = "the channel where a community meets, and of a club none"
            yield Fault(f"{place}.channel", "kind", expected)
