"""Whatever stands where a file should: one line that names it, an exit code of the table, never a bug."""

import asyncio
import gzip
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from streams.cli.exits import Exit
from streams.cli.main import main
from streams.embedded import KafkaCluster
from streams.simulate import KINDS
from tests.cli.conftest import Kpi, Ran
from tests.cli.test_unpacking import BOM, LINES, PLAIN, zstd
from tests.support.topics import create_topics, unique_prefix

HUGE = b"9" * 5_000
DEEP = b"[" * 5_000
EVENTS: dict[str, tuple[str, ...]] = {
    "send": ("send",),
    "customers": ("send", "--customers"),
    "replay": ("replay",),
    "explain": ("explain", "orders"),
}
DEFINITIONS: dict[str, tuple[str, ...]] = {
    "check": ("definition", "check"),
    "diff": ("definition", "diff"),
    "show": ("definition", "show"),
    "guide": ("definition", "guide"),
}
COMMANDS = EVENTS | DEFINITIONS


@pytest.fixture(scope="module")
def target(kafka: KafkaCluster) -> dict[str, str]:
    """Settings of a deployment whose topics are there."""
    prefix = unique_prefix("inputs")
    names = {f"KPI_TOPIC_{kind.upper()}": prefix + kind for kind in KINDS}
    asyncio.run(
        create_topics(kafka.bootstrap, list(names.values()), partitions=1, config={"retention.ms": "-1"})
    )
    return {"KPI_BROKERS": kafka.bootstrap, **names}


def judged(ran: Ran) -> int:
    """The exit code, if at most one line is an error of the whole and none is a bug's."""
    assert ran.code in set(Exit) - {Exit.INTERNAL}, ran.err
    assert "Traceback" not in ran.err + ran.out
    lines = [line for line in ran.err.splitlines() if line.startswith("kpi: ")]
    assert len(lines) == (ran.code != Exit.OK), ran.err
    return ran.code


def refused(ran: Ran, name: str, code: Exit) -> None:
    """Nothing was done, and one line says of which file."""
    assert (judged(ran), ran.err.count("\n"), ran.out) == (code, 1, ""), ran.err
    assert name in ran.err


def nothing(_path: Path) -> None:
    """No such file."""


def content(made: bytes) -> Callable[[Path], object]:
    """A file with such a content."""
    return lambda path: path.write_bytes(made)


def unreadable(path: Path) -> None:
    """A file that opens and cannot be read, not by root either: nothing is mapped at address 0."""
    path.symlink_to("/proc/self/mem")


REFUSED: dict[str, Callable[[Path], object]] = {
    "missing": nothing,
    "directory": Path.mkdir,
    "loop": lambda path: path.symlink_to(path),
    "unreadable": unreadable,
    "truncated gzip": content(gzip.compress(PLAIN)[:-20]),
    "truncated zstd": content(zstd(PLAIN)[:-20]),
    "UTF-16": content(PLAIN.decode().encode("utf-16")),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("stands", REFUSED)
def test_what_is_no_file_of_ours_is_refused_in_one_line(
    kpi: Kpi, tmp_path: Path, target: dict[str, str], stands: str, command: str
) -> None:
    """Events with 4, definitions with 2, nothing done."""
    path = tmp_path / "in"
    REFUSED[stands](path)
    code = Exit.BAD_DATA if command in EVENTS else Exit.USAGE
    refused(kpi(*COMMANDS[command], str(path), **target), str(path), code)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["n" * 300, "", os.fsdecode(b"\xff")], ids=ascii)
