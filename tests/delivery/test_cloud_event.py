"""What leaves is a CloudEvent 1.0, the same bytes every time."""

from __future__ import annotations

import json
import re
from datetime import datetime
from urllib.parse import urlsplit

from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.message import Message, MessageKind, Parcel
from crmflow.core.ref import EntityRef
from crmflow.delivery.cloud_event import MEDIA_TYPE, Envelope
from tests.delivery.receivers import AT, KEY, parcel

WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
PARCELS = st.builds(
    Parcel,
    st.builds(EntityRef, WORDS, st.just("matter"), WORDS),
    st.integers(1, 10**6),
    st.integers(0, 99),
    st.builds(
        Message,
        st.just(0),
        st.just(MessageKind.FIRE),
        st.just("hook"),
        WORDS,
        st.just("answer"),
        st.dictionaries(WORDS, PLAIN, max_size=4),
    ),
    st.just(AT) | st.none(),
)


@given(PARCELS)
def test_it_is_what_the_specification_asks_for(given_: Parcel) -> None:
    """Its own library reads it; required attributes are not empty, and no name is free."""
    body = Envelope.of(given_).body
    event = from_structured_event(HTTPMessage({"content-type": MEDIA_TYPE}, body))
    told = json.loads(body)
    assert (event.get_specversion(), event.get_type()) == ("1.0", "crmflow.matter.answer")
    assert (event.get_id(), event.get_subject()) == (given_.key, given_.source.id)
    assert event.get_data() == told["data"] == json.loads(json.dumps(given_.message.payload))
    assert told.get("time") == (None if given_.at is None else AT.isoformat())
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in told)
    assert urlsplit(told["source"]).path
    assert told["source"].isascii()


@given(PARCELS)
def test_every_delivery_has_the_same_bytes(given_: Parcel) -> None:
    """A receiver may compare them; their order is no matter of chance."""
    payload = dict(reversed(list(given_.message.payload.items())))
    message = given_.message
    again = Message(
        message.ordinal, message.kind, message.machine, message.id, message.event, payload
    )
    other = Parcel(given_.source, given_.version, given_.ordinal, again, given_.at)
    assert Envelope.of(other) == Envelope.of(given_)


@given(PARCELS, PARCELS)
def test_ids_tell_messages_apart(one: Parcel, other: Parcel) -> None:
    """As headers have them too: short, plain, one word for a signature, other for other keys."""
    mine, theirs = Envelope.of(one).id, Envelope.of(other).id
    assert (mine == theirs) == (one.key == other.key)
    assert mine.isascii()
    assert mine.isprintable()
    assert "." not in mine
    assert len(mine) <= 216


def test_a_plain_key_stays_readable() -> None:
    """Who reads a log of requests knows what it was about."""
    envelope = Envelope.of(parcel())
    told = json.loads(envelope.body)
    assert envelope.id == told["id"] == KEY
    assert told["source"] == "/crmflow/main"
    assert datetime.fromisoformat(told["time"]) == AT
    assert json.loads(Envelope.of(parcel(), "urn:mill").body)["source"] == "urn:mill"
