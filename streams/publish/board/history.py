"""The curves of the board: 24 hours of headline values, and of the evidence of alarms, at one-minute steps.

Rules: one row a minute, that of the first snapshot in it, as in the history stream in Redis; a minute that is
there is never replaced. A value that was withheld or undefined is a gap. At most KEPT minutes are kept.

Pure: no I/O, no clock. Never interpolates, and never computes a figure: values are rounded for drawing only.
"""

import math
from array import array
from bisect import bisect_left
from collections.abc import Mapping

from streams.core.definition.definition import DAY_MS, MINUTE_MS, Definition
from streams.core.kpi.catalogue.registry import CATALOGUE
from streams.core.kpi.group_kpis import NOW
from streams.core.kpi.snapshot import Snapshot
from streams.publish.board.document import encode
from streams.redis_contract.layout import ALARM, read_number

KEPT = DAY_MS // MINUTE_MS

CHARTED = tuple(kpi.name for kpi in CATALOGUE.values() if kpi.board and kpi.board.curve and not kpi.standing)
"""KPIs with a curve in every window."""

_STANDING = tuple(kpi.name for kpi in CATALOGUE.values() if kpi.board and kpi.board.curve and kpi.standing)
_DIGITS = 8
_GAP = math.nan


class History:
    """The minutes known so far, oldest first.

    Args:
        definition: names the windows.
    """

    def __init__(self, definition: Definition) -> None:
        self._fields = [(w.name, kpi) for w in definition.windows for kpi in CHARTED]
        self._fields += [(NOW, kpi) for kpi in _STANDING]
        self._fields += [(ALARM, alarm.name) for alarm in definition.watched]
        self._times: list[int] = []
        self._rows: list[array[float]] = []
        self._encoded: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._times)

    def see(self, snapshot: Snapshot) -> None:
        """Take the row of a snapshot, if it opens a minute."""
        if not snapshot.windows or (self._times and _minute(self._times[-1]) >= _minute(snapshot.t_ms)):
            return
        periods = {**snapshot.windows, NOW: snapshot.now}
        found = {
            (period, kpi): value.value for period, values in periods.items() for kpi, value in values.items()
        }
        if snapshot.alarms is not None:
            found |= {(ALARM, name): of.evidence_log10 for name, of in snapshot.alarms.by_alarm.items()}
        self._insert(snapshot.t_ms, [found.get(field) for field in self._fields])

    def fill(self, t_ms: int, fields: Mapping[str, str]) -> None:
        """Take a row of the history stream, ``24h:churn_ratio`` -> number as text, if its minute is missing.

        Raises:
            ValueError: a field that is no number.
        """
        self._insert(t_ms, [read_number(fields.get(f"{period}:{kpi}")) for period, kpi in self._fields])

    def json(self, window: str) -> bytes:
        """The curves of one window: times, and for each KPI, and each alarm, as many numbers, null for a gap.

        An alarm's stand under ``alarm:`` and its name.
        """
        if window not in self._encoded:
            series = {
                f"{ALARM}:{kpi}" if period == ALARM else kpi: [row[place] for row in self._rows]
                for place, (period, kpi) in enumerate(self._fields)
                if period in (window, NOW, ALARM)
            }
            self._encoded[window] = encode({"window": window, "t": self._times, "series": series})
        return self._encoded[window]

    def _insert(self, t_ms: int, row: list[int | float | None]) -> None:
        place = bisect_left(self._times, _minute(t_ms) * MINUTE_MS)
        if place < len(self._times) and _minute(self._times[place]) == _minute(t_ms):
            return
        self._times.insert(place, t_ms)
        self._rows.insert(place, array("d", [_GAP if number is None else _short(number) for number in row]))
        newest = self._times[-1]
        first = max(bisect_left(self._times, newest - DAY_MS), len(self._times) - KEPT)
        del self._times[:first], self._rows[:first]
        self._encoded.clear()


def _minute(t_ms: int) -> int:
    return t_ms // MINUTE_MS


def _short(number: float) -> float:
    """Few digits: enough for a curve, and fewer bytes for each page."""
    return float(f"{number:.{_DIGITS}g}")
