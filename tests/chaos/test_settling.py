"""When the judge may look: not before dimension totals know all that was sent."""

from dataclasses import replace

from streams.core.totals import Accounting, Totals
from streams.engine.totals_topic.fingerprint import FINGERPRINT
from streams.engine.totals_topic.group_records import TotalsHeader
from streams.engine.totals_topic.reader import Told
from tests.chaos.settling import Settling

SENT = 9
INTERVAL_MS = 2_000
NOW_MS = 1_000_000


def told(t: int, dimensions_t: int, received: int = SENT, *, parked: int = 0, live: bool = True) -> Told:
    """What the one partition there is says."""
    accounting = replace(Accounting(), received=received, parked=parked)
    header = TotalsHeader(1, t, live, t, dimensions_t, "hash", 0, accounting, {}, layout=FINGERPRINT)
    return Told(0, header, Totals(t), None, None)


def settling(now: list[int]) -> Settling:
    """One that waits for one partition, with a clock that the test sets."""
    return Settling(1, SENT, INTERVAL_MS, lambda: now[0])


def test_dimensions_must_be_of_later_than_the_last_record() -> None:
    """Those of before do not know it; nor does a partition that is not live, or parks records."""
    waiting = settling([NOW_MS])
    for early in (
        told(NOW_MS, NOW_MS, SENT - 1),
        told(NOW_MS, NOW_MS, live=False),
        told(NOW_MS, NOW_MS, parked=1),
        told(NOW_MS, NOW_MS - 1_000),
    ):
        waiting.tell(early)
        assert not waiting.settled
    waiting.tell(told(NOW_MS + 1_000, NOW_MS))
    assert waiting.settled
    assert waiting.since_ms == NOW_MS


def test_an_instant_in_the_future_says_nothing() -> None:
    """Where a clock ran ahead, totals must have been due once more, and a flush begun after that."""
    now = [NOW_MS]
    waiting = settling(now)
    ahead = told(NOW_MS + 600_000, NOW_MS + 600_000)
    waiting.tell(ahead)
    assert not waiting.settled
    waiting.tell(ahead)
    now[0] += INTERVAL_MS
    assert not waiting.settled
    waiting.tell(ahead)
    assert not waiting.settled
    waiting.tell(ahead)
    assert waiting.settled
