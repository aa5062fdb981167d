"""``kpi replay``: three formats of one recount, from a file, a packed file and standard input."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from streams.cli.exits import Exit
from streams.core.definition.definition import DAY_MS, Definition
from streams.replay.recount import replay
from streams.simulate import Business, to_line
from tests.cli.conftest import Kpi

END_MS = 1_776_211_200_000
END = "2026-04-15T00:00:00Z"


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    """A small business."""
    return [to_line(record) for record in Business(1, 120, 10, END_MS).history()]


@pytest.fixture
def file(lines: list[bytes], tmp_path: Path) -> Path:
    """The same as a file."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"".join(lines))
    return path


def test_json_is_one_object_with_a_snapshot_an_instant(kpi: Kpi, file: Path, lines: list[bytes]) -> None:
    """Keys are instants in ms, values the documents of the core."""
    ran = kpi("replay", str(file), "--as-of", END, "--as-of", str(END_MS - DAY_MS))
    documents = json.loads(ran.out)
    instants = [END_MS - DAY_MS, END_MS]
    wanted = replay(lines, definition=Definition(), as_of=instants)
    assert list(documents) == [str(t) for t in instants]
    assert [json.loads(snapshot.json()) for snapshot in wanted] == list(documents.values())


def test_every_gives_the_multiples_of_a_duration(kpi: Kpi, file: Path) -> None:
    """Here: the first of January every thousand days."""
    documents = json.loads(kpi("replay", str(file), "--every", "100d", "--windows", "1h").out)
    assert documents
    assert {int(t) % (100 * DAY_MS) for t in documents} == {0}
    assert {tuple(document["windows"]) for document in documents.values()} == {("1h",)}


def test_packed_and_piped_input_give_the_same_bytes(kpi: Kpi, file: Path, lines: list[bytes]) -> None:
    """However the events come, the output is equal."""
    packed = file.with_name("events.jsonl.gz")
    packed.write_bytes(gzip.compress(b"".join(lines)))
    plain = kpi("replay", str(file)).out
    assert kpi("replay", str(packed)).out == plain
    command = [sys.executable, "-m", "streams.cli.main", "replay", "-"]
    piped = subprocess.run(command, input=b"".join(lines), capture_output=True, check=True)
    assert piped.stdout.decode() == plain


def test_text_is_a_table_with_the_accounting(kpi: Kpi, file: Path, lines: list[bytes]) -> None:
    """For people."""
    ran = kpi("replay", str(file), "--format", "text", "--as-of", END)
    assert "as of 2026-04-15T00:00:00.000+00:00" in ran.out
    assert f"{len(lines):,} records received" in ran.out
    assert "churn_ratio" in ran.out


def test_openmetrics_is_sorted_by_family_and_has_timestamps(kpi: Kpi, file: Path) -> None:
    """A strict parser takes it: families and series in one piece, times ascending."""
    instants = [END_MS - DAY_MS, END_MS]
    ran = kpi(
        "replay",
        str(file),
        *(arg for t in instants for arg in ("--as-of", str(t))),
        "--format",
        "openmetrics",
    )
    families = list(text_string_to_metric_families(ran.out))  # type: ignore[no-untyped-call]
    assert len({family.name for family in families}) == len(families)
    document = json.loads(kpi("replay", str(file), "--as-of", END).out)[str(END_MS)]
    found = {
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == "crm_orders"
        and sample.labels == {"window": "24h"}
        and float(str(sample.timestamp)) == END_MS / 1000
    }
    assert found == {document["windows"]["24h"]["orders"]["value"]}


def test_no_events_are_one_empty_snapshot_or_nothing(kpi: Kpi, tmp_path: Path) -> None:
    """An empty file is no mistake."""
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"")
    assert (
        json.loads(kpi("replay", str(empty), "--as-of", END).out)[str(END_MS)]["accounting"]["received"] == 0
    )
    for args in (("--every", "1d"), ()):
        ran = kpi("replay", str(empty), *args)
        assert (ran.code, ran.out, ran.err) == (Exit.OK, "{}\n", "no events\n")
    ran = kpi("replay", str(empty), "--format", "text")
    assert (ran.code, ran.out, ran.err) == (Exit.OK, "", "no events\n")
    ran = kpi("explain", "orders", str(empty))
    assert (ran.code, ran.err) == (Exit.FAILED, "no events\nkpi: nothing to explain without an event\n")


def test_malformed_records_are_listed_by_line(kpi: Kpi, tmp_path: Path) -> None:
    """Field and expectation of the first ten, the number of the others, and nothing of what they hold."""
    file = tmp_path / "bad.jsonl"
    bad = b'{"topic":"crm.customer.erase.v1","value":{"event_id":"e","customer_id":7,"private":"secret"}}\n'
    file.write_bytes(b"\n" + bad * 12)
    ran = kpi("replay", str(file), "--format", "text")
    assert (ran.code, ran.out) == (Exit.OK, "")
    listed = "malformed: wrong_type: customer_id: expected a text of 1 to 128 characters"
    assert ran.err.splitlines() == [
        *(f"line {number}: {listed}" for number in range(2, 12)),
        "... and 2 more malformed records",
        "no events: all 12 records are malformed",
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jsonl", b"nonsense\n", "line 1: not JSON"),
        ("a.jsonl", b'{"topic":"other","value":{}}\n', "line 1: unknown topic 'other'"),
        ("a.jsonl.gz", b"not packed", "line 1: not JSON"),
        ("a.jsonl.gz", gzip.compress(b'{"topic":"other"}\n', mtime=0)[:15], "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_code_4(
    kpi: Kpi, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    """The line says which file or line, and why."""
    file = tmp_path / name
    file.write_bytes(content)
    ran = kpi("replay", str(file))
    assert (ran.code, ran.err.count("\n")) == (Exit.BAD_DATA, 1)
    assert told in ran.err


def test_a_missing_file_is_one_line(kpi: Kpi) -> None:
    """With its name."""
    ran = kpi("replay", "/nowhere/events.jsonl")
    assert (ran.code, ran.err) == (
        Exit.BAD_DATA,
        "kpi: /nowhere/events.jsonl cannot be read: No such file or directory\n",
    )


def test_a_reader_that_has_seen_enough_is_no_error(file: Path) -> None:
    """``kpi replay … | head`` ends quietly."""
    command = f"{sys.executable} -m streams.cli.main replay {file} --every 1d | head -c 100"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert len(ran.stdout) == 100
    assert ran.stderr == ""
