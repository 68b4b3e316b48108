"""
Traceability: every rule of the catalogue, what carries it and which tests hold it.

Nothing of it is kept by hand. What carries a rule is read off the shipped machines and
tables and off the docstrings of the package; which tests hold it, off the tests.
"""

from __future__ import annotations

__all__: list[str] = []
