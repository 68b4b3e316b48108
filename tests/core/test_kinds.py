"""What the fields of facts and forms may hold."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Optional

import attrs

from crmflow.core.form import Text
from crmflow.core.kinds import alternatives, field_names, kinds_of
from crmflow.core.money import Money


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
