"""Claims: unique values."""

import pytest

from crmflow.core.claim import Claim


@pytest.mark.parametrize("scope", ["", "two words"])
def test_a_scope_is_a_code(scope: str) -> None:
    """A scope with spaces could not be told from its value."""
    with pytest.raises(ValueError, match="a claim's scope is a code without spaces, not "):
        Claim(scope, "1")


def test_claims_are_ordered() -> None:
    """Claims taken together are taken in one order, so that takers do not lock each other out."""
    taken = [Claim("b", "1"), Claim("a", "2"), Claim("a", "1")]
    assert sorted(taken) == taken[::-1]
