"""Events to the outside: with the decision, to whom it concerns, and parked where refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crmflow.core.actor import Actor
from crmflow.core.errors import DeliveryError, StoreError
from crmflow.core.event import Event
from crmflow.core.journal import Entry
from crmflow.core.message import Handler, Parcel
from crmflow.core.policy import Occurrence
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting
from crmflow.hookspecs import hookimpl
from crmflow.policies.outputs.payload import INTERNAL
from crmflow.storage.memory import MemoryStore
from crmflow.storage.opening import open_store
from crmflow.storage.rows import MessageStatus
from tests.delivery.receivers import Receiver, parcel, receiving
from tests.policies.letters import AT, CLERK, MATTER, TOLD, config, office


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a server that takes webhooks."""
    with receiving() as found:
        yield found


def hook(receiver: Receiver, **columns: object) -> Mapping[str, object]:
    """Return a row of a hook that a receiver listens at."""
    return {"name": "hook", "to": receiver.url, "allow_private": True, **columns}


def answered(engine: Engine) -> EntityRef:
    """Open a matter and answer it."""
    ref = engine.create("matter", {"customer": "C-1", "text": "why"}, actor=CLERK, id="M-1")
    engine.fire(("matter", "M-1"), "answer", {"words": "so"}, actor=CLERK).require()
    return ref.require().entity


def waiting(engine: Engine) -> int:
    """Return how many messages for the hook are in the outbox."""
    return sum(row.target.machine == "hook" for row in engine.outbox())


def told(receiver: Receiver) -> list[dict[str, Any]]:
    """Return the events that arrived."""
    return [json.loads(one.body) for one in receiver.received]


def test_every_accepted_decision_is_told_in_order(receiver: Receiver) -> None:
    """With the facts that the row names and no others; a refusal is nobody's business."""
    row = hook(receiver, machines=["matter"], facts=["customer", "count"])
    with office(config(deliveries=[row])) as engine:
        answered(engine)
        assert not engine.fire(("matter", "M-1"), "answer", {"words": "x"}, actor=CLERK).accepted
        engine.run_due()
        assert waiting(engine) == 0
    first, second = told(receiver)
    assert [first["type"], second["type"]] == ["crmflow.matter.open", "crmflow.matter.answer"]
    assert second["id"] == "main/matter/M-1/2/0"
    assert second["time"] == AT.isoformat()
    assert second["data"] == {
        "machine": "matter", "id": "M-1", "version": 2, "event": "answer", "before": "open",
        "state": "answered", "at": AT.isoformat(), "facts": {"customer": "C-1", "count": 0},
        "internal": False,
    }  # fmt: skip


def test_only_the_events_that_a_row_names(receiver: Receiver) -> None:
    """And only accepted ones of its machines."""
    rows = [
        hook(receiver, machines=["matter"], events=["answer"]),
        hook(receiver, name="other", machines=["deal"]),
    ]
    with office(config(deliveries=rows)) as engine:
        answered(engine)
        engine.run_due()
    assert [one["data"]["event"] for one in told(receiver)] == ["answer"]


def test_what_is_no_decision_is_not_told(receiver: Receiver) -> None:
    """An adoption places an entity; nothing happened to it here."""
    with office(config(deliveries=[hook(receiver, machines=["matter"])])) as engine:
        adopting = Adopting(("matter", "M-9"), "open", {}, reason="old system")
        engine.adopt(adopting, actor=Actor("root", {"administrator"})).require()
        engine.run_due()
    assert told(receiver) == []


def test_no_caller_waits_for_another_system(receiver: Receiver) -> None:
    """The message is in the outbox when the decision is; a run hands it over."""
    with office(config(deliveries=[hook(receiver, machines=["matter"])])) as engine:
        answered(engine)
        assert receiver.received == []
        assert waiting(engine) == 2
        engine.run_due()
        assert len(receiver.received) == 2


