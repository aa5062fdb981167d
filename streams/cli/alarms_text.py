"""Alarms in words: what is out of the ordinary, by how much, since when, and what is to be expected of it."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from streams.client.alarms import Alarms, AlarmStatus, AlarmStream

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_YEAR_DAYS = 365
_WORDS: dict[AlarmStatus, str] = {"ok": "ordinary", "learning": "learning", "stale": "not known now"}


def lines(alarms: Alarms, *, explain: bool) -> Iterator[str]:
    """All there is to say, line by line."""
    for stream in alarms.active:
        yield from _stream(stream)
        if explain:
            yield from _windows(stream, alarms)
    if alarms.listed:
        names = ", ".join(stream.name for stream in alarms.listed)
        yield f"standing out together with the others (e-BH): {names}"
    counts = Counter(stream.status for stream in alarms.streams)
    rest = ", ".join(f"{counts[status]} {_WORDS[status]}" for status in _WORDS if counts[status])
    yield f"{len(alarms.active)} in alarm{f', {rest}' if rest else ''}, as of {_time(alarms.t)}"
    yield f"while all is ordinary: one false alarm in {_every(alarms.false_page_every_ms)}, or fewer"


def _stream(stream: AlarmStream) -> Iterator[str]:
    started = "" if stream.started is None else f" since {_time(stream.started)}"
    yield f"{stream.name}: {stream.measure} {stream.direction}{started}"
    if stream.window_ms is not None and stream.expected is not None and stream.tolerance_ratio is not None:
        counts = f"{stream.observed:,} observed, {stream.expected:,.1f} expected by the four weeks before"
        ordinary = f"{stream.tolerance_ratio:.2f} times {_way(stream)} is ordinary"
        yield f"  last {_length(stream.window_ms)}: {counts}; {ordinary}"


def _windows(stream: AlarmStream, alarms: Alarms) -> Iterator[str]:
    for window in stream.windows:
        counts = f"{window.observed:>9,} observed, {window.expected:>11,.1f} expected"
        yield f"  {_length(window.window_ms):>6}: {counts}, evidence {_power(window.evidence_log10)}"
    sums = f"evidence {_power(stream.evidence_log10)}, greatest {_power(stream.greatest_log10)}"
    yield f"     sum: {sums}; an alarm from {_power(alarms.threshold_log10)} on"


def _power(log10: float | None) -> str:
    return "none" if log10 is None else f"10^{log10:.1f}"


def _way(stream: AlarmStream) -> str:
    return "fewer" if stream.direction == "down" else "as many"


def _length(ms: int) -> str:
    return f"{ms // _HOUR_MS} h" if ms % _HOUR_MS == 0 else f"{ms // _MINUTE_MS} min"


def _every(ms: int) -> str:
    days = ms // _DAY_MS
    return f"{days / _YEAR_DAYS:.0f} years" if days >= 2 * _YEAR_DAYS else f"{days} days"


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
