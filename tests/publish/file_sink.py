"""The sink of docs/extending.md: the newest snapshot as a file."""

import asyncio
import contextlib
import logging
from pathlib import Path

from streams.core.kpi.snapshot import Snapshot

_AGAIN_S = 1.0
_log = logging.getLogger(__name__)


class FileSink:
    """Writes the newest snapshot to a file, whole or not at all; a Sink."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._newest: Snapshot | None = None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._write(), name="file sink")

    def publish(self, snapshot: Snapshot) -> None:
        """Take the newest snapshot; one that was not written yet is left out."""
        self._newest = snapshot
        self._news.set()

    async def stop(self) -> None:
        """Write no more; the file stays, and its t says of when it is."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _write(self) -> None:
        told = False
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await asyncio.to_thread(self._replace)
                told = False
            except OSError as error:  # a full disk is the sink's own affair: said once, tried again
                if not told:
                    _log.warning("the snapshot is not written to %s: %s", self._path, error.strerror)
                told = True
                self._news.set()
                await asyncio.sleep(_AGAIN_S)

    def _replace(self) -> None:
        if self._newest is not None:
            beside = self._path.with_suffix(".new")
            beside.write_bytes(self._newest.json())
            beside.replace(self._path)
