"""An outage or a flood does not fill the log."""

import logging

import pytest

from streams.log_limit import BURST, PERIOD_S, Limiter, Summary


class Seconds:
    """A monotonic clock set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Read it."""
        return self.now


def line(text: str) -> logging.LogRecord:
    """A warning."""
    return logging.LogRecord("aiokafka.x", logging.WARNING, "", 0, text, (), None)


def test_a_message_passes_a_few_times_a_minute_and_then_tells_how_many_did_not() -> None:
    """Each message by itself."""
    clock = Seconds()
    suppressed = []
    limiter = Limiter(lambda: suppressed.append(1), clock)
    assert [limiter.filter(line("gone")) for _ in range(BURST + 40)].count(True) == BURST
    assert limiter.filter(line("another"))
    assert len(suppressed) == 40
    clock.now = PERIOD_S
    again = line("gone")
    assert limiter.filter(again)
    assert "40 more" in again.getMessage()


def test_a_summary_is_told_once_a_minute_and_only_if_there_is_news(caplog: pytest.LogCaptureFixture) -> None:
    """The first at once."""
    clock = Seconds()
    summary = Summary(logging.getLogger("test"), "%d new, %d in all", clock)
    for total in (0, 5, 6, 7):
        summary.tell(total)
    clock.now = PERIOD_S
    summary.tell(9)
    clock.now = 3 * PERIOD_S
    summary.tell(9)
    assert caplog.messages == ["5 new, 5 in all", "4 new, 9 in all"]
