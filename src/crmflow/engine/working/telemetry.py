"""
A worker's figures and rounds as OpenTelemetry, where its API is installed.

Only the API is used: who runs the worker chooses an SDK and where it exports to. Without one
nothing is recorded.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

import attrs

from crmflow.codec import micros
from crmflow.core.errors import StoreError
from crmflow.engine.values import Due
from crmflow.engine.working.figures import FIGURES, Figure, Seen, seen_of
from crmflow.engine.working.tally import timers_of

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Observation

    from crmflow.engine.working.duty import Duty

NAME = "crmflow"
"""Name of meter and tracer, and what instruments begin with."""

_FRESH = timedelta(seconds=1)
"""What was seen so lately need not be read again."""

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

    meter, watch = get_meter(NAME), _Watch(tuple(duties))
    for figure in FIGURES:
        create = meter.create_observable_counter if figure.grows else meter.create_observable_gauge
        create(
            f"{NAME}.{figure.name}",
            callbacks=[_observing(figure, watch)],
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


@attrs.define
class _Watch:
    """Looks at tenants once for all figures that are observed together."""

    duties: tuple[Duty, ...]
    _seen: list[Seen] = attrs.field(factory=list)
    _at: datetime | None = None

    def seen(self) -> list[Seen]:
        """Return what is seen now, or was a moment ago; nothing while the store is away."""
        now = self.duties[0].engine.clock.now()
        if self._at is None or not self._at <= now < self._at + _FRESH:
            self._seen, self._at = [], now
            with contextlib.suppress(StoreError):
                self._seen = [seen_of(one) for one in self.duties]
        return self._seen


def _observing(figure: Figure, watch: _Watch) -> Callable[[CallbackOptions], Iterable[Observation]]:
    from opentelemetry.metrics import Observation

    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        seen = watch.seen()
        return [Observation(figure.read(one), {"crmflow.tenant": one.tenant}) for one in seen]

    return observe


def _nanos(at: datetime) -> int:
    return micros(at) * 1000
