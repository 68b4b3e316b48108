"""Every shipped machine keeps the contract of machines, for longer than its own test walks it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from crmflow.states import EVERY, SETS
from crmflow.testing import MachineSuite
from tests.faults.scale import scaled
from tests.states.case import samples_of

JOURNALS = Path(__file__).parents[1] / "journals"

LINKED = "waits for what a linked entity tells; the machine's own test mirrors one"
AGREED = "wants facts and a form that agree with each other; the machine's own test has such"
RIGHT = "wants a right by tier or age that drawn facts seldom give; the policies' tests have it"

EXTENDED = "acknowledged, awaiting_dispatch, processing, manager_review, deputy_review"

WAITING: dict[str, dict[str, tuple[str, ...]]] = {
    "deal": {
        LINKED: (
            "contracting --negotiate-> negotiating",
            "contracting --win-> won",
            "won --start-> executing",
            "executing --deliver-> in_service",
            "won, executing, in_service --contract_terminated-> terminated",
        )
    },
    "contract": {
        LINKED: ("executing --finish_delivery-> settling", "settling --complete-> completed"),
        AGREED: (
            "terms_agreed --sign-> signed",
            "awaiting_approval --sign-> signed",
            "signed, executing, settling --record_payment-> =",
        ),
    },
    "complaint": {
        AGREED: (
            "* --take_step-> =",
            "revisit_due --close-> closed",
            "solution_ready, revisit_due --close_unresolved-> closed",
        )
    },
    "proposal": {
        AGREED: (
            f"{EXTENDED} --extend_30-> =",
            "held, rejected, implemented --close-> closed",
        )
    },
    "customer": {
        AGREED: ("confirmed --enter-> entered",),
        RIGHT: ("archived --purge-> purged",),
    },
    "file_document": {AGREED: ("sorted --number-> numbered",)},
    "lifecycle": {AGREED: ("lost --buy_again-> first_purchase",)},
    "return": {AGREED: ("requested --approve-> approved",)},
    "reception": {AGREED: ("preparing --receive-> receiving",)},
    "expense_claim_reception": {
        AGREED: ("signed --settle-> settled", "signed --reduce-> reduced"),
    },
    "survey": {AGREED: ("issued --add_answer-> =",)},
    "access_request": {AGREED: ("approved --use-> in_use",)},
    "training": {AGREED: ("scheduled --hold-> held",)},
    "outage_plan": {AGREED: ("drafted --advise-> advised",)},
    "large_customer_record": {AGREED: ("* --serve-> =",), RIGHT: ("* --meet-> =",)},
}
"""Rows that nothing drawn takes, by machine and reason."""


def suites() -> Iterable[tuple[str, type[MachineSuite]]]:
    """Yield the suite of each machine, with the payloads that its own test knows to be good."""
    for name in EVERY:
        own = importlib.import_module(f"tests.states.test_{name}")
        waiting = WAITING.get(name, {})
        words = {
            "__doc__": f"The machine {name}.",
            "machine": name,
            "profile": ("demo", "power") if name in SETS else "demo",
            "plugins": ("crmflow.states.power",) if name in SETS else (),
            "samples": samples_of(getattr(own, "PAYLOADS", {})),
            "unreached": {row: why for why, rows in waiting.items() for row in rows},
            "journals": JOURNALS,
            "lives": scaled(2, 10),
            "tries": 60,
        }
        title = f"Test{name.title().replace('_', '')}"
        yield title, pytest.mark.slow(type(title, (MachineSuite,), words))


globals().update(suites())
