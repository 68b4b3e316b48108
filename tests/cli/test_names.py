"""Names of what differs, behind the codes that commands take."""

from __future__ import annotations

import pytest

from crmflow.cli.names import Names
from crmflow.cli.session import Session
from crmflow.states.complaint import COMPLAINT
from crmflow.texts import Texts


def named(lang: str) -> Names:
    """Return the names of complaints in a language."""
    return Names(Session({"lang": lang}), {"complaint": COMPLAINT}, Texts(lang))


@pytest.mark.parametrize(
    ("what", "code", "english", "chinese"),
    [
        ("kept_deadline", "complaint_limit", " (time limit of the grade)", " (等级时限)"),
        ("new_task", "respond", " (give the first response)", " (作出首次响应)"),
        ("other_way", "respond", " (give the first response)", " (首次响应)"),
        ("new_breach", "of_our_own", "", ""),
        ("other_timer", "cadences:care", "", ""),
        ("other_tier", "loyalty", "", ""),
        ("new_access", "received", "", ""),
        ("stuck", "received", "", " (已受理)"),
        ("new_approval", "received", "", " (已受理)"),
        ("other_state", "complaint", "", " (投诉)"),
        ("failed", "complaint", "", " (投诉)"),
        ("failed", "elsewhere", "", ""),
    ],
)
def test_a_thing_has_its_name_behind_its_code(
    what: str, code: str, english: str, chinese: str
) -> None:
    """Where it has one that tells more; a person is no state, whatever they are called."""
    found = [named(lang).thing(what, "complaint", code) for lang in ("en", "zh")]
    assert found == [f"{code}{english}", f"{code}{chinese}"]


def test_a_row_is_labelled_and_keeps_the_rest() -> None:
    """Its kind is said, its machine and name have their names."""
    row = {"kind": "new_breach", "machine": "complaint", "name": "complaint_limit", "certain": 1}
    assert named("zh").labelled("kind", row) == {
        "kind": "新增超时",
        "machine": "complaint (投诉)",
        "name": "complaint_limit (等级时限)",
        "certain": 1,
    }


def test_what_is_told_of_a_side_is_put_into_words() -> None:
    """Codes of crmflow, states and roles; what is empty is left out."""
    told = {
        "status": "running",
        "state": "received",
        "role": "customer_service",
        "due_at": None,
        "reasons": [],
        "forecast": True,
        "by": ["anna", "bob"],
    }
    english, chinese = (named(lang).told("complaint", told) for lang in ("en", "zh"))
    assert english == (
        "status running, state received, role customer_service, forecast yes, by anna, bob"
    )
    assert chinese == (
        "状况 计时中, 状态 received (已受理), 角色 customer_service (客服专员), "
        "为预测 是, 由 anna, bob"
    )
    assert named("zh").told("complaint", None) == "-"


def test_a_state_of_a_machine_that_is_switched_off_is_its_code() -> None:
    """Its names are not known."""
    assert named("zh").state("lead", "received") == "received"
