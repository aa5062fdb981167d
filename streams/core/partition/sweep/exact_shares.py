"""The sweep over the buyers: how revenue is spread among them, exactly. Not additive, unlike all else.

A buyer of a window has an order in it; what counts is max(0, net revenue in the base currency). The best
20 % and 50 % are cut at ceil(0.2 n) and ceil(0.5 n) (docs/contract.md, section 4).
"""

from collections import defaultdict

from streams.core.counting import quantities as q
from streams.core.counting.sealed_sums import sealed_changes
from streams.core.customer.entries import PURCHASE
from streams.core.customer.groups import OTHER, UNKNOWN
from streams.core.customer.record import Customer
from streams.core.definition.definition import Window
from streams.core.kpi.values.value import Sweep
from streams.core.partition.store.customers import Customers
from streams.core.totals import OVERALL, Group, Named

SpentByGroup = dict[tuple[int, str], list[int]]
"""(profile, window name) -> net revenue of each buyer."""


def sweep(customers: Customers, named: Named) -> dict[tuple[Group, str], Sweep]:
    """Revenue shares of every published group and window of at least a day, at the clock."""
    definition = customers.definition
    windows = [w for w in definition.windows if definition.has_revenue_shares(w)]
    if not windows:
        return {}
    t = customers.clock
    by_profile = _spent(customers, windows)
    by_group: dict[tuple[Group, str], list[int]] = defaultdict(list)
    for (profile, window), amounts in by_profile.items():
        for group in (OVERALL, *_published(customers.groups.values_of(profile), named)):
            by_group[group, window] += amounts
    groups = {OVERALL}
    for number in range(len(customers.groups.table)):
        if customers.groups.is_profile(number):
            groups.update(_published(customers.groups.values_of(number), named))
    return {(g, w.name): shares(by_group.get((g, w.name), []), t) for g in groups for w in windows}


def shares(amounts: list[int], t: int) -> Sweep:
    """The sweep's result for the buyers' net revenues (minor units)."""
    ranked = sorted((max(0, amount) for amount in amounts), reverse=True)
    n = len(ranked)
    a, b = -(-n // 5), -(-n // 2)
    return Sweep(t_ms=t, buyers=n, a_minor=sum(ranked[:a]), b_minor=sum(ranked[a:b]), c_minor=sum(ranked[b:]))


def _published(values: list[Group], named: Named) -> list[Group]:
    return [
        (dimension, value if value == UNKNOWN or value in named.get(dimension, ()) else OTHER)
        for dimension, value in values
    ]


def _spent(customers: Customers, windows: list[Window]) -> SpentByGroup:
    starts = [(w.name, customers.definition.floor_edge(customers.clock, w.ms)) for w in windows]
    oldest = min(start for _, start in starts)
    spent: SpentByGroup = defaultdict(list)
    for key in customers.cold.keys() | customers.hot.keys():
        customer = customers.read(key)
        if customer is not None and customer.last > oldest:
            paid = payments(customer)
            for name, start in starts:
                if customer.last > start:
                    net = sum(amount for at_ms, amount in paid if at_ms > start)
                    spent[customer.profile, name].append(net)
    return spent


def payments(customer: Customer) -> list[tuple[int, int]]:
    """(time, amount) of what was paid and refunded in the base currency."""
    kept = [(at_ms, amount >> 1) for _, at_ms, amount in PURCHASE.iter_unpack(customer.bought) if amount & 1]
    sealed = customer.body.sealed
    if sealed is not None:
        for end, _, changes in sealed_changes(sealed, q.ORDERS_FAMILY):
            kept += [(end, amount) for quantity, amount in changes if quantity == q.REVENUE]
    return kept
