"""The streams of all alarms as read from Redis.

Pure: no I/O, no clock; both readers and their tests share this file.
"""

from typing import Literal

import msgspec

AlarmStatus = Literal["learning", "ok", "alarm", "stale"]


class AlarmWindow(msgspec.Struct, frozen=True):
    """What one window of a stream says."""

    window_ms: int
    observed: int
    expected: float
    evidence_log10: float | None


class AlarmStream(msgspec.Struct, frozen=True):
    """One alarm, of the whole (empty dimension and value) or of one value. What cannot be said is None."""

    alarm: str
    measure: str
    direction: str
    dimension: str
    value: str
    status: AlarmStatus
    """Too little is known yet; all is ordinary; an episode is on; what is known is too old to say."""
    evidence_log10: float | None
    observed: int | None
    expected: float | None
    window_ms: int | None
    """Length of the window that says most: ``observed`` and ``expected`` are those of it."""
    tolerance_ratio: float | None
    started: int | None
    """Begin of the episode (ms since the epoch)."""
    greatest_log10: float | None
    windows: tuple[AlarmWindow, ...] = ()
    """Of a stream in alarm, the shortest first."""
    listed: bool = False
    """Whether it stands out at the level of all streams together (e-BH)."""

    @property
    def name(self) -> str:
        """Alarm and where: ``churn_spike (segment smb)``."""
        where = f"{self.dimension} {self.value}" if self.dimension else "the whole"
        return f"{self.alarm} ({where})"


class Alarms(msgspec.Struct, frozen=True):
    """All streams at one instant."""

    t: int
    """Instant up to which they have counted (ms since the epoch)."""
    threshold_log10: float
    """Evidence from which on a stream is in alarm, as a decimal logarithm."""
    false_page_every_ms: int
    """Expected time between two false alarms over all streams, while all is ordinary."""
    streams: tuple[AlarmStream, ...]

    @property
    def active(self) -> list[AlarmStream]:
        """The streams in alarm, the greatest evidence first."""
        found = [stream for stream in self.streams if stream.status == "alarm"]
        return sorted(found, key=lambda stream: -(stream.greatest_log10 or 0.0))

    @property
    def listed(self) -> list[AlarmStream]:
        """The streams beside them that stand out, all looked at together, the greatest evidence first."""
        found = [stream for stream in self.streams if stream.listed and stream.status != "alarm"]
        return sorted(found, key=lambda stream: -(stream.evidence_log10 or 0.0))


def read_alarms(text: str | None) -> Alarms | None:
    """What stands in Redis; None: nothing.

    Raises:
        ValueError: it cannot be what we wrote: something else writes these keys.
    """
    return None if text is None else msgspec.json.decode(text, type=Alarms)
