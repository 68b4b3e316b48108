"""What was found in layers, remembered: engines over the same rules are made again and again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

import attrs

from crmflow.core.held import Held
from crmflow.core.tables import Table
from crmflow.profiles.layer import Draft, Given, Key, Layer
from crmflow.profiles.loading import Calendars, Loaded, Scope, load


def remembered(
    layer: Layer, kinds: Iterable[Table], scope: Scope, calendars: Calendars | None = None
) -> Loaded:
    """
    Return what `load` finds, which is only done where the same was not asked for lately.

    Args:
        layer: The layers as one; what is shipped in it is the same object each time.
        kinds: The kinds of tables there are.
        scope: The machines that are on, and those that are not.
        calendars: Makes the working calendars, or None where nothing needs one.
    """
    kinds = tuple(kinds)
    key = (
        *((one.name, *_places((one.row, one.check, one.texts))) for one in kinds),
        None,
        *_places(scope.machines.values()),
        None,
        *_places(scope.others),
        scope.thorough,
        *_places((scope.known, calendars)),
        *_written(layer),
    )
    return _found(_Asked(key, functools.partial(load, layer, kinds, scope, calendars)))


@attrs.frozen
class _Asked:
    """What was asked for; it holds on to all that its key names by place."""

    key: tuple[Hashable, ...]
    answer: Callable[[], Loaded] = attrs.field(eq=False)


@functools.lru_cache(maxsize=16)
def _found(asked: _Asked) -> Loaded:
    return asked.answer()


def _places(objects: Iterable[object]) -> Iterator[int]:
    """Yield what tells objects apart while they live."""
    return map(id, objects)


def _written(layer: Layer) -> Iterator[Hashable]:
    """Yield all that a layer says, in its order, which rows are told and tried in."""
    for table, rows in layer.tables.items():
        yield table
        if _shipped(Held.of(rows)):
            yield id(rows)
        else:
            yield from map(_said, rows.values())
    for name, given in layer.settings.items():
        yield name
        yield _said(given)
    yield from layer.faults


@functools.lru_cache(maxsize=256)
def _shipped(rows: Held[Mapping[Key, Draft]]) -> bool:
    """Say whether nobody but shipped profiles wrote a table."""
    return all(one.shipped for one in rows.thing.values())


def _said(one: Draft | Given) -> Hashable:
    """Return what tells a value from others; `1`, `1.0` and `True` are three."""
    sources = one.sources if isinstance(one, Draft) else (one.source,)
    return id(one) if all(source.giver == "profile" for source in sources) else repr(one)
