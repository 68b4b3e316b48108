"""
Preview: what a change of rows, calendars or people would do to what is open now.

`preview` shows every open entity to today's policies and to those that would be, each time as if
something were asked of it at that instant, and yields what differs. Nothing is stored.
"""

from __future__ import annotations

from crmflow.analysis.preview.impact import Change, Effect, Impact, Preview
from crmflow.analysis.preview.previewing import MovedSinceError, preview

__all__ = ["Change", "Effect", "Impact", "MovedSinceError", "Preview", "preview"]
