"""Exit codes, and what is printed of an exception."""

from __future__ import annotations

import json
from collections.abc import Mapping

OK, FINDINGS, USAGE, CONFIGURATION, REFUSED, NOT_FOUND, CONFLICT = range(7)

CODES: Mapping[str, int] = {
    "DefinitionError": CONFIGURATION,
    "MigrationError": CONFIGURATION,
    "GuardFailedError": CONFIGURATION,
    "PolicyFailedError": CONFIGURATION,
    "SchemaOutOfDateError": CONFIGURATION,
    "StoreFileError": CONFIGURATION,
    "RefusedError": REFUSED,
    "UnknownActorError": NOT_FOUND,
    "JournalPrunedError": NOT_FOUND,
    "UnknownEntityError": NOT_FOUND,
    "UnknownEventError": NOT_FOUND,
    "UnknownMachineError": NOT_FOUND,
    "UnknownMessageError": NOT_FOUND,
    "UnknownSchemeError": NOT_FOUND,
    "UnknownRowError": NOT_FOUND,
    "UnknownStateError": NOT_FOUND,
    "WrongFormError": USAGE,
    "ConflictError": CONFLICT,
    "EntityExistsError": CONFLICT,
    "KeyReusedError": CONFLICT,
    "UnavailableError": CONFLICT,
    "NotSearchableError": USAGE,
    "CursorError": USAGE,
    "LimitError": USAGE,
    "FarInstantError": USAGE,
    "MovedSinceError": USAGE,
    "UnstorableError": USAGE,
    "SealedError": CONFIGURATION,
    "DamagedError": CONFIGURATION,
    "AnchorError": CONFIGURATION,
    "BackupError": CONFIGURATION,
    "IndexOutOfDateError": CONFIGURATION,
    "CrmflowError": FINDINGS,
}
"""Exit code by the name of the exception's class, or of the nearest one above it.

Names, so that showing help imports none of them.
"""


def exit_code(error: BaseException) -> int:
    """Return the exit code of an exception: that of its nearest class in `CODES`."""
    return next(CODES[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in CODES)


def told(error: BaseException, output: str, heading: str) -> str:
    """
    Return an exception as it is printed on stderr.

    Args:
        error: What was raised.
        output: `table`, `json` or `jsonl`.
        heading: Word before the sentence (`Error`), in the language of the caller.
    """
    if output == "table":
        return f"{heading}: {error}"
    about = {"type": type(error).__name__, "message": str(error)}
    return json.dumps({"error": about}, ensure_ascii=False)
