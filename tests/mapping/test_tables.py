"""CSV files: delimiters, quotes, lengths, and what ends the reading."""

import csv
import json

import pytest

from streams.mapping import Refused
from streams.mapping.tables import TableError, rows


def read(text: str | bytes) -> list[tuple[int, object]]:
    """The rows of a file: objects, or reasons."""
    raw = text if isinstance(text, bytes) else text.encode()
    found = rows(raw.splitlines(keepends=True))
    return [(at, one.expected if isinstance(one, Refused) else json.loads(one)) for at, one in found]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_a_delimiter_is_told_by_the_first_line(mark: str) -> None:
    """Outside of quotes."""
    text = f'id{mark}"a, b; c|d"{mark}total\r\n1{mark}x{mark}12,50\r\n'
    if mark == ",":
        text = text.replace("12,50", '"12,50"')
    assert read(text) == [(2, {"id": "1", "a, b; c|d": "x", "total": "12,50"})]


def test_fields_are_stripped_texts_and_empty_ones_are_absent() -> None:
    """A column without a name is no field; empty lines are no rows."""
    assert read("\ufeffid, name ,,n\n 1 ,,x,2\n\n,,,\n") == [(2, {"id": "1", "": "x", "n": "2"})]
    assert read("id\n1\n2\n") == [(2, {"id": "1"}), (3, {"id": "2"})]
    assert read("id,n\n") == []


def test_a_row_over_several_lines_has_the_number_of_its_last() -> None:
    """Quotes hold line breaks and quotes."""
    assert read('id,n\n1,"a\n""b"""\n2,c\n') == [(3, {"id": "1", "n": 'a\n"b"'}), (4, {"id": "2", "n": "c"})]


def test_a_row_of_another_length_is_refused_by_itself() -> None:
    """The next one counts."""
    assert read("id,n\n1\n2,3,4\n5,6\n") == [
        (2, "2 fields, as the first line has; this row has 1"),
        (3, "2 fields, as the first line has; this row has 3"),
        (4, {"id": "5", "n": "6"}),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: names no columns"),
        ("\n1\n", "line 1: names no columns"),
        ("id,n,id\n", "line 1: column id stands there twice"),
        ("a,b;c\n", "line 1: , and ; stand in it equally often"),
        ("a\tb|c\n", "line 1: tab and | stand in it equally often"),
        ('id,n\n1,"x\n2,y\n', "no CSV: unexpected end of data"),
        ('id,n\n1,"x"y\n', "line 2: no CSV: "),
        (b"id,n\n1,\xff\n", "line 2: no UTF-8"),
        (
            "id,n\n1," + "x" * (csv.field_size_limit() + 1) + "\n",
            "line 2: no CSV: field larger than field limit",
        ),
    ],
)
def test_what_makes_all_rows_behind_it_doubtful_ends_the_reading(text: str | bytes, told: str) -> None:
    """With the line, and nothing of what stands in it."""
    with pytest.raises(TableError) as said:
        read(text)
    assert told in str(said.value)
