"""Claims: values of which there may be only one in a tenant."""

from __future__ import annotations

import attrs


@attrs.frozen(order=True)
class Claim:
    """A unique (scope, value), taken with the commit and freed by its owner (REC-002)."""

    scope: str
    value: str
