"""One run of a scenario, from its file to its tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from crmflow.analysis.simulation.check import check
from crmflow.analysis.simulation.company import Company, opened
from crmflow.analysis.simulation.history import Histories, history_of
from crmflow.analysis.simulation.kernel import Kernel, Progress
from crmflow.analysis.simulation.lives import lives_of
from crmflow.analysis.simulation.outcome import Simulated
from crmflow.analysis.simulation.plan import Plan, plan_of
from crmflow.analysis.simulation.scenario import Scenario
from crmflow.analysis.simulation.telling import told_of
from crmflow.core.errors import ConfigurationError

_DAYS_IN_DAYS, _DAYS_IN_WEEKS = 21, 120
"""So many days at most are told day by day, or week by week; more are told by months."""


def _nobody(_days: int) -> None:
    """Tell nobody."""


def simulate(
    scenario: Scenario | str | Path,
    *,
    seed: int | None = None,
    store: str = "memory:",
    lang: str = "en",
    progress: Progress = _nobody,
) -> Simulated:
    """
    Let a company live for some time, on a virtual clock, and tell what came of it.

    Cases come in, people of the staff work in their shifts, customers react, timers fire. All of
    it goes through an engine with the company's own rows. Nothing but the seed is left to chance:
    the same scenario and seed give the same, in every process.

    Args:
        scenario: What the company is like, or the path of a TOML file that says so.
        seed: Names the numbers of chance; left out, the scenario's own.
        store: URL of a new store; what is simulated stays in it.
        lang: Language of labels: `en` or `zh`.
        progress: Told how many days have passed.

    Raises:
        ConfigurationError: The scenario has faults, all named at once, or the store is there
            already.
        DefinitionError: A machine or plugin is wrong or missing.
        LogReadError: A log that laws are fitted to cannot be read.
        StoreError: The store cannot be opened.
    """
    read = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    with opened(read, store) as company:
        check(company)
        plan = _planned(company)
        parts, names = _parts(company)
        numbered = read.rows.seed if seed is None else seed
        tally = Kernel(company, plan, numbered, parts, progress).run()
        return told_of(company, plan, tally, names, seed=numbered, lang=lang)


def histories_of(company: Company) -> Histories:
    """Return what was, as far as a scenario asks for it."""
    registry, scenario = company.engine.registry, company.scenario
    return {
        row.name: history_of(
            lives_of(scenario, row, registry.machine(row.machine).machine),
            row,
            company.tables.calendar(row.calendar).planning(),
        )
        for row in scenario.rows.histories
    }


def _planned(company: Company) -> Plan:
    try:
        return plan_of(company.scenario.rows, company.tables, histories_of(company))
    except ValueError as error:
        raise ConfigurationError(f"scenario {company.scenario.name!r}", (str(error),)) from error


def _parts(company: Company) -> tuple[Sequence[datetime], Sequence[str]]:
    """Return where the parts of the time begin, with the end of the last, and their names."""
    rows = company.scenario.rows
    days = rows.days - rows.warm_up_days
    begins = list(_beginnings(company, rows.warm_up_days, rows.days, days))
    local = [company.midnight(day).astimezone(company.tables.zone).date() for day in begins]
    by_month = days > _DAYS_IN_WEEKS
    names = [f"{on:%Y-%m}" if by_month else on.isoformat() for on in local]
    return [*map(company.midnight, begins), company.midnight(rows.days)], names


def _beginnings(company: Company, first: int, end: int, days: int) -> Iterator[int]:
    """Yield the days on which parts of the time begin: days, weeks or months."""
    step = 1 if days <= _DAYS_IN_DAYS else 7
    for day in range(first, end):
        if days > _DAYS_IN_WEEKS:
            on = company.midnight(day).astimezone(company.tables.zone)
            if day == first or on.day == 1:
                yield day
        elif (day - first) % step == 0:
            yield day
