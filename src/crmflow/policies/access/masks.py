"""Masks: what is left of a value that somebody may not see as it is."""

from __future__ import annotations

from collections.abc import Iterable

from crmflow.policies.access.rows import MaskKind

STARS = "***"
"""In place of what is masked; always as long, so that it does not tell a length."""

_TAIL = 4


def strictest(masks: Iterable[MaskKind]) -> MaskKind | None:
    """Return the strictest of masks, None where there is none."""
    order = list(MaskKind)
    return min(masks, key=order.index, default=None)


def masked(value: object, mask: MaskKind) -> object:
    """
    Return what is left of a plain value.

    Args:
        value: As `core.plain` gives it.
        mask: Any but HIDDEN, whose facts are left out.

    Returns:
        None for what is missing. Of a text its first character, or its last four where it
        has more than eight; of anything else stars alone.
    """
    if value is None:
        return None
    if isinstance(value, str):
        if mask is MaskKind.INITIAL and len(value) > 1:
            return value[0] + STARS
        if mask is MaskKind.LAST4 and len(value) > 2 * _TAIL:
            return STARS + value[-_TAIL:]
    return STARS
