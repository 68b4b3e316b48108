"""Values that no statement can have, asked of every database there is."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from crmflow.core.errors import UnstorableError
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store

SERVERS = ("CRMFLOW_TEST_POSTGRESQL", "CRMFLOW_TEST_MYSQL")
HALF = "half of a character"


def _half(store: Store) -> object:
    return store.tasks("nobody", roles=("\ud800",), limit=1)


def _huge(store: Store) -> object:
    return store.due("nobody", 10**30, limit=1)


@pytest.mark.parametrize("place", ["sqlite", *(name for name in SERVERS if name in os.environ)])
def test_half_a_character_is_told(place: str, tmp_path: Path) -> None:
    """It is no fault of the database, which goes on."""
    url = os.environ.get(place, f"sqlite:///{tmp_path}/crm.db")
    with closing(open_store(url)) as store:
        with pytest.raises(UnstorableError, match=HALF):
            _half(store)
        assert not store.tasks("nobody", roles=("ann",), limit=1)


@pytest.mark.parametrize(("ask", "told"), [(_half, HALF), (_huge, "more than 64 bits")])
def test_a_file_takes_neither_texts_nor_numbers_that_are_none(
    ask: Callable[[Store], object], told: str, tmp_path: Path
) -> None:
    """Both are told by what they are."""
    store = open_store(f"sqlite:///{tmp_path}/crm.db")
    with closing(store), pytest.raises(UnstorableError, match=told):
        ask(store)
