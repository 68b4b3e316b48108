"""Runs of a counter where visitors are served: what comes of a scenario, seen from outside."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crmflow import (
    Actor,
    BackupError,
    ConfigurationError,
    Engine,
    GuardFailedError,
    ManualClock,
    Simulated,
    simulate,
)
from crmflow.analysis.simulation.company import opened
from crmflow.analysis.simulation.kernel import Kernel
from crmflow.analysis.simulation.plan import plan_of
from crmflow.analysis.simulation.staff import directory_of, members_of
from tests.analysis.simulation.visits import HERE, SERVE, document, local, row, scenario

OFFICE = {"config": "company.toml"}
CLERK = {"name": "clerk", "roles": ["clerk"]}
FEW = {"name": "visits", "machine": "visit", "per_week": 210}


def constant(length: str) -> dict[str, str]:
    """Return the law of what always takes as long."""
    return {"law": "constant", "value": length}


def doing(name: str, event: str, **columns: object) -> dict[str, object]:
    """Return a doing of who waits."""
    base = {"name": name, "machine": "visit", "states": ["waiting"], "event": event}
    return {**base, **columns}


def serve(**columns: object) -> dict[str, object]:
    """Return the clerk's doing with other columns."""
    return {**SERVE, "takes": constant("10min"), **columns}


def table(found: Simulated, name: str) -> list[dict[str, Any]]:
    """Return the rows of a table."""
    return [dict(one) for one in found.tables[name].rows]


def test_visitors_come_wait_and_are_served() -> None:
    """Each table tells a side of it, and the figures sum it up."""
    found = simulate(scenario(arrivals=[FEW], doings=[serve()]))
    (part,) = {one["part"] for one in table(found, "throughput")} - {"2026-01-06"}
    assert part == "2026-01-05"
    came = sum(one["came"] for one in table(found, "throughput"))
    ended = sum(one["ended"] for one in table(found, "throughput"))
    states = [one["count"] for one in table(found, "states") if one["part"] == "2026-01-06"]
    assert came == sum(states) >= ended > 40
    load = row(table(found, "load"), role="clerk")
    assert load["items"] == row(table(found, "waiting"), work="serve")["count"] >= ended
    assert float(load["busy_hours"]) == pytest.approx(load["items"] / 6, abs=0.2)
    assert found.figures["utilisation", "clerk"] == pytest.approx(
        float(load["utilisation"]), abs=0.01
    )
    assert found.figures["ended", "visit"] == ended == len(found.hours["visit"])
    assert found.figures["refused", ""] == 0
    assert table(found, "refusals") == table(found, "approvals") == table(found, "fits") == []


def test_the_same_seed_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    """Whatever the order in which Python hashes; another seed gives others."""
    program = (
        "import json, sys; from tests.analysis.simulation.visits import scenario\n"
        "from crmflow import simulate\n"
        "sys.stdout.write(json.dumps(simulate(scenario(days=1)).document()))"
    )

    def ran(hashing: str) -> str:
        env = {**os.environ, "PYTHONHASHSEED": hashing, "PYTHONPATH": "src:."}
        command = [sys.executable, "-c", program]
        return subprocess.run(command, env=env, capture_output=True, check=True, text=True).stdout

    here = json.dumps(simulate(scenario(days=1)).document())
    assert ran("1") == ran("2") == here
    assert here != json.dumps(simulate(scenario(days=1), seed=2).document())


def test_nothing_is_counted_before_the_warm_up_has_passed() -> None:
    """Who came before counts for states and load, and for nothing else."""
    whole = simulate(scenario(arrivals=[FEW], doings=[serve()]))
    later = simulate(scenario(arrivals=[FEW], doings=[serve()], warm_up_days=1))
    assert later.starts_at == local("2026-01-06T00:00")
    assert [one["part"] for one in table(later, "throughput")] == ["2026-01-06"]
    (_, second) = (one["came"] for one in table(whole, "throughput"))
    assert table(later, "throughput")[0]["came"] == second
    assert table(later, "states") == [
        one for one in table(whole, "states") if one["part"] == "2026-01-06"
    ]


