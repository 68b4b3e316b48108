"""Laws of likeness: symmetric, bounded, 1 for what is the same, monotone in evidence."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmflow.policies.data_quality.likeness import alike, likeness, name_of
from crmflow.policies.data_quality.rows import Compared, Comparison

texts = st.text(max_size=20) | st.sampled_from(
    ["Harbour Mill Co., Ltd.", "harbour mill", "港口面粉有限公司", "港口面粉（集团）股份有限公司",
     "138 0013 8000", "+86 13800138000", "Sales@Harbour.example", "Ltd", "公司"]
)  # fmt: skip
fields = st.lists(
    st.builds(
        Compared,
        field=st.sampled_from(["name", "mobile", "email", "tax_id"]),
        how=st.sampled_from(Comparison),
        weight=st.decimals("0.01", "9", places=2),
        decisive=st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one.field,
)
known = st.dictionaries(
    st.sampled_from(["name", "mobile", "email", "tax_id"]), st.lists(texts, max_size=3)
)
Known = Mapping[str, list[str]]


@given(fields, known, known)
def test_it_is_symmetric_and_bounded(rows: list[Compared], one: Known, other: Known) -> None:
    """REC-002: it does not matter which of two records came first."""
    found = likeness(rows, one, other)
    assert found == likeness(rows, other, one)
    if found is not None:
        assert 0 <= found.score <= 1
        assert min(found.why.values()) - Decimal("0.0001") <= found.score <= max(found.why.values())


@given(fields, known)
def test_what_is_the_same_scores_one(rows: list[Compared], one: Known) -> None:
    """REC-002: a record is wholly like itself, where anything of it is compared."""
    found = likeness(rows, one, one)
    compared = any(one.get(row.field) for row in rows)
    assert (found is not None) is compared
    assert found is None or found.score == 1


@given(fields, known, known, texts)
def test_more_that_agrees_never_scores_less(
    rows: list[Compared], one: Known, other: Known, text: str
) -> None:
    """A field that both come to have in common raises the score, or leaves it."""
    before = likeness(rows, one, other)
    name = rows[0].field
    after = likeness(
        rows,
        {**one, name: [*one.get(name, []), text]},
        {**other, name: [*other.get(name, []), text]},
    )
    assert after is not None
    assert before is None or before.score <= after.score


@given(fields, known, known)
def test_it_does_not_depend_on_the_hosts_decimals(
    rows: list[Compared], one: Known, other: Known
) -> None:
    """The score is the same wherever it is computed."""
    with localcontext(prec=2):
        assert likeness(rows, one, other) == likeness(rows, one, other)
        inside = likeness(rows, one, other)
    assert inside == likeness(rows, one, other)


@given(texts, texts, st.sampled_from(Comparison))
@example("a", "b" * 20000, Comparison.NAME)
def test_one_is_only_for_the_same(one: str, other: str, how: Comparison) -> None:
    """What is compared as different never scores 1."""
    same = alike(how, one, other) == 1
    if how is Comparison.NAME:
        assert same is (name_of(one) == name_of(other))
    assert alike(how, one, one) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("港口面粉有限公司", "港口面粉股份有限公司"),
        ("港口面粉（集团）有限公司", "港口面粉"),
        ("Harbour Mill Co., Ltd.", "HARBOUR MILL"),
        ("Ｈarbour　Mill GmbH", "harbour mill"),
        ("Harbour-Mill, Inc.", "Harbour Mill"),
    ],
)
def test_legal_forms_case_and_width_do_not_count(one: str, other: str) -> None:
    """REC-002: the same company is written in many ways."""
    assert alike(Comparison.NAME, one, other) == 1


@pytest.mark.parametrize(
    ("how", "one", "other", "same"),
    [
        (Comparison.PHONE, "+86 138-0013-8000", "13800138000", True),
        (Comparison.PHONE, "008613800138000", "１３８００１３８０００", True),
        (Comparison.PHONE, "13800138000", "13800138001", False),
        (Comparison.PHONE, "010-62581234", "010 6258 1234", True),
        (Comparison.EMAIL, "Sales@Harbour.example", "sales@harbour.EXAMPLE ", True),
        (Comparison.TAX_ID, "91110000-600037341L", "91110000600037341l", True),
        (Comparison.EXACT, "Steel", "steel", True),
        (Comparison.EXACT, "Steel", "steels", False),
    ],
)
def test_other_values_are_the_same_or_not(
    how: Comparison,
    one: str,
    other: str,
    same: bool,
) -> None:
    """Only names may be a little alike."""
    assert alike(how, one, other) == Decimal(int(same))


@pytest.mark.parametrize("name", ["公司", "Ltd", "有限公司", "(集团)", "Co"])
def test_a_name_that_is_a_legal_form_is_a_name(name: str) -> None:
    """Something of it is always left."""
    assert name_of(name)
