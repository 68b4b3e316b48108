"""How Redis is given a message: its bytes as they are, with nothing of FastStream's around them."""

from __future__ import annotations

from typing import Any, cast

from faststream.redis.parser import MessageFormat


class Plain(MessageFormat):
    """The bytes alone: what reads the stream need not know FastStream."""

    @classmethod
    async def encode(cls, *, message: Any, **_: object) -> bytes:  # noqa: ANN401 - its own type
        """Return the bytes that were given."""
        return cast("bytes", message)

    @classmethod
    def parse(cls, data: bytes) -> tuple[bytes, dict[str, Any]]:
        """Return the bytes, without headers."""
        return data, {}