def test_an_output_may_name_a_delivery(receiver: Receiver) -> None:
    """What is told is the text that the journal keeps."""
    with office(config({**TOLD, "handler": "hook"}, deliveries=[hook(receiver)])) as engine:
        answered(engine)
        engine.run_due()
    (one,) = told(receiver)
    assert one["type"] == "crmflow.matter.told"
    assert (one["data"]["text"], one["data"]["to"]["id"]) == ("C-1 why\n", "C-1")


def test_what_is_refused_for_good_is_parked_and_its_sender_told(receiver: Receiver) -> None:
    """It blocks its pair alone, says why, and goes again once that is mended."""
    receiver.status = 404
    row = hook(receiver, machines=["matter"], events=["answer", "again"])
    with office(config(deliveries=[row])) as engine:
        ref = answered(engine)
        engine.fire(ref, "again", actor=CLERK).require()
        due = engine.run_due()
        assert [(one.status, one.detail) for one in due.parked] == [
            (MessageStatus.PARKED, "answered 404")
        ]
        assert due.errors == ()
        assert [one.event.name for one in engine.journal(ref)][-1] == "$message_refused"
        assert len(receiver.received) == 1
        receiver.status = 200
        engine.retry_outbox()
        assert waiting(engine) == 0
    assert [one["data"]["event"] for one in told(receiver)] == ["answer", "answer", "again"]


def test_what_is_not_taken_now_is_tried_again_with_the_same_bytes(receiver: Receiver) -> None:
    """Also by another process, after this one is gone."""
    store, said = MemoryStore(), config(deliveries=[hook(receiver, machines=["matter"])])
    receiver.status = 503
    engine = office(said, store=store)
    answered(engine)
    (error,) = engine.run_due().errors
    assert isinstance(error, DeliveryError)
    assert (error.handler, error.reason) == ("hook", "answered 503")
    receiver.status = 200
    office(said, store=store).run_due()
    first, again, second = receiver.received
    assert (first.body, first.headers["webhook-id"]) == (again.body, again.headers["webhook-id"])
    assert second.body != first.body


def test_what_waits_for_an_address_that_is_not_internal_any_more_is_parked(
    receiver: Receiver,
) -> None:
    """ACC-011: the message keeps what it is about."""
    with office(config(deliveries=[hook(receiver)])) as engine:
        _, take = engine.registry.handlers["hook"]
        with pytest.raises(Exception, match=r"matter is confidential.*\(ACC-011\)"):
            take(parcel({INTERNAL: True}))
    with office(config(deliveries=[hook(receiver, internal=True)])) as engine:
        _, take = engine.registry.handlers["hook"]
        take(parcel({INTERNAL: True}))
    assert len(receiver.received) == 1


def test_the_policy_has_nothing_to_explain(receiver: Receiver) -> None:
    """It remembers nothing; what is on its way is in the outbox, once it is decided."""
    with office(config(deliveries=[hook(receiver, machines=["matter"])])) as engine:
        ref = answered(engine)
        (policy,) = [one for one in engine.registry.policies["matter"] if one.name == "delivery"]
        assert list(policy.explain(None, engine.get(ref))) == []
        assert policy.evolve_for("$adopt") is None
        now = engine.get(ref)
        assert now.policy("delivery") is None
        tell = policy.evolve_for("again")
        assert tell is not None
        assert tell(None, Occurrence(now, now, Event("again", CLERK, AT, None), Entry.HELD)) is None


class Clumsy:
    """A plugin whose handler cannot even be closed."""

    @hookimpl
    def handlers(self, tables: object) -> Mapping[str, Handler]:
        """Bring the handler."""
        return {"sms": self}

    def __call__(self, parcel: Parcel) -> None:
        """Take nothing."""

    def close(self) -> None:
        """Fail."""
        raise RuntimeError("stuck")


def test_a_store_is_closed_whatever_a_handler_does(tmp_path: Path) -> None:
    """Its failure is told all the same."""
    store = open_store(f"sqlite:///{tmp_path / 'crm.db'}")
    engine = Engine(store, machines=[MATTER], config=config(), plugins=[Clumsy()])
    with pytest.raises(RuntimeError, match="stuck"):
        engine.close()
    with pytest.raises(StoreError):
        store.load([EntityRef("main", "matter", "M-1")])
