"""The journal of a replay: the class of every record with its date, so that a past T can be accounted for.

In a replay the whole file is classed first; the accounting as of T then counts what is dated at or before T,
and every malformed record (docs/contract.md, section 9).
"""

from array import array
from bisect import bisect_right
from collections.abc import Mapping

from streams.core.totals import Accounting

COUNTED = ""


class Journal:
    """Dates of records by kind and class."""

    __slots__ = ("_dates", "_sorted")

    def __init__(self) -> None:
        self._dates: dict[tuple[str, str], array[int]] = {}
        self._sorted = True

    def note(self, kind: str, reason: str, at_ms: int) -> None:
        """Note a record: counted, or ignored for a reason."""
        dates = self._dates.get((kind, reason))
        if dates is None:
            dates = self._dates[kind, reason] = array("q")
        dates.append(at_ms)
        self._sorted = False

    @property
    def newest_ms(self) -> int | None:
        """The greatest date of a counted record."""
        return max((max(dates) for (_, reason), dates in self._dates.items() if reason == COUNTED), default=None)

    @property
    def oldest_ms(self) -> int | None:
        """The least date of a counted record."""
        return min((min(dates) for (_, reason), dates in self._dates.items() if reason == COUNTED), default=None)

    def accounting(self, t: int, state: Accounting) -> Accounting:
        """The accounting as of t.

        Args:
            t: as of when (ms).
            state: what the state accounts for at t: the malformed, what was ignored when applied, the gauges.
        """
        by_kind = {name: n for name, n in state.by_kind.items() if ":malformed:" in name}
        applied = {n: v for n, v in state.by_kind.items() if n.endswith((":sealed", ":overflow"))}
        by_kind.update(applied)
        for (kind, reason), n in self._counts(t).items():
            name = f"{kind}:ignored:{reason}" if reason else f"{kind}:counted:"
            late = 0 if reason else sum(v for k, v in applied.items() if k.startswith(f"{kind}:"))
            by_kind[name] = n - late
        return Accounting(
            received=sum(by_kind.values()),
            counted=_of(by_kind, "counted", by_reason=False),
            ignored=_of(by_kind, "ignored", by_reason=True),
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


def _of(by_kind: Mapping[str, int], outcome: str, *, by_reason: bool) -> dict[str, int]:
    sums: dict[str, int] = {}
    for name, n in by_kind.items():
        kind, of, reason = name.split(":")
        if of == outcome:
            label = reason if by_reason else kind
            sums[label] = sums.get(label, 0) + n
    return sums
