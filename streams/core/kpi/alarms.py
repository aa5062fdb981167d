"""What is published of alarms: one state a stream, as of an instant of the grid of five minutes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, get_args

import msgspec

from streams.core.alarms.day import SLOT_MS

AlarmStatus = Literal["learning", "ok", "alarm", "stale"]
"""Too little is known yet; all is ordinary; an episode is on; what is known is too old to say."""
STATUSES: Final[tuple[AlarmStatus, ...]] = get_args(AlarmStatus)

LIMIT_MS: Final = 3 * SLOT_MS
"""How old the instant may be: two slots and one for what is under way."""


class WindowState(msgspec.Struct, frozen=True, gc=False):
    """What one window of a stream says."""

    window_ms: int
    observed: int
    expected: float
    evidence_log10: float | None


class StreamState(msgspec.Struct, frozen=True, gc=False):
    """One alarm, of the whole or of one value of a dimension. What cannot be said is None."""

    alarm: str
    measure: str
    direction: str
    dimension: str
    """Empty: of the whole; ``value`` likewise."""
    value: str
    status: AlarmStatus
    evidence_log10: float | None = None
    """Of the evidence that the rate is out of the ordinary, as a logarithm; None: none at all."""
    observed: int | None = None
    """Counted in the window that says most."""
    expected: float | None = None
    """What the same hours of four weeks before it say, by as many customers (or answers)."""
    window_ms: int | None = None
    """Length of that window."""
    tolerance_ratio: float | None = None
    """How many times the expectation is ordinary still."""
    started: int | None = None
    """When the episode began (ms)."""
    greatest_log10: float | None = None
    """Greatest evidence of the episode."""
    windows: tuple[WindowState, ...] = ()
    """Of a stream in alarm: window by window, the shortest first."""
    listed: bool = False
    """Whether it stands out at the level of all streams together (listed_log10 in alarms/evidence.py)."""


@dataclass(frozen=True)
class Alarms:
    """All streams at one instant."""

    t_ms: int
    """End of the last slot that all partitions have told."""
    threshold_log10: float
    """Evidence from which on a stream is in alarm."""
    false_page_every_ms: int
    """Expected time between two false alarms over all streams, while all is ordinary."""
    streams: tuple[StreamState, ...]
    """Alarm by alarm in the order of the definition, the whole first, then by dimension and value."""

    @property
    def learning(self) -> bool:
        """Whether no stream can say anything yet."""
        return all(stream.status == "learning" for stream in self.streams)

    @property
    def active(self) -> Iterator[StreamState]:
        """The streams that are in alarm."""
        return (stream for stream in self.streams if stream.status == "alarm")

    def stale(self) -> "Alarms":
        """The same, saying nothing: a frozen number is never served."""
        streams = tuple(
            StreamState(one.alarm, one.measure, one.direction, one.dimension, one.value, "stale")
            for one in self.streams
        )
        return replace(self, streams=streams)

    def at(self, t_ms: int) -> "Alarms":
        """As they may be published at an instant (ms)."""
        return self.stale() if t_ms - self.t_ms > LIMIT_MS else self

    def document(self) -> dict[str, object]:
        """As it is published, before it is JSON."""
        return {
            "t": self.t_ms,
            "threshold_log10": self.threshold_log10,
            "false_page_every_ms": self.false_page_every_ms,
            "streams": list(self.streams),
        }

    @cached_property
    def json(self) -> bytes:
        """The document as UTF-8 JSON, made once for all snapshots that share it."""
        return msgspec.json.encode(self.document())
