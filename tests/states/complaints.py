"""A complaint's payloads and the ways to each of its states."""

from __future__ import annotations

from tests.states.case import Case, Payload

HANDLING = {"cause": "bearing", "corrective": "new one", "preventive": "test", "solution": "swap"}
UNRESOLVED = {
    "unresolved": "not_reached", "reply": "letter", "result": "swapped", "reason": "moved away",
    "improvement": "test bearings",
}  # fmt: skip
PAYLOADS: dict[str, Payload] = {
    "receive": {"customer": "C-1", "channel": "phone"},
    "receive:claim": {"customer": "C-1", "channel": "phone", "is_claim": True},
    "receive:complex": {"customer": "C-1", "channel": "mail", "is_complex": True},
    "record": {"problem_type": "quality", "demand": "refund", "mood": "angry"},
    "respond": {"solution": "swap", "promised_at": "2026-03-10T09:00:00Z"},
    "respond:complex": {"handling": "a team looks at it", "promised_at": "2026-03-10T09:00:00Z"},
    "grade": {"grade": "general"},
    "grade:serious": {"grade": "serious"},
    "grade:major": {"grade": "major"},
    "gm_decide": {"departments": ["quality"], "gm_decision": "swap at once"},
    "gm_decide:forward": {"departments": ["quality"], "forwarded_to": "deputy"},
    "investigate": {"departments": ["quality", "sales"]},
    "regrade": {"grade": "serious", "reason": "injury"},
    "regrade:major": {"grade": "major", "reason": "press"},
    "regrade:general": {"grade": "general", "reason": "harmless"},
    "take_step": {"step": "visit the customer"},
    "take_step:last": {"step": "report to the general manager"},
    "attend": {},
    "attend:sent": {"delegate": "sales-3"},
    "inform_delay": {"reason": "part is late"},
    "propose_solution": HANDLING,
    "propose_solution:escalate": {**HANDLING, "escalate": True},
    "reject_solution": {"reason": "wants money"},
    "confirm": {"confirmed_by": "buyer"},
    "answer": {"reply": "phone", "result": "swapped"},
    "answer:letter": {"reply": "letter", "result": "swapped"},
    "close": {"satisfied": True, "improvement": "test bearings"},
    "close:reviewed": {
        "satisfied": True, "improvement": "test bearings", "reviewed_by": "service-1",
    },
    "reopen": {"reason": "leaks again"},
    "close_unresolved": UNRESOLVED,
    "close_unresolved:unhappy": {**UNRESOLVED, "unresolved": "not_satisfied"},
    "withdraw": {"withdrawal": "by_customer", "reason": "mistake"},
    "withdraw:double": {"withdrawal": "duplicate", "reason": "called twice", "duplicate_of": "X-2"},
}  # fmt: skip
GRADED = ("receive", "record", "grade")
SERIOUS = ("receive", "record", "grade:serious")
MAJOR = ("receive", "record", "grade:major")
STEPS = ("take_step", "take_step:last")
READY = (*GRADED, "investigate", "propose_solution")
ANSWERED = (*READY, "solve_direct", "answer")
DUE = (*ANSWERED, "attend", "call_back")
PATHS: dict[str, tuple[str, ...]] = {
    "-": (),
    "received": ("receive",),
    "recorded": ("receive", "record"),
    "graded": GRADED,
    "gm_review": (*MAJOR, "escalate_gm"),
    "investigating": (*GRADED, "investigate"),
    "solution_ready": READY,
    "confirmed": (*READY, "confirm"),
    "solved": (*READY, "solve_direct"),
    "answered": ANSWERED,
    "revisit_due": DUE,
}


def complaint(*steps: str) -> Case:
    """Return a complaint that has taken these steps."""
    return Case("complaint", PAYLOADS).go(*steps)
