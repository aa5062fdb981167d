"""The sweep over the buyers: how revenue is spread among them, exactly. Not additive, unlike all else.

A buyer of a window has an order in it; what counts is max(0, net revenue in the base currency). The best
20 % and 50 % are cut at ceil(0.2 n) and ceil(0.5 n) (docs/contract.md, section 4).
"""

from collections import defaultdict
from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.sealed_sums import sealed_changes
from streams.core.customer.entries import PURCHASE
from streams.core.customer.groups import OTHER, UNKNOWN
from streams.core.customer.record import Customer
from streams.core.definition.definition import Window
from streams.core.kpi.values.value import NOTHING_KEPT, Kept, Sweep
from streams.core.partition.store.customers import Customers
from streams.core.totals import OVERALL, Group, Named

Spent = dict[tuple[int, str], list[int]]
"""(profile, window name) -> net revenue of each buyer."""
SpentTwice = dict[tuple[int, str], list[tuple[int, int]]]
"""(profile, window name) -> net revenue of each customer in the window before and in this one."""


_END: Final = 1 << 62


def sweep(customers: Customers, named: Named) -> dict[tuple[Group, str], Sweep]:
    """Revenue shares of every published group and window of at least a day, at the clock."""
    definition = customers.definition
    windows = [w for w in definition.windows if definition.has_revenue_shares(w)]
    if not windows:
        return {}
    t = customers.clock
    by_group: dict[tuple[Group, str], list[int]] = defaultdict(list)
    kept_by_group: dict[tuple[Group, str], list[tuple[int, int]]] = defaultdict(list)
    by_profile, kept_by_profile = _spent(customers, windows)
    for profile, window in by_profile.keys() | kept_by_profile.keys():
        for group in (OVERALL, *_published(customers.groups.values_of(profile), named)):
            by_group[group, window] += by_profile.get((profile, window), [])
            kept_by_group[group, window] += kept_by_profile.get((profile, window), [])
    groups = {OVERALL}
    for number in range(len(customers.groups.table)):
        if customers.groups.is_profile(number):
            groups.update(_published(customers.groups.values_of(number), named))
    found = {}
    for at in ((group, window.name) for group in groups for window in windows):
        found[at] = shares(by_group.get(at, []), t, kept_of(kept_by_group.get(at, [])))
    return found


def kept_of(amounts: list[tuple[int, int]]) -> Kept:
    """What customers paid in the window before and in this one (minor units), of those who paid then."""
    former = [(before, now) for before, now in amounts if before > 0]
    return Kept(
        buyers=len(former),
        before_minor=sum(before for before, _ in former),
        now_minor=sum(now for _, now in former),
        still_minor=sum(min(max(0, now), before) for before, now in former),
    )


def shares(amounts: list[int], t: int, kept: Kept = NOTHING_KEPT) -> Sweep:
    """The sweep's result for the buyers' net revenues (minor units)."""
    ranked = sorted((max(0, amount) for amount in amounts), reverse=True)
    n = len(ranked)
    a, b = -(-n // 5), -(-n // 2)
    best, next_best, rest = sum(ranked[:a]), sum(ranked[a:b]), sum(ranked[b:])
    return Sweep(t_ms=t, buyers=n, a_minor=best, b_minor=next_best, c_minor=rest, kept=kept)


def _published(values: list[Group], named: Named) -> list[Group]:
    return [
        (dimension, value if value == UNKNOWN or value in named.get(dimension, ()) else OTHER)
        for dimension, value in values
    ]


def _spent(customers: Customers, windows: list[Window]) -> tuple[Spent, SpentTwice]:
    definition, t = customers.definition, customers.clock
    starts = [(w.name, definition.floor_edge(t, w.ms)) for w in windows]
    twice = [
        (w.name, *definition.before_and_start(t, w)) for w in windows if definition.has_purchase_retention(w)
    ]
    oldest = min([start for _, start in starts] + [before for _, before, _ in twice])
    spent: Spent = defaultdict(list)
    spent_twice: SpentTwice = defaultdict(list)
    for key in customers.cold.keys() | customers.hot.keys():
        customer = customers.read(key)
        if customer is not None and customer.last > oldest:
            paid = payments(customer)
            for name, start in starts:
                if customer.last > start:
                    spent[customer.profile, name].append(paid_in(paid, start))
            for name, before, start in twice:
                if customer.last > before:
                    both = paid_in(paid, before, start), paid_in(paid, start)
                    spent_twice[customer.profile, name].append(both)
    return spent, spent_twice


def paid_in(paid: list[tuple[int, int]], after_ms: int, until_ms: int = _END) -> int:
    """The sum of payments of a span."""
    return sum([amount for at_ms, amount in paid if after_ms < at_ms <= until_ms])


def payments(customer: Customer) -> list[tuple[int, int]]:
    """(time, amount) of what was paid and refunded in the base currency."""
    kept = [(at_ms, amount >> 1) for _, at_ms, amount in PURCHASE.iter_unpack(customer.bought) if amount & 1]
    sealed = customer.body.sealed
    if sealed is not None:
        for end, _, changes in sealed_changes(sealed, q.ORDERS_FAMILY):
            kept += [(end, amount) for quantity, amount in changes if quantity == q.REVENUE]
    return kept
