"""What the catalogue says of an event: products nobody sells, or not in this way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crmflow.core.entity import Snapshot
from crmflow.core.errors import did_you_mean
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.proposal import Proposal
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.catalogue.naming import Named, finder_of, named_in
from crmflow.policies.catalogue.rows import ProductRow

POLICY = "catalogue"


def judge_of(
    machine: Machine, event: str, rows: Sequence[ProductRow], tables: Tables
) -> Judge | None:
    """Return what judges an event that names products, None where there is no catalogue."""
    form, place = machine.form(event), f"{machine.name}.{event}"
    refused = any(place in row.refuses for row in rows)
    names = form is not None and finder_of(form) is not None
    if not rows or not (names or refused):
        return None

    def judge(before: Snapshot[Any], proposal: Proposal) -> tuple[Verdict, ...]:
        day = tables.day(proposal.event.at)
        known = {row.name: row for row in rows if row.in_force(day)}
        given = named_in(proposal.event.form)
        verdicts = [one for named in given for one in _about(named, known, machine.name)]
        # What is refused here may be known since long.
        here = {named.product for named in (*given, *named_in(before.facts))}
        verdicts += [_refused(known[name]) for name in sorted(here & known.keys())
                     if place in known[name].refuses]  # fmt: skip
        return tuple(verdicts)

    return judge


def _about(named: Named, known: Mapping[str, ProductRow], machine: str) -> Iterator[Verdict]:
    """Yield that a product is not in the catalogue, or that it is not sold so."""
    row = known.get(named.product)
    if row is None:
        hint = did_you_mean(named.product, known)
        told = {"product": named.product, "path": named.path, "hint": hint}
        yield Verdict(POLICY, Answer.REFUSE, "product_unknown", rules="CON-006", values=told)
        return
    for field, allowed in row.allows.get(machine, {}).items():
        said = named.said(field)
        if said is not None and str(said) not in allowed:
            told = {
                "product": named.product, "path": named.path, "field": field,
                "said": str(said), "allowed": ", ".join(allowed),
            }  # fmt: skip
            yield row.verdict(POLICY, Answer.REFUSE, "product_not_so", values=told)


def _refused(row: ProductRow) -> Verdict:
    return row.verdict(POLICY, Answer.REFUSE, "product_refused", values={"product": row.name})
