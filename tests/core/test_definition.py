"""Tables that contradict themselves are refused, every fault named."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from crmflow.core.compiled import compile_machine
from crmflow.core.definition import check, sources
from crmflow.core.errors import MachineDefinitionError
from crmflow.core.machine import ANY, KEEP, Guard, Kind, Machine, Open, Row, Start, State
from crmflow.core.migration import Migration
from crmflow.core.ref import UNBORN
from crmflow.core.timer import Elapsed
from tests.core.samples import HOUR, TICKET, URGENT, Note, Opening, Ticket


def state(name: str, kind: Kind = Kind.OPEN, requires: tuple[str, ...] = ()) -> State:
    """Return a state without labels of its own."""
    return State(name, name, name, kind, requires=requires)


GOOD = Machine(
    "lead",
    Ticket,
    (state("new", Kind.INITIAL), state("asked"), state("done", Kind.FINAL)),
    (
        Row(UNBORN, "open", "new"),
        Row("new", "ask", "asked"),
        Row(ANY, "note", KEEP, form=Note),
        Row("asked", "finish", "done"),
    ),
    zh="线索",
    en="lead",
)


def faults_of(machine: Machine) -> tuple[str, ...]:
    """Return what the check says."""
    with pytest.raises(MachineDefinitionError) as caught:
        check(machine)
    assert caught.value.machine == machine.name
    return caught.value.faults


def plus(*rows: Row) -> Machine:
    """Return the good machine with more rows."""
    return attrs.evolve(GOOD, rows=GOOD.rows + rows)


LEADS = (
    "the migration from version 1 leads from state {!r} to unknown 'seen'. "
    "Known: 'asked', 'done', 'new'."
)


@pytest.mark.parametrize(
    ("version", "migrations", "faults"),
    [
        (3, {}, ()),
        (3, {2: {}}, ()),
        (3, {1: {"old": "seen"}, 2: {"seen": "asked"}}, ()),
        (0, {}, ("a definition's version is 1 or later, not 0",)),
        (
            2, {1: {}, 2: {}},
            ("a migration leads away from version 2, which is today's or no earlier",),
        ),
        (
            1, {0: {}},
            ("a migration leads away from version 0, which is today's or no earlier",),
        ),
        (
            4, {1: {}, 3: {}},
            ("migrations lead away from version 1 but from 2 none does",),
        ),
        (
            3, {1: {}},
            ("migrations lead away from version 1 but from 2 none does",),
        ),
        (
            3, {1: {"old": "seen"}, 2: {}},
            (LEADS.format("old"),),
        ),
        (
            2, {1: {"asked": "seen", "seen": "asked"}},
            (LEADS.format("asked"),),
        ),
    ],
)  # fmt: skip
def test_migrations_lead_to_today(
    version: int, migrations: dict[int, dict[str, str]], faults: tuple[str, ...]
) -> None:
    """From every version since the first they know, each state to one that there is."""
    steps = {number: Migration(states=states) for number, states in migrations.items()}
    machine = attrs.evolve(GOOD, version=version, migrations=steps)
    if faults:
        assert faults_of(machine) == faults
    else:
        check(machine)


def with_state(*states: State) -> Machine:
    """Return the good machine with more states."""
    return attrs.evolve(GOOD, states=GOOD.states + states)


def test_good_tables_pass() -> None:
    """The samples have no fault; a table without a final state may go round."""
    check(GOOD)
    check(TICKET)
    check(attrs.evolve(GOOD, states=GOOD.states[:2], rows=GOOD.rows[:3]))


FAULTS: list[tuple[Callable[[], Machine], str]] = [
    (
        lambda: attrs.evolve(GOOD, name="Lead"),
        ("'Lead' is no name: lower-case letters, digits and underscores"),
    ),
    (
        lambda: plus(Row("new", "go now", KEEP)),
        ("'go now' is no name: lower-case letters, digits and underscores"),
    ),
    (
        lambda: plus(Row("new", "state", KEEP)),
        ("event 'state' has a name that transitions keeps for itself: choose another"),
    ),
    (lambda: with_state(state("asked")), "state 'asked' is declared twice"),
    (
        lambda: with_state(state("newer", Kind.INITIAL)),
        "one state is initial, not 2: ['new', 'newer']",
    ),
    (
        lambda: plus(Row(UNBORN, "open", "asked")),
        ("the creating rows (from '-') must enter ['new'], not ['asked', 'new']"),
    ),
    (
        lambda: plus(Row(UNBORN, "found", "new")),
        "one event creates an entity, not ['found', 'open']",
    ),
    (
        lambda: plus(Row("neww", "go", KEEP)),
        ("row 'neww --go-> =': unknown state 'neww'. Did you mean 'new'?"),
    ),
    (
        lambda: plus(Row("new", "go", "zzz")),
        ("row 'new --go-> zzz': unknown state 'zzz'. Known: 'asked', 'done', 'new'."),
    ),
    (
        lambda: plus(Row("new", "go", ANY)),
        "row 'new --go-> *': '*' and '-' are sources, '=' is a target",
    ),
    (
        lambda: plus(Row(KEEP, "go", "new")),
        "row '= --go-> new': '*' and '-' are sources, '=' is a target",
    ),
    (
        lambda: plus(Row((), "go", "new")),
        "row ' --go-> new': '*' and '-' are sources, '=' is a target",
    ),
    (lambda: plus(Row(("new", ANY), "go", KEEP)), "row 'new, * --go-> =': '*' and '-' stand alone"),
    (lambda: plus(Row("done", "go", KEEP)), "row 'done --go-> =': leaves the final state 'done'"),
    (
        lambda: plus(Row("new", "go", KEEP, guards=(Guard(lambda _: True, "No cause"),))),
        "row 'new --go-> =': a guard has no reason code ('No cause')",
    ),
    (
        lambda: plus(Row("new", "go", guards=(Guard(lambda _: True, "why", needs="form"),))),
        ("row 'new --go-> =': guard 'why' needs a form and the row has none"),
    ),
    (
        lambda: plus(Row("new", "go", start=(Start("t", "asks", Elapsed(HOUR)),))),
        ("row 'new --go-> =': timer 't' fires unknown 'asks'. Did you mean 'ask'?"),
    ),
    (
        lambda: plus(Row("new", "go", start=(Start("t", "note", Elapsed(HOUR)),))),
        ("row 'new --go-> =': timer 't' fires 'note', which needs a form"),
    ),
    (
        lambda: plus(Row("new", "go", stop="late")),
        ("row 'new --go-> =': stops unknown timer 'late'. None is known."),
    ),
    (
        lambda: plus(Row("new", "go", done="call")),
        ("row 'new --go-> =': closes unknown task 'call'. None is known."),
    ),
    (
        lambda: plus(Row("new", "go", tasks=(Open("call", "clerk", timer="late"),))),
        ("row 'new --go-> =': task 'call' is due with unknown 'late'. None is known."),
    ),
    (
        lambda: plus(Row("new", "note", KEEP, form=Opening), Row("asked", "note", KEEP)),
        "event 'note' has several forms: Note, Opening, none",
    ),
    (lambda: attrs.evolve(GOOD, facts=dict), "facts <class 'dict'> are no attrs class"),
    (
        lambda: attrs.evolve(GOOD, shares="note"),
        "unknown fact 'note'. Did you mean 'notes'?",
    ),
    (
        lambda: attrs.evolve(GOOD, searchable="note:text"),
        "unknown fact 'note'. Did you mean 'notes'?",
    ),
    (
        lambda: attrs.evolve(GOOD, searchable="problem:txt"),
        ("'problem' is searched as 'txt': write 'problem' or 'problem:text'"),
    ),
    (
        lambda: attrs.evolve(GOOD, searchable="problem customer problem:text"),
        "fact 'problem' is searched twice",
    ),
    (
        lambda: with_state(state("odd", requires=("zzz",))),
        ("unknown fact 'zzz'. Known: 'customer', 'notes', 'problem', 'urgent'."),
    ),
    (lambda: with_state(state("lost")), "state 'lost' is never reached"),
    (
        lambda: attrs.evolve(
            with_state(state("stuck")), rows=(*GOOD.rows, Row("new", "drop", "stuck"))
        ),
        ("state 'stuck' is a trap: no final state can be reached from it"),
    ),
    (
        lambda: plus(Row("new", "ask", KEEP)),
        ("row 'new --ask-> =' is never tried from 'new': 'new --ask-> asked' always passes"),
    ),
    (
        lambda: attrs.evolve(
            with_state(state("idle", Kind.WAITING)),
            rows=(
                *GOOD.rows,
                Row("new", "rest", "idle"),
                Row("idle", "wake", "done", who="system"),
            ),
        ),
        "waiting state 'idle' has neither timer nor outside event",
    ),
]


@pytest.mark.parametrize(("spoilt", "text"), FAULTS, ids=[text for _, text in FAULTS])
def test_each_fault_once(spoilt: Callable[[], Machine], text: str) -> None:
    """One mistake is one fault, and it says what would be right."""
    assert faults_of(spoilt()) == (text,)


def test_all_faults_at_once() -> None:
    """Mistakes of several kinds are told together."""
    spoilt = attrs.evolve(plus(Row("neww", "Go", KEEP)), name="X", shares="zzz")
    assert len(faults_of(spoilt)) == 4


def test_a_guarded_row_lets_later_ones_be_tried() -> None:
    """Only a row that always passes shadows another."""
    guarded = Row("new", "ask", "asked", guards=(URGENT,))
    check(attrs.evolve(GOOD, rows=(GOOD.rows[0], guarded, *GOOD.rows[1:])))


def test_a_timer_may_end_a_waiting_state() -> None:
    """An event of the system is enough where a timer fires it."""
    rows = (
        *GOOD.rows,
        Row("new", "rest", "idle", start=(Start("nap", "wake", Elapsed(HOUR)),)),
        Row("idle", "wake", "done", who="system"),
    )
    check(attrs.evolve(with_state(state("idle", Kind.WAITING)), rows=rows))


def test_any_means_every_state_that_is_not_final() -> None:
    """The wildcard is written out in the machine's order, states added later included."""
    row = Row(ANY, "note", KEEP)
    assert sources(GOOD, row) == ("new", "asked")
    assert sources(with_state(state("later")), row) == ("new", "asked", "later")


def test_a_faulty_machine_is_not_compiled() -> None:
    """What is refused when declared never runs."""
    with pytest.raises(MachineDefinitionError, match="machine 'Lead' cannot be used:\n  - 'Lead'"):
        compile_machine(attrs.evolve(GOOD, name="Lead"))