@pytest.mark.parametrize("voting", [[], [{"name": "head", "takes": constant("1min")}]])
def test_votes_of_the_warm_up_are_not_counted(voting: list[object]) -> None:
    """Neither those that were given nor those that nobody gave; nor what was held and refused."""
    staff = [CLERK, {"name": "head", "roles": ["head"]}]
    doings = [doing("leave", "leave"), doing("wrong", "note")]
    base = {**OFFICE, "arrivals": [FEW], "staff": staff, "voting": voting, "doings": doings}
    whole, later = (simulate(scenario(**base, warm_up_days=days)) for days in (0, 1))
    outcome = "approved" if voting else "unanswered"
    for found in (whole, later):
        counted = {one["outcome"]: one["count"] for one in table(found, "approvals")}
        # Who leaves at midnight is held before it, and answered after it.
        assert counted[outcome] == pytest.approx(counted["held"], abs=1)
        assert row(table(found, "refusals"), event="note")["count"] == counted["held"]
    (first, second) = (one["came"] for one in table(whole, "throughput"))
    assert min(first, second) > 10
    assert row(table(later, "approvals"), outcome="held")["count"] == second


@pytest.mark.parametrize(
    ("days", "parts"),
    [(28, 4), (150, 6)],
)
def test_much_time_is_told_in_weeks_or_months(days: int, parts: int) -> None:
    """By days it could not be read."""
    found = simulate(scenario(arrivals=[{**FEW, "limit": 1}], doings=[], days=days))
    assert len(table(found, "throughput")) == parts
    assert sum(one["came"] for one in table(found, "throughput")) == 1


# ---- Shifts ------------------------------------------------------------------------------------


def test_people_work_in_their_shifts() -> None:
    """What is left at the end of one is gone on with in the next."""
    staff = [{**CLERK, "calendar": "office", "per_hour": "60 CNY"}]
    found = simulate(scenario(**OFFICE, arrivals=[FEW], doings=[serve()], staff=staff))
    load = row(table(found, "load"), person="clerk")
    assert load["open_hours"] == "16.00"
    assert load["cost"] == "960.00"
    assert float(load["utilisation"]) <= 100
    # Those who came before nine had to wait for it.
    assert float(row(table(found, "waiting"), work="serve")["longest"]) > 120
    assert found.figures["cost", ""] == 960


def test_who_is_away_does_nothing() -> None:
    """And the directory says so."""
    away = [{"from_on": date(2026, 1, 5), "until_on": date(2026, 1, 5), "stand_in": "head"}]
    staff = [{**CLERK, "calendar": "office", "away": away}]
    read = scenario(**OFFICE, arrivals=[FEW], doings=[serve()], staff=staff)
    found = simulate(read)
    assert row(table(found, "load"), person="clerk")["open_hours"] == "8.00"
    assert table(found, "throughput")[0]["ended"] == 0
    with Engine(
        "memory:", machines=["visit"], plugins=read.plugins, config=read.config,
        clock=ManualClock(local("2026-01-05T00:00")),
    ) as engine:  # fmt: skip
        members = members_of(read.rows, engine.registry.tables)
    person = directory_of(members).person("clerk", local("2026-01-05T12:00"))
    assert person is not None
    assert person.absence(local("2026-01-05T23:59")) is not None
    assert person.absence(local("2026-01-06T00:00")) is None


