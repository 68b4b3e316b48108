"""What the shipped machines know and do survives storing."""

from __future__ import annotations

import pytest

from crmflow.codec import micros
from tests.states import (
    complaints,
    test_contract,
    test_deal,
    test_lead,
    test_order,
    test_payment,
    test_quote,
    test_return,
)
from tests.states.case import Case

STORIES = {
    "lead": test_lead.lead("find", "contact:then", "analyse_needs", "convert"),
    "deal": test_deal.deal(*test_deal.PATHS["agreed"], "to_contract", "@contract draft"),
    "evaluated deal": test_deal.deal(*test_deal.IN_SERVICE, "collect_feedback", "evaluate"),
    "running contract": test_contract.contract(*test_contract.SETTLING, "reach_end"),
    "quote": test_quote.quote(*test_quote.PATHS["quoted"], "order"),
    "order": test_order.order(*test_order.PATHS["delivered"], "advise", "close"),
    "payment": test_payment.payment("expect", "invoice", "record", "settle"),
    "return": test_return.goods(*test_return.PATHS["received_back"], "settle"),
    "major complaint": complaints.complaint(*complaints.PATHS["gm_review"], "gm_decide", "attend"),
    "closed complaint": complaints.complaint(*complaints.DUE, "close_unresolved"),
}


@pytest.mark.parametrize("case", STORIES.values(), ids=STORIES)
def test_stories_are_read_back_as_written(case: Case) -> None:
    """Snapshot and journal, with enums, amounts, instants and nested values."""
    codec = case.registries[0].codec
    found = case.snapshot
    body = codec.encode_snapshot(found)
    assert codec.decode_snapshot(found.ref, found.version, micros(found.at), body) == found
    for record in case.journal:
        if not record.event.name.startswith("$"):
            assert codec.decode_record(codec.encode_record(record)) == record
