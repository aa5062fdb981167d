"""Which partition of how many a customer's records belong to, exactly as the producers' clients compute it.

Rules: the key is the customer id's UTF-8 bytes, which are never empty. ``murmur2`` is what Java's client,
kafka-python, aiokafka, franz-go and kafkajs do, and librdkafka as ``murmur2_random``; ``crc32`` is
librdkafka's default (``consistent_random``) and Sarama's consistent CRC partitioner; ``fnv1a`` is Sarama's
default and librdkafka's ``fnv1a_random``. Never a guess: two of them agree by luck only.
"""

from collections.abc import Callable
from typing import Final, Literal, Protocol, TypeAlias, cast
from zlib import crc32

from streams.core.decoding.decoder import Record

Partitioner: TypeAlias = Literal["murmur2", "crc32", "fnv1a"]
Belongs: TypeAlias = Callable[[Record, str], bool]
"""Whether a record of a customer lies in the partition it belongs to."""

_WORD: Final = 0xFFFFFFFF
_POSITIVE: Final = 0x7FFFFFFF
_M: Final = 0x5BD1E995
_SEED: Final = 0x9747B28C
_FNV_OFFSET: Final = 0x811C9DC5
_FNV_PRIME: Final = 0x01000193


class Placed(Protocol):
    """A record that says where it lay."""

    @property
    def partition(self) -> int:
        """Its partition's number."""


def partition_of(record: Record) -> int:
    """Where a record lay that says it."""
    return cast("Placed", record).partition


def murmur2(key: bytes) -> int:
    """Java's ``Utils.toPositive(Utils.murmur2(key))``."""
    length = len(key)
    whole = length & ~3
    h = _SEED ^ length
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * _M & _WORD
        k = (k ^ k >> 24) * _M & _WORD
        h = (h * _M & _WORD) ^ k
    if whole < length:
        h = (h ^ int.from_bytes(key[whole:], "little")) * _M & _WORD
    h = (h ^ h >> 13) * _M & _WORD
    return (h ^ h >> 15) & _POSITIVE


def fnv1a(key: bytes) -> int:
    """32-bit FNV-1a read as a signed number, without its sign, as Sarama and librdkafka take it."""
    h = _FNV_OFFSET
    for byte in key:
        h = (h ^ byte) * _FNV_PRIME & _WORD
    return h if h <= _POSITIVE else (1 << 32) - h


_HASHES: Final[dict[str, Callable[[bytes], int]]] = {"murmur2": murmur2, "crc32": crc32, "fnv1a": fnv1a}


def key_hash(partitioner: Partitioner) -> Callable[[bytes], int]:
    """The function whose value, modulo the number of partitions, is a key's partition."""
    return _HASHES[partitioner]


def belongs_as_logged(partitioner: Partitioner, partitions: int) -> Belongs:
    """The check of records that say where they lay (``partition``)."""
    of = key_hash(partitioner)

    def belongs(record: Record, customer_id: str) -> bool:
        return of(customer_id.encode()) % partitions == partition_of(record)

    return belongs


def belongs_in(partitioner: Partitioner, partitions: int, number: int) -> Belongs:
    """The check of one partition of so many."""
    of = key_hash(partitioner)

    def belongs(_record: Record, customer_id: str) -> bool:
        return of(customer_id.encode()) % partitions == number

    return belongs
