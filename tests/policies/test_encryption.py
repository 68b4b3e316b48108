"""The table of encrypted fields: what is wrong with a row, and where."""

from crmflow.core.form import Fault
from crmflow.core.tables import Tables
from crmflow.policies.encryption import Encryption, check
from crmflow.states import load

CUSTOMER = load("customer")


def row(*fields: str, machine: str = "customer", when: str | None = None) -> Encryption:
    """Return a row about fields of customers."""
    return Encryption(name="personal", machine=machine, fields=fields, when=when, key="main")


def test_each_fault_has_its_place() -> None:
    """A name nobody knows, a fact that others keep in clear, an expression nobody can read."""
    rows = [row("mobile", machine="elsewhere"), row("mobile", "mobil", "owner", when="owner ==")]
    unknown, shared, unreadable = check(rows, Tables(), {"customer": CUSTOMER})
    assert unknown == Fault("$.encryption[1].fields[1]", "unknown", "Did you mean 'mobile'?")
    assert (shared.path, shared.code) == ("$.encryption[1].fields[2]", "shared")
    assert shared.expected == "a fact that customer does not share: others keep it in clear"
    assert unreadable.path == "$.encryption[1].when"


def test_a_row_in_order_has_no_fault() -> None:
    """With an expression and without."""
    rows = [row("mobile"), row("mobile", when="owner == 'a'")]
    assert list(check(rows, Tables(), {"customer": CUSTOMER})) == []
