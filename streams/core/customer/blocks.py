"""Purchases in blocks of fixed size, sorted by time and id: what stands where in one. Pure."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from streams.core.customer.entries import (
    PURCHASE,
    PURCHASE_SIZE,
    PurchaseEntry,
    pack_purchase,
    purchases_of,
)
from streams.core.customer.identity import DIGEST_SIZE

NO_ID: Final = bytes(DIGEST_SIZE)


def with_purchase(block: bytes, entry: PurchaseEntry) -> bytes:
    """A purchases block with one more."""
    packed = pack_purchase(entry)
    if not block or int.from_bytes(block[-16:-8], "little") < entry.at_ms:
        return block + packed
    count = len(block) // PURCHASE_SIZE
    order = entry.at_ms, entry.digest
    at = bisect_right(range(count), order, key=lambda number: _order_of(block, number)) * PURCHASE_SIZE
    return block[:at] + packed + block[at:]


def _order_of(block: bytes, number: int) -> tuple[int, bytes]:
    digest, at_ms, _ = PURCHASE.unpack_from(block, number * PURCHASE_SIZE)
    return at_ms, digest


def without_ids(block: bytes) -> bytes:
    """The same purchases, with zeros for their ids."""
    return b"".join(
        [NO_ID + block[at + DIGEST_SIZE : at + PURCHASE_SIZE] for at in range(0, len(block), PURCHASE_SIZE)]
    )


def place_of(block: bytes, beginning: bytes) -> int:
    """Where the first purchase that begins so (an id, or all of it) stands in a block; -1: nowhere."""
    at = block.find(beginning)
    while at >= 0 and at % PURCHASE_SIZE:
        at = block.find(beginning, at + 1)
    return at


def bought_as(block: bytes, digest: bytes) -> list[PurchaseEntry]:
    """The purchases of an id in a block."""
    found: list[PurchaseEntry] = []
    at = block.find(digest)
    while at >= 0:
        if at % PURCHASE_SIZE == 0:
            found += purchases_of(block[at : at + PURCHASE_SIZE])
        at = block.find(digest, at + 1)
    return found


def order_before(block: bytes, at_ms: int) -> int:
    """The time of a block's last order before an instant; 0: none."""
    found = 0
    for _, when, money in PURCHASE.iter_unpack(block):
        if when >= at_ms:
            break
        if money >= 0:
            found = when
    return found


def order_from(block: bytes, at_ms: int) -> int:
    """The time of a block's first order at or after an instant; 0: none."""
    for _, when, money in PURCHASE.iter_unpack(block):
        if when >= at_ms and money >= 0:
            return int(when)
    return 0


def newest_orders(block: bytes) -> Iterator[int]:
    """The times of a block's orders, the newest first."""
    for at in range(len(block) - PURCHASE_SIZE, -1, -PURCHASE_SIZE):
        _, when, money = PURCHASE.unpack_from(block, at)
        if money >= 0:
            yield when
