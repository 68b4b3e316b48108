"""`crmflow audit verify`: what was changed behind the journal's back is found."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

SERVICE = ("--actor", "alice", "--role", "customer_service")
RECORD = ("--set", "problem_type=quality", "--set", "demand=refund", "--set", "mood=angry")


@pytest.fixture
def story(desk: Crm) -> Crm:
    """Return the command line over two complaints, one of four versions."""
    desk.complaint()
    desk.complaint("C-2")
    desk.ok("entity", "fire", "complaint", "C-1", "record", *RECORD, *SERVICE)
    return desk


def verify(desk: Crm, *words: str) -> Any:  # noqa: ANN401 - JSON may be anything
    """Return the report of a verification and check its exit code."""
    result = desk("audit", "verify", *words, "-o", "json")
    report = json.loads(result.stdout)
    assert result.exit_code == (1 if report["findings"] else 0)
    return report


def tamper(desk: Crm, statement: str) -> None:
    """Change the store as nobody should."""
    connection = sqlite3.connect(desk.store)
    connection.execute(f"{statement} WHERE id = 'C-1'")
    if "crmflow_journal" in statement:
        assert connection.total_changes
    connection.commit()
    connection.close()


def messages(desk: Crm) -> list[tuple[int, str]]:
    """Return (version, message) of every finding about C-1."""
    findings = verify(desk)["findings"]
    assert all((one["machine"], one["id"]) == ("complaint", "C-1") for one in findings)
    return [(one["version"], one["message"]) for one in findings]


def test_untouched_journals_are_whole(story: Crm) -> None:
    """All, those of a machine, or one; and what cannot be seen is said."""
    assert verify(story) == {"entities": 2, "records": 5, "findings": []}
    assert verify(story, "complaint")["entities"] == 2
    assert verify(story, "complaint", "C-1")["records"] == 4
    result = story("audit", "verify")
    assert "needs an anchor kept elsewhere" in result.stderr
    assert verify(story, "--hashes") == {"entities": 2, "records": 5, "findings": []}
    assert "锚点" in story("--lang", "zh", "audit", "verify").stderr


def test_unknown_names_exit_with_5(story: Crm) -> None:
    """Machine or entity."""
    assert story("audit", "verify", "complaint", "C-9").exit_code == 5
    assert story("audit", "verify", "led").exit_code == 5
    assert story("audit", "verify", "led", "C-1").exit_code == 5


def test_changed_record_breaks_its_link(story: Crm) -> None:
    """One broken link is one finding of the chain, and the fold differs."""
    tamper(
        story,
        "UPDATE crmflow_journal "
        "SET body = CAST(replace(CAST(body AS TEXT), 'angry', 'calm') AS BLOB)",
    )
    assert messages(story) == [
        (4, "the hash is not that of the record and the one before"),
        (4, "folding the journal does not give the stored snapshot"),
    ]
    shown = story("--lang", "zh", "audit", "verify")
    assert shown.exit_code == 1
    assert "问题" in shown.stdout


def test_missing_record_is_found(story: Crm) -> None:
    """In the middle."""
    tamper(story, "DELETE FROM crmflow_journal WHERE version = 2 AND 1 --")
    found = [message for _, message in messages(story)]
    assert found[0] == "record 2 is missing"
    assert found[1].startswith("the hash is not")


def test_cut_tail_differs_from_the_head(story: Crm) -> None:
    """Where the entity's row was not cut too."""
    tamper(story, "DELETE FROM crmflow_journal WHERE version = 4 AND 1 --")
    found = messages(story)
    assert (4, "the journal ends at version 3") in found
    assert (4, "the stored head is not the hash of the last record") in found


def test_changed_row_and_columns_are_found(story: Crm) -> None:
    """The snapshot, the state beside it, and the columns beside a record."""
    tamper(story, "UPDATE crmflow_entity SET state = 'closed'")
    assert messages(story) == [(4, "folding the journal does not give the stored snapshot")]
    tamper(story, "UPDATE crmflow_entity SET state = 'recorded'")
    tamper(story, "UPDATE crmflow_journal SET event = 'receive'")
    about = "the columns of the row are not what its record says"
    assert messages(story) == [(2, about), (3, about), (4, about)]


def test_unreadable_record_is_one_finding(story: Crm) -> None:
    """The others are verified all the same."""
    tamper(story, "UPDATE crmflow_journal SET body = x'00'")
    found = messages(story)
    assert found[-1][1].startswith("the record cannot be read")


def test_machines_that_are_off_are_verified_by_their_hashes(story: Crm) -> None:
    """Nothing is folded without the machine."""
    lead = story.of("lead")
    assert verify(lead)["findings"] == []
    tamper(story, "UPDATE crmflow_entity SET head = x'00'")
    findings = verify(lead)["findings"]
    assert [one["message"] for one in findings] == [
        "the stored head is not the hash of the last record"
    ]


