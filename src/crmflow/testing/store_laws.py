"""The suite's laws: a store answers like the simple model, whatever is done to it."""

from __future__ import annotations

from typing import TypedDict

import attrs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crmflow.core.claim import Claim
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.commit import Commit, singly
from crmflow.storage.port import Store
from crmflow.storage.query import Find
from crmflow.storage.rows import Checkpoint, DueRow, MessageRow, MessageStatus, TaskRow, TimerRow
from crmflow.testing.store_model import StoreModel
from crmflow.testing.store_rows import commit_to, message, new_tenant

MACHINES = ("deal", "lead", "合同")
NAMES = ("call", "remind")
STATES = ("open", "won")
ROLES = ("legal", "sales")
CLAIMS = (Claim("email", "a"), Claim("email", "b"))
TERMS = (Term("name", "a"), Term("name", "b"), Term("mobile", "a"))
LATER = st.integers(0, 9)
TENANTS = st.integers(0, 1)
PICKS = st.integers(0, 99)
LATE = st.sampled_from((0, 0, 0, 1))
AFTER = st.integers(0, 3)
SOME_MACHINES = st.sampled_from((MACHINES, MACHINES[:1], MACHINES[1:]))
SOME_TARGETS = st.sampled_from((("deal", "contract"), ("contract",), ("deal",)))
SOME_NAMES = st.sets(st.sampled_from(NAMES)).map(sorted).map(tuple)
SOME_CLAIMS = st.sets(st.sampled_from(CLAIMS)).map(sorted).map(tuple)

SEARCHES = ((TERMS[:1], None, None), (TERMS[1:], "won", None), (TERMS[::2], None, ("deal", "1")))
WANTED = ((None, None, ()), (None, "won", ()), ("deal", "open", TERMS[:1]))
SOME_TERMS = st.sets(st.sampled_from(TERMS)).map(sorted).map(tuple)


class Leasing(TypedDict):
    """Who leases, when and how much."""

    now: int
    lease: int
    limit: int


LEASINGS = st.fixed_dictionaries(
    {"now": LATER, "lease": st.integers(1, 4), "limit": st.integers(1, 3)}
)


@attrs.frozen
class Draft:
    """A commit before it is known which tenant and version it is for."""

    machine: str
    id: str
    drift: int
    state: str
    key: str | None
    timers: tuple[tuple[str, int], ...]
    timers_gone: tuple[str, ...]
    tasks: tuple[tuple[str, str, int | None], ...]
    tasks_gone: tuple[str, ...]
    claims: tuple[Claim, ...]
    claims_gone: tuple[Claim, ...]
    terms: tuple[Term, ...]
    terms_gone: tuple[Term, ...]
    messages: tuple[int, ...]
    kept: bool

    def commit(self, tenant: str, version: int) -> Commit:
        """Return it as the commit that follows a version, or misses it by its drift."""
        ref = EntityRef(tenant, self.machine, self.id)
        after = max(1, version + 1 + self.drift)
        return commit_to(
            ref,
            after,
            state=self.state,
            key=self.key,
            timers=tuple(TimerRow(ref, name, due_at, after) for name, due_at in self.timers),
            timers_gone=self.timers_gone,
            tasks=tuple(
                TaskRow(ref, f"{after}", name, role, after, due_at)
                for name, role, due_at in self.tasks
            ),
            tasks_gone=self.tasks_gone,
            claims=self.claims,
            claims_gone=self.claims_gone,
            terms=self.terms,
            terms_gone=self.terms_gone,
            messages=tuple(
                message(ref, after, ordinal, sent_at)
                for ordinal, sent_at in enumerate(self.messages)
            ),
            checkpoints=(Checkpoint(after, after, b"kept"),) if self.kept else (),
        )


