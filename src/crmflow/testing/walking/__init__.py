"""Walks: an entity's life to which whatever can happen is done, and the laws that hold of it."""

from __future__ import annotations

from crmflow.testing.walking.laws import Law
from crmflow.testing.walking.town import Town
from crmflow.testing.walking.walker import Walk, walk

__all__ = ["Law", "Town", "Walk", "walk"]
