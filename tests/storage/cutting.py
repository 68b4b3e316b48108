"""A way to a server that is cut at a chosen message, before it arrives or before its answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit


class Cutting:
    """
    Passes on what a client and a server say to each other, and cuts them apart once.

    Args:
        url: URL of the server.

    Attributes:
        left: Messages of a client until the cut; 0 where it is over.
    """

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.left = 0
        self._after = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The server's URL by this way."""
        port = self._listener.getsockname()[1]
        user, at, _ = self._url.netloc.rpartition("@")
        return f"{self._url.scheme}://{user}{at}127.0.0.1:{port}{self._url.path}"

    def cut(self, number: int, *, after: bool) -> None:
        """Cut at a client's message, counted from now on; after the server has it, or before."""
        self.left, self._after = number, after

    def close(self) -> None:
        """Listen no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = self._server()
                for pair in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _server(self) -> socket.socket:
        folder = parse_qs(self._url.query).get("host")
        if folder is None:
            return socket.create_connection((self._url.hostname, self._url.port or 5432))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{folder[0]}/.s.PGSQL.5432")
        return server

    def _pass(self, source: socket.socket, target: socket.socket, asks: bool) -> None:
        with contextlib.suppress(OSError):
            for said in _said(source):
                if asks and self.left > 0:
                    self.left -= 1
                    if not self.left:
                        if self._after:
                            # Nobody reads the answer any more, whatever it is.
                            source.shutdown(socket.SHUT_RDWR)
                            target.sendall(said)
                            target.shutdown(socket.SHUT_WR)
                        break
                target.sendall(said)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        # Each direction closes what it reads from: the other one may still be reading.
        source.close()


def _said(source: socket.socket) -> Iterator[bytes]:
    while said := source.recv(65536):
        yield said
