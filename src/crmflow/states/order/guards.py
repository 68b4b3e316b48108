"""What an order's rows ask, change and tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import attrs

from crmflow.core.dealing import first_owner, tell_customer
from crmflow.core.goods import DeliveryState, OrderClass
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.updates import copied

SAFETY_STOCK = "delivery.safety_stock"


def _safety_stock(attempt: Asked) -> int | None:
    """Return how many pieces are kept for the customer, None where nothing is (DLV-005)."""
    kept = cast("Mapping[str, int]", attempt.settings[SAFETY_STOCK])
    return kept.get(attempt.facts.customer)


def _is_considered(attempt: Asked) -> bool:
    return _safety_stock(attempt) is None or attempt.form.safety_stock is not None


def _is_low(attempt: Asked) -> bool:
    kept, left = _safety_stock(attempt), attempt.form.safety_stock
    return kept is not None and left is not None and left < kept


def _has_date(attempt: Asked) -> bool:
    form = attempt.form
    return bool(form.is_in_stock or form.promised_at or attempt.facts.promised_at)


def _fast_enough(attempt: Asked) -> bool:
    special = attempt.facts.order_class is OrderClass.SPECIAL_NON_REGULAR
    return attempt.form.is_express or not special


CONSIDERED = Guard(_is_considered, "safety_stock_not_considered", needs="form", rules="DLV-005")
STOCK_LOW = Guard(_is_low, "safety_stock_kept", needs="form", rules="DLV-005")
HAS_DATE = Guard(_has_date, "no_promised_date", needs="form", rules="DLV-004")
CHECKED = Guard(
    lambda attempt: attempt.form.content_checked, "content_not_checked", needs="form",
    rules="DLV-002",
)  # fmt: skip
EXPRESS = Guard(_fast_enough, "not_express", needs="form", rules="DLV-008")
ARRIVED = Guard(
    lambda attempt: attempt.form.delivery_state is not DeliveryState.NOT_DELIVERED,
    "nothing_delivered", needs="form", rules="DLV-009",
)  # fmt: skip


def placed(attempt: Asked) -> Changes:
    """Return the facts an order begins with."""
    given = copied("customer", "contract", "quote", "order_class", "amount", "promised_at")
    return {**given(attempt), "owner": first_owner(attempt), "placed_at": attempt.at}


def happened(name: str, *names: str) -> Callable[[Asked], Changes]:
    """Return an update that copies fields, and stamps when it happened."""

    def update(attempt: Asked) -> Changes:
        return {**copied(*names)(attempt), name: attempt.form.happened_at or attempt.at}

    return update


def purchase(attempt: Asked) -> Changes:
    """Return what the customer record is told of a purchase."""
    return {"amount": attempt.facts.amount}


# What is bought on a contract was counted when that was signed.
NOTE_PURCHASE = attrs.evolve(
    tell_customer("note_purchase", purchase), when=lambda attempt: attempt.facts.contract is None
)
NOTE_ADVICE = tell_customer("note_contact", lambda attempt: {"result": attempt.facts.advice})