@pytest.mark.parametrize(
    ("from_on", "until_on", "open_hours"),
    [
        (date.min, date.max, "0.00"),
        (date(2026, 1, 6), date.max, "8.00"),
        (date(2026, 1, 6), date(2050, 1, 1), "8.00"),
        (date.min, date(2026, 1, 5), "8.00"),
        (date.min, date(2026, 1, 4), "16.00"),
        (date(2026, 1, 8), date.max, "16.00"),
    ],
)
def test_who_is_away_for_ever_is_away_in_all_days_of_the_run(
    from_on: date, until_on: date, open_hours: str
) -> None:
    """However far before it the absence begins, and however far behind it it ends."""
    away = [{"from_on": from_on, "until_on": until_on}]
    staff = [{**CLERK, "calendar": "office", "away": away}]
    found = simulate(scenario(**OFFICE, arrivals=[FEW], doings=[serve()], staff=staff))
    assert row(table(found, "load"), person="clerk")["open_hours"] == open_hours
    ended = sum(one["ended"] for one in table(found, "throughput"))
    assert bool(ended) == (open_hours != "0.00")


def test_only_who_has_the_skill_does_it() -> None:
    """Others of the role have nothing to do."""
    staff = [CLERK, {"name": "expert", "roles": ["clerk"], "skills": ["stamps"]}]
    found = simulate(scenario(arrivals=[FEW], doings=[serve(skill="stamps")], staff=staff))
    assert row(table(found, "load"), person="clerk")["items"] == 0
    assert row(table(found, "load"), person="expert")["items"] > 40


# ---- Who is next -------------------------------------------------------------------------------


def test_the_order_of_a_fact_says_who_is_served_first() -> None:
    """Gold before all others, and others by when they came."""
    mix = [{"draws": {"rank": {"gold": 1, "plain": 3}}}]
    arrivals = [{"name": "visits", "machine": "visit", "per_week": 1000, "mix": mix}]
    queue = {"discipline": "priority", "by": "rank", "order": ["gold"]}
    doings = [
        serve(name="gold", match={"rank": "gold"}),
        serve(name="plain", match={"rank": "plain"}),
    ]
    found = simulate(scenario(arrivals=arrivals, doings=doings, queue=queue))
    gold = row(table(found, "waiting"), work="gold")
    plain = row(table(found, "waiting"), work="plain")
    assert 3 * float(gold["mean"]) < float(plain["mean"])
    fifo = simulate(scenario(arrivals=arrivals, doings=doings))
    assert row(table(fifo, "load"), role="clerk") == row(table(found, "load"), role="clerk")


def test_what_is_due_first_is_served_first() -> None:
    """By the deadlines of the company; what has none comes last."""
    queue = {"discipline": "deadline"}
    found = simulate(scenario(**OFFICE, doings=[serve()], queue=queue, days=1))
    # All are due thirty minutes after they came, so it is who came first.
    fifo = simulate(scenario(**OFFICE, doings=[serve()], days=1))
    assert found.document() == fifo.document()
    without = simulate(scenario(doings=[serve()], queue=queue, days=1))
    assert without.figures["waiting_minutes", "clerk"] > 0


# ---- Customers ---------------------------------------------------------------------------------


def test_who_waits_too_long_leaves() -> None:
    """What waited for them is given up, and no longer waits."""
    leave = doing("patience", "leave", after=constant("15min"), until="serve")
    found = simulate(scenario(doings=[serve(takes=constant("20min")), leave]))
    ended = table(found, "states")
    assert row(ended, part="2026-01-06", state="left")["count"] > 10
    assert row(ended, part="2026-01-06", state="served")["count"] > 10
    assert float(row(table(found, "waiting"), work="serve")["longest"]) <= 15
    # Who is being served stays, but where nothing says so.
    rash = simulate(scenario(doings=[serve(takes=constant("20min")), {**leave, "until": None}]))
    assert {one["state"] for one in table(rash, "states")} == {"left", "waiting"}
    assert table(found, "refusals") == table(rash, "refusals") == []


