"""What must hold of schemes and their mappings; every fault is found when they are loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial

from crmflow.core.checking import known, readable
from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.policies.tiers.bands import EXACT, Box, regions, sized
from crmflow.policies.tiers.fitting import misfits
from crmflow.policies.tiers.metrics import Measuring
from crmflow.policies.tiers.placing import POINTS, RANK, scope_of
from crmflow.policies.tiers.scheme import (
    CUSTOMER,
    REFUSE,
    UNRATED,
    Kind,
    Metric,
    Scheme,
    SchemeMapping,
    Tier,
    Value,
)

_OWN: Mapping[Kind, str | None] = {
    Kind.THRESHOLDS: "when",
    Kind.POINTS: "points",
    Kind.SHARES: "share",
    Kind.EXPRESSIONS: "expression",
    Kind.STATED: None,
}
"""The column of a tier that says who is in it, by kind of scheme."""


def check_schemes(
    rows: Sequence[Scheme], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """Yield every fault of the schemes in use."""
    for index, scheme in enumerate(rows):
        path = f"$.schemes[{index}]"
        yield from scheme_faults(scheme, path)
        machine = machines.get(scheme.machine)
        if machine is not None:
            yield from misfits(scheme, machine, tables, path)
    yield from _care(rows)


def _care(rows: Sequence[Scheme]) -> Iterator[Fault]:
    """Yield a fault unless exactly one scheme is the care scheme (AMB-40)."""
    caring = list(dict.fromkeys(row.name for row in rows if row.care))
    for index, row in enumerate(rows):
        if row.care and row.name != caring[0]:
            expected = f"one care scheme, and {caring[0]!r} is it"
            yield Fault(f"$.schemes[{index}].care", "care", expected)
    customers = [index for index, row in enumerate(rows) if row.machine == CUSTOMER]
    if customers and not caring:
        expected = "care = true in exactly one scheme: it drives care"
        yield Fault(f"$.schemes[{customers[0]}].care", "absent", expected)


def scheme_faults(scheme: Scheme, path: str = "$") -> Iterator[Fault]:
    """Yield every fault that a scheme has by itself, whatever its machine."""
    faults = [*_names(scheme, path), *_columns(scheme, path), *_hysteresis(scheme, path)]
    yield from faults
    if not faults:
        yield from _CHECKS[scheme.kind](scheme, path)


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _names(scheme: Scheme, path: str) -> Iterator[Fault]:
    if ":" in scheme.name:
        yield Fault(f"{path}.name", "name", "a name without ':', which ends it in its timers")
    if not scheme.tiers:
        yield Fault(f"{path}.tiers", "empty", "at least one tier")
    for name in _twice(scheme.names):
        yield Fault(f"{path}.tiers", "twice", f"one tier of the name {name!r}")
    for index, name in enumerate(scheme.names):
        if name in (UNRATED, REFUSE):
            yield Fault(f"{path}.tiers[{index}].name", "name", f"another name than {name!r}")
    for name in _twice(metric.name for metric in scheme.metrics):
        yield Fault(f"{path}.metrics", "twice", f"one metric of the name {name!r}")
    words = (UNRATED, REFUSE, *scheme.names)
    if scheme.missing not in words:
        hint = did_you_mean(scheme.missing, words)
        yield Fault(f"{path}.missing", "choice", f"a tier, {UNRATED!r} or {REFUSE!r}. {hint}")


def _columns(scheme: Scheme, path: str) -> Iterator[Fault]:
    """Yield the columns that are there for another kind, or not there for this one."""
    if bool(scheme.sums) != (scheme.kind is Kind.POINTS):
        yield Fault(f"{path}.sums", "kind", f"sums in a scheme by {Kind.POINTS} alone")
    if (scheme.ranked_by is not None) != (scheme.kind is Kind.SHARES):
        yield Fault(f"{path}.ranked_by", "kind", f"a metric in a scheme by {Kind.SHARES} alone")
    if scheme.recompute is not None and scheme.kind in (Kind.SHARES, Kind.STATED):
        expected = f"nothing: no entity alone gives what a scheme by {scheme.kind} needs"
        yield Fault(f"{path}.recompute", "kind", expected)
    if scheme.ordered and scheme.kind is not Kind.THRESHOLDS:
        yield Fault(f"{path}.ordered", "kind", f"nothing: the scheme is by {scheme.kind}")
    for index, tier in enumerate(scheme.tiers):
        here = f"{path}.tiers[{index}]"
        yield from _tier_columns(scheme, tier, here, last=index == len(scheme.tiers) - 1)
    for index, metric in enumerate(scheme.metrics):
        yield from _metric_columns(scheme, metric, f"{path}.metrics[{index}]")


def _tier_columns(scheme: Scheme, tier: Tier, path: str, *, last: bool) -> Iterator[Fault]:
    own = _OWN[scheme.kind]
    rest = last and scheme.kind in (Kind.SHARES, Kind.EXPRESSIONS)
    for column in filter(None, _OWN.values()):
        given = getattr(tier, column) not in (None, ())
        if given and column != own:
            yield Fault(f"{path}.{column}", "kind", f"nothing: the scheme is by {scheme.kind}")
        elif given and rest:
            yield Fault(f"{path}.{column}", "last", "nothing: the last tier takes what is left")
        elif column == own and not given and not rest:
            yield Fault(f"{path}.{column}", "missing", f"a value: the scheme is by {scheme.kind}")


def _metric_columns(scheme: Scheme, metric: Metric, path: str) -> Iterator[Fault]:
    window, free = metric.window, scheme.kind in (Kind.EXPRESSIONS, Kind.STATED)
    if metric.value is not Value.NUMBER and (window is not None or not free):
        yield Fault(f"{path}.value", "kind", "a number: only facts in expressions are not")
    if window and window.measure is Measuring.TOTAL and window.amount is None:
        yield Fault(f"{path}.window.amount", "missing", "a field of the events to sum")


def _hysteresis(scheme: Scheme, path: str) -> Iterator[Fault]:
    allowed: Mapping[Kind, tuple[str, ...]] = {
        Kind.THRESHOLDS: tuple(metric.name for metric in scheme.metrics),
        Kind.POINTS: (POINTS,),
        Kind.SHARES: (RANK,),
    }
    words = allowed.get(scheme.kind, ())
    for name in scheme.hysteresis:
        if name not in words:
            here = f"{path}.hysteresis.{name}"
            yield Fault(here, "unknown", did_you_mean(name, words) if words else "No margin here.")


def _covered(boxes: Sequence[tuple[str, Box]], path: str) -> Iterator[Fault]:
    """Yield an example of each gap, and of each overlap."""
    for region in regions(boxes):
        if not region.owners:
            yield Fault(path, "gap", f"a tier at {region or 'any value'}")
        elif len(region.owners) > 1:
            owners = " and ".join(region.owners)
            yield Fault(path, "overlap", f"one tier at {region or 'any value'}, not {owners}")


def _reached(boxes: Sequence[tuple[str, Box]], names: Sequence[str], path: str) -> Iterator[Fault]:
    """Yield an example of each gap, and each tier that those before it leave nothing."""
    found = list(regions(boxes))
    yield from (Fault(path, "gap", f"a tier at {one}") for one in found if not one.owners)
    first = {region.owners[0] for region in found if region.owners}
    for index, name in enumerate(names):
        if name not in first:
            expected = "values that no better tier takes already"
            yield Fault(f"{path}[{index}].when", "shadowed", expected)


def _thresholds(scheme: Scheme, path: str) -> Iterator[Fault]:
    metrics = [metric.name for metric in scheme.metrics]
    unknown = [
        fault
        for i, tier in enumerate(scheme.tiers)
        for j, box in enumerate(tier.when)
        for name in box
        for fault in known(f"{path}.tiers[{i}].when[{j}].{name}", name, metrics)
    ]
    yield from unknown
    if not unknown:
        boxes = [(tier.name, box) for tier in scheme.tiers for box in tier.when]
        if scheme.ordered:
            yield from _reached(boxes, scheme.names, f"{path}.tiers")
        else:
            yield from _covered(boxes, f"{path}.tiers")


def _points(scheme: Scheme, path: str) -> Iterator[Fault]:
    metrics = [metric.name for metric in scheme.metrics]
    for name in _twice(sums.metric for sums in scheme.sums):
        yield Fault(f"{path}.sums", "twice", f"one sum of the metric {name!r}")
    for index, sums in enumerate(scheme.sums):
        here = f"{path}.sums[{index}]"
        yield from known(f"{here}.metric", sums.metric, metrics)
        if not all(map(sized, (sums.weight, *(band.points for band in sums.bands)))):
            yield Fault(here, "size", "a weight and points of fewer digits")
        if sums.bands:
            each = [(str(band), {sums.metric: band}) for band in sums.bands]
            yield from _covered(each, f"{here}.bands")
    bands = [(tier.name, {POINTS: tier.points}) for tier in scheme.tiers if tier.points]
    yield from _covered(bands, f"{path}.tiers")


def _shares(scheme: Scheme, path: str) -> Iterator[Fault]:
    metrics = [metric.name for metric in scheme.metrics]
    yield from known(f"{path}.ranked_by", scheme.ranked_by or "", metrics)
    total = Decimal(0)
    for index, tier in enumerate(scheme.tiers[:-1]):
        share = tier.share or Decimal(0)
        here = f"{path}.tiers[{index}].share"
        if not 0 < share < 1 or not sized(share):
            yield Fault(here, "share", "a part between 0 and 1, such as '0.1' for a tenth")
            return
        total = EXACT.add(total, share)
    if total >= 1:
        yield Fault(f"{path}.tiers", "share", f"shares that leave a part to the last, not {total}")


def _expressions(scheme: Scheme, path: str) -> Iterator[Fault]:
    scope, seen = scope_of(scheme), set[str]()
    for index, tier in enumerate(scheme.tiers[:-1]):
        here, text = f"{path}.tiers[{index}].expression", tier.expression or ""
        yield from readable(here, partial(scope.compile, text))
        if text in seen:
            yield Fault(here, "shadowed", "a claim that no better tier makes already")
        seen.add(text)


def _stated(scheme: Scheme, path: str) -> Iterator[Fault]:
    if [metric.value for metric in scheme.metrics] != [Value.TEXT]:
        yield Fault(f"{path}.metrics", "stated", "one metric, a text: the fact that names the tier")


_CHECKS = {
    Kind.THRESHOLDS: _thresholds,
    Kind.POINTS: _points,
    Kind.SHARES: _shares,
    Kind.EXPRESSIONS: _expressions,
    Kind.STATED: _stated,
}


def check_mappings(
    rows: Sequence[SchemeMapping], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """Yield every fault of mappings; one between schemes that are not both in use says nothing."""
    schemes = {scheme.name: scheme for scheme in tables.of("schemes", Scheme)}
    seen: set[tuple[str, str]] = set()
    for index, row in enumerate(rows):
        path, pair = f"$.scheme_mappings[{index}]", (row.source, row.target)
        if row.source == row.target:
            yield Fault(f"{path}.target", "target", "another scheme than the source")
        if pair in seen:
            yield Fault(path, "twice", f"one mapping from {row.source!r} to {row.target!r}")
        seen.add(pair)
        if row.source in schemes and row.target in schemes:
            yield from _total(row, schemes[row.source], schemes[row.target], f"{path}.tiers")


def _total(row: SchemeMapping, source: Scheme, target: Scheme, path: str) -> Iterator[Fault]:
    for name in source.names:
        if name not in row.tiers:
            yield Fault(f"{path}.{name}", "missing", f"a tier of {target.name!r}")
    for name, other in row.tiers.items():
        yield from known(f"{path}.{name}", name, source.names)
        yield from known(f"{path}.{name}", other, target.names)
