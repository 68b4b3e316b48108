"""
What crmflow logs, to the logger `crmflow`: what went wrong and is tried again, and what gave up.

Names alone: of entities, messages, events and classes of errors. Facts, forms, reasons and what an
error says may tell of a person, so they are never logged. A program that sets up no logging
hears nothing.
"""

from __future__ import annotations

import logging

from crmflow.core.ref import EntityRef

LOG = logging.getLogger("crmflow")
LOG.addHandler(logging.NullHandler())


def failed(what: str, error: BaseException) -> None:
    """Warn that something failed that is tried again."""
    LOG.warning("%s failed and is tried again: %s", what, type(error).__name__)


def parked(message: str, target: EntityRef) -> None:
    """Warn that a message is parked: nobody tries it again by itself."""
    LOG.warning("message %s to %s is parked", message, target)


def lost(ref: EntityRef, event: str, tries: int) -> None:
    """Tell that a request lost a race and is decided anew."""
    LOG.debug("%r on %s lost a race, attempt %d", event, ref, tries)
