"""A webhook receiver: what Alertmanager tells people, kept in order."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self


class Message(NamedTuple):
    """One notification."""

    at_s: float
    path: str
    body: dict[str, Any]

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """What it is about."""
        found: list[dict[str, Any]] = self.body["alerts"]
        return found


class Receiver:
    """A context manager; ``messages`` grow while it is open."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        messages = self.messages

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                messages.append(Message(time.time(), self.path, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
