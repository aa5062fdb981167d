"""What the demo shows: where everything is, the KPIs of the whole, and those of each segment.

Under a definition without segments it shows the values of its first dimension, if it has one.
"""

import time
from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from streams.cli.figures import Trend, figure
from streams.cli.fitting import STATUS, Column, Fitting, plain
from streams.cli.table import COLOURS, LiveTable, status
from streams.client.aio import AsyncKpiReader
from streams.client.errors import UnavailableError
from streams.client.reading import Reading, State
from streams.core.definition.definition import Definition
from streams.core.kpi.catalogue.registry import giving, tiles
from streams.demo.stage import Stage
from streams.demo.traffic import Traffic
from streams.simulate.dimensions import values_of

_WINDOW = "1h"
_DIMENSION = "segment"
_CHURNED = giving("C")
_SHOWN = (*(kpi.name for kpi in tiles()), _CHURNED)
_FIGURES = [Column(name, right=True) for name in _SHOWN]
_TREND = Column("churned, trend")
_COLUMNS = (*_FIGURES, STATUS, _TREND)
_SPARED = (_TREND, *reversed(_FIGURES))


class DemoScreen:
    """Reads Redis and draws."""

    def __init__(
        self, stage: Stage, traffic: Traffic, reader: AsyncKpiReader, definition: Definition
    ) -> None:
        self._stage = stage
        self._traffic = traffic
        self._reader = reader
        self._table = LiveTable()
        self._window = _chosen(_WINDOW, [window.name for window in definition.windows])
        self._dimension = _chosen(_DIMENSION, definition.dimensions)
        shown = values_of(self._dimension, definition) if self._dimension else ()
        self._trends = {value: Trend() for value in shown}
        self.has_numbers = False

    @property
    def is_live(self) -> bool:
        """Whether the history is sent."""
        return self._traffic.live

    @property
    def history_sent(self) -> int:
        """Records of history sent, once it is over."""
        return self._traffic.history_sent

    def addresses(self, tell: Callable[[str], None]) -> None:
        """Say where everything is, a line each."""
        tell(f"Live board: {self._stage.workers[0].url}/")
        for worker in self._stage.workers:
            tell(f"{worker.name}: {worker.url}/metrics  {worker.url}/api/snapshot")
        for line in self._stage.monitoring.addresses() if self._stage.monitoring else ():
            tell(line)
        tell(f"Redis: {self._stage.redis_url}")
        tell(f"Kafka: {self._stage.brokers} ({self._stage.kafka_name})")

    async def draw(self) -> RenderableType:
        """Read everything anew and draw it."""
        head: list[RenderableType] = []
        self.addresses(lambda line: head.append(plain(line, "bright_black")))
        head.append(plain(self._doing()))
        try:
            standing = await self._reader.get_all("now")
            windowed = await self._reader.get_all(self._window)
            parts = await self._parts()
        except UnavailableError as error:
            return Group(*head, plain(str(error), "red"))
        self.has_numbers = self.has_numbers or any(r.state is State.FRESH for r in windowed.values())
        if not windowed:
            return Group(*head, Text("no numbers yet: the workers are catching up", style="cyan"))
        whole = self._table.draw(f"KPIs of the last {self._window}", standing, windowed)
        return Group(*head, *parts, whole)

    def _doing(self) -> str:
        if not self._traffic.live:
            return f"sending the history: {self._traffic.sent:,} records"
        spike = self._traffic.spike
        since_s = int(time.time() - spike.at_ms / 1000)
        when = f"since {since_s} s" if since_s >= 0 else f"in {-since_s} s"
        return f"live: {self._traffic.sent:,} records sent; churn spike in segment {spike.segment} {when}"

    async def _parts(self) -> list[Fitting]:
        """The table of the dimension's values; none without a dimension."""
        if not self._dimension:
            return []
        rows = []
        for value in self._trends:
            now = await self._reader.get_all("now", self._dimension, value)
            windowed = await self._reader.get_all(self._window, self._dimension, value)
            if windowed:
                rows.append(self._part(value, now, windowed))
        title = f"By {self._dimension}, the last {self._window}"
        return [Fitting(title, (Column(self._dimension), *_COLUMNS), _SPARED, [rows])]

    def _part(self, value: str, now: dict[str, Reading], windowed: dict[str, Reading]) -> list[Text]:
        readings = {**now, **windowed}
        churned = readings[_CHURNED]
        trend = self._trends[value]
        trend.add(churned.value)
        figures = [figure(kpi, readings[kpi].value if kpi in readings else None) for kpi in _SHOWN]
        state = plain(status(churned), COLOURS[churned.state])
        return [plain(value), *map(plain, figures), state, plain(str(trend))]


def _chosen(wanted: str, there: Sequence[str]) -> str:
    """What is wanted, if it is there; otherwise the first that is, or nothing."""
    return wanted if wanted in there else next(iter(there), "")
