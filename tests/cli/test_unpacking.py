"""Files are read by what they are: packed, marked or plain, whatever the name, within bounded memory."""

import bz2
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import threading
from pathlib import Path

import cramjam
import pytest

from streams.cli import output
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.output import LineFile
from streams.cli.send_customers import is_csv
from tests.cli.conftest import Kpi

AT = 1_772_366_400_000
LINES = [
    json.dumps(
        {
            "topic": "crm.customer.signup.v1",
            "key": f"c{n}",
            "timestamp": AT,
            "value": {"event_id": f"e{n}", "customer_id": f"c{n}", "occurred_at": AT},
        }
    ).encode()
    + b"\n"
    for n in range(400)
]
PLAIN = b"".join(LINES)
BOM = b"\xef\xbb\xbf"


def zstd(content: bytes) -> bytes:
    """Content packed by zstd."""
    return bytes(cramjam.zstd.compress(content))


SKIPPABLE = b"\x53\x2a\x4d\x18\x04\0\0\0abcd"
FORMS = {
    "plain": PLAIN,
    "bom": BOM + PLAIN,
    "gzip": gzip.compress(PLAIN),
    "gzip in members": gzip.compress(LINES[0]) + gzip.compress(b"".join(LINES[1:])),
    "gzip with bom": gzip.compress(BOM + PLAIN),
    "zstd": zstd(PLAIN),
    "zstd in frames": zstd(LINES[0]) + SKIPPABLE + zstd(b"".join(LINES[1:])),
    "zstd behind a skippable frame": SKIPPABLE + zstd(PLAIN),
    "zstd with bom": zstd(BOM + PLAIN),
}


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.GZ", "a.gz", "a.zst", "a"])
@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_unpacked_by_its_content(tmp_path: Path, form: str, name: str) -> None:
    """Its name is nobody's promise."""
    file = tmp_path / name
    file.write_bytes(FORMS[form])
    assert list(LineFile(str(file))) == LINES


@pytest.mark.parametrize("form", FORMS)
def test_a_pipe_is_unpacked_whatever_it_is_written_in(tmp_path: Path, form: str) -> None:
    """A first byte alone does not hide what follows it."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    def write() -> None:
        with fifo.open("wb", buffering=0) as pipe:
            for n in range(8):
                pipe.write(FORMS[form][n : n + 1])
            pipe.write(FORMS[form][8:])

    writer = threading.Thread(target=write)
    writer.start()
    assert list(LineFile(str(fifo))) == LINES
    writer.join()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (gzip.compress(PLAIN)[:-9], "it is packed by gzip, and cut off or damaged"),
        (gzip.compress(PLAIN)[:3], "it is packed by gzip, and cut off or damaged"),
        (gzip.compress(PLAIN)[:40] + b"private" * 99, "it is packed by gzip, and cut off or damaged"),
        (gzip.compress(PLAIN) + b"private", "it is packed by gzip, and cut off or damaged"),
        (zstd(PLAIN)[:-5], "it is packed by zstd, and cut off or damaged"),
        (zstd(PLAIN)[:5], "it is packed by zstd, and cut off or damaged"),
        (zstd(PLAIN)[:40] + b"private" * 99, "it is packed by zstd, and cut off or damaged"),
        (zstd(PLAIN) + b"private", "it is packed by zstd, and cut off or damaged"),
        (PLAIN.decode().encode("utf-16"), "it is UTF-16"),
        (bz2.compress(PLAIN), "it is packed by bzip2, which is not read: unpack it, with bzip2 -dc"),
        (lzma.compress(PLAIN), "it is packed by xz, which is not read"),
        (b"PK\x03\x04 private", "it is packed by zip, which is not read"),
        (b"\x04\x22\x4d\x18 private", "it is packed by lz4, which is not read"),
        (PLAIN.decode().encode("utf-16-le")[:0] + b"\xfe\xff\0{", "it is UTF-16"),
    ],
)
def test_what_is_damaged_is_one_line_and_never_an_early_end(
    tmp_path: Path, kpi: Kpi, content: bytes, told: str
) -> None:
    """The same for every command that reads events; nothing of the content is shown."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(content)
    for args in (("replay", str(file)), ("explain", "orders", str(file))):
        ran = kpi(*args)
        assert (ran.code, ran.err.count("\n")) == (Exit.BAD_DATA, 1), ran.err
        assert ran.err.startswith(f"kpi: {file} cannot be read: {told}")
        assert "private" not in ran.err


def test_who_stops_early_leaves_no_thread_behind(tmp_path: Path) -> None:
    """The decoder ends with its reader."""
    file = tmp_path / "a.zst"
    file.write_bytes(zstd(PLAIN * 400))
    before = threading.active_count()
    lines = iter(LineFile(str(file)))
    assert next(lines) == LINES[0]
    lines.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


@pytest.mark.parametrize("pack", [gzip.compress, zstd, bytes])
def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: object
) -> None:
    """However small it is on the disk."""
    monkeypatch.setattr(output, "_LONGEST_LINE", 1 << 20)
    file = tmp_path / "zeros"
    file.write_bytes(pack(LINES[0] + b"\0" * (1 << 22)))  # type: ignore[operator]
    with pytest.raises(CliError, match="line 2 has 1 MiB or more"):
        list(LineFile(str(file)))


def test_a_file_of_zstd_takes_no_memory_however_far_it_unpacks(tmp_path: Path) -> None:
    """Lines are read while the decoder goes on, which waits for them."""
    file = tmp_path / "a.zst"
    line = b" " * 1023 + b"\n"
    file.write_bytes(zstd(line * 1_024) * 256)
    code = (
        "import re, sys; from pathlib import Path; from streams.cli.output import LineFile; "
        "read = sum(map(len, LineFile(sys.argv[1]))); "
        "most_kib = re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1]; "
        "print(read, int(most_kib) < 100 << 10)"
    )
    ran = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, check=True)
    assert ran.stdout == f"{256 << 20} True\n"


def test_closed_standard_input_is_one_line(kpi: Kpi, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a service manager may start us."""
    monkeypatch.setattr(sys, "stdin", None)
    ran = kpi("replay", "-")
    assert (ran.code, ran.err) == (Exit.BAD_DATA, "kpi: - cannot be read: standard input is closed\n")


def test_standard_input_may_be_packed(kpi: Kpi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same figures as of the plain lines."""
    shown = set()
    for form in FORMS.values():
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(form)))
        ran = kpi("replay", "-")
        assert ran.code == Exit.OK, ran.err
        shown.add(ran.out)
    assert len(shown) == 1


def test_a_table_is_known_by_its_name() -> None:
    """In any case, packed or not."""
    assert all(map(is_csv, ("c.csv", "/a/C.CSV", "c.csv.GZ", "c.csv.zst")))
    assert not any(map(is_csv, ("c.jsonl", "-", "csv", "c.csv.d/e.jsonl")))
