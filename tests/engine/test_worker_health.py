"""What a worker tells of itself: over HTTP, as Prometheus reads it, as OpenTelemetry."""

from __future__ import annotations

import contextlib
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Metric, NumberDataPoint, Sum
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from crmflow.clock import ManualClock
from crmflow.core.errors import ConfigurationError, DeliveryError, UnavailableError
from crmflow.core.message import Parcel
from crmflow.engine.engine import Engine
from crmflow.engine.working import telemetry
from crmflow.engine.working.figures import FIGURES, exposition
from crmflow.engine.working.health import HUNG, Health, address_of
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker
from crmflow.testing.crashing import CrashingStore
from tests.engine.machines import AT, HOUR
from tests.engine.workshop import MINUTE, Outside, started, workshop

ALONE = Pace(threads=0)


def refusing(_parcel: Parcel) -> None:
    """Take nothing, once and for all."""
    raise DeliveryError("outside", "no", None, 1)


@pytest.fixture
def worker() -> Iterator[Worker]:
    """Return a worker with one round done of two ticks, and another tick due by now."""
    clock = ManualClock(AT)
    engine = workshop(clock=clock, outside=Outside(refusing), tenant='a "b"')
    started(engine, 2)
    clock.advance(HOUR)
    worker = Worker(engine, ALONE)
    worker.round()
    clock.advance(HOUR + MINUTE)
    yield worker
    engine.close()


