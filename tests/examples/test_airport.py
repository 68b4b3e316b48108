"""The airport's example: surveys by hand, of one boarding area, and the whole by its facts."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.examples.readme import script, shown_by
from tests.examples.test_logs import folder

AIRPORT = script("airport/airport.py")
AREA = "E"


def file(data_dir: Path) -> Path:
    """Return the file of the data set."""
    return folder(data_dir, "airport-survey-2018") / "sfo_customer_survey_2018.csv"


def facts(data_dir: Path) -> dict[str, Any]:
    """Return what the data set's folder says of it."""
    found: dict[str, Any] = json.loads((file(data_dir).parent / "facts.json").read_text())
    return found


def as_told(of: Mapping[str, Any]) -> str:
    """Return the beginning of what is told of a survey with these facts."""
    people = f"{of['promoters']} promoters and {of['detractors']} detractors of {of['n']}"
    return f"{Decimal(str(of['nps'])):.2f}: {people},"


@pytest.fixture
def engine() -> Iterator[Any]:
    """Return the example's engine."""
    with AIRPORT.opened() as opened:
        yield opened


def travellers(*scores: str) -> list[dict[str, str]]:
    """Return rows of travellers who gave these scores to the airport as a whole."""
    return [
        {"RESPNUM": str(n), "Q7ALL": score, "NETPRO": score} for n, score in enumerate(scores, 1)
    ]


def test_blanks_do_not_count(engine: Any) -> None:  # noqa: ANN401
    """Neither a code for nothing said nor one for not used is a score; who said nothing is none."""
    given = AIRPORT.answers(travellers("5", "BLANK", "4", "6", "0"), ["Q7ALL"])
    found = AIRPORT.held(engine, "ratings", AIRPORT.rating(), given).facts
    assert found.respondents == ("1", "3")
    assert [(one.item, str(one.average), one.answers) for one in found.averages] == [
        ("Q7ALL", "4.50", 2)
    ]
    assert found.promoter_score is None


def test_detractors_complain_and_promoters_do_not(engine: Any) -> None:  # noqa: ANN401
    """0 to 6 are detractors, 9 and 10 promoters; 11 is blank."""
    given = AIRPORT.answers(travellers("10", "9", "8", "7", "6", "0", "11"), ["NETPRO"])
    form = AIRPORT.recommending(low_score=AIRPORT.DETRACTOR)
    survey = AIRPORT.held(engine, "recommend", form, given)
    assert AIRPORT.told(survey) == ("0.00: 2 promoters and 2 detractors of 6, 6.67 on average")
    complaints = [engine.get(row.ref).facts for row in engine.find("complaint")]
    assert sorted(one.customer for one in complaints) == ["5", "6"]


def test_a_boarding_area_goes_from_plan_to_report(engine: Any, data_dir: Path) -> None:  # noqa: ANN401
    """Its promoter score is that of the facts, its report has three parts, nothing is skipped."""
    rows = [row for row in AIRPORT.read(file(data_dir)) if row["BAREA"] == AREA]
    given = AIRPORT.answers(rows, [AIRPORT.RECOMMEND])
    survey = AIRPORT.held(engine, f"recommend {AREA}", AIRPORT.recommending(), given)
    assert AIRPORT.told(survey).startswith(as_told(facts(data_dir)["nps_by_boarding_area"][AREA]))
    assert survey.state == "reported"
    assert all(getattr(survey.facts.report, part) for part in AIRPORT.PARTS)
    events = dict.fromkeys(record.event.name for record in engine.journal(survey.ref))
    assert list(events) == ["plan", "issue", "add_answer", "collect", "analyse", "report"]


def averages(path: Path) -> dict[str, str]:
    """Return average and count of every rating, worked out by other means."""
    with path.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    found = {}
    for column in AIRPORT.RATINGS:
        scores = [int(row[column]) for row in rows if row[column] in {"1", "2", "3", "4", "5"}]
        hundredths = (sum(scores) * 200 + len(scores)) // (2 * len(scores))
        found[column] = f"{Decimal(hundredths) / 100:.2f} of {len(scores)}"
    return found


@pytest.mark.slow
def test_the_airport_is_what_its_facts_say(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The promoter score of all and of each area, every average, and the lowest."""
    known, path = facts(data_dir), file(data_dir)
    AIRPORT.main(str(path))
    found = json.loads(capsys.readouterr().out)
    assert found == shown_by("airport", "python airport.py")
    assert found["asked"] == known["rows"] == 2809
    assert found["recommend"].startswith(as_told(known["nps"]))
    assert found["recommend"].endswith(f"{known['mean_0_10']:.2f} on average")
    assert found["all_areas_together"] == str(known["nps"]["nps"]) == "30.98"
    for area, told in found["by_boarding_area"].items():
        assert told.startswith(as_told(known["nps_by_boarding_area"][area]))
    assert found["by_boarding_area"].keys() == known["nps_by_boarding_area"].keys()
    assert found["complaints"] == known["nps"]["detractors"] == 447
    assert found["ratings"] == averages(path)
    overall = known["Q7ALL_mean_1_5_without_blank_and_6"]
    assert found["ratings"]["Q7ALL"].startswith(f"{overall:.2f} of")
    lowest = min(found["ratings"], key=lambda item: found["ratings"][item])
    assert found["report"]["priorities"].startswith(f"lowest: {lowest} ")
