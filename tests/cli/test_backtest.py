"""`crmflow policy backtest`: in sum, entity by entity, from a store or a log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from crmflow.analysis.backtest import Kind, Unknown, Untestable
from crmflow.cli.words import ZH
from tests.cli.conftest import read

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

TIGHT = '[[deadlines]]\nname = "complaint_first_response"\ntarget = "1min"\n'
ANSWERED = ("--actor", "anna", "--role", "customer_service")


@pytest.fixture
def tight(tmp_path: Path) -> str:
    """Return a company's file with a tighter deadline."""
    file = tmp_path / "tight.toml"
    file.write_text(TIGHT, "utf-8")
    return str(file)


@pytest.fixture
def desk(crm: Crm) -> Crm:
    """Return a command line over a store with two complaints, one of them answered in time."""
    complaints = crm.of("complaint")
    complaints.complaint()
    complaints.complaint("C-2")
    at = ("--at", "2020-03-02T09:10:00+08:00")
    promise = ("--set", "promised_at=2020-03-03T09:00:00+08:00", "--set", "solution=A new one.")
    complaints.ok("entity", "fire", "complaint", "C-1", "respond", *promise, *at, *ANSWERED)
    return complaints


def told(crm: Crm, *words: str) -> Any:  # noqa: ANN401 - JSON may be anything
    """Return the document of a back-test until the end of that day."""
    until = ("--until", "2020-03-02T18:00:00+08:00")
    return read(crm.ok("policy", "backtest", *until, *words, "-o", "json"))


def test_every_word_has_its_chinese() -> None:
    """Kinds of differences, reasons, and what cannot be known, as tables show them."""
    shown = [*Kind, *Untestable, *attrs.fields_dict(Unknown)]
    assert sorted({str(one).replace("_", " ") for one in shown} - set(ZH)) == []


def test_a_store_in_sum_and_by_entity(desk: Crm, tight: str) -> None:
    """The one answered after ten minutes is late; the other one was anyway."""
    found = told(desk, "--with", tight, "--cases")
    assert (found["entities"], found["tested"], found["differing"]) == (2, 2, 2)
    new = [one for one in found["differences"] if one["kind"] == "new_breach"]
    assert [(one["name"], one["certain"]) for one in new] == [("complaint_first_response", 1)]
    (first, second) = found["cases"]
    assert (first["id"], second["id"]) == ("C-1", "C-2")
    assert {one["kind"] for one in first["differences"]} >= {"new_breach", "new_event"}
    assert "cases" not in told(desk, "--with", tight)


def test_people_are_shown_tables_in_their_language(desk: Crm, tight: str) -> None:
    """In Chinese as in English."""
    words = ("policy", "backtest", "--with", tight, "--cases")
    english = desk.ok(*words, "--lang", "en")
    assert "What cannot be known" in english
    assert "  new breach       complaint   complaint_first_response (first response) " in english
    chinese = desk.ok(*words, "--lang", "zh")
    assert "无从得知的" in chinese
    assert "  complaint (投诉)   C-1    新增超时   complaint_first_response (首次响应) " in chinese
    assert "结果 已执行, 状态 received (已受理)" in chinese
    codes = desk.ok(*words, "-o", "json")
    assert "(" not in codes


def test_lines_of_json_come_one_by_one(desk: Crm, tight: str) -> None:
    """Each entity's, then the sum."""
    lines = desk.ok("policy", "backtest", "--with", tight, "--cases", "-o", "jsonl").splitlines()
    *cases, found = map(json.loads, lines)
    assert [one["id"] for one in cases] == ["C-1", "C-2"]
    assert found["differing"] == 2


def test_exit_code_1_is_asked_for(desk: Crm, tight: str) -> None:
    """On a kind of difference, or on any."""
    for fails, code in ((), 0), (("new-breach",), 1), (("any",), 1), (("new-hold",), 0):
        words = [word for one in fails for word in ("--fail-on", one)]
        assert desk("policy", "backtest", "--with", tight, *words).exit_code == code
    nothing = ("--with-profile", "demo")
    assert desk("policy", "backtest", *nothing, "--fail-on", "any").exit_code == 0
    table = desk.ok("policy", "backtest", *nothing, "--lang", "zh")
    assert "结果不会有任何不同。" in table
    assert "有条件" not in table


def test_one_entity_alone(desk: Crm, tight: str) -> None:
    """By its id and its machine."""
    assert told(desk, "--with", tight, "--entity", "C-2")["entities"] == 1
    assert desk("policy", "backtest", "--with", tight, "--entity", "C-9").exit_code == 5
    every = desk.of("complaint", "lead")("policy", "backtest", "--with", tight, "--entity", "C-2")
    assert every.exit_code == 2
    assert "--machine once" in every.stderr


