"""The shells that callers hold: today the synchronous `Engine`."""
