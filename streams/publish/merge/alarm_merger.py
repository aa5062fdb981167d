"""The counts for alarms of all partitions, judged: beside the loop, as they change.

Rules: a part is never shown for the whole; what is older than a few slots is stale.

Pure: no I/O, no clock. ``merge`` takes longer than a tick may, and may run in a thread of its own.
"""

from collections.abc import Sequence

from streams.core.definition.definition import Definition
from streams.core.kpi.alarm_watch import AlarmWatch, SeriesPart
from streams.core.kpi.alarms import Alarms
from streams.core.totals import Named

Parts = Sequence[SeriesPart | None]
"""By partition; None: it has told nothing yet."""


class AlarmMerger:
    """Holds the state of all streams.

    Args:
        definition: what is watched.
    """

    def __init__(self, definition: Definition) -> None:
        self._watch = AlarmWatch(definition)
        self._wanted: tuple[Parts, Named] = ((), {})
        self._merged: tuple[Parts, Named] = ((), {})
        self._found: Alarms | None = None
        self._shown: tuple[Alarms | None, Alarms | None] = (None, None)

    def offer(self, parts: Parts, named: Named) -> None:
        """Take what the partitions told last, and the names to publish it under."""
        self._wanted = (parts, named)

    @property
    def waits(self) -> bool:
        """Whether there is something to judge."""
        (wanted, names), (merged, known) = self._wanted, self._merged
        same = len(wanted) == len(merged) and all(a is b for a, b in zip(wanted, merged, strict=True))
        return not same or names != known

    def merge(self) -> None:
        """Judge what was offered last."""
        wanted = parts, named = self._wanted
        self._found = self._watch.judge(parts, named)
        self._merged = wanted

    def at(self, t_ms: int, *, whole: bool) -> Alarms | None:
        """The alarms as they may be published at an instant; the same object as long as they are the same.

        Args:
            t_ms: time of the values beside them.
            whole: whether values may be shown: every partition is there.
        """
        found = self._found
        if found is None:
            return None
        if whole and found.at(t_ms) is found:
            return found
        if self._shown[0] is not found:
            self._shown = (found, found.stale())
        return self._shown[1]
