"""What is stated of parcels."""

from typing import Any

from crmflow import Snapshot
from crmflow.analysis.exploring import in_state, precedes


def is_paid(parcel: Snapshot[Any]) -> bool:
    """Say whether a parcel is paid."""
    return bool(parcel.facts.paid)


PROPERTIES = {"parcel": [precedes("paid_before_closed", is_paid, in_state("closed"))]}
