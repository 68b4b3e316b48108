"""What the fields of facts and forms may hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from itertools import product
from typing import Annotated, Any, Optional

import attrs

from crmflow.codec.facts import Today
from crmflow.codec.sealing import Seal
from crmflow.core.erasure import ERASED
from crmflow.core.form import Text
from crmflow.core.kinds import alternatives, defaults_of, field_names, kinds_of
from crmflow.core.machine import Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN, EntityRef


@attrs.frozen
class Facts:
    """Facts of many kinds."""

    name: Text
    price: Money | None = None
    seen: date | datetime | None = None
    days: tuple[date, ...] = ()


def test_each_field_has_its_kinds_in_order() -> None:
    """Notes and None are left out, a list is what it is."""
    assert dict(kinds_of(Facts)) == {
        "name": (str,),
        "price": (Money,),
        "seen": (date, datetime),
        "days": (tuple[date, ...],),
    }
    assert list(kinds_of(Facts)) == ["name", "price", "seen", "days"]


@attrs.frozen
class Sum:
    """Facts of which some are made of others."""

    parts: tuple[int, ...] = attrs.field(factory=tuple)
    unit: str = "h"
    total: int = attrs.field()
    double: int = attrs.field(init=False)

    @total.default
    def _added(self) -> int:
        return sum(self.parts)

    @double.default
    def _doubled(self) -> int:
        return 2 * self.total


def test_what_is_made_of_other_fields_has_no_default() -> None:
    """Its value is always told: nobody knows what it would be without the whole."""
    assert defaults_of(Sum) == {"parts": (), "unit": "h"}


def test_such_facts_are_stored() -> None:
    """Sealed or not they come back as they were."""
    states, rows = (State("open", "开", "open"),), (Row(UNBORN, "add", "open"),)
    today = Today.of(Machine("sum", Sum, states, rows, zh="和", en="sum"))
    ref = EntityRef("main", "sum", "S-1")
    seal = Seal(ref, b"k" * 32, b"", fields=frozenset({"note"}), claims=frozenset())
    for known, how in product((Sum((1, 2)), Sum((1, 2), total=7)), (None, seal)):
        stored = today.dump(known, how)
        assert isinstance(stored, Mapping)
        assert "double" not in stored
        assert today.load(stored, today.version) == known
        erased: Any = today.load({**stored, "unit": ERASED}, today.version)
        assert (erased.unit, erased.total, erased.double) == (ERASED, known.total, known.double)


def test_an_event_without_a_form_has_no_fields() -> None:
    """None is the form of such an event."""
    assert kinds_of(None) == {}


def test_what_is_no_record_has_no_fields() -> None:
    """Fields have their names in order."""
    assert field_names(Facts) == ("name", "price", "seen", "days")
    assert field_names(str) == ()


def test_notes_within_alternatives_are_left_out_too() -> None:
    """However an annotation is written, the kinds are the same."""
    assert alternatives(Annotated[Text | None, "note"]) == (str,)
    assert alternatives(Optional[Text]) == (str,)  # noqa: UP045 - as older code writes it


def test_a_field_without_an_annotation_may_hold_anything() -> None:
    """A class may be made of names alone."""
    assert kinds_of(attrs.make_class("Loose", ["x"])) == {"x": (object,)}
