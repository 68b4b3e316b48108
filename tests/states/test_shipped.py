"""The shipped machines: each loaded when it is asked for, by its own name."""

import pytest

from crmflow.core.errors import UnknownMachineError
from crmflow.states import EVERY, MACHINES, SETS, SHIPPED, load


@pytest.mark.parametrize("name", EVERY)
def test_each_stands_under_its_own_name(name: str) -> None:
    """Those of sets that are off by default too, which are no part of what is always shipped."""
    assert load(name).name == name
    assert (name in SHIPPED) == (name not in SETS)


def test_the_shipped_ones_are_a_mapping() -> None:
    """In the order of the catalogue; nobody gets what is not in it."""
    assert (list(SHIPPED), len(SHIPPED)) == (list(MACHINES), len(MACHINES))
    assert SHIPPED["deal"] is load("deal")
    for name in ("dael", *SETS):
        assert SHIPPED.get(name) is None
        with pytest.raises(KeyError, match=name):
            SHIPPED[name]


def test_a_machine_that_is_not_there_is_told_with_those_that_are() -> None:
    """And with what was probably meant."""
    with pytest.raises(UnknownMachineError, match="Did you mean 'deal'"):
        load("dael")
