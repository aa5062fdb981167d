"""The ledger: in which class every received record is (docs/contract.md, section 6)."""

from bisect import bisect_left
from collections.abc import Iterable

import msgspec

from streams.core.totals import LATENESS_MS, Accounting


class Ledger(msgspec.Struct, array_like=True):
    """Counters of one partition; kept in the changelog's marker, they survive restarts."""

    received: int = 0
    counted: dict[str, int] = {}
    ignored: dict[str, dict[str, int]] = {}
    """Kind -> reason -> records."""
    malformed: dict[str, dict[str, int]] = {}
    late_beyond_retention: int = 0
    lateness: dict[str, list[int]] = {}
    """Kind -> late events by class of LATENESS_MS, then the sum of their lateness in ms."""
    corrected: dict[str, int] = {}
    """Window -> late events dated in it."""
    refused_values: dict[str, int] = {}
    """Dimension -> events whose value is no label."""

    def count(self, kind: str, n: int = 1) -> None:
        """Class records as counted."""
        self.counted[kind] = self.counted.get(kind, 0) + n

    def ignore(self, kind: str, reason: str) -> None:
        """Class a record as ignored."""
        _add(self.ignored, kind, reason)

    def reject(self, kind: str, reason: str) -> None:
        """Class a record as malformed."""
        _add(self.malformed, kind, reason)

    def late(self, kind: str, lateness_ms: int, windows: Iterable[str]) -> None:
        """Note a counted event as late, and the windows that it corrected."""
        row = self.lateness.setdefault(kind, [0] * (len(LATENESS_MS) + 2))
        row[bisect_left(LATENESS_MS, lateness_ms)] += 1
        row[-1] += lateness_ms
        for window in windows:
            self.corrected[window] = self.corrected.get(window, 0) + 1

    def accounting(
        self, *, not_active: int, parked: int, void_pending: int, folded_values: int
    ) -> Accounting:
        """The ledger with the gauges beside it, as totals carry it."""
        by_kind: dict[str, int] = {}
        for outcome, table in (("ignored", self.ignored), ("malformed", self.malformed)):
            for kind, reasons in table.items():
                by_kind.update({f"{kind}:{outcome}:{reason}": n for reason, n in reasons.items()})
        return Accounting(
            received=self.received,
            counted=dict(self.counted),
            ignored=_by_reason(self.ignored),
            malformed=_by_reason(self.malformed),
            late_beyond_retention=self.late_beyond_retention,
            not_active=not_active,
            parked=parked,
            void_pending=void_pending,
            folded_values=folded_values,
            by_kind=by_kind,
            lateness={kind: list(row) for kind, row in self.lateness.items()},
            corrected=dict(self.corrected),
            refused_values=dict(self.refused_values),
        )


def _add(table: dict[str, dict[str, int]], kind: str, reason: str) -> None:
    reasons = table.setdefault(kind, {})
    reasons[reason] = reasons.get(reason, 0) + 1


def _by_reason(table: dict[str, dict[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for reasons in table.values():
        for reason, n in reasons.items():
            sums[reason] = sums.get(reason, 0) + n
    return sums
