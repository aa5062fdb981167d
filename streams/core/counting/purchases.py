"""Purchases as cells count them, added or taken out: by themselves, in pairs, and as whose newest they are.

The same as ``event_changes.py`` says in words that other families share, without a list for each.
"""

from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.event_changes import Lengths
from streams.core.counting.noted_panes import OrderPanes
from streams.core.counting.panes import Cell, Sums
from streams.core.customer.entries import PURCHASE

FIRST: Final = 1 << 62
"""The gap before the first order ever."""


def emit_purchases(
    panes: OrderPanes, profile: int, block: bytes, lengths: Lengths, sign: int, *, before_ms: int = 0
) -> None:
    """Count purchases and refunds, and each pair of consecutive orders.

    Args:
        panes: the family of orders.
        profile: whose they are.
        block: purchases in order of time (entries.PURCHASE).
        lengths: of the windows that have purchase retention.
        sign: 1, or -1 to take them out.
        before_ms: time of the order before them; 0: there was none.
    """
    before, previous = before_ms, panes.cell(profile, before_ms) if before_ms else None
    for _, at_ms, money in PURCHASE.iter_unpack(block):
        cell = panes.cell(profile, at_ms)
        if cell is not None:
            count_purchase((cell, cell[-2], cell[-1]), money, sign)
        panes.series.order(profile, at_ms, money, sign)
        if money >= 0:
            count_pair(previous, cell, at_ms - before if before else FIRST, lengths, sign)
            before, previous = at_ms, cell


def count_purchase(vectors: tuple[Sums, ...], money: int, sign: int) -> None:
    """Count a purchase or refund by itself in a cell and the sums it is in, or take it out."""
    base = sign * (money & 1)
    for vector in vectors:
        if money >= 0:
            vector[q.ORDERS] += sign
            vector[q.ORDERS_BASE] += base
        else:
            vector[q.REFUNDS_BASE] += base
        if base:
            vector[q.REVENUE] += base * (money >> 1)
        else:
            vector[q.LEFT_OUT] += sign


def count_newest(cell: Cell, buyers: int, engaged: int) -> None:
    """Count a customer by the pane of a last order, of a newest event."""
    segment: Sums = cell[-2]
    whole: Sums = cell[-1]
    cell[q.BUYERS] += buyers
    segment[q.BUYERS] += buyers
    whole[q.BUYERS] += buyers
    cell[q.ENGAGED] += engaged
    segment[q.ENGAGED] += engaged
    whole[q.ENGAGED] += engaged


def count_pair(earlier: Cell | None, later: Cell | None, gap: int, lengths: Lengths, sign: int) -> None:
    """Count two consecutive orders for each window that is no longer than the gap between them."""
    for i, length in enumerate(lengths):
        if gap < length:
            break
        add_one(earlier, q.PAIRS + 2 * i, sign)
        add_one(later, q.PAIRS + 2 * i + 1, sign)


def add_one(cell: Cell | None, quantity: int, amount: int) -> None:
    """Add to one quantity of a cell, if there is one, and of the sums it is in."""
    if cell is not None:
        segment: Sums = cell[-2]
        whole: Sums = cell[-1]
        cell[quantity] += amount
        segment[quantity] += amount
        whole[quantity] += amount