def test_to_look_at_one_machine_makes_no_difference(crm: Crm) -> None:
    """What its entities told machines that are off now is left out of both lives."""
    crm.complaint()
    words = ("policy", "backtest", "--with-profile", "demo", "--fail-on", "any")
    assert crm.of("complaint")(*words).exit_code == 0


def test_nothing_to_be_otherwise_is_misuse(desk: Crm) -> None:
    """So is a log without its mapping, and a store that is not there is an error."""
    assert desk("policy", "backtest").exit_code == 2
    file = str(Path(__file__))
    half = desk("policy", "backtest", "--with-profile", "demo", "--log", file)
    assert half.exit_code == 2
    missing = desk.bare("--store", "sqlite:///none.db", "policy", "backtest", "--with-plugin", file)
    assert missing.exit_code == 3


def test_days_that_end_before_they_begin_are_misuse(desk: Crm, tight: str) -> None:
    """Nothing would be judged by anybody."""
    day = "2020-03-02T18:00:00+08:00"
    found = desk("policy", "backtest", "--with", tight, "--since", day, "--until", day)
    assert found.exit_code == 2
    assert "--until must be later than --since" in found.stderr


def test_the_store_is_not_written(desk: Crm, tight: str) -> None:
    """Not a byte of it, though the other rows are not those of its records."""
    before = desk.store.read_bytes()
    told(desk, "--with", tight)
    assert desk.store.read_bytes() == before
    desk.store.chmod(0o444)
    assert told(desk, "--with", tight)["tested"] == 2


LOG = """number,incident_state,sys_updated_by,sys_updated_at,opened_at,priority
INC1,New,a,1/3/2016 09:00,1/3/2016 09:00,4 - Low
INC1,Resolved,a,3/3/2016 09:00,1/3/2016 09:00,4 - Low
INC2,New,a,1/3/2016 09:00,1/3/2016 09:00,4 - Low
INC2,-100,a,1/3/2016 10:00,1/3/2016 09:00,4 - Low
"""
DESK = Path(__file__).parents[2] / "examples" / "servicenow"
LIMIT = """
[settings.company]
zone = "UTC"
[[deadlines]]
name = "limit"
machine = "incident"
kind = "resolution"
start = [{ events = ["report"] }]
stop = [{ states = ["resolved", "closed"] }]
target = "1d"
"""


def test_a_log_is_lived_under_both(
    crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a store of its own, which is gone afterwards; rows that cannot be used are told."""
    log, limit, mapping = (tmp_path / name for name in ("log.csv", "limit.toml", "mapping.toml"))
    log.write_text(LOG, "utf-8")
    limit.write_text(LIMIT, "utf-8")
    mapping.write_text(_without((DESK / "mapping.toml").read_text("utf-8")), "utf-8")
    (tmp_path / "crmflow.toml").write_text('[settings.company]\nzone = "UTC"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    words = (
        "policy", "backtest", "--log", str(log), "--mapping", str(mapping),
        "--plugin", str(DESK / "crmflow_servicenow.py"), "--with", str(limit),
        "--until", "2016-04-01T00:00:00+00:00", "-o", "json",
    )  # fmt: skip
    done = crm.bare(*words)
    assert done.exit_code == 0, done.output
    assert "1 rows of the log are left out." in done.stderr
    found = read(done.stdout)
    assert [(one["kind"], one["certain"]) for one in found["differences"]] == [("new_breach", 2)]
    mapping.write_text(mapping.read_text("utf-8").replace('machine = "incident"\n', ""), "utf-8")
    assert crm.bare(*words).exit_code == 2
    log.write_text("".join(one for one in LOG.splitlines(True) if "-100" not in one), "utf-8")
    whole = crm.bare("--machine", "incident", *words)
    assert (whole.exit_code, whole.stderr) == (0, "")
    assert crm.bare("--machine", "incident", "--machine", "lead", *words).exit_code == 2


def _without(mapping: str) -> str:
    """Return a mapping without the columns that the log here does not have."""
    gone = ("category", "assignment", "reassignment", "reopen", "made_sla")
    return "\n".join(line for line in mapping.splitlines() if not line.startswith(gone))


def test_what_is_left_out_is_shown(desk: Crm, tight: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason, in words."""
    monkeypatch.setenv("CRMFLOW_MACHINES", "lead")
    told = desk.of().ok("policy", "backtest", "--with", tight, "--cases", "--lang", "en")
    assert "Not testable" in told
    assert "C-1" in told
    counted = desk.of().ok("policy", "backtest", "--with", tight, "--lang", "zh")
    assert "状态机未启用" in counted
