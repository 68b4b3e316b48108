"""Lists of words as declarations write them."""

from __future__ import annotations

from crmflow.core.words import words


def test_a_list_may_be_written_as_one_text() -> None:
    """Spaces part the words; what is a list already stays as it is, its texts whole."""
    assert words("CMP-001  CMP-002") == ("CMP-001", "CMP-002")
    assert words("") == ()
    assert words(["a b", "c"]) == ("a b", "c")
