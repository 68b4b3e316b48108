"""What came of a run, put together: tables with their labels, and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

import attrs

from crmflow.analysis.reports.kept import deadline_label
from crmflow.analysis.simulation.company import Company
from crmflow.analysis.simulation.outcome import Figure, Simulated
from crmflow.analysis.simulation.plan import Plan
from crmflow.analysis.simulation.promises import Kept, promise_table, promises
from crmflow.analysis.simulation.tables import (
    Load,
    approval_table,
    duration_table,
    fit_table,
    load_table,
    loads,
    queue_table,
    refusal_table,
    spans_of,
    state_table,
    throughput_table,
    waiting_table,
)
from crmflow.analysis.simulation.tally import Tally
from crmflow.analysis.simulation.voting import LABELS, QUEUE


def told_of(
    company: Company, plan: Plan, tally: Tally, names: Sequence[str], *, seed: int, lang: str
) -> Simulated:
    """
    Return what came of a run.

    Args:
        company: As the run left it.
        plan: What was simulated.
        tally: What was counted.
        names: Names of the parts of the time.
        seed: What the numbers of chance were named by.
        lang: Language of labels.
    """
    busy, kept = loads(company, tally), promises(company, tally)
    tables = {
        "load": load_table(busy),
        "waiting": waiting_table(tally),
        "queues": queue_table(tally, names),
        "deadlines": promise_table(kept),
        "throughput": throughput_table(tally, names),
        "durations": duration_table(tally),
        "states": state_table(tally, names),
        "refusals": refusal_table(tally),
        "approvals": approval_table(tally),
        "fits": fit_table(plan.fits),
    }
    labels = _labels(company, lang)
    return Simulated(
        scenario=company.scenario.name,
        seed=seed,
        starts_at=tally.begins,
        ends_at=tally.ends,
        asked=tally.fired,
        tables={name: attrs.evolve(one, labels=labels) for name, one in tables.items()},
        figures=_figures(tally, busy, kept),
        hours=spans_of(tally),
    )


def _labels(company: Company, lang: str) -> Mapping[str, Mapping[str, str]]:
    """Return what people read in place of codes, by column."""
    engine, texts = company.engine, company.engine.texts(lang)
    machines = {name: one.machine for name, one in engine.registry.machines.items()}
    label = deadline_label(company.tables, texts)
    roles = {QUEUE: LABELS[texts.lang]}
    for member in company.members:
        roles |= {role: texts.find("roles", role) or role for role in member.person.roles}
    return {
        "machine": {name: texts.machine(one) for name, one in machines.items()},
        "state": {
            state.name: texts.state(state) for one in machines.values() for state in one.states
        },
        "event": {
            event: texts.text("events", event, name)
            for name, one in engine.registry.machines.items()
            for event in one.events
        },
        "deadline": {
            row.name: label("definition", row.name)
            for row in company.tables.rows.get("deadlines", ())
        },
        "role": roles,
        "who": roles,
    }


def _figures(tally: Tally, busy: Sequence[Load], kept: Sequence[Kept]) -> Mapping[Figure, float]:
    """Return the numbers by which runs are compared."""
    found: dict[Figure, float] = {}
    for queue in tally.queues:
        waited = [m for (of, _), one in tally.spent.items() if of == queue for m in one.waited]
        if waited:
            found["waiting_minutes", queue] = fmean(waited)
    for load in busy:
        if load.role and load.part is not None:
            found["utilisation", load.role] = load.part
    for one in kept:
        if one.part is not None:
            found["kept", f"{one.line.definition} {one.line.tier}".rstrip()] = one.part
    for machine, hours in spans_of(tally).items():
        found["duration_hours", machine] = fmean(hours)
        found["ended", machine] = len(hours)
    found["refused", ""] = tally.refused.total()
    costs = [float(one.cost) for one in kept if one.cost is not None]
    costs += [load.cost for load in busy if load.cost is not None]
    if costs:
        found["cost", ""] = sum(costs)
    return found
