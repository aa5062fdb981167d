"""Looks at a worker's memory, and at how far behind its partitions are, while something happens."""

import threading
import time
from types import TracebackType
from typing import Self

from tests.chaos.stage import Stage

_EVERY_S = 0.25


class Gauge(threading.Thread):
    """Looks at the first worker of a stage for as long as the ``with`` block lasts."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(name="gauge", daemon=True)
        self.rss_mb: list[float] = []
        """Of each look."""
        self.lag = 0
        """Of the partition that was furthest behind, ever (records)."""
        self._stage = stage
        self._begin = time.time()
        self._end = threading.Event()

    def __enter__(self) -> Self:
        self._begin = time.time()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self.join()

    def run(self) -> None:
        """Look until told to stop."""
        while not self._end.wait(_EVERY_S):
            self.rss_mb.append(self._stage.workers[0].rss_mb)
            newest = self._stage.watch.newest
            lags = [info.lag or 0 for info in newest.partitions.values()] if newest is not None else []
            self.lag = max(self.lag, *lags, 0)

    @property
    def halves(self) -> tuple[float, float]:
        """The most memory in the first half of the time, and in the second (MB)."""
        middle = max(1, len(self.rss_mb) // 2)
        return max(self.rss_mb[:middle]), max(self.rss_mb[middle:] or self.rss_mb)

    @property
    def oldest_s(self) -> float:
        """The greatest age of the values that were to be seen; infinite where there were none at times."""
        looks = [look for look in self._stage.watch.looks if look.at >= self._begin]
        return max(float("inf") if look.age_s is None else look.age_s for look in looks)
