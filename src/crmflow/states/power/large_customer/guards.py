"""What the rows of a large customer's record ask, change and tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction

import attrs

from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.trend import trend
from crmflow.core.updates import copied
from crmflow.states.power.large_customer.facts import Forecast, Said, Service
from crmflow.states.power.readings import KINDS, Finding, accuracy, cut, findings, load_of

MONTHS = 36
"""Months on record that a trend is made from."""


def _left(attempt: Asked) -> tuple[str, ...]:
    """Return the hazards that are not removed after the guidance."""
    form = attempt.form
    known = dict.fromkeys((*attempt.facts.hazards, *form.found))
    return tuple(one for one in known if one not in form.removed)


def _is_in_order(attempt: Asked) -> bool:
    instants = [one.at for one in attempt.form.curve]
    return instants == sorted(instants) and bool(instants[-1] <= attempt.at)


def _are_counted(attempt: Asked) -> bool:
    form = attempt.form
    return bool(form.accurate <= len(form.curve) <= form.expected)


def _is_known(attempt: Asked) -> bool:
    return {*attempt.form.removed} <= {*attempt.facts.hazards, *attempt.form.found}


NEW_DAY = Guard(
    lambda attempt: attempt.facts.read_on is None or attempt.facts.read_on < attempt.form.on,
    "day_is_read", needs="form", rules="PWR-019",
)  # fmt: skip
IN_ORDER = Guard(_is_in_order, "curve_not_in_order", needs="form", rules="PWR-019")
COUNTED = Guard(_are_counted, "readings_do_not_add_up", needs="form", rules="PWR-049")
HAS_HISTORY = Guard(
    lambda attempt: bool(_history(attempt)), "no_history", needs="form", rules="PWR-023"
)
IS_TO_COME = Guard(
    lambda attempt: attempt.facts.read_on is None or attempt.facts.read_on < attempt.form.month,
    "month_has_begun", needs="form", rules="PWR-023",
)  # fmt: skip
HAS_READINGS = Guard(lambda attempt: attempt.facts.month is not None, "no_readings")
IS_ANALYSED = Guard(
    lambda attempt: attempt.facts.analysis is not None, "use_not_analysed", rules="PWR-024"
)
HAZARDS_KNOWN = Guard(_is_known, "unknown_hazard", needs="form", rules="PWR-032")
HAZARDS_LEFT = Guard(lambda attempt: bool(_left(attempt)), "no_hazard_left", needs="form")
ONE_TO_ONE = Guard(
    lambda attempt: attempt.actor.id == attempt.facts.manager, "not_the_manager", rules="PWR-003"
)
NOT_COMPLETED = Guard(
    lambda attempt: attempt.form.second not in attempt.facts.seconds,
    "supply_is_complete", needs="form", rules="PWR-045",
)  # fmt: skip
PASSES_ON = Guard(
    lambda attempt: (
        attempt.form.service is not Service.NEEDS_PASSED_ON or attempt.form.need is not None
    ),
    "no_need_named", needs="form", rules="PWR-044",
)  # fmt: skip


def read(attempt: Asked) -> Changes:
    """Return the curve of the day and what its month comes to; a new month begins anew."""
    form, facts = attempt.form, attempt.facts
    counted = (form.expected, form.accurate)
    day = load_of(form.on, form.curve, form.energy, facts.agreed, counted)
    month = facts.month
    if month is None or _first(month.since) == _first(form.on):
        load = day if month is None else month.plus(day)
        ended: Changes = {}
    else:
        load, ended = day, _ended(attempt)
    return {
        "read_on": form.on,
        "curve": form.curve,
        "month": load,
        "power_factor": load.power_factor,
        **ended,
    }


def _first(on: date) -> date:
    return on.replace(day=1)


def _ended(attempt: Asked) -> Changes:
    """Return what is known at the end of a month: its highest load, how good its forecast was."""
    facts = attempt.facts
    highest, forecast = facts.month.highest_kw, facts.forecast
    peaks = (*facts.peaks, highest)[-MONTHS:]
    if forecast is None or forecast.month != _first(facts.month.since):
        return {"peaks": peaks}
    return {"peaks": peaks, "forecast_accuracy": accuracy(forecast.kw, highest)}


def _history(attempt: Asked) -> Sequence[Fraction]:
    facts = attempt.facts
    now = () if facts.month is None else (facts.month.highest_kw,)
    return [Fraction(one) for one in (*attempt.form.earlier, *facts.peaks, *now)]


def _forecast(attempt: Asked) -> Forecast:
    form, past = attempt.form, _history(attempt)
    by_trend = max(Fraction(0), trend(past)(len(past)))
    sources = (by_trend, Fraction(form.scada_kw), Fraction(form.grid_kw))
    kw = cut(sum(sources, Fraction(0)) / len(sources))
    return Forecast(form.month, kw, cut(by_trend), form.scada_kw, form.grid_kw)


def forecast(attempt: Asked) -> Changes:
    """Return the forecast: the mean of trend, SCADA data and the grid's forecast (PWR-023)."""
    return {"forecast": _forecast(attempt)}


