"""The sweeps of all partitions as one: shares of revenue by group, and the customers most at risk.

Rules: partitions sweep at times of their own; what is published carries the oldest of them, and is gone when
that is more than ``LIMIT_MS`` ago or when a partition has not swept yet: a part is never shown for the whole.
Values without a name of their own join ``other``.

Pure: no I/O, no clock. ``merge`` takes longer than a tick may, and may run in a thread of its own.
"""

from collections.abc import Sequence

from streams.core.customer.groups import OTHER
from streams.core.definition.definition import SHARED_VALUES, Definition
from streams.core.kpi.early_warning import EarlyWarning, most
from streams.core.kpi.group_kpis import Sweeps
from streams.core.kpi.revenue_buckets import Buckets, add_packed, shares
from streams.core.kpi.revenue_kept import kept
from streams.core.kpi.swept import Swept
from streams.core.kpi.values.value import Sweep
from streams.core.totals import OVERALL, Group, Named

LIMIT_MS = 300_000
"""How old the oldest sweep may be."""

Parts = Sequence[Swept | None]
"""By partition; None: it has not swept yet."""


class SweepMerger:
    """Holds what the partitions' sweeps found, merged.

    Args:
        definition: what the numbers mean.
        at_risk_limit: how many of those at risk to name at most.
    """

    def __init__(self, definition: Definition, at_risk_limit: int) -> None:
        windows = [w for w in definition.windows if definition.has_revenue_shares(w)]
        self._windows = [w.name for w in windows]
        self._twice = [w.name for w in windows if definition.has_purchase_retention(w)]
        self._dimensions = definition.dimensions
        self._limit = at_risk_limit
        self._wanted: tuple[Parts, Named] = ((), {})
        self._merged: tuple[Parts, Named] = ((), {})
        self._shares: tuple[int, Sweeps] | None = None
        self._warning: EarlyWarning | None = None

    def offer(self, parts: Parts, named: Named) -> None:
        """Take what the partitions found last, and the names to publish it under."""
        self._wanted = (parts, named)

    @property
    def waits(self) -> bool:
        """Whether there is something to merge."""
        (wanted, names), (merged, known) = self._wanted, self._merged
        return not _same(wanted, merged) or names != known

    def merge(self) -> None:
        """Merge what was offered last."""
        wanted = parts, named = self._wanted
        swept = [part for part in parts if part is not None]
        if len(swept) < len(parts) or not swept:
            self._shares = self._warning = None
        else:
            t = min(part.t for part in swept)
            if self._shares is None or self._shares_differ(parts, named):
                self._shares = t, self._revenue_shares(swept, named, t)
            at_risk = most((one for part in swept for one in part.at_risk), self._limit)
            self._warning = EarlyWarning(t, at_risk)
        self._merged = wanted

    def shares(self, t: int) -> Sweeps:
        """The shares of revenue as they may be published at t (ms); empty where they may not."""
        found = self._shares
        return {} if found is None or t - found[0] > LIMIT_MS else found[1]

    def early_warning(self, t: int) -> EarlyWarning | None:
        """The customers most at risk as they may be published at t (ms)."""
        found = self._warning
        return None if found is None or t - found.t_ms > LIMIT_MS else found

    def _shares_differ(self, parts: Parts, named: Named) -> bool:
        """Whether more than the customers at risk changed: an erase alone changes nothing else."""
        merged, known = self._merged
        mine, others = [p and p.shares for p in merged], [p and p.shares for p in parts]
        return (
            known != named
            or len(mine) != len(others)
            or any(a is not b for a, b in zip(mine, others, strict=True))
        )

    def _revenue_shares(self, parts: Sequence[Swept], named: Named, t: int) -> Sweeps:
        groups = [OVERALL]
        for dimension in self._dimensions:
            groups += [(dimension, value) for value in named.get(dimension, frozenset()).union(SHARED_VALUES)]
        width = len(self._windows) + len(self._twice)
        rows: dict[Group, list[Buckets]] = {group: [{} for _ in range(width)] for group in groups}
        for part in parts:
            for group, packed in part.shares.items():
                add_packed(rows[group if group in rows else (group[0], OTHER)], packed)
        found: dict[tuple[Group, str], Sweep] = {}
        for group, mine in rows.items():
            former = dict(zip(self._twice, mine[len(self._windows) :], strict=True))
            for window, buckets in zip(self._windows, mine, strict=False):
                found[group, window] = shares(buckets, t, kept(former.get(window, {})))
        return found


def _same(parts: Parts, others: Parts) -> bool:
    """Whether two lists hold the very same sweeps."""
    return len(parts) == len(others) and all(a is b for a, b in zip(parts, others, strict=True))
