"""
The shipped mechanisms, one per file or folder, each fed by tables of the profiles.

Siblings do not know each other. Each is a plugin like any other.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["POLICIES"]

POLICIES: Mapping[str, str] = {}
"""Name of each shipped mechanism -> its module."""
