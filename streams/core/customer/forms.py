"""The forms of a closed chunk: purchases in a block of fixed size each, what keeps its id as a packed list.

A chunk's bytes are what the changelog has of it, unless it is settled: then its events have no ids any more,
and the changelog has it compressed. Within a chunk events are in order of (time, id).

Never: keeps anything but bytes.
"""

from bisect import insort
from collections.abc import Callable
from typing import Any, Final, Generic, TypeAlias, TypeVar

import msgspec
from msgspec.structs import replace

from streams.core.customer.blocks import bought_as, place_of, with_purchase, without_ids
from streams.core.customer.entries import (
    PURCHASE,
    PURCHASE_SIZE,
    CancellationEntry,
    PurchaseEntry,
    SignupEntry,
    SurveyEntry,
    by_identity,
    last_purchase_ms,
    pack_purchase,
)
from streams.core.customer.identity import Identity

NAMED_SIZE: Final = 48
"""What an answer, a signup or a cancellation counts of a record's room."""
_encode: Final = msgspec.msgpack.Encoder().encode
Order: TypeAlias = Any
"""A place in the order of (time, id): bytes for purchases, else a tuple; smaller is earlier."""
E = TypeVar("E", PurchaseEntry, SurveyEntry, SignupEntry, CancellationEntry)
N = TypeVar("N", SurveyEntry, SignupEntry, CancellationEntry)


class Form(Generic[E]):
    """How a kind of events is packed, and what packed events say.

    Attributes:
        kind, settled: what names of its chunks begin with.
        code: tells its places from the others' in the index.
    """

    __slots__ = ("code", "kind", "settled")

    def __init__(self, kind: bytes, settled: bytes, code: int) -> None:
        self.kind = kind
        self.settled = settled
        self.code = code

    def digest(self, entry: E) -> bytes:
        """An event's id."""
        raise NotImplementedError

    def order(self, entry: E) -> Order:
        """An event's place in the order: smaller is earlier."""
        raise NotImplementedError

    def last(self, data: bytes) -> object:
        """The place of the last one."""
        raise NotImplementedError

    def span(self, data: bytes) -> tuple[int, int]:
        """The times of the first and the last one (ms)."""
        raise NotImplementedError

    def reach(self, data: bytes) -> int:  # noqa: ARG002 - most end with their time
        """When the last of them takes effect (ms), where that may be after its time; else 0."""
        return 0

    def times(self, data: bytes) -> list[int]:
        """Their times (ms)."""
        raise NotImplementedError

    def digests(self, data: bytes) -> list[bytes]:
        """Their ids."""
        raise NotImplementedError

    def known_as(self, data: bytes, digest: bytes) -> list[E]:
        """Those of an id."""
        raise NotImplementedError

    def added(self, data: bytes, entry: E) -> bytes:
        """The same with one more, in its place."""
        raise NotImplementedError

    def removed(self, data: bytes, entry: E) -> bytes:
        """The same without one that is there; empty: it was the last."""
        raise NotImplementedError

    def halves(self, data: bytes, room: int) -> tuple[bytes, bytes]:
        """Two of one that has outgrown its room (bytes of purchases); the second is empty if it has not."""
        raise NotImplementedError

    def nameless(self, parts: list[bytes]) -> bytes:
        """One of several that follow each other, without ids."""
        raise NotImplementedError


