"""
An XES log, read event by event. The parser is told to refuse entities, and keeps
no tree: what it holds is one trace's attributes and one event's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final
from xml.sax import SAXParseException
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from crmflow.analysis.log_file import chunks
from crmflow.analysis.log_row import LogReadError, LogRow, RowFault
from crmflow.analysis.mapping import Mapping
from crmflow.analysis.row_reader import RowReader

largest_event: Final = 1 << 24
"""Bytes an XES log may bring without an event or a trace coming to its end."""

_DEEPEST: Final = 64


class _UnfitError(Exception):
    """The XML is well formed and no XES log; the text says why."""


class _Events(ContentHandler):
    """
    Gathers events; `ready` holds the finished ones with their lines.

    Trace attributes bear the prefix `case:`, nested ones their parents' keys
    before a slash. Globals, extensions and classifiers describe the log and are
    passed over.
    """

    def __init__(self, parser: ExpatParser) -> None:
        super().__init__()
        self._parser = parser
        # Per open element: the attributes that its children add to, and their prefix.
        self._open: list[tuple[dict[str, str] | None, str]] = []
        self._trace: dict[str, str] = {}
        self._event: dict[str, str] = {}
        self._line = 0
        self.ready: list[tuple[int, dict[str, str]]] = []
        self.ended = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX's name
        kind = name.rpartition(":")[2]
        if not self._open and kind != "log":
            raise _UnfitError(f"the root element is <{name}>; expected an XES <log>")
        if len(self._open) == _DEEPEST:
            raise _UnfitError(f"elements are nested more than {_DEEPEST} deep")
        if kind == "trace":
            self._trace = {}
            self._open.append((self._trace, "case:"))
        elif kind == "event":
            self._line = self._parser.getLineNumber()
            self._event = {}
            self._open.append((self._event, ""))
        else:
            self._open.append(self._attribute(kind, attrs))

    def _attribute(self, kind: str, attrs: AttributesImpl) -> tuple[dict[str, str] | None, str]:
        into, prefix = self._open[-1] if self._open else (None, "")
        key = attrs.get("key")
        if into is None or key is None:
            return into, prefix
        value = attrs.get("value")
        if value is not None:
            into[prefix + key] = value
        return into, f"{prefix}{key}/"

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX's name
        self._open.pop()
        kind = name.rpartition(":")[2]
        if kind == "event":
            self.ready.append((self._line, {**self._trace, **self._event}))
            self.ended += 1
        elif kind == "trace":
            self._trace = {}
            self.ended += 1


def _parser() -> ExpatParser:
    try:
        from defusedxml.expatreader import create_parser
    except ImportError as error:
        message = "reading XES logs needs defusedxml: pip install 'crmflow[log]'"
        raise ImportError(message) from error
    parser: ExpatParser = create_parser(forbid_dtd=True)
    return parser


def xes_rows(path: Path, stream: BinaryIO, mapping: Mapping) -> Iterator[LogRow | RowFault]:
    """
    Yield every event of an XES log, understood or at fault.

    Args:
        path: The log.
        stream: Its bytes.
        mapping: What its attributes mean.

    Raises:
        LogReadError: The XML is malformed, cut off, no XES log, or unsafe: a
            document type, entities, or one event larger than `largest_event`.
        ImportError: The extra `log` is not installed.
    """
    parser = _parser()
    events = _Events(parser)
    parser.setContentHandler(events)
    reader = RowReader(str(path), mapping)
    fed = ended = 0
    for chunk in chunks(path, stream, parser.getLineNumber):
        _feed(path, parser, chunk)
        fed = fed + len(chunk) if events.ended == ended else 0
        ended = events.ended
        if fed > largest_event:
            raise _refused(path, parser, f"one event has more than {largest_event:,} bytes")
        for line, raw in events.ready:
            yield reader.read(line, raw)
        events.ready.clear()
    _feed(path, parser, None)


def _feed(path: Path, parser: ExpatParser, chunk: bytes | None) -> None:
    """Parse a piece, or with None the end of the document."""
    try:
        if chunk is None:
            parser.close()
        else:
            parser.feed(chunk)
    except SAXParseException as error:
        place = f"column {error.getColumnNumber()}"
        faults = (f"malformed XML at {place}: {error.getMessage()}",)
        raise LogReadError(str(path), error.getLineNumber(), faults) from error
    except _UnfitError as error:
        raise _refused(path, parser, str(error)) from error
    except (ValueError, LookupError) as error:
        raise _refused(path, parser, _reason(error)) from error


def _reason(error: Exception) -> str:
    from defusedxml import DefusedXmlException

    if isinstance(error, DefusedXmlException):
        return f"unsafe XML is not read: {error}"
    return f"the encoding is not known to XML ({error}); convert the log to UTF-8"


def _refused(path: Path, parser: ExpatParser, reason: str) -> LogReadError:
    return LogReadError(str(path), parser.getLineNumber(), (reason,))
