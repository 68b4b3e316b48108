"""What a claim's rows ask, change and tell."""

from __future__ import annotations

from crmflow.core.claim import Claim
from crmflow.core.dealing import VisitorClass
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.money import Money
from crmflow.core.updates import copied
from crmflow.states.expense_claim_reception.forms import Expense, Mark


def _one_currency(attempt: Asked) -> bool:
    currency = attempt.facts.amount.currency
    return all(one.amount.currency == currency for one in attempt.form.expenses)


def _within(attempt: Asked, most: Money) -> bool:
    amount: Money = attempt.form.amount
    return amount.currency == most.currency and amount <= most


def _is_known_item(attempt: Asked) -> bool:
    return any(one.item == attempt.form.item for one in attempt.facts.expenses)


def _has_ended(attempt: Asked) -> bool:
    ended_at = attempt.facts.reception_ended_at or attempt.form.ended_at
    return ended_at is not None and ended_at <= attempt.at


def _given_back(attempt: Asked) -> bool:
    return bool(attempt.form.returned == attempt.facts.advance)


BEFORE_VISIT = Guard(
    lambda attempt: attempt.form.visit_at > attempt.at,
    "visit_in_past", needs="form", rules="EXP-001",
)  # fmt: skip
WITHIN_APPROVED = Guard(
    lambda attempt: _within(attempt, attempt.facts.amount),
    "over_approved", needs="form", rules="EXP-003",
)  # fmt: skip
ONE_CURRENCY = Guard(_one_currency, "other_currency", needs="form")
KNOWN_ITEM = Guard(_is_known_item, "unknown_item", needs="form")
HAS_ENDED = Guard(_has_ended, "reception_not_ended", needs="form", rules="EXP-014")
REVIEWED = Guard(
    lambda attempt: attempt.form.effective and attempt.form.complete,
    "not_in_order", needs="form", rules="EXP-006 EXP-014",
)  # fmt: skip
WITHOUT_MISUSE = Guard(
    lambda attempt: not attempt.facts.marks, "misused", rules="EXP-004 EXP-016 EXP-017"
)
MISUSED = Guard(lambda attempt: bool(attempt.facts.marks), "not_misused", rules="EXP-004 EXP-018")
WHOLE = Guard(
    lambda attempt: attempt.form.amount == attempt.facts.spent, "not_what_was_spent", needs="form"
)
LESS = Guard(
    lambda attempt: (
        _within(attempt, attempt.facts.spent) and attempt.form.amount != attempt.facts.spent
    ),
    "not_reduced", needs="form", rules="EXP-018",
)  # fmt: skip
GIVEN_BACK = Guard(_given_back, "money_not_returned", needs="form")
IS_IMPORTANT = Guard(
    lambda attempt: attempt.facts.visitor_class is VisitorClass.IMPORTANT,
    "not_important", rules="EXP-011",
)  # fmt: skip


def applied(attempt: Asked) -> Changes:
    """Return the facts a claim begins with."""
    names = ("reception", "purpose", "guests", "amount", "visitor_class", "visit_at", "customer")
    return {**copied(*names, "reason")(attempt), "applicant": attempt.actor.id}


def one_of_reception(attempt: Asked) -> tuple[Claim, ...]:
    """Return what keeps a visit from being claimed for twice at a time (EXP-010)."""
    return (Claim("reception_money", attempt.facts.reception),)


def drawn(attempt: Asked) -> Changes:
    """Return what was drawn."""
    return {"advance": attempt.form.amount, "drawn_at": attempt.at}


def spent(attempt: Asked) -> Changes:
    """Return the expenses, their sum and what speaks against them."""
    expenses: tuple[Expense, ...] = attempt.form.expenses
    total = Money(0, attempt.facts.amount.currency)
    for one in expenses:
        total += one.amount
    by = attempt.actor.id
    marks = tuple(Mark(one.misuse, one.item, by) for one in expenses if one.misuse is not None)
    return {"expenses": expenses, "spent": total, "marks": marks}


def marked(attempt: Asked) -> Changes:
    """Return what speaks against the expenses with one more."""
    form = attempt.form
    mark = Mark(form.misuse, form.item, attempt.actor.id)
    return {"marks": (*attempt.facts.marks, mark)}


def submitted(attempt: Asked) -> Changes:
    """Return what was handed in."""
    ended_at = attempt.facts.reception_ended_at or attempt.form.ended_at
    changes = copied("slip", "vouchers", "receipts", "reason")(attempt)
    return {**changes, "reception_ended_at": ended_at, "submitted_at": attempt.at}


def paid(attempt: Asked) -> Changes:
    """Return what the company bears, and what of it the advance does not cover."""
    amount: Money = attempt.form.amount
    balance = amount - attempt.facts.advance
    return {"paid": amount, "balance": balance}


def cancelled(attempt: Asked) -> Changes:
    """Return why it is cancelled, and what was given back."""
    return copied("reason", "returned")(attempt)


def ended(attempt: Asked) -> Changes:
    """Return when the visit ended; the class found there counts."""
    changes = copied("visitor_class")(attempt)
    return {**changes, "reception_ended_at": attempt.form.ended_at}


def called_off(attempt: Asked) -> Changes:
    """Return when and why the visit was called off."""
    form = attempt.form
    return {"reception_ended_at": form.ended_at, "reason": form.reason}


def this_claim(attempt: Asked) -> Changes:
    """Return what the visit hears of its claim."""
    return {"claim": attempt.snapshot.ref.id}


def no_claim(_attempt: Asked) -> Changes:
    """Return that the visit has no claim any more."""
    return {"claim": None}


def visit(attempt: Asked) -> str:
    """Return the id of the visit."""
    found: str = attempt.facts.reception
    return found


def before_end(attempt: Asked) -> bool:
    """Say whether the visit has not ended yet, so that it still tells its claim of the end."""
    return attempt.facts.reception_ended_at is None


def remembered(attempt: Asked) -> Changes:
    """Return what the customer record learns: what the reception card says (EXP-011)."""
    card = attempt.form
    traits = f"{card.characteristics}; {card.interests}; {card.hobbies}"
    return {"change": traits, "values": {"traits": traits}}
