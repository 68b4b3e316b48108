"""Assignment: who owns an entity, who takes over, and that no owner is ever lost."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.people import Absence, Person
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.policies import assignment
from crmflow.policies.assignment import Assignment, Ownership, Strategy, tables
from crmflow.policies.assignment.choice import chosen
from tests.policies.clients import (
    ALICE,
    CLIENT,
    OFFICE,
    Company,
    Handed,
    codes,
    local,
    row,
)

ANN = Person("ann", ("salesperson",), ("north",))
BEN = Person("ben", ("salesperson",), ("south",))
CAT = Person("cat", ("salesperson",), ("north",))
HEAD = Person("head", ("department_head",))
BOSS = Actor("head", {"department_head"})
EVERYBODY = (ANN, BEN, CAT, HEAD)
RULE = {
    "through": "hand_over",
    "role": "salesperson",
    "fallback": "department_head",
    "assigners": ["department_head"],
}


def company(*rows: Assignment, people: tuple[Person, ...] = EVERYBODY) -> Company:
    """Return a company with assignments."""
    return Company(assignment, {"assignments": rows}, people=people)


def owner(at: Company, client: EntityRef) -> str | None:
    """Return who owns a client."""
    found: str | None = at.get(client).facts.owner
    return found


def tasks(at: Company, client: EntityRef) -> dict[str, str]:
    """Return the role of each open task."""
    return {task.name: task.role for task in at.get(client).tasks}


def test_a_client_without_an_owner_gets_one_at_once() -> None:
    """Each client has a named contact from its beginning (DEV-017), and the journal says why."""
    at = company(row(Assignment, **RULE))
    client = at.client()
    assert owner(at, client) in {"ann", "ben", "cat"}
    handed = list(at.engine.journal(client))[-1]
    assert handed.event.name == "hand_over"
    assert handed.event.form == Handed(str(owner(at, client)), "first_owner")


def test_an_owner_who_is_named_is_kept() -> None:
    """Who was named stays the owner, whatever else is learnt."""
    at = company(row(Assignment, **RULE))
    client = at.client(owner="cat")
    at.fire(client, "learn", note="likes tea").require()
    assert owner(at, client) == "cat"


def test_the_same_entity_goes_to_the_same_person_again() -> None:
    """The choice depends on the entity and the people alone: it can be decided again."""
    first, then = (company(row(Assignment, **RULE)) for _ in range(2))
    ids = [f"C-{n}" for n in range(12)]
    owners = [owner(first, first.client(one)) for one in ids]
    assert owners == [owner(then, then.client(one)) for one in ids]
    assert set(owners) == {"ann", "ben", "cat"}


def test_who_is_away_gets_nothing_new_unless_all_are() -> None:
    """An absence keeps a person out of the choice while somebody else is there."""
    absence = Absence(local("2026-03-01 00:00"), local("2026-03-09 00:00"))
    away = [attrs.evolve(one, absences=(absence,)) for one in (ANN, BEN, CAT)]
    at = company(row(Assignment, **RULE), people=(away[0], away[1], CAT, HEAD))
    assert {owner(at, at.client(f"C-{n}")) for n in range(6)} == {"cat"}
    all_away = company(row(Assignment, **RULE), people=(*away, HEAD))
    assert {owner(all_away, all_away.client(f"C-{n}")) for n in range(12)} == {"ann", "ben", "cat"}


def test_a_department_and_a_role_are_both_needed() -> None:
    """Candidates are of the department, and where a role is named too, have it."""
    north = row(Assignment, **{**RULE, "department": "north"})
    at = company(north)
    assert {owner(at, at.client(f"C-{n}")) for n in range(12)} == {"ann", "cat"}
    only = {name: value for name, value in RULE.items() if name != "role"}
    at = company(row(Assignment, **only, department="south"))
    assert owner(at, at.client()) == "ben"


def test_the_first_row_that_applies_chooses() -> None:
    """Rows are asked in their order, by their expressions and days."""
    at = company(
        row(Assignment, name="a", until_on="2026-03-01", **{**RULE, "department": "north"}),
        row(Assignment, name="b", when='tier == "core"', **{**RULE, "department": "south"}),
        row(Assignment, name="c", when='tier == "never"', **RULE),
    )
    assert owner(at, at.client(tier="core")) == "ben"
    assert owner(at, at.client("C-2", tier="ordinary")) is None


def test_a_salesperson_who_leaves_hands_over_everything() -> None:
    """A client whose owner is no longer known passes to another at its next event (DEV-011)."""
    at = company(row(Assignment, **RULE))
    client = at.client(owner="dan")
    # Opened by alice for dan, of whom the directory knows nothing.
    assert owner(at, client) in {"ann", "ben", "cat"}
    assert list(at.engine.journal(client))[-1].event.form.reason == "owner_left"


def test_who_acts_is_there() -> None:
    """An owner who acts is not looked up, and a person who is known has not left."""
    at = company(row(Assignment, **RULE))
    client = at.client(owner="alice")
    assert owner(at, client) == "alice"
    assert at.get(at.client("C-2", owner="ann")).facts.owner == "ann"


def test_without_candidates_a_person_is_asked_once() -> None:
    """Nobody to choose from is never a silent pass; the task closes with an owner."""
    at = company(row(Assignment, **RULE), people=(HEAD, Person("ann")))
    client = at.client()
    assert tasks(at, client) == {"assign_owner": "department_head"}
    at.fire(client, "learn", note="waiting").require()
    assert [task.id for task in at.get(client).tasks] == ["assign_owner.1"]
    at.fire(client, "$assign", BOSS, owner="ann", reason="knows them").require()
    assert (owner(at, client), tasks(at, client)) == ("ann", {})
    # Once more where it passes to somebody who is not known.
    at.fire(client, "hand_over", BOSS, owner="zoe", reason="her district").require()
    assert tasks(at, client) == {"assign_owner": "department_head"}
    assert tasks(at, at.client("C-2", owner="dan")) == {"assign_owner": "department_head"}


def test_a_directory_that_knows_nobody_moves_nobody() -> None:
    """Without people an owner is not taken for gone, and nobody could be asked for one."""
    at = company(row(Assignment, **RULE), people=())
    client = at.client(owner="dan")
    assert (owner(at, client), tasks(at, client)) == ("dan", {})
    assert tasks(at, at.client("C-2")) == {}


def test_an_owner_who_cannot_be_changed_is_told_to_a_person() -> None:
    """Where the machine refuses the hand-over, a task says so, once."""
    at = company(row(Assignment, **RULE))
    client = at.client(owner="ann")
    at.fire(client, "win").require()
    at.fire(client, "$assign", BOSS, owner="ben", reason="new district").require()
    assert owner(at, client) == "ann"
    assert tasks(at, client) == {"owner_unchanged": "department_head"}
    at.fire(client, "look").require()
    assert len(at.get(client).tasks) == 1


@pytest.mark.parametrize(
    ("strategy", "brought", "who"),
    [
        ("round_robin", {"turn": 4}, "ben"),
        ("least_loaded", {"loads": {"ann": 3, "ben": 2, "cat": 1}}, "cat"),
        ("least_loaded", {"loads": {"ann": 3, "cat": 1}}, "ben"),
        ("least_loaded", {"loads": {"ben": 5, "cat": 7}, "candidates": ["ben", "cat"]}, "ben"),
        ("spread", {"candidates": ["cat"]}, "cat"),
    ],
)
def test_turns_and_loads_are_brought_along(
    strategy: str, brought: Mapping[str, object], who: str
) -> None:
    """What is counted over many clients comes with the event, where it is journaled."""
    at = company(row(Assignment, **{**RULE, "strategy": strategy}))
    client = at.client(owner="alice")
    at.engine.fire(client, "$assign", {"reason": "new", **brought}, actor=BOSS).require()
    assert owner(at, client) == who


def test_a_strategy_without_its_counts_spreads() -> None:
    """Without turns or loads the digest of the entity chooses, whatever the row says."""
    client = EntityRef("main", "client", "C-1")
    people = ["cat", "ann", "ben"]
    chosen_by = {chosen(strategy, people, client) for strategy in Strategy}
    assert len(chosen_by) == 1
    assert chosen(Strategy.LEAST_LOADED, people, client, loads={}) in chosen_by


def test_assigning_is_denied_with_its_reason() -> None:
    """Another role, the same owner, nobody to choose from."""
    at = company(row(Assignment, **RULE), people=(HEAD,))
    client = at.client(owner="alice")
    assert at.denied(client, "$assign", ALICE, reason="x", owner="ann") == {"role"}
    assert at.denied(client, "$assign", BOSS, reason="x", owner="alice") == {"same_owner"}
    assert at.denied(client, "$assign", BOSS, reason="x") == {"no_candidate"}
    at.fire(client, "leave").require()
    assert at.denied(client, "$assign", BOSS, reason="x", owner="ann") == {"final"}


def test_where_no_row_applies_nothing_is_assigned() -> None:
    """Without a row in force there is neither an event nor a strategy."""
    at = company(row(Assignment, until_on="2026-03-01", **RULE))
    client = at.client()
    assert (owner(at, client), tasks(at, client)) == (None, {})
    assert at.denied(client, "$assign", SYSTEM, reason="x", owner="ann") == {"no_assignment"}
    for event, form in (("$put_back", {"reason": "x"}), ("$lock", {"reason": "x"})):
        assert at.denied(client, event, SYSTEM, **form) == {"no_pool"}
    assert at.denied(client, "$unlock", SYSTEM, reason="x") == {"not_locked"}
    assert at.denied(client, "$pick_up", SYSTEM) == {"not_in_pool"}


def test_a_policy_without_a_pool_explains_nothing() -> None:
    """Assignments alone have no limits to tell of."""
    at = company(row(Assignment, **RULE))
    client = at.client()
    (policy,) = at.engine.registry.policies["client"]
    snapshot = at.get(client)
    assert isinstance(snapshot.policy("assignment"), Ownership)
    assert list(policy.explain(snapshot.policy("assignment"), snapshot)) == []
    assert policy.upgraded(1, {"owner": "ann"}) == {"owner": "ann"}
    assert policy.evolve_for("$vote") is None


GOOD = {"through": "hand_over", "role": "salesperson", "fallback": "department_head"}


@pytest.mark.parametrize(
    ("columns", "path", "told"),
    [
        ({"through": "hand_ovr"}, "through", "unknown. Did you mean 'hand_over'?"),
        (
            {"through": "leave"},
            "through",
            "form, expected an event whose form is an owner and a reason",
        ),
        (
            {"through": "learn"},
            "through",
            "form, expected an event whose form is an owner and a reason",
        ),
        (
            {"through": "look"},
            "through",
            "form, expected an event whose form is an owner and a reason",
        ),
        ({"when": "teir == 1"}, "when", "unknown. Did you mean 'tier'? (at character 1)"),
        ({"role": None}, "role", "missing, expected a role or a department to choose from"),
    ],
)
def test_a_fault_of_an_assignment_is_found(
    columns: Mapping[str, object], path: str, told: str
) -> None:
    """Owners change by an event that brings an owner and a reason and moves nothing else."""
    given = {name: value for name, value in {**GOOD, **columns}.items() if value is not None}
    checks = {table.name: table.check for table in tables()}
    used = Tables({}, {"office": OFFICE})
    faults = checks["assignments"]([row(Assignment, **given)], used, {"client": CLIENT})
    assert (f"$.assignments[0].{path}", told) in [(one.path, one.told) for one in faults]


def test_a_machine_without_an_owner_has_no_assignments() -> None:
    """A row is about machines that know an owner; one that is off is not looked at."""
    checks = {table.name: table.check for table in tables()}
    used = Tables({}, {"office": OFFICE})
    rows = [row(Assignment, **GOOD)]
    bare = attrs.evolve(CLIENT, facts=Handed)
    assert codes(checks["assignments"](rows, used, {"client": bare})) == set()
    none = attrs.make_class("None_", ["x"])
    faults = codes(checks["assignments"](rows, used, {"client": attrs.evolve(CLIENT, facts=none)}))
    assert faults == {("$.assignments[0].machine", "choice")}
    assert codes(checks["assignments"](rows, used, {})) == set()
