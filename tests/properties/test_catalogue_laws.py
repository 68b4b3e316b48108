"""Laws of the catalogue: every product that is named is found, and rows have no order."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.actor import Actor
from crmflow.core.compiled import compile_machine
from crmflow.core.event import Event
from crmflow.core.goods import Goods, Line, Product
from crmflow.core.journal import unborn
from crmflow.core.machine import Kind, Machine, Row, State
from crmflow.core.proposal import Proposal, propose
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.tables import Tables
from crmflow.policies.catalogue import ProductRow, named_in
from crmflow.policies.catalogue.judging import judge_of

NAMES = ("pump", "hose", "seal", "valve")
names = st.sampled_from(NAMES)
lines = st.builds(Line, names, st.integers(1, 9))
goods = st.builds(Goods, products=st.lists(names).map(tuple), lines=st.lists(lines).map(tuple))


@attrs.frozen
class Crate:
    """Goods in goods, a product that may be missing, and what names none."""

    label: str = ""
    first: Goods | None = None
    inner: tuple[Goods, ...] = ()
    spare: Product | None = None
    crate: Crate | None = None


crates = st.builds(
    Crate, first=goods | st.none(), inner=st.lists(goods, max_size=3).map(tuple),
    spare=names | st.none(), crate=st.builds(Crate, spare=names | st.none()) | st.none(),
)  # fmt: skip


def told(one: Goods, path: str) -> list[tuple[str, str]]:
    """Return what goods name, written down by hand."""
    found = [(name, f"{path}.products[{n}]") for n, name in enumerate(one.products)]
    return found + [(l.product, f"{path}.lines[{n}].product") for n, l in enumerate(one.lines)]  # noqa: E741


@given(crates)
def test_every_product_is_found_with_its_path(crate: Crate) -> None:
    """However deep it stands, each once."""
    wanted = [] if crate.first is None else told(crate.first, "$.first")
    for number, inner in enumerate(crate.inner):
        wanted += told(inner, f"$.inner[{number}]")
    wanted += [] if crate.spare is None else [(crate.spare, "$.spare")]
    if crate.crate is not None and crate.crate.spare is not None:
        wanted.append((crate.crate.spare, "$.crate.spare"))
    assert [(one.product, one.path) for one in named_in(crate)] == wanted


@attrs.frozen
class Known:
    """Nothing is known."""


MACHINE = Machine(
    "sale",
    Known,
    (State("open", "开", "Open", Kind.INITIAL), State("over", "完", "Over", Kind.FINAL)),
    (Row(UNBORN, "sell", "open", form=Goods), Row("open", "end", "over")),
    zh="销售",
    en="sale",
)
COMPILED = compile_machine(MACHINE)
AT = datetime(2026, 3, 2, tzinfo=UTC)
rows = st.lists(
    st.builds(
        lambda name, refuses: ProductRow(name=name, line="l", zh="品", en="P", refuses=refuses),
        names,
        st.sampled_from([(), ("sale.sell",)]),
    ),
    unique_by=lambda row: row.name,
)


@given(rows, goods, st.randoms(use_true_random=False))
def test_the_order_of_rows_never_shows(
    table: list[ProductRow], sold: Goods, chance: object
) -> None:
    """What is refused is what is unknown or refused, whatever stands first."""
    event: Event[Goods] = Event("sell", Actor("ann"), AT, sold)
    snapshot = unborn(EntityRef("t", "sale", "1"), AT)
    proposal = propose(COMPILED, snapshot, event)
    assert isinstance(proposal, Proposal)
    mixed = sorted(table, key=lambda _row: chance.random())  # type: ignore[attr-defined]
    answers = []
    for given_rows in (table, mixed):
        judge = judge_of(MACHINE, "sell", given_rows, Tables())
        found = () if judge is None else judge(snapshot, proposal)
        assert isinstance(found, tuple)
        answers.append({(one.reason, str(one.values)) for one in found})
    assert answers[0] == answers[1]
    known = {row.name: row for row in table}
    named = {one.product for one in named_in(sold)}
    wrong = {n for n in named if n not in known or known[n].refuses}
    assert bool(answers[0]) == bool(table and wrong)