def _items(timers: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(timers.items())


DRAFTS = st.builds(
    Draft,
    machine=st.sampled_from(MACHINES),
    id=st.sampled_from(("1", "2")),
    drift=st.sampled_from((0, 0, 0, 0, -1, 1)),
    state=st.sampled_from(STATES),
    key=st.none() | st.sampled_from(("k1", "k2")),
    timers=st.dictionaries(st.sampled_from(NAMES), LATER).map(_items),
    timers_gone=SOME_NAMES,
    tasks=st.dictionaries(
        st.sampled_from(NAMES), st.tuples(st.sampled_from(ROLES), st.none() | LATER)
    ).map(lambda tasks: tuple((name, *rest) for name, rest in tasks.items())),
    tasks_gone=SOME_NAMES,
    claims=SOME_CLAIMS,
    claims_gone=SOME_CLAIMS,
    terms=SOME_TERMS,
    terms_gone=SOME_TERMS,
    messages=st.lists(LATER, max_size=2).map(tuple),
    kept=st.booleans(),
)


class StoreMachine(RuleBasedStateMachine):
    """
    Does the same to a store and to models of two tenants, and compares all they answer.

    Args:
        store: The store; the tenants are new.
    """

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.models = {new_tenant(): StoreModel() for _ in range(2)}
        self.tenants = tuple(self.models)

    @rule(drafts=st.lists(DRAFTS, min_size=1, max_size=4), of=TENANTS)
    def commit(self, drafts: list[Draft], of: int) -> None:
        """Commit a batch whose members follow what the batch did before, or miss it."""
        tenant = self.tenants[of]
        model = self.models[tenant]
        batch: list[Commit] = []
        for draft in drafts:
            ref = EntityRef(tenant, draft.machine, draft.id)
            before = sum(one.row.ref == ref for one in batch)
            batch.append(draft.commit(tenant, model.version(ref) + before))
        assert list(self.store.commit(batch)) == singly(batch, model.commit)

    def sent(self) -> list[tuple[StoreModel, MessageRow]]:
        """Return the messages of both tenants, each with the model it is in."""
        return [(model, one) for model in self.models.values() for one in model.outbox()]

    @precondition(lambda self: bool(self.sent()))
    @rule(pick=PICKS, status=st.sampled_from(MessageStatus), later=LATER, late=LATE)
    def mark(self, pick: int, status: MessageStatus, later: int, late: int) -> None:
        """Park, unpark or postpone a message, too late or in time."""
        sent = self.sent()
        model, old = sent[pick % len(sent)]
        new = attrs.evolve(old, status=status, detail=f"{pick}", attempts=pick, not_before=later)
        held = old.not_before + late
        assert self.store.mark(new, held=held) is model.mark(new, held)

    @precondition(lambda self: bool(self.sent()))
    @rule(pick=PICKS, late=LATE)
    def settle(self, pick: int, late: int) -> None:
        """Settle a message, too late or in time."""
        sent = self.sent()
        model, old = sent[pick % len(sent)]
        held = attrs.evolve(old, not_before=old.not_before + late)
        model.settle(held)
        self.store.settle(held)

    @rule(of=TENANTS, until=LATER, leasing=LEASINGS, machines=SOME_MACHINES, after=AFTER)
    def claim_due(
        self, of: int, until: int, leasing: Leasing, machines: tuple[str, ...], after: int
    ) -> None:
        """Lease timers."""
        tenant = self.tenants[of]
        found = self.store.claim_due(tenant, until, machines=machines, after=after, **leasing)
        model = self.models[tenant]
        assert found == model.claim_due(until, machines=machines, after=after, **leasing)

    @rule(of=TENANTS, leasing=LEASINGS, to=SOME_TARGETS)
    def claim_messages(self, of: int, leasing: Leasing, to: tuple[str, ...]) -> None:
        """Lease messages."""
        tenant = self.tenants[of]
        found = self.store.claim_messages(tenant, targets=to, **leasing)
        assert found == self.models[tenant].claim_messages(targets=to, **leasing)

    @invariant()
    def same_entities(self) -> None:
        """Entities, journals, checkpoints and counts are the model's."""
        for tenant, model in self.models.items():
            for ref, row in model.rows.items():
                assert self.store.load([ref, ref]) == [row, row]
                assert self.store.journal(ref) == model.records[ref]
                until = row.version - 1
                kept = [one for one in model.kept[ref] if one.at <= until]
                assert self.store.checkpoint(ref, until=until) == (kept[-1] if kept else None)
            assert self.store.counts(tenant) == model.counts()

    @invariant()
    def same_pages(self) -> None:
        """Every query for entities, in pages of two, is answered as by the model."""
        for tenant, model in self.models.items():
            for machine in (None, *MACHINES):
                for state in (None, *STATES):
                    for after in (None, ("deal", "2")):
                        query = Find(tenant, machine, state, after, 2)
                        assert self.store.find(query) == model.find(query)

    @invariant()
    def same_findings(self) -> None:
        """What is found by terms, exactly or by likeness, is what the model finds."""
        for tenant, model in self.models.items():
            for machine in MACHINES:
                for terms, state, after in SEARCHES:
                    query = Find(tenant, machine, state, after, 2, terms)
                    assert self.store.find(query) == model.find(query)
                for field in sorted({one.field for one in TERMS}):
                    last = (TERMS[0].term, "1")
                    listed = self.store.terms(tenant, machine, field, until="~", after=last)
                    assert listed == model.listed(machine, field, "~", last)
                found = self.store.alike(tenant, machine, TERMS, limit=2)
                assert found == model.alike(machine, TERMS, 2)

    @invariant()
    def same_order_of_what_is_due(self) -> None:
        """Page after page, entities and tasks come by what is due as the model has them."""
        for tenant, model in self.models.items():
            for machine, state, terms in WANTED:
                query = Find(tenant, machine, state, limit=2, terms=terms)
                place, found = None, list[DueRow]()
                while page := self.store.find_due(query, 5, after=place):
                    place = page[-1].place
                    found += page
                assert found == model.find_due(attrs.evolve(query, limit=99), 5)
            for roles in ((), ("sales",), ROLES):
                task, tasks = None, list[TaskRow]()
                while some := self.store.tasks(tenant, roles=roles, after=task, limit=2):
                    task = some[-1].place
                    tasks += some
                assert tasks == model.tasks(roles)

    @invariant()
    def same_indexes(self) -> None:
        """Timers, tasks and messages are the model's."""
        for tenant, model in self.models.items():
            assert self.store.due(tenant, 5, limit=99) == model.due(5)
            assert self.store.backlog(tenant, 5) == model.backlog(5)
            sent = model.outbox()
            assert self.store.outbox(tenant) == sent
            for status in MessageStatus:
                marked = [one for one in sent if one.status is status]
                assert self.store.outbox(tenant, status=status) == marked


class Laws:
    """What a store promises whatever is done to it."""

    def test_a_store_answers_like_the_model(self, store: Store) -> None:
        """Any sequence of batches, marks and settlements in two tenants agrees with the model."""

        class Bound(StoreMachine):
            def __init__(self) -> None:
                super().__init__(store)

        examples = max(8, settings().max_examples // 12)
        # A batch has many parts: drawing some is slow on a busy machine, and no fault of a store.
        slow = (*settings().suppress_health_check, HealthCheck.too_slow)
        run_state_machine_as_test(
            Bound,
            settings=settings(
                max_examples=examples, stateful_step_count=12, suppress_health_check=slow
            ),
        )
