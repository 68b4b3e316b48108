"""
Company (公司或门店): what recurring work is planned for that is about no single customer.

Care comes again for entities; training weeks and member events come again for a company or
for each of its shops, and this is that entity. It is opened once.
"""

from __future__ import annotations

from datetime import date

import attrs

from crmflow.core.form import Text
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied


@attrs.frozen
class CompanyFacts:
    """
    What is known of a company or shop.

    Attributes:
        name: Its name.
        opened_on: Day it was opened, whose anniversaries (店庆) are kept (LOY-004).
        reason: Why it was closed.
    """

    name: str
    opened_on: date | None = None
    reason: str | None = None


@attrs.frozen
class Opened:
    """A company or shop, and the day it was opened."""

    name: Text
    opened_on: date | None = None


@attrs.frozen
class Corrected:
    """What is put right; what is left out stays."""

    name: Text | None = None
    opened_on: date | None = None


@attrs.frozen
class Closed:
    """Why it is closed."""

    reason: Text


COMPANY = Machine(
    "company",
    CompanyFacts,
    zh="公司或门店",
    en="company or shop",
    states=(
        State("operating", "营业中", "operating", Kind.INITIAL, requires=("name",)),
        State("closed", "已停业", "closed", Kind.FINAL, requires=("name", "reason")),
    ),
    rows=(
        Row(
            UNBORN, "open", "operating", form=Opened, who="administrator",
            sets=copied("name", "opened_on"), rules="LOY-004",
        ),
        Row(
            ANY, "correct", KEEP, form=Corrected, who="administrator",
            sets=copied("name", "opened_on"), rules="LOY-004",
        ),
        Row(ANY, "close", "closed", form=Closed, who="administrator", sets=copied("reason")),
    ),
)  # fmt: skip
"""The machine `company`."""
