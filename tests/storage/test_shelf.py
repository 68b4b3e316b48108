from hypothesis import given
from hypothesis import strategies as st

from crmflow.storage.shelf import Shelf

KEYS = st.sampled_from("abcd")
STEPS = st.lists(st.tuples(KEYS, st.none() | st.integers(0, 5)))


@given(STEPS, st.integers(0, 5))
def test_a_shelf_is_always_in_order(steps: list[tuple[str, int | None]], after: int) -> None:
    """Whatever is put and dropped, pages are the sorted rows, whole and by group."""
    shelf = Shelf[tuple[str, int]](rank=lambda row: (row[1],), group=lambda row: str(row[1] % 2))
    plain: dict[str, tuple[str, int]] = {}
    for key, rank in steps:
        if rank is None:
            shelf.drop((key,))
            plain.pop(key, None)
        else:
            plain[key] = (key, rank)
            shelf.put((key,), plain[key])
    rows = sorted(plain.values(), key=lambda row: (row[1], row[0]))
    assert list(shelf.page()) == rows
    assert list(shelf.page((after,), group="1")) == [
        row for row in rows if row[1] >= after and row[1] % 2
    ]