def test_of_a_choice_one_is_drawn_by_its_weight() -> None:
    """And what has a chance is done to a part only."""
    doings = [
        doing("served", "serve", choice="end", weight=3, roles=["clerk"], after=constant("1min")),
        doing("left", "leave", choice="end", weight=1, after=constant("1min")),
        doing("noted", "note", chance=0.5, payload={"note": "{n} {customer} {id} {at + 1h}"}),
    ]
    arrivals = [{**FEW, "per_week": 700, "customers": 5}]
    found = simulate(scenario(arrivals=arrivals, doings=doings))
    served, left = (
        row(table(found, "states"), part="2026-01-06", state=name)["count"]
        for name in ("served", "left")
    )
    assert 2 < served / left < 4.5
    assert found.asked - 2 * (served + left) == pytest.approx((served + left) / 2, rel=0.2)


def test_what_is_refused_is_counted_with_its_reason_and_may_be_tried_again() -> None:
    """It is never bypassed."""
    doings = [
        doing("note", "note", after=constant("30min"), payload={"note": "here"}),
        doing("early", "serve_noted", again=constant("20min")),
        doing("wrong", "note"),
    ]
    arrivals = [{**FEW, "limit": 10}]
    found = simulate(scenario(arrivals=arrivals, doings=doings))
    refused = table(found, "refusals")
    assert row(refused, event="serve_noted") == {
        "machine": "visit", "event": "serve_noted", "because": "rows", "reason": "not_noted",
        "count": 20,
    }  # fmt: skip
    assert row(refused, event="note")["reason"] == "$.note missing"
    assert row(table(found, "states"), part="2026-01-06", state="served")["count"] == 10
    assert found.figures["refused", ""] == 30


def test_what_an_entity_causes_goes_on_by_itself() -> None:
    """A visit sends on an errand, and somebody does it."""
    errand = {
        "name": "errand", "machine": "errand", "states": ["asked"], "event": "do", "role": "clerk",
        "takes": constant("5min"),
    }  # fmt: skip
    noted = doing("note", "note", payload={"note": "for {customer}"})
    served = doing("serve", "serve_noted", after=constant("1min"))
    both = {"machines": ["visit", "errand"], "doings": [noted, served, errand]}
    arrivals = [{**FEW, "limit": 5}]
    found = simulate(scenario(**both, arrivals=arrivals))
    assert row(table(found, "states"), part="2026-01-06", state="done")["count"] == 5
    # With the machine switched off the message leaves the company, and nothing waits for ever.
    alone = simulate(scenario(arrivals=arrivals, doings=[noted, served]))
    assert row(table(alone, "states"), part="2026-01-06", state="served")["count"] == 5


# ---- Promises and approvals --------------------------------------------------------------------


def test_deadlines_are_kept_or_cost_something() -> None:
    """By tier, with a row of its own or one for all."""
    mix = [{"draws": {"rank": {"gold": 1, "plain": 1}}}]
    costs = [
        {"name": "gold", "deadline": "service", "tier": "gold", "missed": "100 CNY"},
        {"name": "others", "deadline": "service", "per_hour": "60 CNY"},
    ]
    arrivals = [{"name": "visits", "machine": "visit", "per_week": 900, "mix": mix}]
    found = simulate(scenario(**OFFICE, arrivals=arrivals, doings=[serve()], costs=costs, days=1))
    gold, plain = (row(table(found, "deadlines"), tier=name) for name in ("gold", "plain"))
    missed = gold["met_late"] + gold["breached"]
    assert gold["met"] > 0
    assert missed > 0
    assert float(gold["cost"]) == 100 * missed
    assert float(plain["cost"]) == pytest.approx(60 * float(plain["overrun_hours"]), abs=0.6)
    assert found.figures["kept", "service gold"] == pytest.approx(float(gold["kept"]), abs=0.01)
    told = found.tables["deadlines"].labels["deadline"]
    assert "service" in told


