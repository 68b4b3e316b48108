"""The suite's tests of reading: order, pages and what replaces what."""

from __future__ import annotations

import attrs

from crmflow.core.ref import EntityRef
from crmflow.storage.port import Store
from crmflow.storage.rows import Checkpoint, MessageStatus, TaskRow, TimerRow
from crmflow.testing.store_rows import commit_to, message

DEALS = ("deal",)
CONTRACTS = ("contract",)


class Reads:
    """What a store promises of its queries."""

    def test_timers_come_earliest_first(self, store: Store, ref: EntityRef) -> None:
        """Timers are due in order of instant, machine, id and name, no later ones, capped."""
        other = EntityRef(ref.tenant, "deal", "D-0")
        timers = [TimerRow(ref, "b", 5, 1), TimerRow(ref, "a", 5, 1), TimerRow(ref, "c", 9, 1)]
        first = TimerRow(other, "z", 5, 1)
        store.commit([commit_to(ref, timers=tuple(timers)), commit_to(other, timers=(first,))])
        due = store.due(ref.tenant, 8, limit=9)
        assert [(one.ref.id, one.name) for one in due] == [("D-0", "z"), ("D-1", "a"), ("D-1", "b")]
        assert store.due(ref.tenant, 8, limit=1) == [first]
        assert store.due(ref.tenant, 4, limit=9) == []

    def test_a_timer_replaces_one_of_its_name(self, store: Store, ref: EntityRef) -> None:
        """A timer set again moves; of removal and setting in one commit, setting holds."""
        store.commit([commit_to(ref, timers=(TimerRow(ref, "remind", 5, 1),))])
        moved = TimerRow(ref, "remind", 7, 2)
        store.commit([commit_to(ref, 2, timers=(moved,), timers_gone=("remind", "unknown"))])
        assert store.due(ref.tenant, 9, limit=9) == [moved]
        store.commit([commit_to(ref, 3, timers_gone=("remind",))])
        assert store.due(ref.tenant, 9, limit=9) == []

    def test_tasks_come_due_first(self, store: Store, ref: EntityRef) -> None:
        """Tasks come by deadline, those without one last, of the roles asked for."""
        late = TaskRow(ref, "1", "late", "sales", 1, None)
        soon = TaskRow(ref, "2", "soon", "legal", 1, 20)
        first = TaskRow(ref, "3", "first", "sales", 1, 10)
        store.commit([commit_to(ref, tasks=(late, soon, first))])
        assert store.tasks(ref.tenant) == [first, soon, late]
        assert store.tasks(ref.tenant, limit=1) == [first]
        assert store.tasks(ref.tenant, roles=["sales", "sales"]) == [first, late]
        assert store.tasks(ref.tenant, roles=["legal", "sales"], limit=2) == [first, soon]
        assert store.tasks(ref.tenant, roles=["nobody"]) == []

    def test_tasks_are_read_in_pages(self, store: Store, ref: EntityRef) -> None:
        """A page goes on after the last seen, whatever was put in front of it meanwhile."""
        names = ("a", "b", "c", "d")
        due = {"a": 1, "b": 1, "c": None, "d": None}
        tasks = [TaskRow(ref, name, name, "sales", 1, due[name]) for name in names]
        store.commit([commit_to(ref, tasks=tuple(tasks))])
        page = store.tasks(ref.tenant, limit=1)
        store.commit([commit_to(ref, 2, tasks=(TaskRow(ref, "0", "0", "sales", 1, 0),))])
        for one in tasks[1:]:
            page = store.tasks(ref.tenant, roles=["sales", "legal"], after=page[-1].place, limit=1)
            assert page == [one]
        assert store.tasks(ref.tenant, after=page[-1].place) == []

    def test_a_task_replaces_one_of_its_name(self, store: Store, ref: EntityRef) -> None:
        """A task set again is the only one of its name, in its new role only."""
        store.commit([commit_to(ref, tasks=(TaskRow(ref, "1", "call", "sales", 1, 10),))])
        again = TaskRow(ref, "2", "call", "legal", 2, 10)
        store.commit([commit_to(ref, 2, tasks=(again,), tasks_gone=("call",))])
        assert store.tasks(ref.tenant) == [again]
        assert store.tasks(ref.tenant, roles=["sales"]) == []
        store.commit([commit_to(ref, 3, tasks_gone=("call", "unknown"))])
        assert store.tasks(ref.tenant) == []

    def test_the_outbox_is_read_in_pages(self, store: Store, ref: EntityRef) -> None:
        """Messages come by source, version and ordinal; a page goes on after the last seen."""
        other = EntityRef(ref.tenant, "account", "Z-9")
        first, second = message(ref), message(ref, 1, 1)
        third, front = message(ref, 2), message(other)
        store.commit(
            [commit_to(ref, messages=(second, first)), commit_to(ref, 2, messages=(third,))]
        )
        store.commit([commit_to(other, messages=(front,))])
        assert store.outbox(ref.tenant) == [front, first, second, third]
        page = store.outbox(ref.tenant, limit=2)
        assert page == [front, first]
        assert store.outbox(ref.tenant, after=page[-1].spot) == [second, third]
        assert store.outbox(ref.tenant, source=ref, after=first.spot) == [second, third]
        assert store.outbox(ref.tenant, source=ref, after=front.spot, limit=1) == [first]
        assert store.outbox(ref.tenant, source=other, after=first.spot) == []

    def test_a_message_is_parked_and_settled(self, store: Store, ref: EntityRef) -> None:
        """Marking keeps a message with its reason, settling removes it; twice is no error."""
        sent = message(ref)
        store.commit([commit_to(ref, messages=(sent,))])
        parked = attrs.evolve(sent, status=MessageStatus.PARKED, detail="refused")
        assert store.mark(parked)
        assert store.outbox(ref.tenant, status=MessageStatus.WAITING) == []
        assert store.outbox(ref.tenant, status=MessageStatus.PARKED, source=ref) == [parked]
        for _ in range(2):
            store.settle(parked)
            assert store.outbox(ref.tenant) == []
        assert not store.mark(parked)
        assert store.outbox(ref.tenant) == []

    def test_a_timer_is_leased_once(self, store: Store, ref: EntityRef) -> None:
        """What is due is given once, earliest first, and again when the lease is over."""
        timers = tuple(TimerRow(ref, name, due_at, 1) for name, due_at in (("b", 6), ("a", 5)))
        store.commit([commit_to(ref, timers=(*timers, TimerRow(ref, "c", 9, 1)))])
        second, first = timers
        assert store.claim_due(ref.tenant, 8, machines=DEALS, now=10, lease=5, limit=1) == [first]
        assert store.claim_due(ref.tenant, 8, machines=DEALS, now=10, lease=5, limit=9) == [second]
        assert store.claim_due(ref.tenant, 8, machines=DEALS, now=14, lease=5, limit=9) == []
        others = ("lead", "deals", "eal")
        assert store.claim_due(ref.tenant, 8, machines=others, now=15, lease=5, limit=9) == []
        assert store.due(ref.tenant, 8, limit=9) == [first, second]
        assert store.claim_due(
            ref.tenant, 8, machines=DEALS, now=15, lease=5, limit=9, after=6
        ) == [second]
        store.commit([commit_to(ref, 2, timers=(second,), timers_gone=("a",))])
        assert store.claim_due(ref.tenant, 8, machines=DEALS, now=16, lease=5, limit=9) == [second]

    def test_the_first_message_of_a_pair_is_leased(self, store: Store, ref: EntityRef) -> None:
        """What waits, is leased or parked before another of its pair keeps that one back."""
        other = EntityRef(ref.tenant, "deal", "D-2")
        first, second, beside = message(ref), message(ref, 1, 1), message(other)
        store.commit([commit_to(ref, messages=(first, second)), commit_to(other)])
        store.commit([commit_to(other, 2, messages=(beside,))])
        leased = [attrs.evolve(one, not_before=6) for one in (first, beside)]
        assert store.claim_messages(ref.tenant, targets=("deal",), now=1, lease=5, limit=9) == []
        assert (
            store.claim_messages(ref.tenant, targets=CONTRACTS, now=1, lease=5, limit=1)
            == leased[:1]
        )
        assert (
            store.claim_messages(ref.tenant, targets=CONTRACTS, now=1, lease=5, limit=9)
            == leased[1:]
        )
        assert store.claim_messages(ref.tenant, targets=CONTRACTS, now=5, lease=5, limit=9) == []
        store.mark(attrs.evolve(leased[0], status=MessageStatus.PARKED))
        assert store.claim_messages(ref.tenant, targets=CONTRACTS, now=5, lease=5, limit=9) == []
        store.settle(leased[0])
        given = store.claim_messages(ref.tenant, targets=CONTRACTS, now=5, lease=5, limit=9)
        assert given == [attrs.evolve(second, not_before=10)]

    def test_who_has_waited_longest_is_leased_first(self, store: Store, ref: EntityRef) -> None:
        """Whatever its source is called, the order of a pair apart; else the outbox's order."""
        late, early = (EntityRef(ref.tenant, name, "1") for name in ("zone", "account"))
        sent = [message(late, sent_at=3), message(early, sent_at=4), message(ref, sent_at=4)]
        skewed = message(late, 1, 1, sent_at=1)
        store.commit([commit_to(late, messages=(skewed, sent[0]))])
        store.commit([commit_to(one.source, messages=(one,)) for one in sent[1:]])
        assert store.backlog(ref.tenant, 9).waiting_since == 1
        for one in sent:
            found = store.claim_messages(ref.tenant, targets=CONTRACTS, now=5, lease=5, limit=1)
            assert found == [attrs.evolve(one, not_before=10)]
        store.settle(attrs.evolve(sent[0], not_before=10))
        (last,) = store.claim_messages(ref.tenant, targets=CONTRACTS, now=5, lease=5, limit=9)
        assert last.place == skewed.place

    def test_what_comes_too_late_changes_nothing(self, store: Store, ref: EntityRef) -> None:
        """Whose lease ran out and went to another can neither settle nor mark the message."""
        store.commit([commit_to(ref, messages=(message(ref),))])
        (late,) = store.claim_messages(ref.tenant, targets=CONTRACTS, now=1, lease=5, limit=9)
        (own,) = store.claim_messages(ref.tenant, targets=CONTRACTS, now=6, lease=5, limit=9)
        store.settle(late)
        assert not store.mark(attrs.evolve(late, status=MessageStatus.PARKED, detail="late"))
        assert store.outbox(ref.tenant) == [own]
        failed = attrs.evolve(own, attempts=1, not_before=30)
        assert store.mark(failed, held=own.not_before)
        assert store.outbox(ref.tenant) == [failed]
        assert store.claim_messages(ref.tenant, targets=CONTRACTS, now=29, lease=5, limit=9) == []

    def test_the_journal_is_read_in_pages(self, store: Store, ref: EntityRef) -> None:
        """Records come by version, after one, until an instant, at most so many."""
        store.commit([commit_to(ref, version, at=version // 2) for version in range(1, 8)])
        versions = [row.version for row in store.journal(ref, limit=3)]
        assert versions == [1, 2, 3]
        assert [row.version for row in store.journal(ref, after=3, limit=3)] == [4, 5, 6]
        assert [row.version for row in store.journal(ref, after=1, until=2)] == [2, 3, 4, 5]
        assert store.journal(ref, after=7) == []

    def test_a_long_history_is_read_until_an_instant(self, store: Store, ref: EntityRef) -> None:
        """However long a history is before and behind an instant, it is read up to it."""
        store.commit([commit_to(ref, version, at=version) for version in range(1, 202)])
        found = [row.version for row in store.journal(ref, until=200)]
        assert found == list(range(1, 201))
        assert [row.version for row in store.journal(ref, until=200, limit=100)] == found[:100]
        assert store.journal(ref, until=200, after=200) == []

    def test_the_latest_checkpoint_by_an_instant(self, store: Store, ref: EntityRef) -> None:
        """Of checkpoints not later than the instant, the one of the highest version counts."""
        kept = [Checkpoint(version, version // 2, b"%d" % version) for version in (2, 4, 5)]
        store.commit(
            [
                commit_to(
                    ref, version, checkpoints=tuple(one for one in kept if one.version == version)
                )
                for version in range(1, 6)
            ]
        )
        assert store.checkpoint(ref, until=0) is None
        assert store.checkpoint(ref, until=1) == kept[0]
        assert store.checkpoint(ref, until=9) == kept[2]

    def test_a_secret_is_kept_until_it_is_replaced(self, store: Store, ref: EntityRef) -> None:
        """Per entity; a commit that says nothing of it leaves it, an empty one destroys it."""
        other = EntityRef("another", ref.machine, ref.id)
        store.commit([commit_to(ref, secret=b"wrapped"), commit_to(other), commit_to(ref, 2)])
        assert (store.secret(ref), store.secret(other)) == (b"wrapped", None)
        store.commit([commit_to(ref, 3, secret=b"")])
        assert store.secret(ref) == b""

    def test_policies_are_enrolled_once_and_dismissed(self, store: Store, ref: EntityRef) -> None:
        """Which policies may have state is known per tenant and machine."""
        store.enroll(ref.tenant, [("lead", "sla"), ("deal", "sla"), ("deal", "sla")])
        store.enroll(ref.tenant, [("deal", "a"), ("deal", "sla")])
        store.enroll("another", [("deal", "b")])
        assert list(store.enrolled(ref.tenant)) == [("deal", "a"), ("deal", "sla"), ("lead", "sla")]
        store.dismiss(ref.tenant, "deal", "sla")
        store.dismiss(ref.tenant, "deal", "unknown")
        assert list(store.enrolled(ref.tenant)) == [("deal", "a"), ("lead", "sla")]
        assert list(store.enrolled("another")) == [("deal", "b")]

    def test_policy_sets_are_kept_once(self, store: Store, ref: EntityRef) -> None:
        """The first body of a digest stays, per tenant."""
        assert store.policy_set(ref.tenant, "d1") is None
        store.keep_set(ref.tenant, "d1", b"{}")
        store.keep_set(ref.tenant, "d1", b"[]")
        assert store.policy_set(ref.tenant, "d1") == b"{}"
        assert store.policy_set("another", "d1") is None
