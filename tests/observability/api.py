"""Asking Prometheus and Alertmanager over HTTP, as Grafana does."""

import http.client
import json
from typing import Any, Protocol
from urllib.parse import urlencode

from streams.embedded.ports import LOOPBACK

Series = dict[str, Any]


class Listening(Protocol):
    """A server on this machine."""

    @property
    def port(self) -> int:
        """Where it listens."""


def ask(server: Listening, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    """The JSON that a path answers; with a body, of a POST."""
    connection = http.client.HTTPConnection(LOOPBACK, server.port, timeout=60)
    try:
        method, text = ("GET", None) if body is None else ("POST", json.dumps(body))
        connection.request(method, path, text, {"Content-Type": "application/json"} if text else {})
        answer = connection.getresponse()
        said = answer.read().decode()
    finally:
        connection.close()
    assert answer.status == 200, said
    return json.loads(said) if said else None


def query(server: Listening, expression: str) -> list[Series]:
    """What an expression gives now."""
    found: list[Series] = ask(server, f"/api/v1/query?{urlencode({'query': expression})}")["data"]["result"]
    return found


def query_range(server: Listening, expression: str, start_s: int, end_s: int, step_s: int) -> list[Series]:
    """What an expression gives at every step."""
    asked = urlencode({"query": expression, "start": start_s, "end": end_s, "step": step_s})
    found: list[Series] = ask(server, f"/api/v1/query_range?{asked}")["data"]["result"]
    return found


def alerts_of(server: Listening) -> dict[str, str]:
    """The alerts that Prometheus has now: name -> pending or firing."""
    return {
        alert["labels"]["alertname"]: alert["state"]
        for alert in ask(server, "/api/v1/alerts")["data"]["alerts"]
    }