def test_approvers_answer_in_their_shifts() -> None:
    """A part of what is held is approved, the rest refused."""
    staff = [CLERK, {"name": "head", "roles": ["head"], "calendar": "office"}]
    voting = [{"name": "head", "machine": "visit", "request": "leave", "approve": 0.7,
               "takes": constant("5min")}]  # fmt: skip
    leave = [doing("leave", "leave", by="visitor")]
    found = simulate(
        scenario(**OFFICE, arrivals=[FEW], doings=leave, staff=staff, voting=voting, days=3)
    )
    counted = {one["outcome"]: one["count"] for one in table(found, "approvals")}
    assert counted["held"] >= counted["approved"] + counted["refused"] > 30
    assert 0.5 < counted["approved"] / (counted["approved"] + counted["refused"]) < 0.9
    assert row(table(found, "load"), role="approval")["items"] > 30
    assert found.tables["load"].label("role", "approval") == "approvals"


def test_approvals_that_nobody_answers_are_told() -> None:
    """Where the scenario says nothing of them, or who is asked is not of the staff."""
    staff = [CLERK, {"name": "head", "roles": ["head"]}]
    held = scenario(**OFFICE, arrivals=[FEW], doings=[doing("leave", "leave")], staff=staff)
    found = simulate(held)
    counted = {one["outcome"]: one["count"] for one in table(found, "approvals")}
    assert counted["held"] == counted["unanswered"] > 30
    other = [{"name": "other", "machine": "errand", "takes": constant("5min")}]
    elsewhere = scenario(
        **OFFICE, arrivals=[FEW], doings=[doing("leave", "leave")], staff=staff, voting=other,
        machines=["visit", "errand"],
    )  # fmt: skip
    assert table(simulate(elsewhere), "approvals") == table(found, "approvals")


def test_who_is_served_before_the_vote_is_not_voted_on() -> None:
    """What waited for the approver is given up, and what was begun is not taken any more."""
    staff = [CLERK, {"name": "head", "roles": ["head"]}]
    voting = [{"name": "head", "takes": constant("20min"), "payload": {"why": ["{id}"]}}]
    held = {
        **OFFICE,
        "arrivals": [{**FEW, "per_week": 5000, "limit": 5}],
        "staff": staff,
        "voting": voting,
    }
    leave = doing("leave", "leave")
    found = simulate(scenario(**held, doings=[leave]))
    counted = {one["outcome"]: one["count"] for one in table(found, "approvals")}
    assert counted == {"held": 5, "approved": 5}
    stay = doing("stay", "serve", roles=["clerk"], after=constant("3min"))
    served = simulate(scenario(**held, doings=[leave, stay]))
    counted = {one["outcome"]: one["count"] for one in table(served, "approvals")}
    assert counted.keys() == {"held", "not taken"}
    assert row(table(served, "load"), role="approval")["items"] == counted["not taken"] < 5


def test_what_cannot_be_told_is_left_out() -> None:
    """Of a queue that came to nothing, of people who are never there, of nothing to judge."""
    away = [{"from_on": date(2026, 1, 5), "until_on": date(2026, 1, 6)}]
    staff = [{**CLERK, "calendar": "office", "away": away}]
    found = simulate(
        scenario(**OFFICE, arrivals=[{**FEW, "limit": 3}], doings=[serve()], staff=staff)
    )
    assert row(table(found, "load"), role="clerk")["utilisation"] is None
    waiting = row(table(found, "waiting"), role="clerk", work="")
    assert (waiting["count"], waiting["mean"], waiting["took"]) == (0, None, None)
    assert ("utilisation", "clerk") not in found.figures
    assert ("waiting_minutes", "clerk") not in found.figures
    fast = scenario(**OFFICE, arrivals=[{**FEW, "limit": 1}], doings=[serve()], days=1)
    promised = simulate(fast)
    cancelled = row(table(promised, "deadlines"), deadline="noting")
    assert (cancelled["cancelled"], cancelled["kept"], cancelled["cost"]) == (1, None, None)
    assert ("kept", "noting") not in promised.figures


