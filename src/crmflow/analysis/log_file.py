"""
The bytes and lines of a log, gzip or plain. Nothing is read whole, and a record has
a longest length, so neither a large file nor a crafted one can fill the memory.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Self, cast

from crmflow.analysis.log_row import LogReadError

longest_record: Final = 1 << 20
"""Characters a record of a CSV file may have, over all its lines."""


@contextlib.contextmanager
def open_log(path: Path) -> Generator[BinaryIO]:
    """
    Open a log for reading, decompressing it when its first bytes say gzip.

    Raises:
        LogReadError: The file cannot be opened or is empty.
    """
    with contextlib.ExitStack() as stack:
        try:
            raw = stack.enter_context(path.open("rb"))
            start = raw.peek(2)[:2]
        except OSError as error:
            raise LogReadError(str(path), None, (f"cannot be opened: {error.strerror}",)) from error
        if not start:
            raise LogReadError(str(path), None, ("is empty; expected at least a header line",))
        if start != b"\x1f\x8b":
            yield raw
            return
        yield stack.enter_context(cast("BinaryIO", gzip.GzipFile(fileobj=raw)))


def _broken(path: Path, line: int, error: Exception) -> LogReadError:
    what = "ends early" if isinstance(error, EOFError) else f"is damaged ({error})"
    reason = f"the compressed file {what}; fetch it again. All rows before this line were read"
    return LogReadError(str(path), line, (reason,))


def chunks(path: Path, stream: BinaryIO, line: Callable[[], int]) -> Iterator[bytes]:
    """
    Yield the bytes of a log in pieces.

    Args:
        path: The log, for errors.
        stream: Its bytes.
        line: Says at which line the reader of the pieces is.

    Raises:
        LogReadError: The compressed stream is cut off or damaged.
    """
    while True:
        try:
            piece = stream.read(1 << 16)
        except (EOFError, OSError, zlib.error) as error:
            raise _broken(path, line(), error) from error
        if not piece:
            return
        yield piece


class Lines:
    """
    The lines of a log, line ends kept.

    Args:
        path: The log, for errors.
        stream: Its bytes.
        encoding: How they are to be decoded.

    `read` is the number of lines given out, `last` the last one's text.
    """

    def __init__(self, path: Path, stream: BinaryIO, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        self._text = io.TextIOWrapper(stream, encoding=encoding, newline="")
        self._left = longest_record
        self.read = 0
        self.last = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        # The stream belongs to whoever opened it.
        self._text.detach()

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        try:
            text = self._text.readline(longest_record + 1)
        except UnicodeError as error:
            raise self._undecoded(error) from error
        except (EOFError, OSError, zlib.error) as error:
            raise _broken(self._path, self.read + 1, error) from error
        if not text:
            raise StopIteration
        self.read += 1
        self._left -= len(text)
        if self._left < 0:
            reason = f"the record has more than {longest_record:,} characters; is this a CSV file?"
            raise LogReadError(str(self._path), self.read, (reason,))
        self.last = text
        return text

    def begin(self) -> int:
        """Note that a record begins with the next line; return that line's number."""
        self._left = longest_record
        return self.read + 1

    def _undecoded(self, error: UnicodeError) -> LogReadError:
        line, byte = self.read + 1, ""
        name = self._encoding.removesuffix("-sig")
        if isinstance(error, UnicodeDecodeError):
            # Whole lines were given out before the next bytes were decoded.
            line += error.object[: error.start].count(b"\n")
            byte = f"byte 0x{error.object[error.start]:02x} "
        reason = f"{byte}is no {name} text; set `encoding` in the mapping, as 'gb18030'"
        return LogReadError(str(self._path), line, (reason,))
