"""Opening what commands read and write: files, .gz files, and - for the standard streams."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO, cast

from streams.cli.errors import CliError
from streams.cli.exits import Exit

STANDARD = "-"
_FAST = 1


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


class LineFile:
    """The lines of a file, of a .gz file, or of standard input (``-``)."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._raw: BinaryIO | None = None

    @property
    def bytes_read(self) -> int:
        """How far reading has come in the file, packed if it is; 0 where nobody can tell."""
        return self._raw.tell() if self._raw is not None and self._name != STANDARD else 0

    @property
    def size(self) -> int | None:
        """Bytes in the file; None where nobody can tell."""
        with suppress(OSError):
            return None if self._name == STANDARD else Path(self._name).stat().st_size
        return None

    def __iter__(self) -> Iterator[bytes]:
        """All lines with their ends.

        Raises:
            CliError: the file cannot be read, or a .gz file is damaged.
        """
        try:
            with self._opened() as raw:
                self._raw = raw
                yield from gzip.GzipFile(fileobj=raw) if self._name.endswith(".gz") else raw
        except (OSError, EOFError, zlib.error) as error:
            why = getattr(error, "strerror", None) or error
            raise CliError(Exit.BAD_DATA, f"{self._name} cannot be read: {why}") from error
        finally:
            self._raw = None

    def _opened(self) -> AbstractContextManager[BinaryIO]:
        return nullcontext(sys.stdin.buffer) if self._name == STANDARD else Path(self._name).open("rb")
