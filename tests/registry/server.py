"""A schema registry of the tests' own: the part of the documented API that is asked."""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from streams.embedded import free_port
from streams.embedded.ports import LOOPBACK

Reference = tuple[str, str, int]
"""Name, subject, version."""


class Registry:
    """Serves schemas by id and by subject; one that is down does not listen.

    Args:
        port: where to listen; a free one by default.
    """

    def __init__(self, port: int | None = None) -> None:
        self.port = free_port() if port is None else port
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.asked: list[str] = []
        """Paths, as they were asked for."""
        self.failing = 0
        """So many answers are 500."""
        self._schemas: dict[int, dict[str, Any]] = {}
        self._subjects: dict[str, list[int]] = {}
        self._runner: web.AppRunner | None = None

    def add(
        self,
        schema_id: int,
        text: str,
        kind: str = "AVRO",
        *,
        serialized: str = "",
        subject: str = "",
        references: Iterable[Reference] = (),
    ) -> None:
        """Register a schema; ``serialized``: of Protobuf."""
        document: dict[str, Any] = {"schema": text, "serialized": serialized}
        if kind != "AVRO":
            document["schemaType"] = kind
        if references:
            document["references"] = [{"name": n, "subject": s, "version": v} for n, s, v in references]
        self._schemas[schema_id] = document
        self._subjects.setdefault(subject or f"subject-{schema_id}", []).append(schema_id)

    async def start(self) -> None:
        """Listen."""
        application = web.Application()
        application.router.add_get("/schemas/ids/{id}", self._by_id)
        application.router.add_get("/subjects/{subject}/versions/{version}", self._by_subject)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self.port).start()

    async def stop(self) -> None:
        """Be down."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _by_id(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        return self._told(request, int(request.match_info["id"]))

    async def _by_subject(self, request: web.Request) -> web.Response:
        ids = self._subjects.get(request.match_info["subject"], [])
        version = int(request.match_info["version"])
        return self._told(request, ids[version - 1] if version <= len(ids) else -1)

    def _told(self, request: web.Request, schema_id: int) -> web.Response:
        if self.failing:
            self.failing -= 1
            return web.json_response({"error_code": 50001, "message": "the store"}, status=500)
        found = self._schemas.get(schema_id)
        if found is None:
            return web.json_response({"error_code": 40403, "message": "Schema not found"}, status=404)
        document = {name: value for name, value in found.items() if name != "serialized"}
        if request.query.get("format") == "serialized":
            document["schema"] = found["serialized"]
        return web.json_response(document)
