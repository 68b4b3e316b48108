"""Claims: values of which there may be only one in a tenant."""

from __future__ import annotations

import attrs


@attrs.frozen(order=True)
class Claim:
    """A unique (scope, value), taken with the commit and freed by its owner (REC-002)."""

    scope: str = attrs.field()
    value: str

    @scope.validator
    def _code(self, _field: object, scope: str) -> None:
        # A claim's key on its shelf is scope, space, value.
        if not scope or " " in scope:
            message = f"a claim's scope is a code without spaces, not {scope!r}"
            raise ValueError(message)
