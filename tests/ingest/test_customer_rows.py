"""Rows from CSV and JSON lines."""

import pytest

from streams.core.definition.definition import Definition
from streams.ingest.customer_rows import Numbered, read_csv, read_jsonl
from streams.ingest.opening_balance import OpeningError, columns_of

COLUMNS = columns_of(Definition())


def told(rows: list[Numbered]) -> list[tuple[int, object]]:
    """The rows, mistakes as their text."""
    return [(number, str(row) if isinstance(row, OpeningError) else row) for number, row in rows]


def test_csv_rows_have_the_names_of_the_first_line() -> None:
    """With a byte order mark, quotes, an empty line, and a field over two lines, as spreadsheets write."""
    text = '\ufeffID,since,segment\nc1,2024-05-01, smb \n\n"c""2",2024-06-01,"a\nb"\n'
    assert told(list(read_csv(text.encode().splitlines(keepends=True), COLUMNS))) == [
        (2, {"id": "c1", "since": "2024-05-01", "segment": "smb"}),
        (5, {"id": 'c"2', "since": "2024-06-01", "segment": "a\nb"}),
    ]


def test_a_csv_row_of_another_length_is_named() -> None:
    """The others are read."""
    rows = list(read_csv([b"id,since\n", b"c1\n", b"c2,2024-01-01\n"], COLUMNS))
    assert told(rows) == [(2, "1 fields, not 2"), (3, {"id": "c2", "since": "2024-01-01"})]


def test_columns_are_those_of_the_definition() -> None:
    """Its dimensions in place of the default's, in a table and in lines of JSON."""
    columns = columns_of(Definition(dimensions=("industry",)))
    assert columns[:4] == ("id", "since", "industry", "acquisition_cost")
    rows = list(read_csv([b"id,since,Industry\n", b"c1,2024-05-01,mining\n"], columns))
    assert rows == [(2, {"id": "c1", "since": "2024-05-01", "industry": "mining"})]
    with pytest.raises(OpeningError, match="unknown column 'segment': allowed are id, since, industry,"):
        list(read_csv([b"id,since,segment\n"], columns))
    ((_, refused),) = read_jsonl([b'{"id":"c1","since":"2024-05-01","segment":"smb"}'], columns)
    assert "unknown member 'segment': allowed are id, since, industry," in str(refused)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([b"id,sinc\n"], "unknown column 'sinc': allowed are id, since"),
        ([b"id,segment\n"], "no column since"),
        ([], "no column id"),
        ([b"id,since,id\n"], "a column stands there twice"),
        ([b"id,since\n", b'"c1\n'], "line 2: no CSV"),
        ([b"id,since\n", b"c\xff1,2024\n"], "line 2: no UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_refused(lines: list[bytes], why: str) -> None:
    """As a whole: its rows could mean anything."""
    with pytest.raises(OpeningError) as refused:
        list(read_csv(lines, COLUMNS))
    assert why in str(refused.value)


def test_json_lines_are_objects_of_known_members() -> None:
    """Null is absent, numbers are taken as they are written."""
    lines = [
        b'{"id":"c1","since":"2024-05-01","acquisition_cost":12.5,"plan":null}\n',
        b"\n",
        b'{"id":7,"since":1714521600000}\n',
        b'{"id":"c2","since":"2024-05-01","team":"x"}\n',
        b"[1]\n",
        b'{"id":"\xff"}\n',
    ]
    assert told(list(read_jsonl(lines, COLUMNS))) == [
        (1, {"id": "c1", "since": "2024-05-01", "acquisition_cost": "12.5"}),
        (3, {"id": 7, "since": 1_714_521_600_000}),
        (
            4,
            f"unknown member 'team': allowed are {', '.join(COLUMNS)}",
        ),
        (5, "no JSON object of texts and numbers"),
        (6, "no JSON object of texts and numbers"),
    ]
