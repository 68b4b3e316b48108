"""
An airport's customer survey: the answers of travellers through the shipped machine `survey`.

    python airport.py $DATA/airport-survey-2018/sfo_customer_survey_2018.csv

Whether travellers would recommend the airport is asked on a scale from 0 to 10, of all and then per
boarding area; what they think of its services from 1 to 5. Each survey goes from its plan to the
report in three parts, and every figure is the machine's own.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from crmflow import Actor, Decision, Engine, Firing, ManualClock, Snapshot
from crmflow.core.satisfaction import promoter_score

HERE = Path(__file__).parent
ASKED_AT = datetime(2018, 7, 1, 12, tzinfo=UTC)
"""The data name the year and the day of the month; all are asked on one day here."""
STAFF = Actor("after-1", {"after_sales"})
RECOMMEND = "NETPRO"
RATED = {
    "product": ("Q7ART", "Q7FOOD"),
    "service": (
        *("Q7WALKWAY", "Q7SCREENS", "Q7INFODOWN", "Q7INFOUP", "Q7WIFI", "Q7ROADS", "Q7PARK"),
        *("Q7AIRTRAIN", "Q7LTPARKING", "Q7RENTAL", "Q7ALL"),
    ),
    "environment": ("Q9Boarding", "Q9AirTrain", "Q9Rental", "Q9Food", "Q9Restroom"),
}
"""Columns of ratings by area, beside those that `airport.toml` has asked in every survey."""
ALWAYS = ("Q7STORE", "Q7SIGN", "Q9All")
RATINGS = (*ALWAYS, *(column for columns in RATED.values() for column in columns))
BLANK = {RECOMMEND: {"", "11"}} | {column: {"", "0", "6", "BLANK"} for column in RATINGS}
"""Codes that are no score: nothing said, or not used."""
DETRACTOR = 6
"""Score at or below which an answer opens a complaint."""
PARTS = ("present_level", "priorities", "improvement_plan")
BATCH = 100

Row = Mapping[str, str]


def opened() -> Engine:
    """Return an engine with surveys, and the complaints they open."""
    clock = ManualClock(ASKED_AT)
    machines = ["survey", "complaint"]
    return Engine("memory:", machines=machines, config=HERE / "airport.toml", clock=clock)


def read(path: Path) -> list[Row]:
    """Return the rows of the file; two names in its header end in spaces."""
    with path.open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    return [dict(zip(map(str.strip, names), row, strict=True)) for row in rows]


def answers(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[dict[str, object]]:
    """Yield the answer of each traveller; blank codes are left out, who said nothing has none."""
    for row in rows:
        scores = [
            {"item": column, "score": int(row[column])}
            for column in columns
            if row[column] not in BLANK[column]
        ]
        if scores:
            traveller = row["RESPNUM"]
            yield {"respondent": traveller, "customer": traveller, "scores": scores}


def held(
    engine: Engine, name: str, form: Mapping[str, object], given: Iterator[dict[str, object]]
) -> Snapshot[Any]:
    """Hold a survey, from its plan to its report, and return it."""
    plan = {"purpose": name, "scope": "all"}
    ref = engine.create("survey", plan, actor=STAFF, id=name).require().entity
    engine.fire(ref, "issue", {"method": "interview", **form}, actor=STAFF).require()
    while batch := [Firing(ref, "add_answer", one, actor=STAFF) for one in islice(given, BATCH)]:
        for answered in engine.fire_many(batch):
            if not isinstance(answered, Decision):
                raise answered
            answered.require()
    engine.fire(ref, "collect", actor=STAFF).require()
    found = engine.fire(ref, "analyse", {}, actor=STAFF).require().snapshot.facts
    weakest = ", ".join(f"{one.item} ({one.average})" for one in found.lowest)
    parts = {
        "present_level": f"{len(found.respondents)} answers, {found.overall} on average",
        "priorities": f"lowest: {weakest}",
        "improvement_plan": f"look into {weakest} with those who run it",
        "comparison": "the first year that is told",
    }
    return engine.fire(ref, "report", parts, actor=STAFF).require().snapshot


def recommending(**more: object) -> dict[str, object]:
    """Return the questionnaire on a scale from 0 to 10."""
    items = [{"name": RECOMMEND, "area": "service"}]
    return {"scale": "zero_to_ten", "items": items, **more}


def rating() -> dict[str, object]:
    """Return the questionnaire on a scale from 1 to 5."""
    items = [{"name": name, "area": area} for area, names in RATED.items() for name in names]
    return {"scale": "one_to_five", "items": items}


def told(survey: Snapshot[Any]) -> str:
    """Return what a survey on a scale from 0 to 10 came to."""
    facts = survey.facts
    (tally,) = (one for one in facts.tallies if one.item == RECOMMEND)
    return (
        f"{facts.promoter_score}: {tally.promoters} promoters and {tally.detractors} detractors "
        f"of {tally.count}, {facts.overall} on average"
    )


def figures(engine: Engine, rows: Sequence[Row]) -> dict[str, object]:
    """Hold all surveys, and return what they came to."""
    everybody = held(
        engine, "recommend", recommending(low_score=DETRACTOR), answers(rows, [RECOMMEND])
    )
    areas = {
        area: held(
            engine,
            f"recommend {area}",
            recommending(),
            answers([row for row in rows if row["BAREA"] == area], [RECOMMEND]),
        )
        for area in sorted({row["BAREA"] for row in rows})
    }
    rated = held(engine, "ratings", rating(), answers(rows, RATINGS)).facts
    tallies = [tally for one in areas.values() for tally in one.facts.tallies]
    return {
        "asked": len(rows),
        "recommend": told(everybody),
        "all_areas_together": str(promoter_score(tallies)),
        "by_boarding_area": {area: told(one) for area, one in areas.items()},
        "complaints": sum(1 for _ in engine.find("complaint")),
        "ratings": {one.item: f"{one.average} of {one.answers}" for one in rated.averages},
        "report": {part: getattr(rated.report, part) for part in PARTS},
    }


def main(path: str) -> None:
    """Print the figures of the file."""
    with opened() as engine:
        print(json.dumps(figures(engine, read(Path(path))), indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