class PurchaseForm(Form[PurchaseEntry]):
    """Blocks of ``entries.PURCHASE``."""

    __slots__ = ()

    def digest(self, entry: PurchaseEntry) -> bytes:
        """See Form."""
        return entry.digest

    def order(self, entry: PurchaseEntry) -> bytes:
        """See Form."""
        return entry.at_ms.to_bytes(8, "big") + entry.digest

    def last(self, data: bytes) -> bytes:
        """See Form."""
        digest, at_ms, _ = PURCHASE.unpack_from(data, len(data) - PURCHASE_SIZE)
        return bytes(int(at_ms).to_bytes(8, "big") + digest)

    def span(self, data: bytes) -> tuple[int, int]:
        """See Form."""
        _, first_ms, _ = PURCHASE.unpack_from(data)
        return first_ms, last_purchase_ms(data)

    def times(self, data: bytes) -> list[int]:
        """See Form."""
        return [at_ms for _, at_ms, _ in PURCHASE.iter_unpack(data)]

    def digests(self, data: bytes) -> list[bytes]:
        """See Form."""
        return [digest for digest, _, _ in PURCHASE.iter_unpack(data)]

    def known_as(self, data: bytes, digest: bytes) -> list[PurchaseEntry]:
        """See Form."""
        return bought_as(data, digest)

    def added(self, data: bytes, entry: PurchaseEntry) -> bytes:
        """See Form."""
        return with_purchase(data, entry)

    def removed(self, data: bytes, entry: PurchaseEntry) -> bytes:
        """See Form."""
        at = place_of(data, pack_purchase(entry))
        return data[:at] + data[at + PURCHASE_SIZE :]

    def halves(self, data: bytes, room: int) -> tuple[bytes, bytes]:
        """See Form."""
        if len(data) <= room:
            return data, b""
        half = len(data) // 2 // PURCHASE_SIZE * PURCHASE_SIZE
        return data[:half], data[half:]

    def nameless(self, parts: list[bytes]) -> bytes:
        """See Form."""
        return without_ids(b"".join(parts))


class NamedForm(Form[N]):
    """Lists of entries that keep their ids, packed.

    Args:
        identity: the deployment's digests.
        decode: reads such a list.
    """

    __slots__ = ("_decode", "_identity")

    def __init__(
        self,
        kind: bytes,
        settled: bytes,
        code: int,
        identity: Identity,
        decode: Callable[[bytes], list[N]],
    ) -> None:
        super().__init__(kind, settled, code)
        self._identity = identity
        self._decode: Callable[[bytes], list[N]] = decode

    def entries(self, data: bytes) -> list[N]:
        """The events."""
        return self._decode(data)

    def pack(self, entries: list[N]) -> bytes:
        """The inverse of ``entries``."""
        return _encode(entries)

    def digest(self, entry: N) -> bytes:
        """See Form."""
        return self._identity.event(entry.source, entry.event_id)

    def order(self, entry: N) -> Order:
        """See Form."""
        return by_identity(entry)

    def last(self, data: bytes) -> object:
        """See Form."""
        return by_identity(self._decode(data)[-1])

    def span(self, data: bytes) -> tuple[int, int]:
        """See Form."""
        entries = self._decode(data)
        return entries[0].at_ms, entries[-1].at_ms

    def times(self, data: bytes) -> list[int]:
        """See Form."""
        return [entry.at_ms for entry in self._decode(data)]

    def digests(self, data: bytes) -> list[bytes]:
        """See Form."""
        return [self.digest(entry) for entry in self._decode(data)]

    def known_as(self, data: bytes, digest: bytes) -> list[N]:
        """See Form."""
        return [entry for entry in self._decode(data) if self.digest(entry) == digest]

    def added(self, data: bytes, entry: N) -> bytes:
        """See Form."""
        entries = self._decode(data)
        insort(entries, entry, key=by_identity)
        return _encode(entries)

    def removed(self, data: bytes, entry: N) -> bytes:
        """See Form."""
        entries = self._decode(data)
        entries.remove(entry)
        return _encode(entries) if entries else b""

    def halves(self, data: bytes, room: int) -> tuple[bytes, bytes]:
        """See Form."""
        entries = self._decode(data)
        if len(entries) * NAMED_SIZE <= room:
            return data, b""
        half = len(entries) // 2
        return _encode(entries[:half]), _encode(entries[half:])

    def nameless(self, parts: list[bytes]) -> bytes:
        """See Form."""
        return _encode(
            [replace(entry, event_id="", source="") for data in parts for entry in self._decode(data)]
        )


class CancellationForm(NamedForm[CancellationEntry]):
    """Cancellations, which may take effect long after their time."""

    __slots__ = ()

    def reach(self, data: bytes) -> int:
        """See Form."""
        return max([entry.effect_ms for entry in self.entries(data)])
