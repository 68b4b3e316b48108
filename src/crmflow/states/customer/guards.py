"""What the rows of a customer record ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from crmflow.core.actor import SYSTEM
from crmflow.core.customer_file import FIELDS, CustomerFile, ReportedBy, said
from crmflow.core.machine import Asked, Guard
from crmflow.core.measure import Measure, Unit
from crmflow.core.working_time import WorkingCalendar
from crmflow.states.customer.facts import Discard

REQUIRED_FIELDS = "record.required_fields"
FILE_SCHEMA = "record.file_schema"
CLASS_MEASURES = "record.class_measures"

YEAR = Measure(12, Unit.MONTHS)
ALWAYS = WorkingCalendar.always(UTC)


def after_entry(attempt: Asked, name: str) -> object:
    """Return what a field of the file will be: as the form's values say, else as it is."""
    return said(attempt.form.values).get(name) or getattr(attempt.facts, name)


def last_heard_at(attempt: Asked) -> datetime:
    """Return the aware UTC instant of the last dealing or contact, else of the collection."""
    facts = attempt.facts
    known: tuple[datetime | None, ...] = (
        facts.last_purchase_at, facts.last_contact_at, facts.last_dealing_at,
        facts.reactivated_at, facts.collected_at,
    )  # fmt: skip
    return max(at for at in known if at is not None)


def measures(attempt: Asked) -> Mapping[str, str]:
    """Return what the company does for customers of each class (REC-047)."""
    return cast("Mapping[str, str]", attempt.settings[CLASS_MEASURES])


def _set_is_fixed(attempt: Asked) -> bool:
    fixed = cast("Mapping[str, object]", attempt.settings[REQUIRED_FIELDS])
    return attempt.form.business_type in fixed


def _fits_schema(values: CustomerFile | None, attempt: Asked) -> bool:
    schema = cast("tuple[str, ...]", attempt.settings[FILE_SCHEMA])
    return values is None or set(values.further or ()).issubset(schema)


def _is_logged_in(attempt: Asked) -> bool:
    return attempt.actor is not SYSTEM and bool(attempt.actor.id.strip())


def _is_classified(attempt: Asked) -> bool:
    form, facts = attempt.form, attempt.facts
    return bool(facts.industry and (form.region or facts.region) and (form.needs or facts.needs))


def _is_measured(found: str | None, attempt: Asked) -> bool:
    return found is None or found in measures(attempt)


def _names_other(attempt: Asked) -> bool:
    named = attempt.form.duplicate_of
    if attempt.form.discarded is Discard.DUPLICATE:
        return named is not None and named != attempt.snapshot.ref.id
    return named is None


def _is_own_report(attempt: Asked) -> bool:
    return attempt.form.reported_by is not ReportedBy.SYSTEM


def _is_silent(attempt: Asked) -> bool:
    return YEAR.due_at(last_heard_at(attempt), ALWAYS) < attempt.at


def _fields_exist(attempt: Asked) -> bool:
    # Without its name a customer's file could not be found.
    return set(attempt.form.clears).issubset({*FIELDS} - {"name"})


SET_IS_FIXED = Guard(
    _set_is_fixed, "business_type_not_fixed", needs="form", rules="REC-004 REG-001"
)
"""Which data must be collected is fixed for the business type before collection starts."""
FITS_SCHEMA = Guard(
    lambda attempt: _fits_schema(attempt.form, attempt), "not_in_file_schema", needs="form",
    rules="REC-046 REC-048",
)  # fmt: skip
VALUES_FIT = Guard(
    lambda attempt: _fits_schema(attempt.form.values, attempt), "not_in_file_schema",
    needs="form", rules="REC-046 REC-048",
)  # fmt: skip
"""What the company's own schema of the file lacks is not entered."""
KEY_DATA = Guard(
    lambda attempt: attempt.form.contact_details and attempt.form.needs, "key_data_not_confirmed",
    needs="form", rules="REC-019",
)  # fmt: skip
LOGGED_IN = Guard(_is_logged_in, "not_logged_in", rules="REG-006")
SORTED = Guard(
    lambda attempt: bool(attempt.form.industry or after_entry(attempt, "industry")),
    "no_industry", needs="form", rules="REC-020",
)  # fmt: skip
BY_A_PERSON = Guard(_is_logged_in, "not_by_a_person", rules="REC-025 LIF-005")
CLASSIFIED = Guard(_is_classified, "not_classified", needs="form", rules="REG-003 REG-004")
MEASURED = Guard(
    lambda attempt: _is_measured(attempt.form.file_class or attempt.facts.file_class, attempt),
    "no_measures_for_class", needs="form", rules="REC-047",
)  # fmt: skip
CLASS_KNOWN = Guard(
    lambda attempt: _is_measured(getattr(attempt.form.values, "file_class", None), attempt),
    "no_measures_for_class", needs="form", rules="REC-047",
)  # fmt: skip
"""The company has fixed what it does for customers of that class."""
NAMES_OTHER = Guard(_names_other, "no_other_record_named", needs="form", rules="REC-002")
OWN_REPORT = Guard(_is_own_report, "not_reported_by_people", needs="form", rules="REC-036")
SILENT = Guard(_is_silent, "heard_within_a_year", rules="LIF-004")
"""Strictly more than one year without dealings (AMB-12)."""
NO_NEED = Guard(
    lambda attempt: attempt.form.no_potential_need, "may_have_a_need", needs="form",
    rules="LIF-005",
)  # fmt: skip
BASICS_KEPT = Guard(
    lambda attempt: bool(attempt.facts.name and attempt.facts.contacts and attempt.facts.number),
    "basics_missing", rules="LIF-007 STO-004",
)  # fmt: skip
"""What is needed to find the customer again and to reactivate the record is there."""
FIELDS_EXIST = Guard(_fields_exist, "no_such_field", needs="form", rules="REC-037")
