"""The dispatch table comes from the built stock machine and from nowhere else."""

import transitions

from crmflow.core.compiled import Gate, build, derive
from crmflow.core.machine import KEEP, Row
from tests.core.samples import COMPILED, TICKET


def built() -> transitions.Machine:
    """Return the stock machine of the sample, to be changed."""
    return build(TICKET)


def test_a_removed_transition_leaves_the_table() -> None:
    """What is taken from the built machine is not dispatched."""
    stock = built()
    assert "close" in derive(stock)["solved"]
    stock.remove_transition("close", source="solved")
    assert "close" not in derive(stock)["solved"]


def test_a_redirected_transition_is_followed() -> None:
    """Where the built machine goes, the table goes."""
    stock = built()
    (move,) = stock.events["solve"].transitions["received"]
    move.dest = "received"
    assert derive(stock)["received"]["solve"][0].to == "received"


def test_an_added_transition_is_dispatched() -> None:
    """What only the built machine knows is in the table, in its order."""
    stock = built()
    row = Row("solved", "close", KEEP)
    stock.add_transition("close", "solved", None, conditions=[Gate(row)])
    assert [one.row.to for one in derive(stock)["solved"]["close"]] == ["closed", KEEP]


def test_reordered_transitions_are_tried_in_the_new_order() -> None:
    """The first row is the first of the built machine."""
    stock = built()
    before = derive(stock)["received"]["ask"]
    stock.events["ask"].transitions["received"].reverse()
    assert derive(stock)["received"]["ask"] == before[::-1]
    assert len(before) > 1


def test_a_final_state_is_one_in_the_built_machine() -> None:
    """A row into a final state ends what is attached, so it is not plain."""
    stock = built()
    stock.states["waiting"].final = True
    assert derive(built())["received"]["ask"][0].plain
    assert not derive(stock)["received"]["ask"][0].plain


def test_markup_tells_of_every_move() -> None:
    """Diagrams see states and moves of the stock machine, kept states as such."""
    markup = COMPILED.markup()
    assert markup["states"] == ["-", "received", "waiting", "solved", "closed"]
    assert ("note", "waiting", "waiting", True) in markup["moves"]
    assert ("solve", "received", "solved", False) in markup["moves"]
