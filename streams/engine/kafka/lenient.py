r"""Batches that aiokafka cannot read although nothing in them is broken: header names that are no UTF-8.

Kafka's brokers and most clients never look into headers, so such records are lawful; aiokafka raises for the
whole batch. Here a batch of its wire format (magic 2) is read once more, such names escaped (``\xff``).

Rules: used only for a batch that aiokafka refused; what is wrong with it otherwise is raised again, as
CorruptRecordException. Its checksum was looked at before.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from aiokafka import codec
from aiokafka.errors import CorruptRecordException

_HEAD = struct.Struct(">qiibIhiqqqhii")
_TIMESTAMP_OF_LOG = 0x08
_MORE = 0x80
"""The bit of a varint's byte that says that another follows."""
_CODECS = {
    1: codec.gzip_decode,
    2: codec.snappy_decode,
    3: codec.lz4_decode,
    4: codec.zstd_decode,
}


class LenientRecord(NamedTuple):
    """A record with the attributes of aiokafka's compiled ones that we use."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


def read_batch(raw: bytes) -> list[LenientRecord]:
    """The records of one batch.

    Raises:
        CorruptRecordException: it is damaged.
    """
    try:
        return list(_records(raw))
    except CorruptRecordException:
        raise
    except Exception as error:
        raise CorruptRecordException(f"a record batch cannot be read ({type(error).__name__})") from error


def _records(raw: bytes) -> Iterator[LenientRecord]:
    base, _, _, _, _, attributes, _, first_ms, newest_ms, _, _, _, count = _HEAD.unpack_from(raw)
    body = raw[_HEAD.size :]
    if attributes & 0x07:
        body = bytes(_CODECS[attributes & 0x07](body))
    reader = _Reader(body)
    for _ in range(count):
        reader.number()  # length
        reader.at += 1  # attributes
        ms = first_ms + reader.number()
        offset = base + reader.number()
        key, value = reader.text(), reader.text()
        headers = [
            ((reader.text() or b"").decode("utf-8", "backslashreplace"), reader.text())
            for _ in range(reader.number())
        ]
        yield LenientRecord(offset, newest_ms if attributes & _TIMESTAMP_OF_LOG else ms, key, value, headers)


class _Reader:
    """Numbers and texts of the wire format, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def number(self) -> int:
        """A zigzag varint."""
        shift = value = 0
        while True:
            byte = self._data[self.at]
            self.at += 1
            value |= (byte & ~_MORE) << shift
            if byte < _MORE:
                return (value >> 1) ^ -(value & 1)
            shift += 7

    def text(self) -> bytes | None:
        """Bytes behind their length; None for a negative one."""
        length = self.number()
        if length < 0:
            return None
        begin, self.at = self.at, self.at + length
        if self.at > len(self._data):
            raise CorruptRecordException("a record ends before its fields do")
        return self._data[begin : self.at]
