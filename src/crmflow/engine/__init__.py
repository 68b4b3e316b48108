"""The shells that callers hold: `Engine`, and `AsyncEngine` for asyncio."""
