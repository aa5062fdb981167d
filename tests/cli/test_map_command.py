"""``kpi map``, and mappings in ``kpi send`` and ``kpi replay``: files of foreign records."""

import gzip
import json
from pathlib import Path

import pytest

from streams.cli.exits import Exit
from tests.cli.conftest import Kpi

READY = Path(__file__).parents[2] / "schemas" / "mappings"
BILLING = (str(READY / "billing-webhook.toml"), str(READY / "billing-webhook.jsonl"))
CSV = """version = "1"
[[source]]
topic = "orders"
format = "csv"
kind = "purchase"
customer_id = "customer"
event_id = "id"
occurred_at = { path = "day", unit = "%d.%m.%Y", timezone = "UTC" }
amount = { path = "total", decimal = "," }
currency = { value = "EUR" }
"""
HEADER = b"\xef\xbb\xbfid;customer;day;total\r\n"
ROWS = HEADER + b"1;c-1;01.03.2026;12,50\r\n2;c-2;02.03.2026;x\r\n3;c-2;02.03.2026;3,00\r\n"


@pytest.fixture
def table(tmp_path: Path) -> tuple[str, str]:
    """A mapping, and a table packed by gzip under a name that says nothing."""
    mapping, file = tmp_path / "csv.toml", tmp_path / "orders"
    mapping.write_text(CSV)
    file.write_bytes(gzip.compress(ROWS))
    return str(mapping), str(file)


def test_try_shows_each_record_and_the_counts(kpi: Kpi) -> None:
    """What it becomes, or why it is none."""
    ran = kpi("map", "try", *BILLING)
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (Exit.OK, "")
    assert lines[0] == "line 1: ignored (where): type is none of invoice.paid, invoice.refunded"
    assert lines[4].startswith('line 5: purchase {"customer_id":"cus_anna","event_id":"evt_0005"')
    assert '"amount":-19.99' in lines[4]
    assert lines[5] == (
        "5 records: 4 mapped to 4 events (4 purchase), 1 ignored (where 1, unmapped 0), 0 malformed"
    )


def test_malformed_records_are_told_by_line_and_path(kpi: Kpi, table: tuple[str, str]) -> None:
    """Nothing of what they hold; the exit code says it."""
    ran = kpi("map", "try", *table)
    assert ran.code == Exit.BAD_DATA
    assert ran.out.splitlines()[1] == (
        "line 3: malformed: bad_money: amount, from total: "
        "expected an amount like 12,34, without separators of thousands"
    )
    assert ran.err == f"kpi: 1 records of {table[1]} are malformed\n"


def test_check_says_what_a_mapping_is_and_what_a_sample_lacks(kpi: Kpi, tmp_path: Path) -> None:
    """A field that is in no record is a warning with its count, and exit code 1."""
    assert kpi("map", "check", BILLING[0]).out.splitlines()[1:] == [
        "source[0]: billing.webhooks (json) gives purchase"
    ]
    assert kpi("map", "check", *BILLING).code == Exit.OK
    misspelt = tmp_path / "m.toml"
    misspelt.write_text(Path(BILLING[0]).read_text().replace("data.object.currency", "data.object.curency"))
    ran = kpi("map", "check", str(misspelt), BILLING[1])
    assert ran.code == Exit.FAILED
    assert ran.out.splitlines()[:2] == [
        "source[0]: takes 4 of 5 records",
        "source[0].currency: data.object.curency is in none of 4 records",
    ]
    assert ran.err == f"kpi: 1 fields of {misspelt} are in no record of {BILLING[1]}\n"


def test_check_looks_into_lists(kpi: Kpi, tmp_path: Path) -> None:
    """One element that has a value is enough; a source that takes nothing is told."""
    mapping, sample = tmp_path / "m.toml", tmp_path / "s.jsonl"
    text = (
        Path(READY / "shop-order.toml")
        .read_text()
        .replace('event_id = "id"', 'event_id = "id"\neach = "line_items"')
    )
    mapping.write_text(text.replace('"total_price"', '"line_items.price"'))
    assert kpi("map", "check", str(mapping), str(READY / "shop-order.jsonl")).code == Exit.OK
    sample.write_text('{"financial_status":"paid","line_items":[]}\n{"financial_status":"open"}\nno JSON\n')
    ran = kpi("map", "check", str(mapping), str(sample))
    assert ran.code == Exit.FAILED
    assert "source[0].amount: line_items.price is in none of 1 records\n" in ran.out


def test_suggest_drafts_a_mapping_of_a_table(kpi: Kpi, table: tuple[str, str]) -> None:
    """The topic is the file's name unless it is given."""
    ran = kpi("map", "suggest", table[1])
    assert ran.code == Exit.OK
    assert 'topic = "orders"\nformat = "csv"\nkind = "signup"' in ran.out  # one total is no number
    assert 'customer_id = "customer"\n' in ran.out
    assert 'topic = "shop.x"\n' in kpi("map", "suggest", "--topic", "shop.x", table[1]).out