def test_a_name_that_no_file_can_have_is_no_bug(
    kpi: Kpi, target: dict[str, str], command: str, name: str
) -> None:
    """As a script with a mistake passes it."""
    with suppress(AssertionError):  # an empty definition file means the default
        assert judged(kpi(*COMMANDS[command], name, **target)) != Exit.OK
        return
    assert (name, command in DEFINITIONS) == ("", True)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "made",
    [
        LINES[0].replace(b'"timestamp": ', b'"timestamp": ' + HUGE),
        LINES[0].replace(b'"occurred_at": ', b'"occurred_at": ' + HUGE),
        b'{"id": "c1", "since": ' + HUGE + b"}\n",
        b"max_values = " + HUGE,
        b"max_clock_skew = '" + HUGE + b"h'",
        b"min_event_time = 1980-99-99T00:00:00Z",
        b"min_n = " + DEEP,
        DEEP,
        b"\xff\xfa" * 9,
        b"\0" * 99,
    ],
    ids=lambda made: str(made[:30]),
)
def test_a_content_nobody_foresaw_is_no_bug(
    kpi: Kpi, tmp_path: Path, target: dict[str, str], made: bytes, command: str
) -> None:
    """Huge numbers, deep brackets, bytes: told by line, or in one line."""
    path = tmp_path / "in"
    path.write_bytes(made)
    judged(kpi(*COMMANDS[command], str(path), **target))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("fifo", [True, False])
def test_an_empty_file_and_a_pipe_that_closes_at_once_are_empty(
    kpi: Kpi, tmp_path: Path, target: dict[str, str], command: str, *, fifo: bool
) -> None:
    """No mistake, but nothing to explain."""
    path = tmp_path / "in"
    path.touch()
    if fifo:
        path.unlink()
        os.mkfifo(path)
        threading.Thread(target=lambda: path.open("wb").close()).start()
    ran = kpi(*COMMANDS[command], str(path), **target)
    empty = {"explain": Exit.FAILED, "diff": Exit.OK}
    assert judged(ran) == empty.get(command, Exit.OK), ran.err
    assert not (tmp_path / "in.kpi-sent").exists() or not fifo


@pytest.mark.parametrize("command", EVENTS)
def test_a_closed_standard_input_is_one_line(
    kpi: Kpi, target: dict[str, str], command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a service manager may start us."""
    monkeypatch.setattr(sys, "stdin", None)
    refused(kpi(*EVENTS[command], "-", **target), "standard input is closed", Exit.BAD_DATA)


@pytest.mark.parametrize(
    ("command", "made"),
    [
        ("send", PLAIN),
        ("customers", b'{"id": "c1", "since": "2026-03-01"}\n'),
        ("replay", PLAIN),
        ("explain", PLAIN),
        ("check", b'version = "x"\n'),
        ("diff", b""),
        ("show", b'version = "x"\n'),
    ],
)
def test_a_byte_order_mark_is_no_part_of_a_file(
    kpi: Kpi, tmp_path: Path, target: dict[str, str], command: str, made: bytes
) -> None:
    """Editors put it there; the answer is the same."""
    plain, marked = tmp_path / "in", tmp_path / "ni"
    plain.write_bytes(made)
    marked.write_bytes(BOM + made)
    answers = [kpi(*COMMANDS[command], str(path), **target) for path in (plain, marked)]
    assert [judged(ran) for ran in answers] == [Exit.OK] * 2
    first, second = (ran.out + ran.err for ran in answers)
    assert first == second.replace(str(marked), str(plain))


@pytest.mark.parametrize("args", [("replay",), ("explain", "orders"), ("definition", "check"), ("simulate",)])
def test_a_full_disk_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], args: tuple[str, ...]
) -> None:
    """Where the answer was to go."""
    events, definition = tmp_path / "in", tmp_path / "in.toml"
    events.write_bytes(PLAIN)
    definition.touch()
    given = {"definition": [str(definition)], "simulate": []}.get(args[0], [str(events)])
    full = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 - its end is an error
    monkeypatch.setattr(sys, "argv", ["kpi", *args, *given])
    monkeypatch.setattr(sys, "stdout", full)
    with pytest.raises(SystemExit) as ended:
        main()
    with suppress(OSError):
        full.close()
    err = capfd.readouterr().err
    assert (ended.value.code, err.count("\n")) == (Exit.FAILED, 1), err
    assert "No space left on device" in err
