"""The wire format of record batches (magic 2), written by the format's description and nobody's library.

https://kafka.apache.org/documentation/#recordbatch
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cramjam
from aiokafka.codec import lz4_encode
from aiokafka.record.util import calc_crc32c

LOG_APPEND_TIME = 0x08
TRANSACTIONAL = 0x10
CONTROL = 0x20


@dataclass(frozen=True)
class Rec:
    """One record; its time and place count from those of the batch."""

    key: bytes | None
    value: bytes | None
    ms: int = 0
    headers: Sequence[tuple[bytes, bytes | None]] = field(default=())


def varint(number: int) -> bytes:
    """A zigzag varint."""
    rest = (number << 1) ^ (number >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def text(data: bytes | None) -> bytes:
    """Bytes behind their length; None has the length -1."""
    return varint(-1) if data is None else varint(len(data)) + data


def record(rec: Rec, first_ms: int, number: int) -> bytes:
    """A record in its batch."""
    body = b"\0" + varint(rec.ms - first_ms) + varint(number) + text(rec.key) + text(rec.value)
    body += varint(len(rec.headers)) + b"".join(text(name) + text(value) for name, value in rec.headers)
    return varint(len(body)) + body


def gzip(data: bytes) -> bytes:
    """As every client does it."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush()


def snappy_java(data: bytes) -> bytes:
    """As Java's client does it: a head, then blocks of at most 32 KiB behind their lengths."""
    blocks = [data[at : at + 32_768] for at in range(0, len(data), 32_768)]
    packed = [bytes(cramjam.snappy.compress_raw(block)) for block in blocks]
    head = b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1)
    return head + b"".join(struct.pack(">i", len(block)) + block for block in packed)


CODECS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "none": (0, lambda data: data),
    "gzip": (1, gzip),
    "snappy": (2, lambda data: bytes(cramjam.snappy.compress_raw(data))),
    "snappy_java": (2, snappy_java),
    "lz4": (3, lz4_encode),
    "zstd": (4, lambda data: bytes(cramjam.zstd.compress(data))),
}


def batch(
    records: Sequence[Rec],
    *,
    codec: str = "none",
    attributes: int = 0,
    producer: tuple[int, int, int] = (-1, -1, -1),
    first_ms: int | None = None,
) -> bytes:
    """A whole batch with its checksum.

    Args:
        records: at least one.
        codec: a name of CODECS.
        attributes: further bits.
        producer: id, epoch and first sequence number.
        first_ms: what the records' times count from; that of the first.
    """
    number, pack = CODECS[codec]
    first = records[0].ms if first_ms is None else first_ms
    body = pack(b"".join(record(rec, first, i) for i, rec in enumerate(records)))
    newest = max(rec.ms for rec in records)
    tail = struct.pack(
        ">hiqqqhii", number | attributes, len(records) - 1, first, newest, *producer, len(records)
    )
    tail += body
    return struct.pack(">qiibI", 0, len(tail) + 9, -1, 2, calc_crc32c(tail)) + tail
