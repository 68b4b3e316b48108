"""`crmflow policy preview`: in sum and entity by entity, never written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crmflow.analysis.preview import Effect
from crmflow.cli.preview import WHYS
from crmflow.cli.words import ZH
from crmflow.cli.words.judging import TOLD
from crmflow.core.journal import Entry
from crmflow.core.message import MessageKind
from crmflow.policies.sla.run import Status
from crmflow.policies.tiers.standing import Cause
from tests.cli.conftest import read

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

SLOW = '[[deadlines]]\nname = "complaint_first_response"\ntarget = "2d"\n'
GIVEN = ("--set", "customer=C-1001", "--set", "channel=phone")
PEOPLE = """
[[person]]
id = "anna"
roles = ["customer_service"]
"""


@pytest.fixture
def slow(tmp_path: Path) -> str:
    """Return a company's file with a looser deadline."""
    file = tmp_path / "slow.toml"
    file.write_text(SLOW, "utf-8")
    return str(file)


@pytest.fixture
def desk(crm: Crm) -> Crm:
    """Return a command line over a store with a complaint of long ago."""
    complaints = crm.of("complaint")
    complaints.complaint()
    return complaints


def test_every_word_has_its_chinese() -> None:
    """Effects, why a deadline stays, and what is told of either side."""
    words = {*(str(one).replace("_", " ") for one in Effect), *WHYS.values()}
    assert sorted(words - set(ZH)) == []
    codes = {*map(str, (Status.RUNNING, Status.PAUSED, Status.BREACHED, *Entry, *Cause))}
    assert sorted((codes | {*map(str, MessageKind)}) - set(TOLD)) == []


def test_in_sum_and_entity_by_entity(desk: Crm, slow: str) -> None:
    """With the instant of today and the other one; the store stays as it is."""
    desk.ok("entity", "create", "complaint", "--id", "C-2", *GIVEN, "--actor", "alice")
    before = desk.store.read_bytes()
    found = read(desk.ok("policy", "preview", "--with", slow, "-o", "json"))
    assert desk.store.read_bytes() == before
    assert (found["entities"], found["changed"]) == (2, 1)
    about = {"machine": "complaint", "name": "complaint_first_response", "entities": 1}
    assert [one for one in found["changes"] if one["name"] == about["name"]] == [
        {"effect": "other_deadline", **about}, {"effect": "kept_deadline", **about},
    ]  # fmt: skip
    late, new = found["impacts"]
    assert [one["id"] for one in (late, new)] == ["C-1", "C-2"]
    assert [(one["effect"], one["why"]) for one in late["changes"]] == [("kept_deadline", "missed")]
    then, now = (new["changes"][0][side] for side in ("then", "now"))
    assert (then["target"], now["target"]) == ("30min", "2d")


def test_people_are_shown_names_in_their_language(desk: Crm, slow: str) -> None:
    """Behind the codes, where they tell more; what is told of a deadline has its words too."""
    english = desk.ok("policy", "preview", "--with", slow, "--lang", "en")
    assert "Entity by entity" in english
    assert "  complaint   C-1   received   kept deadline" in english
    assert "complaint_first_response (first response)" in english
    assert "status breached" in english
    chinese = desk.ok("policy", "preview", "--with", slow, "--lang", "zh")
    assert "逐个实体" in chinese
    assert "  complaint (投诉)   C-1    received (已受理)   保持不变的时限" in chinese
    assert "complaint_first_response (首次响应)" in chinese
    assert "状况 已超时" in chinese
    assert "已经超时，不再改变" in chinese


def test_an_instant_before_the_last_event_is_misuse(desk: Crm, slow: str) -> None:
    """Nothing is told of what an entity was."""
    words = ("--with", slow, "--from", "2020-03-02T08:59:00+08:00")
    found = desk("policy", "preview", *words)
    assert found.exit_code == 2
    assert "complaint C-1 has moved since 2020-03-02T00:59:00+00:00" in found.stderr


def test_lines_of_json_come_one_by_one(desk: Crm, slow: str) -> None:
    """Each entity's, then the sum; from an instant on."""
    words = ("--with", slow, "--from", "2030-01-01T00:00:00+08:00", "-o", "jsonl")
    impact, found = map(json.loads, desk.ok("policy", "preview", *words).splitlines())
    assert impact["id"] == "C-1"
    assert (found["entities"], found["changed"]) == (1, 0)


def test_other_people_may_be_what_is_other(desk: Crm, tmp_path: Path) -> None:
    """Who can do what is asked of both directories."""
    file = tmp_path / "staff.toml"
    file.write_text(PEOPLE, "utf-8")
    found = read(desk.ok("policy", "preview", "--with-directory", str(file), "-o", "json"))
    assert ("new_way", "record") in {(one["effect"], one["name"]) for one in found["changes"]}
    table = desk.ok("policy", "preview", "--with-directory", str(file), "--lang", "en")
    assert "by anna" in table


def test_no_change_is_told_as_none(desk: Crm) -> None:
    """Nothing asked for is misuse."""
    found = read(desk.ok("policy", "preview", "--with-profile", "demo", "-o", "json"))
    assert found == {"entities": 1, "changed": 0, "changes": [], "impacts": []}
    table = desk.ok("policy", "preview", "--with-profile", "demo", "--lang", "zh")
    assert "不会有任何变化。" in table
    assert "影响" not in table
    nothing = desk("policy", "preview", "--lang", "zh")
    assert nothing.exit_code == 2
    assert "--with-plugin 或 --with-directory" in nothing.stderr


def test_why_a_deadline_stays_is_said_in_words(desk: Crm, tmp_path: Path) -> None:
    """Where its row keeps what was promised."""
    file = tmp_path / "keep.toml"
    file.write_text(f'{SLOW}on_change = "keep"\n', "utf-8")
    told = desk.ok("policy", "preview", "--with", str(file), "--lang", "en")
    assert "kept deadline" in told
    assert WHYS["keep"] in told
