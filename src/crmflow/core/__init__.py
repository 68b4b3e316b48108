"""Pure values and functions: no clock, no I/O, no randomness, no globals that change."""
