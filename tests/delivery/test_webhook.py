"""Webhooks against real servers: what arrives, what is tried again, and where none goes."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks.webhooks import Webhook as Oracle

from crmflow.core.errors import DeliveryError, DeliveryRejectedError
from crmflow.delivery.addresses import Resolve, resolved
from crmflow.delivery.cloud_event import MEDIA_TYPE, Envelope
from crmflow.delivery.rows import Delivery
from crmflow.delivery.webhook import Webhook, _Calling, within
from tests.delivery.receivers import (
    KEY,
    SOON,
    Receiver,
    free_port,
    listening,
    parcel,
    receiving,
    row,
)

ENVELOPE = Envelope.of(parcel())
SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a server that takes webhooks."""
    with receiving() as found:
        yield found


def carry(delivery: Delivery, resolve: Resolve | None = None) -> None:
    """Carry the envelope."""
    way = Webhook(delivery) if resolve is None else Webhook(delivery, resolve)
    way.carry(ENVELOPE)
    way.close()


def test_what_arrives_can_be_checked_and_told_apart(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event as it is, its id and signature beside it, and the headers of the row."""
    monkeypatch.setenv("MILL_HOOK", SECRET)
    monkeypatch.setenv("MILL_TOKEN", "Bearer t0ken")
    headers = {"Authorization": "env:MILL_TOKEN", "X-From": "mill"}
    carry(row(receiver.url, secret="env:MILL_HOOK", headers=headers))
    (got,) = receiver.received
    assert (got.path, got.body) == ("/hook?a=1", ENVELOPE.body)
    Oracle(SECRET).verify(got.body, got.headers)
    told = {name: got.headers[name] for name in ("webhook-id", "Content-Type", "X-From")}
    assert told == {"webhook-id": KEY, "Content-Type": MEDIA_TYPE, "X-From": "mill"}
    assert got.headers["Authorization"] == "Bearer t0ken"
    assert got.headers["Host"] == f"127.0.0.1:{receiver.port}"


def test_without_a_secret_nothing_is_signed(receiver: Receiver) -> None:
    """Doubles are told apart all the same."""
    carry(row(receiver.url))
    (got,) = receiver.received
    assert got.headers["webhook-id"] == json.loads(got.body)["id"] == KEY
    assert "webhook-signature" not in got.headers


@pytest.mark.parametrize(
    ("status", "headers", "after"),
    [(503, {}, None), (429, {"Retry-After": "60"}, timedelta(minutes=1)), (408, {}, None)],
)
def test_what_is_tried_again(
    receiver: Receiver, status: int, headers: Mapping[str, str], after: timedelta | None
) -> None:
    """The receiver says for how long not."""
    receiver.status, receiver.headers = status, headers
    with pytest.raises(DeliveryError) as told:
        carry(row(receiver.url, attempts=3))
    assert (told.value.reason, told.value.after) == (f"answered {status}", after)
    assert told.value.attempts == 3


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    """However near it leads: it would not be the address that was checked."""
    with receiving() as other:
        receiver.status, receiver.headers = 307, {"Location": other.url}
        with pytest.raises(DeliveryRejectedError, match="answered 307: redirects"):
            carry(row(receiver.url))
        assert other.received == []


def test_an_answer_of_any_size_is_not_read(receiver: Receiver) -> None:
    """Its status counts; what it says is nobody's."""
    receiver.status, receiver.body = 200, b"x" * 30_000_000
    carry(row(receiver.url))
    receiver.status, receiver.body = 422, b"name of a customer"
    with pytest.raises(DeliveryRejectedError) as told:
        carry(row(receiver.url))
    assert "customer" not in str(told.value)


def test_nobody_listens() -> None:
    """A receiver that is away is tried again, and its address is not told."""
    with pytest.raises(DeliveryError, match=r"no answer \(NewConnectionError\)") as told:
        carry(row(f"http://127.0.0.1:{free_port()}/t0ken"))
    assert "t0ken" not in str(told.value)
    assert told.value.__suppress_context__


def _drip(connection: socket.socket) -> None:
    """Answer without end, a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X")
        time.sleep(0.02)


def _silent(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


@pytest.mark.parametrize("talk", [_silent, _drip])
def test_who_hangs_or_drips_is_cut_off(talk: object) -> None:
    """Each byte in time is not an answer in time."""
    with listening(talk) as port:  # type: ignore[arg-type]
        delivery = row(f"http://127.0.0.1:{port}/", timeout=SOON)
        with pytest.raises(DeliveryError, match=r"no answer within 0\.3 s"):
            carry(delivery)


def test_who_hangs_is_told_the_same_whichever_patience_ends_first() -> None:
    """The connection has the same as its caller."""
    with listening(_silent) as port:
        calling = _Calling(row(f"http://127.0.0.1:{port}/", timeout=SOON), resolved)
        with pytest.raises(TimeoutError):
            calling.post({}, b"")


def test_a_lookup_that_hangs_is_cut_off_and_leads_to_nothing(receiver: Receiver) -> None:
    """What is looked up too late is not called any more."""
    late, looked = threading.Event(), threading.Event()

    def resolve(host: str, port: int) -> Sequence[str]:
        late.wait(10)
        looked.set()
        return ["127.0.0.1"]

    with pytest.raises(DeliveryError, match="no answer within"):
        carry(row(receiver.url, timeout=SOON), resolve)
    late.set()
    assert looked.wait(10)
    carry(row(receiver.url))
    assert len(receiver.received) == 1


@pytest.mark.parametrize("answer", [b"", b"no http at all\r\n\r\n"])
def test_an_answer_that_is_none_is_tried_again(answer: bytes) -> None:
    """Nothing says that the message was taken."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with listening(talk) as port, pytest.raises(DeliveryError, match="no answer"):
        carry(row(f"http://127.0.0.1:{port}/"))


# ---- Where it may go -----------------------------------------------------------------------------


def leading_to(*addresses: str) -> Resolve:
    """Return a lookup that gives one address after another, as a name that is rebound does."""
    left = list(addresses)
    return lambda _host, _port: [left.pop(0)]


def test_a_private_address_is_refused_for_good(receiver: Receiver) -> None:
    """Whatever its name says; the reason says what would let it."""
    delivery = row(receiver.url, allow_private=False)
    with pytest.raises(DeliveryRejectedError, match="not public; `allow_private` would let it"):
        carry(delivery)
    assert receiver.received == []


def test_one_private_address_among_others_is_enough() -> None:
    """Nobody chooses among the addresses of who plays with them."""
    with pytest.raises(DeliveryRejectedError, match="not public"):
        carry(row("https://a.example", allow_private=False), lambda _h, _p: ["1.1.1.1", "10.0.0.1"])


def test_a_name_that_is_rebound_leads_nowhere(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to the address that was checked; the name is not looked up again."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *rest: object, **more: object) -> object:
        asked.append(host)
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    rebound = leading_to("127.0.0.1", "10.0.0.1")
    carry(row(f"http://erp.example.com:{receiver.port}/"), rebound)
    assert receiver.received[0].headers["Host"] == f"erp.example.com:{receiver.port}"
    assert asked == ["127.0.0.1"]


def test_the_next_address_is_tried_where_one_takes_no_connection(receiver: Receiver) -> None:
    """Of several, in the order of the lookup."""
    carry(row(receiver.url), lambda _h, _p: ["127.0.0.2", "127.0.0.1"])
    assert len(receiver.received) == 1


@pytest.mark.parametrize("fault", [socket.gaierror("x"), UnicodeError("x")])
def test_a_host_that_is_not_there_is_tried_again(fault: Exception) -> None:
    """Names come back."""

    def resolve(_host: str, _port: int) -> Sequence[str]:
        raise fault

    with pytest.raises(DeliveryError, match=r"there is no host 'erp\.example\.com'"):
        carry(row("https://erp.example.com"), resolve)
    with pytest.raises(DeliveryError, match=r"no answer \(ConnectionError\)"):
        carry(row("https://erp.example.com"), lambda _host, _port: [])


# ---- Encrypted -----------------------------------------------------------------------------------


@pytest.fixture
def certified(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    """Return what a server of `erp.example.com` shows, and the file that it is checked against."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "erp.example.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("erp.example.com")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, kept = tmp_path / "shown.pem", tmp_path / "key.pem"
    shown.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    kept.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, kept)
    return context, str(shown)


def test_the_name_is_checked_though_the_address_is_called(
    certified: tuple[ssl.SSLContext, str],
) -> None:
    """A certificate of another name, or of nobody's, takes nothing."""
    context, ca = certified
    here = lambda _host, _port: ["127.0.0.1"]  # noqa: E731 - one line, three uses
    with receiving(context) as receiver:
        carry(row(f"https://erp.example.com:{receiver.port}/", ca=ca), here)
        assert len(receiver.received) == 1
        with pytest.raises(DeliveryError, match="SSLCertVerificationError"):
            carry(row(f"https://crm.example.com:{receiver.port}/", ca=ca), here)
        with pytest.raises(DeliveryError, match="SSLCertVerificationError"):
            carry(row(f"https://erp.example.com:{receiver.port}/"), here)
        assert len(receiver.received) == 1


# ---- Secrets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "value", "reason"),
    [
        ({"secret": "env:MILL_NONE"}, "", "there is no variable MILL_NONE"),
        ({"secret": "env:MILL_HOOK"}, "s3cret", "the secret is no signing key"),
        ({"headers": {"X-Token": "env:MILL_NONE"}}, "", "there is no variable MILL_NONE"),
        ({"headers": {"X-Token": "env:MILL_HOOK"}}, "s3cret\r\nX: y", "'X-Token' is not plain"),
    ],
)
def test_a_secret_that_is_missing_or_none_is_tried_again_and_not_told(
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    columns: Mapping[str, object],
    value: str,
    reason: str,
) -> None:
    """Another process may have it; nothing was sent."""
    monkeypatch.setenv("MILL_HOOK", value)
    with pytest.raises(DeliveryError, match=reason) as told:
        carry(row(receiver.url, **columns))
    assert "s3cret" not in str(told.value)
    assert receiver.received == []


def test_a_call_may_run_out_of_time_by_itself() -> None:
    """What a call raises is raised where it is waited for, and what it waits for is ended."""
    cut: list[bool] = []

    def call() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        within(5, call, lambda: cut.append(True))
    assert cut == [True]
