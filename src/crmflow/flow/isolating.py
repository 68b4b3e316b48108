"""Failures that are those of one timer or message, and those that concern all."""

from __future__ import annotations

from crmflow.core.errors import CrmflowError, DamagedError, SealedError, StoreError, WorkFailedError


def own_failure(error: Exception, what: str) -> CrmflowError:
    """
    Return a failure as that of one timer or message.

    Args:
        error: What was raised.
        what: What could not be worked on.

    Raises:
        StoreError: It is none of its own: the store does not answer, or cannot be used.
    """
    if isinstance(error, StoreError) and not isinstance(error, DamagedError | SealedError):
        raise error
    return as_failure(error, what)


def as_failure(error: BaseException, what: str) -> CrmflowError:
    """Return whatever was raised as an error that names what could not be worked on."""
    if isinstance(error, CrmflowError):
        return error
    failure = WorkFailedError(what, type(error).__name__)
    failure.__cause__ = error
    return failure
