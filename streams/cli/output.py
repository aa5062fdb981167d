"""Opening what commands read and write: files, .gz files, and - for the standard streams."""

import gzip
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def opened_to_read(name: str) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Open a file of lines: the lines, and the stream whose position shows how far reading has come.

    Raises:
        CliError: it cannot be read, or a .gz file is damaged.
    """
    if name == STANDARD:
        yield sys.stdin.buffer, sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as plain:
            if not name.endswith(".gz"):
                yield plain, plain
                return
            with gzip.GzipFile(fileobj=plain) as packed:
                yield cast("BinaryIO", packed), plain
    except (OSError, EOFError) as error:
        raise CliError(
            Exit.BAD_DATA, f"{name} cannot be read: {getattr(error, 'strerror', '') or error}"
        ) from error
