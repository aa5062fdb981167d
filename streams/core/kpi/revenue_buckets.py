"""Buyers in logarithmic buckets by what they spent: the part of a sweep that adds up over partitions.

A bucket knows exactly how many buyers it has and what they spent together; amounts in one bucket differ by
less than 1 %. Where a cut goes through a bucket, its buyers count with their mean. So every share of
revenue is within 1 % of the exact one, whatever the amounts, and the shares add up to the exact revenue.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from streams.core.kpi.values.value import NOTHING_KEPT, Kept, Sweep

RATIO: Final = 1.01
"""Greatest over least amount of a bucket. Amounts below 100 minor units have buckets of their own."""

Buckets = dict[int, int]
"""Index -> minor units << _BUYERS_BITS | buyers, so that buckets add up as they are; index 0 holds those who
spent nothing in the end."""

_BUYERS_BITS: Final = 40
_BUYERS: Final = (1 << _BUYERS_BITS) - 1

_PER_LOG: Final = 1 / math.log(RATIO)
_CHUNK: Final = 1 << 62
"""Sums that 64 bits do not hold are packed in pieces; so for sums below zero."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[list[int]]).decode


def index_of(amount_minor: int) -> int:
    """The bucket of an amount; one below 0 counts as nothing."""
    return 1 + int(math.log(amount_minor) * _PER_LOG) if amount_minor > 0 else 0


def put(buckets: Buckets, net_minor: int) -> None:
    """Add a buyer with their net revenue."""
    amount = max(net_minor, 0)
    index = index_of(amount)
    buckets[index] = buckets.get(index, 0) + bucket(1, amount)


def bucket(buyers: int, amount_minor: int) -> int:
    """What so many buyers and minor units together are in a bucket."""
    return amount_minor << _BUYERS_BITS | buyers


def add(into: Buckets, others: Buckets) -> None:
    """Add other buyers of the same group and window."""
    for index, cell in others.items():
        into[index] = into.get(index, 0) + cell


def shares(buckets: Buckets, t_ms: int, kept: Kept = NOTHING_KEPT) -> Sweep:
    """The shares of the best 20 %, the next 30 % and the rest (docs/contract.md, section 4).

    Args:
        buckets: of a window's buyers.
        t_ms: the time of the sweep.
        kept: what it found of the buyers of the window before.
    """
    best = [read(buckets[index]) for index in sorted(buckets, reverse=True)]
    buyers = sum(count for count, _ in best)
    revenue = sum(amount for _, amount in best)
    a, b = _of_best(best, -(-buyers // 5)), _of_best(best, -(-buyers // 2))
    return Sweep(t_ms, buyers, a, b - a, revenue - b, kept)


def read(cell: int) -> tuple[int, int]:
    """Buyers and minor units of a bucket."""
    return cell & _BUYERS, cell >> _BUYERS_BITS


def _of_best(best: Iterable[tuple[int, int]], buyers: int) -> int:
    """What so many of the best spent, by buckets from the best down."""
    spent = 0
    for count, amount in best:
        if count >= buyers:
            return spent + amount * buyers // count
        spent += amount
        buyers -= count
    return spent


def pack(rows: Iterable[Buckets]) -> bytes:
    """The buckets of several windows, in the order of the definition's windows."""
    return _encode([list(_flat(row)) for row in rows])


def _flat(row: Buckets) -> Iterator[int]:
    """Index, buyers and minor units of every bucket, in turn."""
    for index, cell in sorted(row.items()):
        buyers, amount = read(cell)
        piece = _CHUNK if amount > 0 else -_CHUNK
        while abs(amount) >= _CHUNK:
            yield from (index, 0, piece)
            amount -= piece
        yield from (index, buyers, amount)


def add_packed(rows: Sequence[Buckets], packed: bytes) -> None:
    """Add packed buckets to those of the same windows.

    Raises:
        ValueError: the bytes are no packed buckets of so many windows.
    """
    for row, flat in zip(rows, _decode(packed), strict=True):
        for index, buyers, amount in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
            row[index] = row.get(index, 0) + bucket(buyers, amount)
