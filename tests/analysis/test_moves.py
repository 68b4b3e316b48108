from crmflow.analysis.moves import moves_of
from crmflow.states import MACHINES, load
from tests.analysis.parcels import PARCEL


def test_moves_are_those_of_the_table() -> None:
    """Start, pairs and ends are read off the rows; a row that keeps its state is a pair too."""
    moves = moves_of(PARCEL)
    assert moves.start_states == {"packed"}
    assert moves.legal_moves == {("packed", "sent"), ("sent", "sent"), ("sent", "delivered")}
    assert moves.final_states == {"delivered"}


def test_moves_of_shipped_machines_have_their_states() -> None:
    """Every state of every shipped machine is in its moves."""
    for name in MACHINES:
        machine = load(name)
        assert moves_of(machine).states == {state.name for state in machine.states}
