"""Rows of customers from CSV and JSON lines, each with the number of its line.

Rules: the first line of a CSV file names its columns; a column or member that is not known is refused,
because a mistyped one would be lost silently.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from streams.ingest.opening_balance import OpeningError, Row

_decode = msgspec.json.Decoder(dict[str, str | int | float | None]).decode

Numbered = tuple[int, Row | OpeningError]
"""Number of the line (of its last, where a field has several), and the row or what is wrong with it."""


def read_csv(lines: Iterable[bytes], columns: Sequence[str]) -> Iterator[Numbered]:
    """The rows of a CSV file, which has some of these columns.

    Raises:
        OpeningError: the file as a whole is no such table.
    """
    reader = csv.reader(_texts(lines), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_columns(header, columns)
        if len(set(header)) != len(header):
            raise OpeningError("a column stands there twice")
        for fields in reader:
            if not fields:
                continue
            if len(fields) != len(header):
                yield reader.line_num, OpeningError(f"{len(fields)} fields, not {len(header)}")
            else:
                pairs = zip(header, fields, strict=True)
                yield reader.line_num, {name: text.strip() for name, text in pairs}
    except csv.Error as error:
        raise OpeningError(f"line {reader.line_num}: no CSV: {error}") from None


def read_jsonl(lines: Iterable[bytes], columns: Sequence[str]) -> Iterator[Numbered]:
    """The rows of JSON lines, an object each with some of these members; empty lines are skipped."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _row(line, columns)


def _row(line: bytes, columns: Sequence[str]) -> Row | OpeningError:
    try:
        row = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return OpeningError("no JSON object of texts and numbers")
    if unknown := sorted(row.keys() - set(columns)):
        return OpeningError(f"unknown member {unknown[0]!r}: allowed are {', '.join(columns)}")
    return {name: _text(value) for name, value in row.items() if value is not None}


def _check_columns(header: list[str], columns: Sequence[str]) -> None:
    if unknown := [name for name in header if name not in columns]:
        raise OpeningError(f"unknown column {unknown[0]!r}: allowed are {', '.join(columns)}")
    for name in ("id", "since"):
        if name not in header:
            raise OpeningError(f"no column {name}: the first line names the columns")


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise OpeningError(f"line {number}: no UTF-8") from None


def _text(value: str | float) -> str | int:
    return str(value) if isinstance(value, float) else value
