"""
A transaction on MySQL: statements go out many at once, so that a commit waits for few answers.

The driver can send values only within the text, and quotes them itself. An insert takes all its
rows at once; what else is run for each of some values stands one behind the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any

import attrs

from crmflow.core.errors import UnstorableError
from crmflow.storage.database import TAKEN, Clash, Step
from crmflow.storage.mysql_connecting import Connection
from crmflow.storage.sql_rows import Values

_PIECE = 1 << 20
"""Characters that are sent at once, if more than one statement makes them."""

_WIDEST = 4
"""Bytes of a character at most."""

_NAME = re.compile(r"%\((\w+)\)s")
_INSERT = re.compile(r"(INSERT .+? VALUES )(\(.+?\))((?: ON DUPLICATE .*)?)", re.DOTALL)

Answer = tuple[Sequence[tuple[Any, ...]], int]
"""The rows that a statement returned, and how many it touched."""


@attrs.frozen
class Template:
    """
    A statement taken apart.

    Attributes:
        names: Its parameters, in the order of their values.
        head: What stands before the rows of an insert; of others nothing.
        row: What is filled with the values: a row, or the whole statement.
        tail: What stands behind the rows.
    """

    names: tuple[str, ...]
    head: str
    row: str
    tail: str


@cache
def template(statement: str) -> Template:
    """Return a statement of `sql` taken apart."""
    names = tuple(dict.fromkeys(_NAME.findall(statement)))
    insert = _INSERT.fullmatch(statement)
    return Template(names, *insert.groups()) if insert else Template(names, "", statement, "")


@attrs.define
class MysqlTransaction:
    """
    An open transaction; see `database`.

    Args:
        connection: The driver's, with several statements allowed.
        most: Bytes that the server takes at once.
        begin: Statements that begin it; they go out with the first other one.
    """

    connection: Connection
    most: int
    begin: tuple[str, ...] = ()

    def execute(self, statement: str, values: Values) -> list[Any]:
        """Run a statement and return its rows, none where it returns none."""
        ((found, _),) = self.send(self._texts(statement, (values,)))
        return list(found)

    def executemany(self, statement: str, values: Sequence[Values]) -> int:
        """Run a statement for each of some values and return how many rows it touched."""
        return sum(count for _, count in self.send(self._texts(statement, values)))

    def each(self, statement: str, values: Sequence[Values], *end: str) -> list[list[Any]]:
        """Return the rows of a statement for each of some values, and end with others."""
        answers = self.send([*self._texts(statement, values), *end])
        return [list(found) for found, _ in answers[: len(values)]]

    def run(self, steps: Iterable[Step]) -> None:
        """
        Run steps, in one round trip where they are not long.

        Raises:
            Clash: One did not touch all it must.
        """
        texts: list[str] = []
        counts: list[tuple[int, int]] = []
        for step in steps:
            own = list(self._texts(step.statement, step.values))
            counts.append((len(own), len(step.values) if step.whole else 0))
            texts += own
        answers = iter(self.send(texts))
        for length, least in counts:
            if sum(count for _, count in islice(answers, length)) < least:
                raise Clash(TAKEN)

    def send(self, texts: Iterable[str]) -> list[Answer]:
        """Send whole statements and return the answers, none for those that begin it."""
        answers: list[Answer] = []
        begin, self.begin = self.begin, ()
        for piece in _pieces([*begin, *texts]):
            answers += self._answers(";\n".join(piece))
        return answers[len(begin) :]

    def _answers(self, text: str) -> Iterator[Answer]:
        self._check(text)
        cursor = self.connection.cursor()
        cursor.execute(text)
        yield cursor.fetchall(), cursor.rowcount
        while cursor.nextset():
            yield cursor.fetchall(), cursor.rowcount

    def _check(self, text: str) -> None:
        # The server would hang up instead of saying so.
        if len(text) * _WIDEST >= self.most:
            length = len(text.encode())
            if length >= self.most:
                fault = f"{length} bytes go to the server at once; its max_allowed_packet is"
                raise UnstorableError((f"{fault} {self.most}",))

    def _texts(self, statement: str, values: Sequence[Values]) -> Iterator[str]:
        """Yield a statement with its values: an insert with many rows, others for each."""
        parts = template(statement)
        quoted = self.connection.cursor().mogrify
        filled = [quoted(parts.row, dict(zip(parts.names, row, strict=True))) for row in values]
        if not parts.head:
            yield from filled
            return
        for piece in _pieces(filled):
            yield f"{parts.head}{','.join(piece)}{parts.tail}"


def _pieces(texts: Sequence[str]) -> Iterator[list[str]]:
    """Cut texts, of which there is one at least, where they become too long; none in two."""
    piece: list[str] = []
    length = 0
    for text in texts:
        if piece and length + len(text) > _PIECE:
            yield piece
            piece, length = [], 0
        piece.append(text)
        length += len(text)
    yield piece
