"""Numbers derived from entities."""

import re

from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.numbers import number_of
from crmflow.core.ref import EntityRef

TEXTS = st.text(min_size=1, max_size=12)
REFS = st.builds(EntityRef, TEXTS, TEXTS, TEXTS)


@given(ref=REFS)
def test_a_number_is_short_and_cannot_be_misread(ref: EntityRef) -> None:
    """Ten digits and letters after the prefix, none of I, L, O, U, and always the same."""
    number = number_of(ref, "C")
    assert re.fullmatch(r"C-[0-9A-HJKMNP-TV-Z]{10}", number)
    assert number_of(ref, "C") == number


@given(one=REFS, other=REFS)
def test_two_entities_have_two_numbers(one: EntityRef, other: EntityRef) -> None:
    """A number is never another entity's (REG-002)."""
    assert (number_of(one, "C") == number_of(other, "C")) == (one == other)


def test_a_number_stays_what_it_is() -> None:
    """What was printed once must be found again by every later release (REG-002)."""
    assert number_of(EntityRef("acme", "customer", "C-1"), "C") == "C-JWKGBTE81J"