def test_what_has_no_records_has_no_draft(kpi: Kpi, tmp_path: Path) -> None:
    """Nor what is no table."""
    empty = tmp_path / "empty"
    empty.write_bytes(b"\n\n")
    assert kpi("map", "suggest", str(empty)).code == Exit.BAD_DATA
    empty.write_bytes(b"id,id\n1,2\n")
    assert kpi("map", "suggest", str(empty)).err == (
        f"kpi: {empty} cannot be read: line 1: column id stands there twice\n"
    )


@pytest.mark.parametrize(
    ("changed", "args", "told"),
    [
        ("", ("--topic", "other"), "--topic: other: {mapping} is for orders"),
        ('topic = "orders*"', (), "--topic: is missing: {mapping} is for orders*"),
        ('kind = "order"', (), '{mapping}: source[0].kind: "order": allowed is one of signup'),
    ],
)
def test_what_cannot_be_used_is_one_line(
    kpi: Kpi, table: tuple[str, str], changed: str, args: tuple[str, ...], told: str
) -> None:
    """Exit code 2, for every command that takes a mapping."""
    mapping, file = table
    key = changed.partition(" ")[0]
    text = "".join(
        f"{changed}\n" if key and line.startswith(f"{key} ") else line
        for line in CSV.splitlines(keepends=True)
    )
    Path(mapping).write_text(text)
    for command in (("map", "try", mapping, file), ("replay", "--mapping", mapping, file)):
        ran = kpi(*command, *args)
        assert ran.code == Exit.USAGE
        assert ran.err.startswith(f"kpi: {told.format(mapping=mapping)}")
        assert ran.err.count("\n") == 1


def test_attributes_are_the_definitions_where_one_is_given(kpi: Kpi, tmp_path: Path) -> None:
    """A name that it does not have is told."""
    mapping, definition = tmp_path / "m.toml", tmp_path / "d.toml"
    text = CSV.replace('"purchase"', '"signup"').partition("amount")[0]
    mapping.write_text(f'{text}attributes.shop = "shop"\n')
    definition.write_text("")
    assert kpi("map", "check", str(mapping)).code == Exit.OK
    ran = kpi("map", "check", str(mapping), "--definition", str(definition))
    assert ran.code == Exit.USAGE
    assert "source[0].attributes.shop: unknown key of the definition's" in ran.err


def test_replay_counts_foreign_records(kpi: Kpi, table: tuple[str, str]) -> None:
    """The malformed ones are listed by line; the rest counts."""
    ran = kpi("replay", "--mapping", *table, "--as-of", "2026-03-03T00:00:00Z")
    (document,) = json.loads(ran.out).values()
    assert document["accounting"]["received"] == 2
    assert document["windows"]["30d"]["orders"]["value"] == 2
    assert (
        "3 records: 2 mapped to 2 events (2 purchase), 0 ignored (where 0, unmapped 0), 1 malformed\n"
        in ran.err
    )
    assert "line 3: malformed: bad_money: amount, from total: expected" in ran.err


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("replay", "--from-kafka", "--mapping", BILLING[0]), "--from-kafka and --mapping: give one of them"),
        (("replay", "--topic", "x", "f"), "--topic: goes with --mapping"),
        (("send", "--topic", "x", "f"), "--topic: goes with --mapping"),
        (
            ("send", "--customers", "--mapping", BILLING[0], "f"),
            "--mapping and --customers: give one of them",
        ),
        (
            ("send", "--no-validate", "--mapping", BILLING[0], "f"),
            "--mapping and --no-validate: give one of them",
        ),
    ],
)
def test_options_that_do_not_go_together(kpi: Kpi, args: tuple[str, ...], told: str) -> None:
    """Nothing is done."""
    ran = kpi(*args)
    assert (ran.code, ran.err) == (Exit.USAGE, f"kpi: {told}\n")


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe{}", b"[" * 5_000, b'"', b"\x1f\x8bx", b"\x28\xb5\x2f\xfdx"]
)
@pytest.mark.parametrize("mapping", ["csv", "json"])
def test_whatever_a_file_holds_is_one_line_or_a_listing(
    kpi: Kpi, table: tuple[str, str], content: bytes, mapping: str
) -> None:
    """Never a bug."""
    Path(table[1]).write_bytes(content)
    used = table[0] if mapping == "csv" else BILLING[0]
    for command in (
        ("map", "try", used),
        ("map", "check", used),
        ("map", "suggest"),
        ("replay", "--mapping", used),
    ):
        ran = kpi(*command, table[1])
        assert ran.code in (Exit.OK, Exit.FAILED, Exit.BAD_DATA), ran.err
        assert ran.err.count("kpi: ") <= 1
