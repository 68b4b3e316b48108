"""Where rows go that could not be used: a file of JSON lines, one row each, with its reasons."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from crmflow.analysis.log_row import LogReadError, RowFault

__all__ = ["AsideFile"]


class AsideFile:
    """
    Takes rows that are set aside; a context manager.

    The file is made with the first row, in place of one of an earlier run: without
    any row there is none.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _raised: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def __call__(self, fault: RowFault) -> None:
        """
        Write one row.

        Raises:
            LogReadError: The file cannot be written, so the row would be lost.
        """
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8")
            self._file.write(json.dumps(fault.to_dict(), ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            reason = f"cannot be set aside in {self.path}: {error.strerror}; name another file"
            raise LogReadError(fault.file, fault.line, (reason, str(fault))) from error
        self.rows += 1
