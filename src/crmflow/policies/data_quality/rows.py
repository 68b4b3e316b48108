"""The tables of data quality: what must be there, in which form, from which list, and once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.core.form import Check, Names, Text
from crmflow.core.tables import MachineRow

ALL = "*"
"""In place of the names of events: every one."""


@attrs.frozen(kw_only=True)
class EventRow(MachineRow):
    """
    A row about events of a machine.

    Attributes:
        events: The events at which it is asked, or `*`.
    """

    events: Names


@attrs.frozen(kw_only=True)
class Requirement(EventRow):
    """
    What must be filled in (`[[requirements]]`).

    Attributes:
        fields: Paths, or names of rows of `field_sets`, always needed.
        by: Expression for the business type, which gives text.
        types: What is needed besides by business type; a type that is not there needs no more.
        when: Expression for where it is asked; left out, always.
    """

    fields: tuple[Text, ...] = ()
    by: Text | None = None
    types: Mapping[str, tuple[Text, ...]] = attrs.field(factory=dict)
    when: Text | None = None


@attrs.frozen(kw_only=True)
class FieldSet(MachineRow):
    """
    Fields that are needed together (`[[field_sets]]`).

    Attributes:
        fields: Paths; `a or b` where one of several will do.
    """

    fields: Names


class FormatKind(StrEnum):
    """What a text must be."""

    MOBILE = "mobile"
    PHONE = "phone"
    EMAIL = "email"
    TAX_ID = "tax_id"
    POSTAL_CODE = "postal_code"
    URL = "url"
    NUMBER = "number"
    PATTERN = "pattern"


@attrs.frozen(kw_only=True)
class Format(EventRow):
    """
    How texts must be written (`[[formats]]`); what is not filled in has no form.

    Attributes:
        fields: Paths of the texts.
        format: What they must be.
        region: Country (ISO 3166) whose numbers are written without its code.
        pattern: For the format `pattern`: what they look like.
        text_en: For the format `pattern`: what they must be, in English.
        text_zh: The same in Chinese.
    """

    fields: Names
    format: FormatKind
    region: Text = "CN"
    pattern: Text | None = None
    text_en: Text | None = None
    text_zh: Text | None = None


@attrs.frozen(kw_only=True)
class Value:
    """
    A value of a list.

    Attributes:
        name: As forms and facts have it.
        en: Its label in English; left out, that of the locale tables.
        zh: The same in Chinese.
    """

    name: Text
    en: Text | None = None
    zh: Text | None = None


def _has_values(found: object) -> bool:
    return bool(found)


@attrs.frozen(kw_only=True)
class Choice(EventRow):
    """
    A list that a field's values come from (`[[choices]]`).

    Rows about one field add to each other: a company's own row with a name of its own
    extends a shipped list, one with the shipped name replaces it.

    Attributes:
        field: Path of the field.
        values: The values.
    """

    field: Text
    values: Annotated[tuple[Value, ...], Check("empty", _has_values, "at least one value")]


class Comparison(StrEnum):
    """How two values of a field are compared."""

    EXACT = "exact"
    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"
    TAX_ID = "tax_id"


def _is_share(found: object) -> bool:
    return isinstance(found, Decimal) and 0 < found <= 1


def _is_weight(found: object) -> bool:
    return isinstance(found, Decimal) and found > 0


Share = Annotated[Decimal, Check("range", _is_share, "a number above 0, at most 1")]
"""How alike, 1 being the same."""


@attrs.frozen(kw_only=True)
class Compared:
    """
    A field by which entities are compared.

    Attributes:
        field: Path of the fact.
        how: How its values are compared.
        weight: How much it counts beside the others.
        decisive: Whether two entities are at least as alike as this field of them, whatever
            the others say.
        search: Searchable fact by which those who may be alike are found; left out, the
            fact itself where the machine is searched by it.
    """

    field: Text
    how: Comparison = Comparison.EXACT
    weight: Annotated[Decimal, Check("range", _is_weight, "a number above 0")] = Decimal(1)
    decisive: bool = False
    search: Text | None = None

    @property
    def found_by(self) -> str:
        """The searchable fact by which those who may be alike are found."""
        return self.search or self.field


@attrs.frozen(kw_only=True)
class Duplicate(EventRow):
    """
    By what an entity is told to be there already (`[[duplicates]]`).

    Attributes:
        fields: What is compared, each field by itself.
        likely: From which score somebody has to look at it.
        certain: From which score it is one, whoever looked; left out, never.
        looked_at: The form's field with the ids of those that were looked at and are others.
        ignores: States in which an entity is no duplicate of any.
        most: How many are told at most.
    """

    fields: Annotated[tuple[Compared, ...], Check("empty", _has_values, "at least one field")]
    likely: Share = Decimal("0.8")
    certain: Share | None = None
    looked_at: Text = "not_duplicates"
    ignores: tuple[Text, ...] = ()
    most: int = 10