def asked(health: Health, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    """Ask over HTTP."""
    try:
        with urllib.request.urlopen(f"http://{host}:{health.port}{path}", timeout=20) as found:
            return found.status, found.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def engine_of(worker: Worker) -> Engine:
    """Return the worker's one engine."""
    return worker.duties[0].engine


def break_store(worker: Worker, *calls: str) -> None:
    """Let the engine's store fail at the next of these calls."""
    engine = engine_of(worker)
    engine.store = CrashingStore(engine.store, UnavailableError("test", "away"), calls=calls)


def test_addresses_are_of_this_machine_unless_named() -> None:
    """A port alone, a host and a port, or neither."""
    assert address_of("9100") == address_of(":9100") == ("127.0.0.1", 9100)
    assert address_of("0.0.0.0:80") == ("0.0.0.0", 80)  # noqa: S104 - a test of just that
    assert address_of("[::1]:80") == ("::1", 80)
    for wrong in ("here", "host:", "host:99999", "host:²", "9" * 5000):
        with pytest.raises(ConfigurationError, match="is no address"):
            address_of(wrong)


def test_an_address_that_is_taken_is_told(worker: Worker) -> None:
    """Without a traceback."""
    with (
        Health(worker, ("127.0.0.1", 0)) as health,
        pytest.raises(ConfigurationError, match="cannot be listened at"),
    ):
        Health(worker, ("127.0.0.1", health.port))


def test_health_is_asked_over_http(worker: Worker) -> None:
    """Alive and ready after a round; figures for Prometheus; nothing else."""
    worker.beat_at = worker.now()
    with Health(worker, ("127.0.0.1", 0)) as health:
        assert asked(health, "/live") == asked(health, "/ready") == (200, "ok\n")
        assert asked(health, "/other") == (404, "ask for /live, /ready or /metrics\n")
        status, text = asked(health, "/metrics")
    assert status == 200
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    label = r'{tenant="a \"b\""}'
    assert lines[f"crmflow_timers_fired_total{label}"] == "2"
    assert lines[f"crmflow_messages_refused_total{label}"] == "2"
    assert lines[f"crmflow_timers_due{label}"] == "2"
    assert lines[f"crmflow_timers_lag_seconds{label}"] == "60.0"
    assert lines[f"crmflow_messages_parked{label}"] == "2"
    assert text.count("# TYPE") == len(FIGURES)


def test_a_worker_is_ready_only_while_it_works(worker: Worker) -> None:
    """Not before its first round, nor while the store is away, nor once it is told to stop."""
    fresh = Worker(engine_of(worker), ALONE)
    health = Health(fresh, ("127.0.0.1", 0))
    assert [health.answer(path)[0] for path in ("/live", "/ready")] == [200, 503]
    fresh.round()
    assert health.answer("/ready")[0] == 200
    fresh.fault = UnavailableError("test", "away")
    assert health.answer("/ready")[2] == "the store does not answer, or cannot be used\n"
    fresh.stop()
    assert health.answer("/ready")[2] == "it stops\n"
    health.close()


def test_a_worker_without_rounds_counts_as_dead(worker: Worker) -> None:
    """After ten minutes."""
    clock = engine_of(worker).clock
    assert isinstance(clock, ManualClock)
    health = Health(worker, ("127.0.0.1", 0))
    clock.advance(HUNG)
    assert health.answer("/live") == (503, "text/plain; charset=utf-8", health.answer("/ready")[2])
    assert "no round has ended for" in health.answer("/live")[2]
    health.close()


def test_a_worker_whose_store_is_away_lives(worker: Worker) -> None:
    """Its rounds end, though each comes to nothing: it waits for the store, and is not ready."""
    clock = engine_of(worker).clock
    assert isinstance(clock, ManualClock)
    clock.advance(2 * HUNG)
    break_store(worker, "claim_due")
    broken = Worker(engine_of(worker), ALONE)
    with pytest.raises(UnavailableError):
        broken.round()
    health = Health(broken, ("127.0.0.1", 0))
    assert [health.answer(path)[0] for path in ("/live", "/ready")] == [200, 503]
    clock.advance(HUNG + MINUTE)
    assert health.answer("/live")[0] == 503
    health.close()


def has_ipv6() -> bool:
    """Say whether this machine has an address of IPv6."""
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


@pytest.mark.parametrize(
    ("at", "asks"),
    [
        ("localhost:0", "127.0.0.1"),
        pytest.param(
            "[::1]:0", "[::1]", marks=pytest.mark.skipif(not has_ipv6(), reason="needs IPv6")
        ),
    ],
)
def test_it_listens_at_addresses_of_either_kind(worker: Worker, at: str, asks: str) -> None:
    """By their text: only those of IPv6 have a colon in them."""
    worker.beat_at = worker.now()
    with Health(worker, address_of(at)) as health:
        assert asked(health, "/live", asks) == (200, "ok\n")


def test_without_the_store_there_are_the_counts_of_the_worker(worker: Worker) -> None:
    """How much is left nobody knows then."""
    break_store(worker, "backlog")
    text = exposition(worker.duties)
    assert text.count("# TYPE") == sum(one.grows for one in FIGURES)
    assert "crmflow_timers_due" not in text


def observed(reader: InMemoryMetricReader) -> list[Metric]:
    """Return the metrics as they are observed now."""
    found = reader.get_metrics_data()
    return [
        metric
        for resource in (() if found is None else found.resource_metrics)
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]


def test_figures_and_rounds_are_observed(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whatever SDK who runs the worker has chosen; a span for each round that did something."""
    reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
    metrics = MeterProvider(metric_readers=[reader], shutdown_on_exit=False)
    traces = TracerProvider(shutdown_on_exit=False)
    traces.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr("opentelemetry.metrics.get_meter", metrics.get_meter)
    monkeypatch.setattr("opentelemetry.trace.get_tracer", traces.get_tracer)
    worker.run(once=True)
    found = {
        metric.name: (isinstance(metric.data, Sum), point.value, dict(point.attributes or {}))
        for metric in observed(reader)
        for point in metric.data.data_points
        if isinstance(point, NumberDataPoint)
    }
    assert found["crmflow.timers.fired"] == (True, 4, {"crmflow.tenant": 'a "b"'})
    assert found["crmflow.timers.pending"] == (False, 2, {"crmflow.tenant": 'a "b"'})
    assert set(found) == {f"crmflow.{one.name}" for one in FIGURES}
    (span, *_) = spans.get_finished_spans()
    assert (span.name, dict(span.attributes or {})["crmflow.fired"]) == ("crmflow.round", 2)
    break_store(worker, "backlog")
    clock = engine_of(worker).clock
    assert isinstance(clock, ManualClock)
    clock.advance(MINUTE)
    assert not any(metric.data.data_points for metric in observed(reader))
    metrics.shutdown()
    traces.shutdown()


def test_without_opentelemetry_nothing_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its API is an extra."""
    monkeypatch.setattr(telemetry, "find_spec", lambda _name: None)
    assert telemetry.instrumented(()) is None