def test_an_anchor_tells_what_no_store_tells_of_itself(story: Crm, tmp_path: Path) -> None:
    """An entity that is gone; and who vouches for the anchor is said."""
    made = json.loads(story.ok("audit", "anchor", "kept.anchor", "-o", "json"))
    assert (made["entities"], made["records"], made["signature"]) == (2, 5, "")
    assert verify(story, "--anchor", "kept.anchor")["findings"] == []
    tamper(story, "DELETE FROM crmflow_entity")
    tamper(story, "DELETE FROM crmflow_journal")
    assert verify(story)["findings"] == []
    (found,) = verify(story, "--anchor", "kept.anchor")["findings"]
    assert (found["id"], found["version"], found["flaw"]) == ("C-1", 4, "gone")
    shown = story("--lang", "zh", "audit", "verify", "--anchor", "kept.anchor")
    assert "存储中却没有该实体" in shown.stdout
    assert "锚点没有签名" in shown.stderr
    assert story("audit", "verify", "complaint", "C-1", "--anchor", "kept.anchor").exit_code == 1


def test_an_anchor_is_read_once(story: Crm, tmp_path: Path) -> None:
    """What was found right is what is compared: a pipe, too, gives its bytes only once."""
    story.ok("audit", "anchor", "kept.anchor")
    taken, given = os.pipe()
    os.write(given, (tmp_path / "kept.anchor").read_bytes())
    os.close(given)
    found = verify(story, "--anchor", f"/dev/fd/{taken}")
    os.close(taken)
    assert (found["entities"], found["findings"]) == (2, [])


def test_an_anchor_is_made_once_and_signed_where_there_is_a_key(
    story: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is there is left alone; a key asks for its own signature, or an older one's."""
    first = story("audit", "anchor")
    (unsigned,) = tmp_path.glob("crmflow-*Z.anchor")
    assert (first.exit_code, "not signed" in first.stderr) == (0, True)
    again = story("audit", "anchor", str(unsigned))
    assert (again.exit_code, "name a new file" in again.stderr) == (3, True)
    assert story("audit", "anchor", "nowhere/kept.anchor").exit_code == 3
    assert story("audit", "verify", "--anchor", "nowhere.anchor").exit_code == 3
    monkeypatch.setenv("AUDIT", base64.b64encode(bytes(32)).decode())
    (tmp_path / "crmflow.toml").write_text(KEYS.format(key="a1"))
    refused = story("audit", "verify", "--anchor", str(unsigned))
    assert (refused.exit_code, "'a1' did not sign it" in refused.stderr) == (3, True)
    made = story("audit", "anchor", "signed.anchor", "-o", "json")
    assert json.loads(made.stdout)["signature"].startswith("a1:")
    assert made.stderr == ""
    (tmp_path / "crmflow.toml").write_text(KEYS.format(key="a2"))
    assert story("audit", "verify", "--anchor", "signed.anchor").exit_code == 0
    (tmp_path / "crmflow.toml").unlink()
    unchecked = story("audit", "verify", "--anchor", "signed.anchor")
    assert (unchecked.exit_code, "was not checked" in unchecked.stderr) == (0, True)


KEYS = """
[settings.storage]
audit_key = "{key}"
keys = {{ a1 = "env:AUDIT", a2 = "env:AUDIT" }}
"""


def redecide(desk: Crm, *words: str) -> Any:  # noqa: ANN401 - JSON may be anything
    """Return the report of a re-decision and check its exit code."""
    result = desk("audit", "redecide", *words, "-o", "json")
    report = json.loads(result.stdout)
    assert result.exit_code == (1 if report["findings"] else 0)
    return report


def test_untouched_machines_decide_the_same(story: Crm) -> None:
    """Every record comes out as it was, of all entities or of one."""
    assert redecide(story) == {"records": 5, "findings": []}
    assert redecide(story, "complaint", "C-2")["records"] == 1
    assert story("audit", "redecide").exit_code == 0


def test_a_record_that_would_be_decided_otherwise_is_found(story: Crm) -> None:
    """What today's machine would not do is named with version, event and part."""
    tamper(
        story,
        "UPDATE crmflow_journal "
        "SET body = CAST(replace("
        """CAST(body AS TEXT), '"to":"recorded"', '"to":"graded"') AS BLOB)""",
    )
    about = {"machine": "complaint", "id": "C-1", "version": 4, "event": "record"}
    assert redecide(story)["findings"] == [{**about, "differs": ["to"]}]
    assert "问题" in story("--lang", "zh", "audit", "redecide").stdout
