"""Keeping a broker's outage, or a flood of bad records, from filling the log.

aiokafka repeats itself thousands of times a minute while a broker is away. Each of its messages is let
through a few times a minute; what was held back is counted and named once it speaks again.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

PERIOD_S = 60.0
BURST = 3
"""Lines of one message that pass in a period."""


class Limiter(logging.Filter):
    """Lets each message (by its text before formatting) pass ``BURST`` times a period."""

    def __init__(self, suppressed: Callable[[], None], clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._suppressed = suppressed
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record passes; the first of a new period tells how many did not."""
        if record.levelno <= logging.DEBUG:
            return True
        key = (record.name, str(record.msg)[:80])
        now = self._clock()
        since, count = self._seen.get(key, (now, 0))
        if now - since >= PERIOD_S:
            if count > BURST:
                record.msg = f"{record.msg} [and {count - BURST} more like it]"
            since, count = now, 0
        if len(self._seen) > 1_000:  # noqa: PLR2004 - texts are few; should they not be, start over
            self._seen.clear()
        self._seen[key] = (since, count + 1)
        if count < BURST:
            return True
        self._suppressed()
        return False


def limit(suppressed: Callable[[], None]) -> None:
    """Put a limiter on every logger aiokafka has (all are made when it is imported), and on asyncio's."""
    limiter = Limiter(suppressed)
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if name.split(".")[0] in ("aiokafka", "asyncio") and isinstance(logger, logging.Logger):
            logger.filters = [item for item in logger.filters if not isinstance(item, Limiter)]
            logger.addFilter(limiter)


@contextmanager
def quiet_client() -> Iterator[None]:
    """Let the caller alone say what is wrong with Kafka: aiokafka's own lines are left out meanwhile."""
    client = logging.getLogger("aiokafka")
    level = client.level
    client.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        client.setLevel(level)


class Summary:
    """At most one line a minute about something that may come in floods."""

    def __init__(self, logger: logging.Logger, text: str, clock: Callable[[], float] = monotonic) -> None:
        self._logger = logger
        self._text = text
        self._clock = clock
        self._told = 0
        self._next = 0.0

    def tell(self, total: int) -> None:
        """Say how many there were since the last line, when a minute has passed since."""
        now = self._clock()
        if total > self._told and now >= self._next:
            self._logger.warning(self._text, total - self._told, total)
            self._told, self._next = total, now + PERIOD_S
