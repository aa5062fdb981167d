"""Rows of a CSV file as JSON objects of texts: what the format ``csv`` reads.

Rules: the first line names the columns; the delimiter is the one of ``,`` ``;`` tab and ``|`` that it has
most of. A field is a text without the spaces around it, and an empty one is absent. A row of another length
than the first line is refused by itself; what makes every row behind it doubtful (a quote that never ends,
no UTF-8, a column's name twice) ends the reading.
"""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, TypeAlias

import msgspec

from streams.mapping.outcomes import Refused

DELIMITERS: Final = ",;\t|"
_encode: Final = msgspec.json.Encoder().encode

Unit: TypeAlias = tuple[int, bytes | Refused]
"""Number of the line (of a row's last), and the record's value or what is wrong with it."""


class TableError(ValueError):
    """A file that is no table; the message says in which line, without anything of its content."""


def rows(lines: Iterable[bytes]) -> Iterator[Unit]:
    """The rows of a CSV file.

    Raises:
        TableError: the rest of the file cannot be read.
    """
    texts = _texts(lines)
    first = next(texts, "")
    reader = csv.reader(chain([first], texts), delimiter=_delimiter(first), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check(header)
        for fields in reader:
            if not any(fields):
                continue
            if len(fields) != len(header):
                expected = f"{len(header)} fields, as the first line has; this row has {len(fields)}"
                yield reader.line_num, Refused("bad_envelope", "", "", expected)
            else:
                stripped = zip(header, map(str.strip, fields), strict=True)
                yield reader.line_num, _encode({name: text for name, text in stripped if text})
    except csv.Error as error:
        raise TableError(f"line {reader.line_num}: no CSV: {error}") from None


def _delimiter(header: str) -> str:
    """The delimiter that stands most often in the first line, outside of quotes."""
    outside = "".join(header.split('"')[::2])
    counts = {mark: outside.count(mark) for mark in DELIMITERS}
    most = max(counts.values())
    found = [mark for mark, count in counts.items() if count == most]
    if most and len(found) > 1:
        shown = " and ".join("tab" if mark == "\t" else mark for mark in found)
        raise TableError(f"line 1: {shown} stand in it equally often: which is the delimiter cannot be told")
    return found[0]


def _check(header: list[str]) -> None:
    if not any(header):
        raise TableError("line 1: names no columns")
    named = [name for name in header if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise TableError(f"line 1: column {twice[0]} stands there twice")


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise TableError(f"line {number}: no UTF-8") from None