def test_a_timer_that_fails_ends_the_run() -> None:
    """It would fail for ever, and the run would tell of another company."""
    bombs = [{"name": "bombs", "machine": "bomb", "per_week": 700, "limit": 1}]
    with pytest.raises(GuardFailedError, match="bomb"):
        simulate(scenario(machines=["bomb"], arrivals=bombs, doings=[]))


def test_what_is_caused_is_named_after_its_cause() -> None:
    """Once: a second message to it changes nothing."""
    read = scenario()
    with opened(read) as company:
        plan = plan_of(read.rows, company.tables, {})
        parts = [company.midnight(0), company.midnight(2)]
        scene = Kernel(company, plan, 1, parts, print).scene
        visit, first, second = (company.engine.ref(("visit", one)) for one in ("v", "a", "b"))
        for target in (first, first, second):
            scene.caused(visit, target)
        assert [scene.name(one) for one in (visit, first, second)] == [
            "v",
            "v/visit 1",
            "v/visit 2",
        ]


# ---- The company -------------------------------------------------------------------------------


def test_what_does_not_fit_the_company_is_told_all_at_once() -> None:
    """With what was probably meant."""
    log = {"log": "log.csv", "mapping": "mapping.toml"}
    wrong = document(
        arrivals=[
            {"name": "a", "machine": "visits", "per_week": 1, "during": "offce", "history": "h",
             "mix": [{"history": "k", "payload": {"x": ["{at + 3wh}", {"y": "{n + 2h}"}]},
                      "draws": {"rank": {"plain": 1, "{m}": 1}}}]},
        ],
        doings=[
            {"name": "a", "machine": "visit", "states": ["waitin"], "event": "serv",
             "role": "clerk", "skill": "stamps", "match": {"rnk": 1}, "calendar": "none",
             "to": "servd", "until": "srve", "takes": {"law": "fit", "history": "k"}},
            {"name": "b", "machine": "visitor", "states": ["x"], "event": "y", "after":
             {"law": "mixture", "parts": [{"law": "constant", "value": "1h"}]},
             "payload": {"x": "{at + soon}"}, "draws": {"y": {"{at + late}": 1}}},
        ],
        staff=[{**CLERK, "superior": "heads"}],
        queue={"discipline": "priority", "by": "rnk", "order": ["gold"]},
        voting=[{"name": "v", "machine": "vist", "takes": {"law": "fit", "history": "h"},
                 "payload": {"x": "{oops}"}}],
        costs=[{"name": "c", "deadline": "servce"}],
        histories=[{"name": "h", "machine": "vst", "calendar": "x", **log}],
        **OFFICE,
    )  # fmt: skip
    with pytest.raises(ConfigurationError) as raised:
        simulate(scenario(**wrong))
    told = str(raised.value)
    for said in (
        "$.queue.by: unknown 'rnk'. Did you mean 'rank'?",
        "$.arrivals[0].machine: unknown 'visits'. Did you mean 'visit'?",
        "$.arrivals[0].during: unknown 'offce'. Did you mean 'office'?",
        "$.arrivals[0].mix[0].history: unknown 'k'.",
        "$.arrivals[0].mix[0].payload: '{at + 3wh}'",
        "$.arrivals[0].mix[0].payload: '{n + 2h}'",
        "$.arrivals[0].mix[0].draws.rank: '{m}': expected '{n}'",
        "$.doings[1].draws.y: '{at + late}'",
        "$.voting[0].payload: '{oops}'",
        "$.doings[0].states[0]: unknown 'waitin'. Did you mean 'waiting'?",
        "$.doings[0].to: unknown 'servd'. Did you mean 'served'?",
        "$.doings[0].event: unknown 'serv'. Did you mean 'serve'?",
        "$.doings[0].match.rnk: unknown 'rnk'. Did you mean 'rank'?",
        "$.doings[0].calendar: unknown 'none'.",
        "$.doings[0].role: nobody of the staff has role 'clerk' and skill 'stamps'",
        "$.doings[0].takes.history: unknown 'k'.",
        "$.doings[0].until: unknown 'srve'.",
        "$.doings[1].machine: unknown 'visitor'. Did you mean 'visit'?",
        "$.doings[1].payload: '{at + soon}'",
        "$.staff[0].superior: unknown 'heads'.",
        "$.voting[0].machine: unknown 'vist'. Did you mean 'visit'?",
        "$.voting[0].takes: fit, expected a law that is given",
        "$.costs[0].deadline: unknown 'servce'. Did you mean 'service'?",
        "$.histories[0].machine: unknown 'vst'.",
        "$.histories[0].calendar: unknown 'x'.",
    ):
        assert said in told, said
    with pytest.raises(ConfigurationError, match="nobody of the staff has role 'boss'"):
        simulate(scenario(doings=[serve(role="boss")]))
    with pytest.raises(ConfigurationError, match=r"\$.staff\[0\].calendar: unknown 'ofice'"):
        simulate(scenario(**OFFICE, staff=[{**CLERK, "calendar": "ofice"}]))


