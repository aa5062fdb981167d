"""Sums by pane, which the first version made of a customer's purchases and surveys beyond the newest ones.

Their ids are gone; what they counted stays and still moves with the customer's profile. Nothing is made a
sum any more.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec
from msgspec import Raw

from streams.core.counting.event_changes import (
    PROFILE,
    CellChange,
)
from streams.core.counting.panes import Panes
from streams.core.customer.entries import Sealed

_Sums: TypeAlias = dict[int, list[int]]
_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(_Sums).decode
_CHUNK: Final = 1 << 62
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


def compact(sealed: Sealed, panes: Panes, oldest_ms: int) -> None:
    """Forget sums older than retention and join those whose panes have been rolled up."""
    for end in sealed.sums:  # nearly always in order of time
        if end <= oldest_ms:
            break
        if panes.is_finest(end):
            return
        if panes.end_of(end) != end:
            break
    else:
        return
    sums: dict[int, Raw] = {}
    for end, packed in sealed.sums.items():
        if end > oldest_ms:
            into = panes.end_of(end)
            there = sums.get(into)
            sums[into] = packed if there is None else _joined(there, _unpack(packed))
    sealed.sums = sums


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


def _joined(packed: Raw, more: _Sums) -> Raw:
    """A pane's sums with those of another added."""
    by_group = _unpack(packed)
    for group, flat in more.items():
        _join(by_group.setdefault(group, []), flat)
    return Raw(_pack(by_group))


def _join(flat: list[int], more: list[int]) -> None:
    """Add flat (code, amount) pairs; an amount that would not fit 64 bits stays a pair of its own."""
    if flat[::2] == more[::2]:
        amounts = [a + b for a, b in zip(flat[1::2], more[1::2], strict=True)]
        if max(amounts) < _CHUNK and min(amounts) > -_CHUNK:
            flat[1::2] = amounts
            return
    for code, amount in zip(more[::2], more[1::2], strict=True):
        for at in range(0, len(flat), 2):
            if flat[at] == code and abs(flat[at + 1] + amount) < _CHUNK:
                flat[at + 1] += amount
                break
        else:
            flat += (code, amount)
