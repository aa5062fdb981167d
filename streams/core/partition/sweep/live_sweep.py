"""The live sweep over the customers, in small steps: revenue in buckets, and who is most at risk.

It tells what held at the clock of its first step. What happens during it is left out where it is dated later;
a customer who moves to another profile or is corrected meanwhile counts as found. Records are only read.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from streams.core.customer.entries import PURCHASE
from streams.core.customer.record import Customer
from streams.core.kpi.early_warning import most
from streams.core.kpi.revenue_buckets import Buckets, add, pack, put
from streams.core.kpi.revenue_kept import put_kept
from streams.core.kpi.swept import Swept
from streams.core.partition.store.customers import Customers
from streams.core.partition.store.releasing import groups_of
from streams.core.partition.sweep.exact_shares import paid_in, payments
from streams.core.partition.sweep.risk_ranking import Ranking, assess
from streams.core.partition.sweep.steps import Steps
from streams.core.totals import OVERALL, Group

_STRIDE: Final = 32
"""Customers a step."""


def sweeping(customers: Customers, at_risk_limit: int) -> Steps[Swept]:
    """Sweep over a partition; its records may change between two steps.

    Args:
        customers: the partition's.
        at_risk_limit: how many of those at risk to name at most.
    """
    spending = _Spending(customers)
    ranking = Ranking(at_risk_limit)
    t, marked = customers.clock, customers.groups.marked
    for at, key in enumerate(_keys(customers)):
        customer = customers.read(key)
        if customer is not None:
            if marked is not None:
                marked.update(groups_of(customer))
            spending.add(customer)
            one = assess(key, customer, t)
            if one is not None:
                ranking.add(one)
        if at % _STRIDE == 0:
            yield
    shares = yield from spending.packed()
    at_risk = []
    for at, (_, key) in enumerate(ranking.customers):
        customer = customers.read(key)  # who left or was erased during the sweep is not at risk any more
        one = None if customer is None else assess(key, customer, t)
        if one is not None:
            at_risk.append(one)
        if at % _STRIDE == 0:
            yield
    return Swept(t, shares, most(at_risk, at_risk_limit))


def _keys(customers: Customers) -> Iterator[bytes]:
    """The keys of all customers there are now, each once, whatever happens to them later."""
    in_use, at_rest = dict.fromkeys(customers.hot), list(customers.cold)
    yield from in_use
    for key in at_rest:
        if key not in in_use:
            yield key


class _Spending:
    """Sorts buyers into buckets: by profile while it looks at them, by group in the end."""

    def __init__(self, customers: Customers) -> None:
        definition = customers.definition
        self._customers = customers
        self._t = customers.clock
        windows = [w for w in definition.windows if definition.has_revenue_shares(w)]
        self._starts = [definition.floor_edge(self._t, w.ms) for w in windows]
        self._twice = [
            definition.before_and_start(self._t, w) for w in windows if definition.has_purchase_retention(w)
        ]
        self._width = len(self._starts) + len(self._twice)
        self._oldest = min([*self._starts, *(before for before, _ in self._twice)], default=self._t)
        self._profiles: dict[int, list[Buckets]] = {}

    def add(self, customer: Customer) -> None:
        """Put a customer into the rows of every window in which they bought, or before which they did."""
        if customer.last <= self._oldest:
            return
        last, paid = customer.last, payments(customer)
        if last > self._t:  # ordered since the sweep began
            last = self._last_order(customer)
            paid = [(at_ms, amount) for at_ms, amount in paid if at_ms <= self._t]
        rows = self._profiles.get(customer.profile)
        if rows is None:
            rows = self._profiles[customer.profile] = [{} for _ in range(self._width)]
        for start, buckets in zip(self._starts, rows, strict=False):
            if last > start:
                put(buckets, paid_in(paid, start))
        for (before, start), row in zip(self._twice, rows[len(self._starts) :], strict=True):
            if last > before:
                put_kept(row, paid_in(paid, before, start), paid_in(paid, start))

    def _last_order(self, customer: Customer) -> int:
        """The time of the last order that is not after t, of one who ordered since; 0 for none."""
        times = [at_ms for _, at_ms, amount in PURCHASE.iter_unpack(customer.bought) if amount >= 0]
        sealed = customer.body.sealed
        if sealed is not None:
            times.append(sealed.last_ms)
        return max((at_ms for at_ms in times if at_ms <= self._t), default=0)

    def packed(self) -> Steps[dict[Group, bytes]]:
        """The rows of every group that has buyers."""
        groups: dict[Group, list[Buckets]] = defaultdict(lambda: [{} for _ in range(self._width)])
        for profile, rows in self._profiles.items():
            for group in (OVERALL, *self._customers.groups.values_of(profile)):
                for into, buckets in zip(groups[group], rows, strict=True):
                    add(into, buckets)
                yield
        found = {}
        for group, rows in groups.items():
            if any(rows):
                found[group] = pack(rows)
            yield
        return found