def analysed(attempt: Asked) -> Changes:
    """Return the analysis of use."""
    return {"analysis": attempt.form, "analysed_at": attempt.at}


def guided(attempt: Asked) -> Changes:
    """Return which hazards are left (PWR-032)."""
    return {"hazards": _left(attempt), "guided_at": attempt.at}


def served(attempt: Asked) -> Changes:
    """Return one more service."""
    return {"services": attempt.facts.services + 1, "served_at": attempt.at}


def met(attempt: Asked) -> Changes:
    """Return the meeting, with what was heard (PWR-037)."""
    return {"met_on": attempt.form.held_on, "opinions": attempt.form.opinions}


def lacks_second(attempt: Asked) -> bool:
    """Say whether a second supply is to be completed (PWR-045)."""
    return not attempt.facts.seconds


def completed(attempt: Asked) -> Changes:
    """Return the supplies that are completed (PWR-045)."""
    return {"seconds": (*attempt.facts.seconds, attempt.form.second)}


opened = copied("customer", "manager", "terminal", "supply", "agreed", "ways", "seconds")


def alerts(attempt: Asked) -> list[Changes]:
    """Return what alerts are detected with: one for each finding in the curve (PWR-021)."""
    form = attempt.form
    found = findings(form.curve, attempt.facts.agreed)
    return [{**_alert(attempt, one), "curve": form.curve, "energy": form.energy} for one in found]


def foreseen(attempt: Asked) -> Changes:
    """Return what an alert is detected with whose load is over the limit by the forecast."""
    kw = attempt.facts.forecast.kw
    return {**_alert(attempt, Finding.FORECAST_OVER_LIMIT), "forecast_kw": kw}


def odd_use(attempt: Asked) -> Changes:
    """Return what an alert of abnormal use is detected with."""
    return {**_alert(attempt, Finding.ODD_PATTERN), "detail": attempt.form.odd}


def _alert(attempt: Asked, finding: Finding) -> Changes:
    facts = attempt.facts
    return {
        "kind": KINDS[finding],
        "customer": facts.customer,
        "source": "remote_reading",
        "finding": finding,
        "ways": facts.ways,
        "origin": str(attempt.snapshot.ref),
    }


def is_over(attempt: Asked) -> bool:
    """Say whether the forecast is over the agreed limit."""
    limit = attempt.facts.agreed.limit_kw
    return limit is not None and attempt.facts.forecast.kw > limit


def document(title: str) -> Callable[[Asked], Changes]:
    """Return the function that gives what a document of this title is filed with."""

    def filed(attempt: Asked) -> Changes:
        ref = attempt.snapshot.ref
        piece = {"matter": f"{title} {ref.id}", "part": "main_text"}
        return {"customer": attempt.facts.customer, "title": title, "pieces": [piece]}

    return filed


def heard(
    kind: Said, brings: Changes, content: str | None = None
) -> Callable[[Asked], list[Changes]]:
    """Return the function that gives what is taken in of each opinion of a kind (PWR-037)."""

    def taken(attempt: Asked) -> list[Changes]:
        return [
            {
                "customer": attempt.facts.customer,
                "channel": "in_person",
                **brings,
                **({} if content is None else {content: one.content}),
            }
            for one in attempt.form.opinions
            if one.kind is kind
        ]

    return taken


def need(attempt: Asked) -> Changes:
    """Return the request that a need is passed on with (PWR-044)."""
    form = attempt.form
    return {
        "kind": "consulting",
        "channel": "phone" if form.service is Service.PHONE_REVISIT else "face_to_face",
        "customer": attempt.facts.customer,
        "request": form.need,
        "owner": attempt.facts.manager,
    }


def contact(attempt: Asked) -> Changes:
    """Return what the customer record is told of a service."""
    return {"kind": "service", "detail": attempt.form.result}


def update(attempt: Asked) -> Changes:
    """Return what has changed of the record."""
    return copied(*(field.name for field in attrs.fields(type(attempt.form))))(attempt)
