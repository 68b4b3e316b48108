"""Who may do what with a request: a refusal says why, whom it waits for, about whom it is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.policies.approvals.desk import Desk, chain, step

Done = tuple[tuple[str, str, Mapping[str, object]], ...]
WHY = {"reason": "?"}
VOTED: Done = (("$approve", "bob", {}),)
RETURNED: Done = (("$return", "bob", WHY),)
SILENT = {"$approve", "$resubmit", "$withdraw", "$take_back", "$copy_to", "$remind"}
"""Events whose form has no reason."""


@pytest.mark.parametrize(
    ("done", "event", "who", "form", "reason", "people", "values"),
    [
        ((), "$approve", "ann", {}, "own_request", ("bob", "cleo"), {}),
        ((), "$approve", "dan", {}, "not_approver", ("bob", "cleo"), {}),
        ((), "$refuse", "dan", {}, "not_approver", ("bob", "cleo"), {}),
        ((), "$return", "dan", {}, "not_approver", ("bob", "cleo"), {}),
        ((), "$return", "bob", {"to": "second"}, "unknown_step", (), {"steps": "requester"}),
        ((), "$transfer", "dan", {"to": "guy"}, "not_approver", ("bob", "cleo"), {}),
        ((), "$transfer", "bob", {"to": "ann"}, "own_request", (), {"person": "ann"}),
        ((), "$transfer", "bob", {"to": "zoe"}, "unknown_person", (), {"person": "zoe"}),
        ((), "$delegate", "bob", {"to": "cleo"}, "already_approver", (), {"person": "cleo"}),
        ((), "$add_signer", "bob", {"person": "cleo"}, "already_approver", (), {"person": "cleo"}),
        ((), "$resubmit", "guy", {}, "not_requester", ("ann",), {}),
        ((), "$resubmit", "ann", {}, "not_returned", ("bob", "cleo"), {}),
        ((), "$withdraw", "bob", {}, "not_requester", ("ann",), {}),
        ((), "$stop", "bob", {}, "not_administrator", (), {}),
        ((), "$take_back", "bob", {}, "nothing_to_take_back", (), {}),
        ((), "$remove_signer", "guy", {"person": "bob"}, "not_who_added", (), {"person": "bob"}),
        ((), "$copy_to", "guy", {"people": ["dan"]}, "not_involved", ("ann", "bob", "cleo"), {}),
        ((), "$remind", "guy", {}, "not_involved", ("ann", "bob", "cleo"), {}),
        ((), "$hand_over", "bob", {"person": "cleo", "to": "dan"}, "not_administrator", (), {}),
        (
            (),
            "$hand_over",
            "root",
            {"person": "cleo", "to": "zoe"},
            "unknown_person",
            (),
            {"person": "zoe"},
        ),
        (VOTED, "$approve", "bob", {}, "already_voted", ("cleo",), {}),
        (VOTED, "$transfer", "bob", {"to": "guy"}, "already_voted", ("cleo",), {}),
        (
            VOTED,
            "$remove_signer",
            "root",
            {"person": "bob"},
            "already_voted",
            (),
            {"person": "bob"},
        ),
        (VOTED, "$transfer", "cleo", {"to": "bob"}, "already_approver", (), {"person": "bob"}),
        (RETURNED, "$approve", "cleo", {}, "waits_for_resubmission", ("ann",), {}),
        (RETURNED, "$return", "cleo", {}, "waits_for_resubmission", ("ann",), {}),
        (RETURNED, "$transfer", "cleo", {"to": "guy"}, "waits_for_resubmission", ("ann",), {}),
        (RETURNED, "$take_back", "bob", {}, "nothing_to_take_back", (), {}),
        (
            (("$remind", "ann", {}),),
            "$remind",
            "ann",
            {},
            "reminded_too_soon",
            (),
            {"next_at": "2026-03-02T13:00:00+00:00"},
        ),
        (
            (("$add_signer", "bob", {**WHY, "person": "dan", "place": "before"}),),
            "$approve",
            "bob",
            {},
            "waits_for_signer",
            ("dan", "cleo"),
            {},
        ),
        (
            (("$add_signer", "bob", {**WHY, "person": "dan"}),),
            "$remove_signer",
            "cleo",
            {"person": "dan"},
            "not_who_added",
            ("bob",),
            {"person": "dan"},
        ),
        (
            (("$transfer", "bob", {**WHY, "to": "guy"}),),
            "$transfer",
            "guy",
            {"to": "bob"},
            "passed_on_in_a_circle",
            (),
            {"person": "bob"},
        ),
        (
            (("$approve", "bob", {}), ("$approve", "cleo", {}), ("$approve", "dan", {})),
            "$take_back",
            "cleo",
            {},
            "next_step_touched",
            ("dan",),
            {},
        ),
    ],
)
def test_what_is_refused_is_said(
    done: Done,
    event: str,
    who: str,
    form: Mapping[str, object],
    reason: str,
    people: tuple[str, ...],
    values: Mapping[str, object],
) -> None:
    """With the row and its rules; an administrator is named by role."""
    steps = [step("first", "bob", "cleo", mode="all"), step("second", "dan", "eve", mode="all")]
    desk = Desk.of(chain(steps=steps, rules=["CON-011"], version="v7"))
    desk.fire("order", "ann", supplier="acme")
    for name, person, brought in done:
        desk.fire(name, person, **brought)
    refused = desk.ask(event, who, **form, **({} if event in SILENT else WHY)).refusal
    assert refused is not None
    (verdict,) = refused.verdicts
    assert (verdict.row, verdict.version, verdict.rules) == ("orders", "v7", ("CON-011",))
    assert (verdict.reason, verdict.people) == (reason, people)
    assert verdict.values == {"request": "order", **values}
    assert verdict.roles == (("administrator",) if reason == "not_administrator" else ())
