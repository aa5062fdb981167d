"""Opening what commands read and write: files, packed ones too, and - for the standard streams."""

import gzip
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.unpacking import DAMAGED, UnpackError, unpacked

STANDARD = "-"
_FAST = 1
_PASSING = (("dev",), ("proc",))
_BOM = b"\xef\xbb\xbf"
_LONGEST_LINE = 64 << 20
"""What is longer is no line of records, and would have to be kept in memory."""


@contextmanager
def opened_to_write(name: str) -> Iterator[BinaryIO]:
    """Open a file anew, compressed if its name ends in .gz; ``-`` is standard output.

    The same bytes give the same .gz file: no name and no time stand in it.

    Raises:
        CliError: it cannot be written.
    """
    if name == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with Path(name).open("wb") as plain:
            if not name.endswith(".gz"):
                yield plain
                return
            with gzip.GzipFile(filename="", mode="wb", compresslevel=_FAST, fileobj=plain, mtime=0) as packed:
                yield cast("BinaryIO", packed)
    except OSError as error:
        raise CliError(Exit.USAGE, f"{name} cannot be written: {error.strerror or error}") from error


def is_kept(name: str) -> bool:
    """Whether a name stands for a regular file, which can be read again; a pipe or a device cannot."""
    path = Path(name)
    if name == STANDARD or path.absolute().parts[1:2] in _PASSING:
        return False
    return path.is_file() or not path.exists()


class LineFile:
    """The lines of a file or of standard input (``-``), packed by gzip or zstd or not: the content tells.

    A byte order mark at the beginning is no part of the first line.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._raw: BinaryIO | None = None

    @property
    def bytes_read(self) -> int:
        """How far reading has come in the file, packed if it is; 0 where nobody can tell."""
        return self._raw.tell() if self._raw is not None and is_kept(self._name) else 0

    @property
    def size(self) -> int | None:
        """Bytes in the file; None where nobody can tell."""
        with suppress(OSError):
            return Path(self._name).stat().st_size if is_kept(self._name) else None
        return None

    def __iter__(self) -> Iterator[bytes]:
        """All lines with their ends.

        Raises:
            CliError: the file cannot be read, is damaged, or has a line that is none.
        """
        try:
            with self._opened() as raw:
                self._raw = raw
                with unpacked(raw) as text:
                    yield from self._lines(text)
        except (OSError, UnpackError, *DAMAGED) as error:
            why = getattr(error, "strerror", None) or (
                "it is packed by gzip, and cut off or damaged" if isinstance(error, DAMAGED) else error
            )
            raise CliError(Exit.BAD_DATA, f"{self._name} cannot be read: {why}") from error
        finally:
            self._raw = None

    def _lines(self, text: BinaryIO) -> Iterator[bytes]:
        for number, line in enumerate(iter(partial(text.readline, _LONGEST_LINE), b""), 1):
            if len(line) == _LONGEST_LINE:
                raise UnpackError(f"line {number} has {_LONGEST_LINE >> 20} MiB or more")
            yield line.removeprefix(_BOM) if number == 1 else line

    def _opened(self) -> AbstractContextManager[BinaryIO]:
        if self._name != STANDARD:
            return Path(self._name).open("rb")
        if sys.stdin is None:  # whoever started us closed it
            raise UnpackError("standard input is closed")
        return nullcontext(sys.stdin.buffer)
