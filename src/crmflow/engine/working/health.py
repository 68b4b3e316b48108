"""
A worker's health over HTTP: `/live`, `/ready` and `/metrics`, for orchestrators and Prometheus.

`/live` says whether its rounds end, `/ready` also whether the last one reached the store and
nobody told it to stop. Nothing is written here, and nothing of an entity is shown.
"""

from __future__ import annotations

import socket
import threading
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from crmflow.core.errors import ConfigurationError
from crmflow.engine.working.figures import exposition
from crmflow.engine.working.worker import Worker

HUNG = timedelta(minutes=10)
"""Without the end of a round for so long a worker counts as dead; a backup may take its time."""

_TEXT = "text/plain; charset=utf-8"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"
_MOST_PORT = 65535


def address_of(text: str) -> tuple[str, int]:
    """
    Return host and port of `host:port`, or of a port alone on this machine.

    Raises:
        ConfigurationError: It is neither.
    """
    host, _, port = text.rpartition(":")
    digits = port.isascii() and port.isdigit() and len(port) <= len(str(_MOST_PORT))
    if not digits or int(port) > _MOST_PORT:
        fault = f"{text!r} is no address: write '127.0.0.1:9100', or a port alone"
        raise ConfigurationError("the worker's health endpoint", (fault,))
    return host.strip("[]") or "127.0.0.1", int(port)


class Health:
    """
    The endpoint of one worker; a context manager, in whose life it answers.

    Args:
        worker: The worker.
        address: Host and port to listen at; port 0 for one that is free.

    Raises:
        ConfigurationError: The address is another's, or none of this machine.
    """

    def __init__(self, worker: Worker, address: tuple[str, int]) -> None:
        self._worker = worker
        health = self

        class Listening(ThreadingHTTPServer):
            # Only an address of IPv6 has a colon in it.
            address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, text = health.answer(self.path)
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its word
                """Log nothing: who asks comes every few seconds."""

        try:
            self._server = Listening(address, Answering)
        except OSError as fault:
            reason = f"{address[0]}:{address[1]} cannot be listened at: {fault.strerror}"
            raise ConfigurationError("the worker's health endpoint", (reason,)) from fault
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="crmflow health", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Listen no longer; leaving it as a context does this too."""
        self._server.server_close()

    @property
    def port(self) -> int:
        """The port it listens at."""
        return self._server.server_port

    def answer(self, path: str) -> tuple[HTTPStatus, str, str]:
        """Return status, content type and text of the answer to a path."""
        if path == "/metrics":
            return HTTPStatus.OK, _METRICS, exposition(self._worker.duties)
        checks = {"/live": self._lives, "/ready": self._is_ready}
        if path not in checks:
            return HTTPStatus.NOT_FOUND, _TEXT, "ask for /live, /ready or /metrics\n"
        fault = checks[path]()
        if fault is None:
            return HTTPStatus.OK, _TEXT, "ok\n"
        return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, f"{fault}\n"

    def _lives(self) -> str | None:
        """Return why it counts as dead, None where it lives."""
        beat = self._worker.beat_at
        silent = None if beat is None else self._worker.now() - beat
        if silent is not None and silent > HUNG:
            return f"no round has ended for {silent.total_seconds():.0f} s"
        return None

    def _is_ready(self) -> str | None:
        if self._worker.is_stopping:
            return "it stops"
        if self._worker.fault is not None:
            return "the store does not answer, or cannot be used"
        if self._worker.beat_at is None:
            return "its first round has not ended"
        return self._lives()
