"""
A worker's figures and rounds as OpenTelemetry, where its API is installed.

Only the API is used: who runs the worker chooses an SDK and where it exports to. Without one
nothing is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

from crmflow.codec import micros
from crmflow.core.errors import StoreError
from crmflow.engine.values import Due
from crmflow.engine.working.figures import FIGURES, Figure, seen_of
from crmflow.engine.working.tally import timers_of

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Observation

    from crmflow.engine.working.duty import Duty

NAME = "crmflow"
"""Name of meter and tracer, and what instruments begin with."""

Recording = Callable[[str, Due, datetime, datetime], None]
"""(tenant, what was done, begin, end) of a round that did something."""


def instrumented(duties: Iterable[Duty]) -> Recording | None:
    """
    Let the figures of tenants be observed, and return what records a round.

    Args:
        duties: What a worker does for each tenant.

    Returns:
        What records a round as a span; None where the API is not installed
        (`pip install 'crmflow[otel]'`).
    """
    if find_spec("opentelemetry") is None:
        return None
    from opentelemetry.metrics import get_meter
    from opentelemetry.trace import get_tracer

    meter, watched = get_meter(NAME), tuple(duties)
    for figure in FIGURES:
        create = meter.create_observable_counter if figure.grows else meter.create_observable_gauge
        create(
            f"{NAME}.{figure.name}",
            callbacks=[_observing(figure, watched)],
            unit="s" if figure.unit else "1",
            description=figure.text,
        )
    tracer = get_tracer(NAME)

    def record(tenant: str, due: Due, begin: datetime, end: datetime) -> None:
        done: dict[str, str | int] = {
            "crmflow.tenant": tenant,
            "crmflow.fired": sum(map(timers_of, due.fired)),
            "crmflow.applied": len(due.applied),
            "crmflow.parked": len(due.parked),
            "crmflow.failures": len(due.errors),
        }
        span = tracer.start_span(f"{NAME}.round", start_time=_nanos(begin), attributes=done)
        span.end(_nanos(end))

    return record


def _observing(
    figure: Figure, duties: tuple[Duty, ...]
) -> Callable[[CallbackOptions], Iterable[Observation]]:
    from opentelemetry.metrics import Observation

    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        try:
            seen = [seen_of(duty) for duty in duties]
        except StoreError:
            return []  # there is nothing to observe while the store is away
        return [Observation(figure.read(one), {"crmflow.tenant": one.tenant}) for one in seen]

    return observe


def _nanos(at: datetime) -> int:
    return micros(at) * 1000
