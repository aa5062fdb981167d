"""The benchmark runs, and measures the work it says it measures."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench import mapping
from bench.core import NEEDS_PURCHASES, Core
from bench.load import END_MS, KNOWN, PATHS, of_path, three_events
from streams.core.definition.definition import HOUR_MS, Definition
from streams.mapping import Mapped, Mapper, parse_mapping

ROOT = Path(__file__).parents[2]


def classes(core: Core) -> tuple[int, int, int]:
    """Records counted, ignored and malformed so far."""
    accounting = core.state.accounting_only().accounting
    counters = (accounting.counted, accounting.ignored, accounting.malformed)
    counted, ignored, malformed = (sum(counter.values()) for counter in counters)
    return counted, ignored, malformed


@pytest.mark.parametrize("path", PATHS)
def test_records_of_a_path_end_as_the_path_says(path: str) -> None:
    """Counted, but for repeated and malformed ones; and a void finds its target."""
    core = Core()
    core.run(three_events(KNOWN))
    if path in NEEDS_PURCHASES:
        core.run(of_path("in-order purchase", 500, END_MS))
    before = classes(core)
    core.run(of_path(path, 500, END_MS + HOUR_MS))
    expected = {"repeated purchase": (0, 500, 0), "malformed": (0, 0, 500)}.get(path, (500, 0, 0))
    assert tuple(now - then for now, then in zip(classes(core), before, strict=True)) == expected
    assert core.state.accounting_only().accounting.void_pending == 0


def test_three_events_make_customers_with_three_events() -> None:
    """All counted, all active, in 240 profiles."""
    core = Core()
    core.kept = {}
    assert core.run(three_events(500)) == 1_500
    core.flush()
    assert classes(core) == (1_500, 0, 0)
    assert sum(key[:1] == b"C" for key in core.kept) == 500
    assert sum(key[:1] == b"G" for key in core.kept) >= 240


def test_the_command_prints_figures() -> None:
    """``python -m bench``, a small part of it."""
    told = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--only", "tick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "tick: totals at 200 profiles" in told.stdout
    assert "at most 5:" in told.stdout


def test_the_orders_that_are_mapped_are_purchases() -> None:
    """Every one, as the figure says."""
    mapper = Mapper(parse_mapping(mapping.MAPPING, "bench"), Definition())
    found = [mapper.one(record) for record in mapping.orders(200)]
    assert [[event.kind for event in one.events] for one in found if isinstance(one, Mapped)] == [
        ["purchase"]
    ] * 200
