"""One run of the demo: stage, traffic, what is shown meanwhile, and the check at the end."""

import asyncio
import time
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec
from rich.console import Console
from rich.live import Live

from streams.cli.demo_screen import DemoScreen
from streams.client.aio import AsyncKpiReader
from streams.demo.check import Report, Stopwatch, check
from streams.demo.observe import Observer
from streams.demo.options import DemoOptions
from streams.demo.stage import Stage
from streams.demo.traffic import Traffic
from streams.ingest.sender import Sender

_EVERY_S = 1.0


class DemoRun:
    """A demo.

    Args:
        options: size and pace.
        console: where progress is told.
        table: draw the live table there.
    """

    def __init__(self, options: DemoOptions, console: Console, *, table: bool) -> None:
        self._options = options
        self._tenant = options.definition.tenant
        self._console = console
        self._table = table
        self._watch = Stopwatch()
        self._first_numbers_s: float | None = None

    async def run(self, seconds: float | None) -> Report | None:
        """Run for so much live traffic and check; without an end, until cancelled.

        Raises:
            StageError, EmbeddedError, SendingError, ObservationError: it cannot go on.
        """
        async with Stage(self._options, self._console.print) as stage:
            self._watch.lap("environment")
            workers = {worker.name: worker.url for worker in stage.workers}
            async with Observer(stage.redis_url, self._tenant, workers, stage.check) as observer:
                if seconds is None:
                    await self._play(stage, observer, None, None)
                    return None
                file = stage.directory / "sent.jsonl"
                with file.open("wb") as journal:
                    traffic = await self._play(stage, observer, journal, seconds)
                return await self._check(stage, observer, traffic, file)

    async def _play(
        self, stage: Stage, observer: Observer, journal: BinaryIO | None, seconds: float | None
    ) -> Traffic:
        """Send and show until the time is over; everything is acknowledged then."""
        async with (
            Sender(stage.kafka_options, idempotent=stage.transactional) as sender,
            AsyncKpiReader(stage.redis_url, self._tenant) as reader,
        ):
            traffic = Traffic(self._options, sender, journal, observer.received)
            playing = asyncio.create_task(traffic.play())
            try:
                await self._show(
                    DemoScreen(stage, traffic, reader, self._options.definition), stage, playing, seconds
                )
                traffic.stop()
                await playing
            finally:
                playing.cancel()
        return traffic

    async def _show(
        self, screen: DemoScreen, stage: Stage, playing: "asyncio.Task[None]", seconds: float | None
    ) -> None:
        began, live_since = time.monotonic(), None
        with ExitStack() as screens:
            live = (
                screens.enter_context(Live(console=self._console, auto_refresh=False))
                if self._table
                else None
            )
            if live is None:
                screen.addresses(self._console.print)
            while not playing.done():
                stage.check()
                drawing = await screen.draw()
                if live is not None:
                    live.update(drawing, refresh=True)
                if screen.has_numbers and self._first_numbers_s is None:
                    self._first_numbers_s = round(time.monotonic() - began, 2)
                    self._tell_unless(live, f"First numbers after {self._first_numbers_s:.1f} s")
                if screen.is_live and live_since is None:
                    live_since = time.monotonic()
                    self._watch.lap("history")
                    self._tell_unless(live, f"{screen.history_sent:,} records of history sent; now live")
                if seconds is not None and live_since and time.monotonic() - live_since >= seconds:
                    return
                await asyncio.wait((playing,), timeout=_EVERY_S)
        await playing

    def _tell_unless(self, live: Live | None, line: str) -> None:
        if live is None:
            self._console.print(line)

    async def _check(self, stage: Stage, observer: Observer, traffic: Traffic, journal: Path) -> Report:
        self._watch.lap("live")
        self._console.print("Traffic ended; waiting until all is applied, then recounting ...")
        recounted, comparison = await check(
            observer, journal, traffic.sent, self._options.definition, self._watch
        )
        timings = self._watch.timings
        if self._first_numbers_s is not None:
            timings["first_numbers_s"] = self._first_numbers_s
        report = Report(
            ok=comparison.different == 0,
            t=recounted.t_ms,
            compared=comparison.compared,
            different=comparison.different,
            mismatches=comparison.mismatches,
            sent=traffic.sent,
            history=traffic.history_sent,
            accounting=comparison.accounting,
            kafka=stage.kafka_name,
            timings=timings,
        )
        if not report.ok:
            stage.keep_directory = True
            (stage.directory / "report.json").write_bytes(msgspec.json.encode(report))
        return report
