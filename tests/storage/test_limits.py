import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.errors import UnstorableError
from crmflow.core.ref import EntityRef
from crmflow.storage.limits import LIMITS, check_ref, check_texts


@given(st.text())
def test_what_is_allowed_can_be_kept(text: str) -> None:
    """A text passes where it has no NUL, is Unicode and fits its limit in bytes; else it fails."""
    try:
        check_texts(id=text)
    except UnstorableError:
        kept = False
    else:
        kept = True
    fits = len(text.encode("utf-8", "surrogatepass")) <= LIMITS["id"]
    whole = not any("\ud800" <= sign <= "\udfff" for sign in text)
    assert kept is (fits and whole and "\0" not in text)


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("sign", ["a", "é", "订", "🙂"])
def test_limits_count_bytes(kind: str, sign: str) -> None:
    """As many characters as fit in the limit pass, and one more does not."""
    most = LIMITS[kind] // len(sign.encode())
    check_texts(**{kind: sign * most})
    with pytest.raises(UnstorableError, match=f"{LIMITS[kind]} are allowed"):
        check_texts(**{kind: sign * (most + 1)})


def test_all_faults_are_told_at_once() -> None:
    """An id with two faults and a key with one are three; a missing key is none."""
    ref = EntityRef("main", "deal", "\0" + "x" * 512)
    with pytest.raises(UnstorableError) as told:
        check_ref(ref, "\ud800")
    assert len(told.value.faults) == 3
    assert "the id '\\x00xxx" in str(told.value)
    assert "holds half of a character" in str(told.value)
    check_ref(EntityRef("main", "deal", "D-1"))
