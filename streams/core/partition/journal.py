"""The journal of a replay: the class of every record with its date, so that a past T can be accounted for.

In a replay the whole file is classed first; the accounting as of T then counts what is dated at or before T,
and every malformed record (docs/contract.md, section 9).
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from streams.core.totals import Accounting

COUNTED: Final = ""
_NOTED: Final = (":duplicate", ":erased", ":sealed")


class Journal:
    """Dates of records by kind and class."""

    __slots__ = ("_dates", "_sorted")

    def __init__(self) -> None:
        self._dates: dict[tuple[str, str], array[int]] = {}
        self._sorted = True

    def note(self, kind: str, reason: str, dates_ms: Iterable[int]) -> None:
        """Note the dates of records: counted, or ignored for a reason."""
        dates = self._dates.get((kind, reason))
        if dates is None:
            dates = self._dates[kind, reason] = array("q")
        dates.extend(dates_ms)
        self._sorted = False

    @property
    def newest_ms(self) -> int | None:
        """The greatest date of a counted record."""
        return max(map(max, self._counted()), default=None)

    @property
    def oldest_ms(self) -> int | None:
        """The least date of a counted record."""
        return min(map(min, self._counted()), default=None)

    def _counted(self) -> "Iterator[array[int]]":
        return (dates for (_, reason), dates in self._dates.items() if reason == COUNTED)

    def accounting(self, t: int, state: Accounting) -> Accounting:
        """The accounting as of t.

        Args:
            t: as of when (ms).
            state: what the state accounts for at t: the malformed, the gauges.
        """
        by_kind = dict(state.by_kind)
        for name in [name for name in by_kind if name.endswith(_NOTED)]:
            del by_kind[name]
        counted: dict[str, int] = {}
        for (kind, reason), n in self._counts(t).items():
            if reason == COUNTED:
                counted[kind] = n
            else:
                by_kind[f"{kind}:ignored:{reason}"] = n
        ignored: dict[str, int] = {}
        for name, n in by_kind.items():
            _, outcome, reason = name.split(":")
            if outcome == "ignored":
                ignored[reason] = ignored.get(reason, 0) + n
        return Accounting(
            received=sum(by_kind.values()) + sum(counted.values()),
            counted=counted,
            ignored=ignored,
            malformed=dict(state.malformed),
            not_active=state.not_active,
            void_pending=state.void_pending,
            folded_values=state.folded_values,
            by_kind=by_kind,
        )

    def _counts(self, t: int) -> dict[tuple[str, str], int]:
        if not self._sorted:
            for key, dates in self._dates.items():
                self._dates[key] = array("q", sorted(dates))
            self._sorted = True
        counts = {key: bisect_right(dates, t) for key, dates in self._dates.items()}
        return {key: n for key, n in counts.items() if n}
