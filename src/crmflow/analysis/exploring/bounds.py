"""How far is explored, and what was left out because of it."""

from __future__ import annotations

from datetime import timedelta

import attrs

__all__ = ["Bounds"]


@attrs.frozen
class Bounds:
    """
    Where exploring ends; whatever is found within them is real.

    Attributes:
        situations: In how many different situations all is tried, at most.
        depth: How many happenings a way into one has, at most.
        payloads: How many payloads of one form are tried. Up to that many combinations of the
            choices that anything reads are all tried; of more, each choice once.
        counted: Numbers that lie near no constant are told apart up to this one. It counts as
            hit where one number is taken for another, or one long list, so that a way on from it
            may be missed.
        horizon: How far the clock goes beyond the first instant.
    """

    situations: int = attrs.field(default=400, validator=attrs.validators.ge(1))
    depth: int = attrs.field(default=40, validator=attrs.validators.ge(1))
    payloads: int = attrs.field(default=12, validator=attrs.validators.ge(1))
    counted: int = attrs.field(default=1, validator=attrs.validators.ge(0))
    horizon: timedelta = timedelta(days=800)
