"""Revenue shares for replays: what each buyer spent, kept up to date from one snapshot to the next.

The same figures as the sweep of streams.core.partition.sweep.exact_shares, without reading every customer
again for every snapshot: records that changed are entered anew, all others stand in arrays. Integers are 64
bits wide; where sums might not fit (``exact`` is then False) nothing here may be asked for.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from streams.core.customer.entries import PURCHASE, PURCHASE_SIZE
from streams.core.customer.groups import OTHER, UNKNOWN, Members, is_profile
from streams.core.definition.definition import Definition, Window
from streams.core.kpi.group_kpis import Sweeps
from streams.core.kpi.values.value import Kept, Sweep
from streams.core.partition.sweep.payments import Spent
from streams.core.totals import OVERALL, Group, Named

Integers = npt.NDArray[np.int64]

_ENTRY = np.dtype([("digest", "S16"), ("at", "<i8"), ("amount", "<i8")])
_NOTHING_PAID = PURCHASE.pack(b"", 0, 1)
_SAFE = 2.0**62
_EMPTY: Integers = np.zeros(0, dtype=np.int64)
_NOBODY: Integers = np.zeros((3, 0), dtype=np.int64)


class Spending:
    """What the buyers of one partition spent.

    Args:
        definition: which windows there are.
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._windows = [w for w in definition.windows if definition.has_revenue_shares(w)]
        self._row: dict[bytes, int] = {}
        self._alive = np.zeros(0, dtype=np.bool_)
        self._profile = self._last = self._begin = self._at = self._amount = _EMPTY

    @property
    def exact(self) -> bool:
        """Whether no sum can leave 64 bits."""
        return float(np.abs(self._amount.astype(np.float64)).sum()) < _SAFE

    def update(self, changes: Iterable[tuple[bytes, Spent | None]]) -> None:
        """Enter changed records; None: gone."""
        fresh: list[Spent] = []
        blocks: list[bytes] = []
        rows = len(self._alive)
        for key, spent in changes:
            old = self._row.pop(key, None)
            if old is not None:
                self._alive[old] = False
            if spent is not None and spent.last_ms:
                self._row[key] = rows + len(fresh)
                fresh.append(spent)
                blocks.append(spent.purchases or _NOTHING_PAID)
        entries = np.frombuffer(b"".join(blocks), dtype=_ENTRY)
        sizes = _integers([len(block) // PURCHASE_SIZE for block in blocks])
        self._begin = np.append(self._begin, len(self._at) + np.cumsum(sizes) - sizes)
        self._alive = np.append(self._alive, np.ones(len(fresh), dtype=np.bool_))
        self._profile = np.append(self._profile, _integers([spent.profile for spent in fresh]))
        self._last = np.append(self._last, _integers([spent.last_ms for spent in fresh]))
        self._at = np.append(self._at, entries["at"])
        in_base = entries["amount"] & 1 == 1
        self._amount = np.append(self._amount, np.where(in_base, entries["amount"] >> 1, 0))
        if 2 * len(self._row) < len(self._alive):
            self._compact()

    def shares(self, t: int, table: Sequence[Members], named: Named) -> Sweeps:
        """The revenue shares of every published group.

        Args:
            t: the evaluation time; the records entered must be as of it.
            table: the groups by number (groups.py).
            named: per dimension the values that keep their own name.
        """
        found: dict[tuple[Group, str], Sweep] = {}
        dimensions = self._definition.dimensions
        places = [_places(table, at, named.get(d, frozenset())) for at, d in enumerate(dimensions)]
        for window in self._windows:
            net, profile = self._ranked(t, window)
            former, of_former = self._twice(t, window)
            (whole,), (kept,) = _cut(net, _integers([len(net)])), _sums(former, _integers([former.shape[1]]))
            found[OVERALL, window.name] = Sweep(t, *whole, kept)
            for dimension, (values, place) in zip(dimensions, places, strict=True):
                order, sizes = _grouped(place[profile], len(values))
                by_former, sizes_of_former = _grouped(place[of_former], len(values))
                cuts = _cut(net[order], sizes)
                sums = _sums(former[:, by_former], sizes_of_former)
                for value, cut, kept in zip(values, cuts, sums, strict=True):
                    found[(dimension, value), window.name] = Sweep(t, *cut, kept)
        return found

    def _ranked(self, t: int, window: Window) -> tuple[Integers, npt.NDArray[np.int64]]:
        """Net revenue of a window's buyers, never below 0, the best first; and their profiles."""
        if not len(self._alive):
            return _EMPTY, _EMPTY
        start = self._definition.floor_edge(t, window.ms)
        net = self._net(self._at > start)
        buyers = np.flatnonzero(self._alive & (self._last > start))
        spent = np.maximum(net[buyers], 0)
        order = np.argsort(spent)[::-1]
        return spent[order], self._profile[buyers[order]]

    def _twice(self, t: int, window: Window) -> tuple[Integers, npt.NDArray[np.int64]]:
        """What the payers of the window before paid then, pay now, and still pay of it; their profiles."""
        if not len(self._alive) or not self._definition.has_purchase_retention(window):
            return _NOBODY, _EMPTY
        before, start = self._definition.before_and_start(t, window)
        then, now = self._net((self._at > before) & (self._at <= start)), self._net(self._at > start)
        former = np.flatnonzero(self._alive & (then > 0))
        then, now = then[former], now[former]
        return np.stack([then, now, np.minimum(np.maximum(now, 0), then)]), self._profile[former]

    def _net(self, counts: npt.NDArray[np.bool_]) -> Integers:
        """The sum of each customer's payments that count."""
        found: Integers = np.add.reduceat(np.where(counts, self._amount, 0), self._begin)
        return found

    def _compact(self) -> None:
        """Forget the rows that were replaced."""
        sizes = np.diff(np.append(self._begin, len(self._at)))
        kept = np.repeat(self._alive, sizes)
        self._at, self._amount = self._at[kept], self._amount[kept]
        self._profile, self._last = self._profile[self._alive], self._last[self._alive]
        left = sizes[self._alive]
        self._begin = np.cumsum(left) - left
        new = np.cumsum(self._alive) - 1
        self._row = {key: int(new[row]) for key, row in self._row.items()}
        self._alive = np.ones(len(left), dtype=np.bool_)


def _integers(numbers: list[int]) -> Integers:
    return np.array(numbers, dtype=np.int64)


def _places(
    table: Sequence[Members], at: int, named: frozenset[str]
) -> tuple[list[str], npt.NDArray[np.int16]]:
    """The published values of a dimension, and for every group of the table the place of its value."""
    place: dict[str, int] = {}
    of = np.zeros(len(table), dtype=np.int16)
    for number, members in enumerate(table):
        if is_profile(members):
            value = members[at]
            shown = value if value == UNKNOWN or value in named else OTHER
            of[number] = place.setdefault(shown, len(place))
    return list(place), of


def _grouped(mine: npt.NDArray[np.int16], groups: int) -> tuple[Integers, Integers]:
    """An order in which groups stand one by one, and how many are in each."""
    return np.argsort(mine, kind="stable"), np.bincount(mine, minlength=groups)


def _sums(former: Integers, sizes: npt.NDArray[np.int64]) -> list[Kept]:
    """What was kept of groups that stand one by one."""
    sums = np.concatenate((np.zeros((3, 1), dtype=np.int64), np.cumsum(former, axis=1)), axis=1)
    end = np.cumsum(sizes)
    found = sums[:, end] - sums[:, end - sizes]
    return [Kept(*each) for each in zip(sizes.tolist(), *found.tolist(), strict=True)]


def _cut(ranked: Integers, sizes: npt.NDArray[np.int64]) -> list[tuple[int, int, int, int]]:
    """(buyers, revenue of the best 20 %, of the next 30 %, of the rest) of groups that stand one by one."""
    sums = np.concatenate(([0], np.cumsum(ranked)))
    begin = np.cumsum(sizes) - sizes
    a, b, end = begin - (-sizes // 5), begin - (-sizes // 2), begin + sizes
    parts = (sizes, sums[a] - sums[begin], sums[b] - sums[a], sums[end] - sums[b])
    return list(zip(*(part.tolist() for part in parts), strict=True))
