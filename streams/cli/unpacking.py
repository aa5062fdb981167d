"""What stands in a file once it is unpacked: gzip and zstd, told by their first bytes, never by a name.

Rules: memory is bounded however far a file unpacks, and what is cut off or damaged is an error, never an
early end. zstd comes from cramjam, which decodes whole inputs only: a thread of its own writes into a pipe.
"""

import gzip
import mmap
import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from shutil import copyfileobj
from threading import Event, Thread
from typing import BinaryIO, Protocol, cast

_HEAD_BYTES = 4
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = (b"\x2a\x4d\x18", range(0x50, 0x60))
"""A frame that says something about zstd frames: pzstd begins with one."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_READ = {
    b"PK\x03\x04": ("zip", "unzip -p"),
    b"BZh": ("bzip2", "bzip2 -dc"),
    b"\xfd7zX": ("xz", "xz -dc"),
    b"\x04\x22\x4d\x18": ("lz4", "lz4 -dc"),
    b"7z\xbc\xaf": ("7-Zip", "7z x -so"),
}
"""What is packed otherwise begins so, and is unpacked so."""
_BUFFER_BYTES = 1 << 20
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)
"""What the standard library says of a damaged file, beside ``UnpackError``."""


class UnpackError(ValueError):
    """The content is no text in UTF-8, packed otherwise, or damaged; the message shows nothing of it."""


class _Source(Protocol):
    def readinto1(self, buffer: bytearray | memoryview, /) -> int:
        """Bytes that are there, at least one unless it is the end."""

    def read(self, size: int, /) -> bytes:
        """So many bytes, fewer only at the end."""


class _Joined(RawIOBase):
    """The bytes read already, and the rest: works for pipes, too, whatever they were written in."""

    def __init__(self, head: bytes, rest: _Source) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._head:
            return self._rest.readinto1(buffer)
        count = min(len(buffer), len(self._head))
        buffer[:count], self._head = self._head[:count], self._head[count:]
        return count


@contextmanager
def unpacked(raw: BinaryIO) -> Iterator[BinaryIO]:
    """A stream of what is in a file.

    Raises:
        UnpackError: it is UTF-16, packed by something else, or a zstd file is damaged.
        EOFError, OSError, zlib.error: it cannot be read, or a gzip file is damaged.
    """
    source = cast("_Source", raw)
    head = source.read(_HEAD_BYTES)
    whole = cast("BinaryIO", BufferedReader(_Joined(head, source), _BUFFER_BYTES))
    if head.startswith(_UTF_16):
        raise UnpackError("it is UTF-16: convert it to UTF-8, with iconv -f UTF-16 -t UTF-8")
    for begin, (name, program) in _NOT_READ.items():
        if head.startswith(begin):
            raise UnpackError(f"it is packed by {name}, which is not read: unpack it, with {program}")
    if head.startswith(_GZIP):
        yield cast("BinaryIO", BufferedReader(gzip.GzipFile(fileobj=whole), _BUFFER_BYTES))
    elif head == _ZSTD or (head[1:] == _SKIPPABLE[0] and head[0] in _SKIPPABLE[1]):
        with _from_zstd(whole) as stream:
            yield stream
    else:
        yield whole


@contextmanager
def _from_zstd(packed: BinaryIO) -> Iterator[BinaryIO]:
    """The packed bytes wait in a file without a name, so that nobody can change them under the decoder."""
    with tempfile.TemporaryFile() as kept:
        copyfileobj(packed, kept, _BUFFER_BYTES)
        kept.flush()
        reading, writing = os.pipe()
        failed = Event()
        with mmap.mmap(kept.fileno(), 0, access=mmap.ACCESS_READ) as content:
            thread = Thread(target=_decode, args=(content, writing, failed), daemon=True)
            thread.start()
            try:
                with os.fdopen(reading, "rb", _BUFFER_BYTES) as pipe:
                    yield cast("BinaryIO", BufferedReader(_Checked(pipe, thread, failed), _BUFFER_BYTES))
            finally:
                thread.join()  # whoever stops early has closed the pipe, which ends it


def _decode(content: mmap.mmap, writing: int, failed: Event) -> None:
    """Keeps no error: with its frame it would keep the pipe open, whose end the reader waits for."""
    import cramjam  # noqa: PLC0415 - for zstd alone

    try:
        sink = cramjam.File(f"/dev/fd/{writing}", read=False, write=True, truncate=False, append=False)
    except OSError:
        failed.set()
        return
    finally:
        os.close(writing)  # the sink has a descriptor of its own
    try:
        cramjam.zstd.decompress_into(content, sink)
    except (cramjam.DecompressionError, OSError):
        failed.set()


class _Checked(RawIOBase):
    """The decoder's pipe; its end is an error if the decoder had one."""

    def __init__(self, pipe: BinaryIO, thread: Thread, failed: Event) -> None:
        self._pipe = cast("_Source", pipe)
        self._thread = thread
        self._failed = failed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = self._pipe.readinto1(buffer)
        if not count:
            self._thread.join()
            if self._failed.is_set():
                raise UnpackError("it is packed by zstd, and cut off or damaged")
        return count
