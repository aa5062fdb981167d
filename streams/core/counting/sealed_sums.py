"""Sums by pane, which the first version made of a customer's purchases and surveys beyond the newest ones.

Their ids are gone; what they counted stays and still moves with the customer's profile. Nothing is made a
sum any more.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from streams.core.counting.event_changes import (
    PROFILE,
    CellChange,
)
from streams.core.customer.entries import Sealed

_Sums: TypeAlias = dict[int, list[int]]
_unpack: Final = msgspec.msgpack.Decoder(_Sums).decode
_LOW: Final = 64
_FAMILIES: Final = 4


def sealed_changes(sealed: Sealed, family: int) -> Iterator[tuple[int, int, list[CellChange]]]:
    """(pane end, group or PROFILE, changes) of one family."""
    for end, packed in sealed.sums.items():
        for group, flat in _unpack(packed).items():
            pairs = zip(flat[::2], flat[1::2], strict=True)
            changes = [(quantity_of(code), amount) for code, amount in pairs if family_of(code) == family]
            if changes:
                yield end, group, changes


def sealed_groups(sealed: Sealed) -> Iterator[int]:
    """The groups that sealed sums and votes name; PROFILE is none."""
    yield from sealed.votes
    for packed in sealed.sums.values():
        yield from (group for group in _unpack(packed) if group != PROFILE)


def forget(sealed: Sealed, oldest_ms: int) -> None:
    """Forget sums older than retention."""
    if any(end <= oldest_ms for end in sealed.sums):
        sealed.sums = {end: packed for end, packed in sealed.sums.items() if end > oldest_ms}


def code_of(family: int, quantity: int) -> int:
    """A quantity of a family as one number.

    The quantity's lowest 6 bits, then the family's 2, then the rest of the quantity, which has no bound: any
    number of windows has numbers of its own.
    """
    high, low = divmod(quantity, _LOW)
    return (high * _FAMILIES + family) * _LOW + low


def family_of(code: int) -> int:
    """The family of a code."""
    return code // _LOW % _FAMILIES


def quantity_of(code: int) -> int:
    """The quantity of a code."""
    return code // (_LOW * _FAMILIES) * _LOW + code % _LOW
