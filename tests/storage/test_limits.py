import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmflow.core.claim import Claim
from crmflow.core.errors import UnstorableError
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.limits import LIMITS, check_ref, unstorable
from crmflow.storage.rows import TaskRow, TimerRow
from crmflow.testing.store_rows import commit_to, message

REF = EntityRef("main", "deal", "D-1")


@given(st.text() | st.text(min_size=LIMITS["id"] // 4 - 1, max_size=LIMITS["id"] + 1))
@example("x" * LIMITS["id"])
@example("x" * (LIMITS["id"] + 1))
def test_what_is_allowed_can_be_kept(text: str) -> None:
    """A text passes where it has no NUL, is Unicode and fits its limit in bytes; else it fails."""
    try:
        check_ref(EntityRef("main", "deal", text))
    except UnstorableError:
        kept = False
    else:
        kept = True
    fits = len(text.encode("utf-8", "surrogatepass")) <= LIMITS["id"]
    whole = not any("\ud800" <= sign <= "\udfff" for sign in text)
    assert kept is (fits and whole and "\0" not in text)


@pytest.mark.parametrize("kind", ["tenant", "machine", "id", "key"])
@pytest.mark.parametrize("sign", ["a", "é", "订", "🙂"])
def test_limits_count_bytes(kind: str, sign: str) -> None:
    """As many characters as fit in the limit pass, and one more does not."""
    texts = {"tenant": "main", "machine": "deal", "id": "D-1", "key": "k"}
    for more in (0, 1):
        texts[kind] = sign * (LIMITS[kind] // len(sign.encode()) + more)
        ref = EntityRef(texts["tenant"], texts["machine"], texts["id"])
        if more:
            with pytest.raises(UnstorableError, match=f"{LIMITS[kind]} are allowed"):
                check_ref(ref, texts["key"])
        else:
            check_ref(ref, texts["key"])


def test_all_faults_are_told_at_once() -> None:
    """An id with two faults and a key with one are three; a missing key is none."""
    ref = EntityRef("main", "deal", "\0" + "x" * 512)
    with pytest.raises(UnstorableError) as told:
        check_ref(ref, "\ud800")
    assert len(told.value.faults) == 3
    assert "the id '\\x00xxx" in str(told.value)
    assert "holds half of a character" in str(told.value)
    check_ref(REF)


def test_every_row_of_a_commit_is_checked() -> None:
    """Whatever an index would hold is told, each by its kind; bodies may hold anything."""
    far = message(EntityRef("main", "deal", "\0"))
    wrong = commit_to(
        REF,
        timers=(TimerRow(REF, "\0", 1, 1),),
        tasks=(TaskRow(REF, "\0", "\0", "\0", 1, None),),
        claims=(Claim("\0", "\0"),),
        terms=(Term("\0", "\0"),),
        messages=(far,),
    )
    error = unstorable(wrong)
    assert error is not None
    kinds = [fault.split()[1] for fault in error.faults]
    assert kinds == [
        "name",
        "task_id",
        "name",
        "role",
        "scope",
        "value",
        "field",
        "term",
        "target_id",
    ]
    assert unstorable(commit_to(REF)) is None
    assert unstorable(commit_to(REF, claims=(Claim("email", "a"),))) is None
