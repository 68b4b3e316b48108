"""What a survey's rows ask, compute and tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import cast

from crmflow.core.dealing import Intake
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.satisfaction import (
    Scale,
    Tally,
    lowest,
    mean,
    promoter_score,
    rounded,
)
from crmflow.core.updates import copied
from crmflow.states.survey.forms import Area, Average, Finding, Item, Reach, Score

QUESTIONS = "survey.questions"


def items_of(attempt: Asked) -> tuple[Item, ...]:
    """Return the indicators: those the company has configured by area, and those of the form."""
    questions = cast("Mapping[str, Sequence[str]]", attempt.settings[QUESTIONS])
    configured = (Item(name, area) for area in Area for name in questions.get(area, ()))
    return (*configured, *attempt.form.items)


def _names_whom(attempt: Asked) -> bool:
    form = attempt.form
    named = {Reach.CUSTOMER: form.customer, Reach.TIER: form.tier}
    return form.scope is Reach.ALL or named[form.scope] is not None


def _is_due(attempt: Asked) -> bool:
    return attempt.facts.after_at is None or attempt.facts.due_at is not None


def _covers_areas(attempt: Asked) -> bool:
    return {item.area for item in items_of(attempt)} == set(Area)


def _names_differ(attempt: Asked) -> bool:
    names = [item.name for item in items_of(attempt)]
    return len(set(names)) == len(names)


def _knows_items(attempt: Asked) -> bool:
    names = [score.item for score in attempt.form.scores]
    known = {item.name for item in attempt.facts.items}
    return len(set(names)) == len(names) and known.issuperset(names)


def _is_on_scale(attempt: Asked) -> bool:
    scale: Scale = attempt.facts.scale
    return all(scale.holds(score) for _, score in given(attempt.form.scores))


NAMES_WHOM = Guard(_names_whom, "nobody_to_ask", needs="form", rules="SUR-017")
IS_DUE = Guard(_is_due, "interval_not_reached", rules="SUR-001 SUR-014")
COVERS_AREAS = Guard(_covers_areas, "area_missing", needs="form", rules="SUR-002")
NAMES_DIFFER = Guard(_names_differ, "item_twice", needs="form")
KNOWS_ITEMS = Guard(_knows_items, "unknown_item", needs="form")
ON_SCALE = Guard(_is_on_scale, "off_scale", needs="form")
FIRST_ANSWER = Guard(
    lambda attempt: attempt.form.respondent not in attempt.facts.respondents,
    "answered_already", needs="form",
)  # fmt: skip
HAS_ANSWERS = Guard(lambda attempt: bool(attempt.facts.respondents), "no_answers", rules="SUR-013")


def given(scores: Iterable[Score]) -> Iterator[tuple[Score, int]]:
    """Yield each answer that has a score, with it; blanks do not count."""
    return ((one, one.score) for one in scores if one.score is not None)


def issued(attempt: Asked) -> Changes:
    """Return the questionnaire, and a tally of nothing for each indicator."""
    items = items_of(attempt)
    return {
        **copied("method", "scale", "low_score")(attempt),
        "items": items,
        "tallies": tuple(Tally(item.name) for item in items),
        "issued_at": attempt.at,
    }


def answered(attempt: Asked) -> Changes:
    """Return the tallies with one respondent's scores more."""
    form, facts = attempt.form, attempt.facts
    told = {one.item: (score, one.text) for one, score in given(form.scores)}
    tallies = tuple(
        one.with_score(*told[one.item]) if one.item in told else one for one in facts.tallies
    )
    return {"tallies": tallies, "respondents": (*facts.respondents, form.respondent)}


def analysed(attempt: Asked) -> Changes:
    """Return the averages, overall and by indicator, and what is lowest."""
    facts = attempt.facts
    areas = {item.name: item.area for item in facts.items}
    averages = tuple(
        Average(one.item, areas[one.item], rounded(found), one.count)
        for one in facts.tallies
        if (found := mean([one])) is not None
    )
    by_item = {one.item: one.average for one in averages}
    ten, (low, high) = facts.scale is Scale.TEN, facts.scale.ends
    count = sum(one.count for one in facts.tallies)
    return {
        **copied("findings")(attempt),
        "overall": _overall(facts.tallies),
        "points": sum(one.total for one in facts.tallies) - low * count,
        "most_points": (high - low) * count,
        "averages": averages,
        "lowest": tuple(
            Finding(one.item, by_item[one.item], one.said) for one in lowest(facts.tallies)
        ),
        "promoter_score": promoter_score(facts.tallies) if ten else None,
    }


def _overall(tallies: Iterable[Tally]) -> Decimal | None:
    found = mean(tallies)
    return None if found is None else rounded(found)


def reported(attempt: Asked) -> Changes:
    """Return the report, and how much better or worse than last year it is (SUR-008)."""
    previous = attempt.form.previous
    change = None if previous is None else attempt.facts.overall - previous
    return {"report": attempt.form, "change": change}


def filed(attempt: Asked) -> Changes:
    """Return where the original data lie."""
    return {"archived_as": attempt.form.archived_as, "filed_at": attempt.at}


def respondent(attempt: Asked) -> str | None:
    """Return the id of the customer who answered, or None where it is not known."""
    found: str | None = attempt.form.customer or attempt.facts.customer
    return found


def contentment(attempt: Asked) -> Changes:
    """Return how satisfied the customer is, from 0 to 100 (SUR-017)."""
    tallies = [Tally(one.item).with_score(score) for one, score in given(attempt.form.scores)]
    average = mean(tallies)
    score = Decimal(0) if average is None else attempt.facts.scale.percent(average)
    return {"score": score, "origin": str(attempt.snapshot.ref)}


def is_low(attempt: Asked) -> bool:
    """Say whether a customer gave a score that opens a complaint."""
    limit = attempt.facts.low_score
    scores = [score for _, score in given(attempt.form.scores)]
    return respondent(attempt) is not None and limit is not None and min(scores) <= limit


def complaint(attempt: Asked) -> Changes:
    """Return what a complaint is received with: who complains, and how it came in."""
    method = str(attempt.facts.method)
    channel = method if method in set(Intake) else Intake.SATISFACTION_SURVEY
    return {"customer": respondent(attempt), "channel": channel}


def next_round(attempt: Asked) -> Changes:
    """Return the plan of the next round, which is due an interval after this one (SUR-001)."""
    facts = attempt.facts
    return {
        "purpose": facts.purpose,
        "scope": facts.scope,
        "customer": facts.customer,
        "tier": facts.tier,
        "is_regular": True,
        "after_at": attempt.at,
        "origin": str(attempt.snapshot.ref),
    }


def plan_of_report(attempt: Asked) -> str:
    """Return what the improvement cycle is to do: the report's plan (SUR-013, SUR-016)."""
    plan: str = attempt.facts.report.improvement_plan
    return plan
