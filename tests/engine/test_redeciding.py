"""Re-deciding: the same machine decides the same; a changed one is found out."""

from collections.abc import Callable

import attrs

from crmflow.core.machine import Guard, Machine, Row
from crmflow.engine.values import Adopting, Observed
from crmflow.storage.memory import MemoryStore
from tests.engine.machines import ADMIN, AT, CALL, HOUR, SALES, engine
from tests.engine.test_messages import deal_in_contracting


def changed(event: str, change: Callable[[Row], Row]) -> Machine:
    """Return calls with the rows of an event changed."""
    rows = tuple(change(row) if row.event == event else row for row in CALL.rows)
    return attrs.evolve(CALL, rows=rows)


def differing(store: MemoryStore, machine: Machine) -> list[tuple[int, tuple[str, ...]]]:
    """Return version and difference of each record another machine would decide differently."""
    again = engine(store, machine).redecide(("call", "c"))
    return [(one.record.version, one.differs) for one in again if one.differs]


def lived() -> MemoryStore:
    """Return a store with a call that rang, was answered, held, adopted and ended by itself."""
    store = MemoryStore()
    calls = engine(store, CALL)
    call = calls.create("call", {"number": "1"}, actor=SALES, id="c").require().entity
    calls.fire(call, "answer", actor=SALES, at=AT + HOUR).require()
    calls.run_due(AT + 2 * HOUR)
    calls.fire(call, "hold", actor=SALES, at=AT + 3 * HOUR).require()
    back = Adopting(call, "answered", {"rings": 5}, reason="r", at=AT + 4 * HOUR)
    calls.adopt(back, actor=ADMIN).require()
    calls.observe_many([Observed(call, "NOTE", "answered", AT + 5 * HOUR, "desk", {"rings": 6})])
    calls.fire(call, "end", actor=SALES, at=AT + 9 * HOUR).require()
    return store


def test_the_same_machine_decides_the_same() -> None:
    """Every kind of record comes out as it was recorded, a refused timer included."""
    store = lived()
    assert differing(store, CALL) == []
    assert len(list(engine(store, CALL).journal(("call", "c")))) == 8


def test_deals_and_contracts_decide_the_same() -> None:
    """Messages and mirrored facts are inputs like any others."""
    with engine() as sales:
        deal = deal_in_contracting(sales)
        (contract,) = [row.ref for row in sales.find("contract")]
        sales.fire(contract, "sign", actor=ADMIN).require()
        sales.fire(deal, "win", actor=SALES).require()
        assert not any(one.differs for ref in (deal, contract) for one in sales.redecide(ref))


def test_a_changed_machine_is_found_out() -> None:
    """Other facts, other rows, and what would be refused now are all named."""
    store = lived()
    assert differing(store, changed("ring", lambda row: attrs.evolve(row, sets=None))) == [
        (2, ("facts",))
    ]

    def closed(row: Row) -> Row:
        return attrs.evolve(row, guards=(Guard(lambda _attempt: False, "never"),))

    assert differing(store, changed("answer", closed)) == [(3, ("refused",))]