def test_a_simulation_writes_to_a_new_store_only(tmp_path: Path) -> None:
    """What it leaves there verifies and folds; a store that is there already is left alone."""
    url = f"sqlite:///{tmp_path / 'kept.db'}?synchronous=NORMAL"
    read = scenario(arrivals=[{**FEW, "limit": 8}])
    first = simulate(read, store=url)
    with Engine(url, machines=["visit"], plugins=read.plugins) as engine:
        audited = list(engine.audit())
        assert [one.findings for one in audited] == [()] * 8
        again = [one for found in engine.find("visit") for one in engine.redecide(found.ref)]
        assert len(again) == 16
        assert not any(one.differs for one in again)
    size = (tmp_path / "kept.db").read_bytes()
    with pytest.raises(ConfigurationError, match="is there already"):
        simulate(read, store=url)
    assert (tmp_path / "kept.db").read_bytes() == size
    assert first.document() == simulate(read).document()


def test_a_store_of_another_tenant_is_left_alone(tmp_path: Path) -> None:
    """Whoever's entities it has; its URL is not repeated, for it may hold a password."""
    url = f"sqlite:///{tmp_path / 'theirs.db'}"
    read = scenario(arrivals=[{**FEW, "limit": 1}])
    clock = ManualClock(local("2026-01-05T00:00"))
    given = {"machines": ["visit"], "plugins": read.plugins, "clock": clock}
    with Engine(url, tenant="acme", **given) as engine:  # type: ignore[arg-type]
        engine.create("visit", actor=Actor("x")).require()
    before = (tmp_path / "theirs.db").read_bytes()
    with pytest.raises(ConfigurationError, match="is there already") as raised:
        simulate(read, store=url)
    assert "theirs.db" not in str(raised.value)
    assert (tmp_path / "theirs.db").read_bytes() == before


def test_nobody_outside_hears_of_what_is_simulated(tmp_path: Path) -> None:
    """No handler gets a message, and no backup is made: real ones would go for it."""
    config = tmp_path / "own.toml"
    backups = f'[[backups]]\nname = "daily"\nfolder = "{tmp_path}"\n'
    config.write_text(backups + (HERE.parent / "company.toml").read_text())
    doings = [doing("note", "note", payload={"note": "x"}), doing("serve", "serve_noted")]
    read = scenario(arrivals=[{**FEW, "limit": 2}], doings=doings, config=str(config))
    found = simulate(read, store=f"sqlite:///{tmp_path / 'kept.db'}")
    assert found.figures["ended", "visit"] == 2
    assert {path.name for path in tmp_path.iterdir()} == {"own.toml", "kept.db"}
    with opened(read) as company, pytest.raises(BackupError, match="not backed up"):
        company.store.copy("copy.db")


def test_days_are_told_as_they_pass() -> None:
    """So that a bar may show them."""
    days: list[int] = []
    simulate(scenario(arrivals=[]), progress=days.append)
    assert days == [1, 2]
