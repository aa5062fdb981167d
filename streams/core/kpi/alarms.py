"""What is published of alarms: one state a stream, as of an instant of the grid of five minutes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, get_args

import msgspec

from streams.core.alarms.day import SLOT_MS
from streams.core.alarms.evidence import threshold_log10
from streams.core.definition.definition import Definition

AlarmStatus = Literal["learning", "ok", "alarm", "stale"]
"""Too little is known yet; all is ordinary; an episode is on; what is known is too old to say."""
STATUSES: Final[tuple[AlarmStatus, ...]] = get_args(AlarmStatus)

LIMIT_MS: Final = 3 * SLOT_MS
"""How old the instant may be: two slots and one for what is under way."""


def threshold_of(definition: Definition) -> float:
    """The evidence from which on a stream is in alarm, as a logarithm; 0: nothing is watched."""
    if not definition.watched:
        return 0.0
    return threshold_log10(definition.most_streams, definition.false_page_every_ms)


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


class AlarmState(msgspec.Struct, frozen=True, gc=False):
    """The streams of one alarm together."""

    evidence_log10: float | None
    """The greatest of all streams; None: of none."""
    streams: dict[AlarmStatus, int]
    """How many are in which status; those of which there are any."""


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

    @cached_property
    def by_alarm(self) -> dict[str, AlarmState]:
        """Alarm -> its streams together."""
        found: dict[str, list[StreamState]] = {}
        for one in self.streams:
            found.setdefault(one.alarm, []).append(one)
        return {
            alarm: AlarmState(
                max((one.evidence_log10 for one in streams if one.evidence_log10 is not None), default=None),
                dict(Counter(one.status for one in streams)),
            )
            for alarm, streams in found.items()
        }

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
