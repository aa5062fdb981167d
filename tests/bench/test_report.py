"""The figures as people see them, and the file that holds them."""

from pathlib import Path

import pytest

from bench.figures import Figure, judged, shown
from bench.report import README, table, write

MARKED = """a
<!-- figures: begin -->
old
<!-- figures: end -->
b
<!-- profile: begin -->
<!-- profile: end -->
"""


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure("worker: mix", "event", 14.2), "at least 70,000: met"),
        (Figure("worker: mix", "event", 14.3), "at least 70,000: not met"),
        (Figure("worker: purchases", "event", 6.0), "at least 100,000: met, stretch too"),
        (Figure("tick: totals at 200 profiles", "ms", 5.1), "at most 5: not met"),
        (Figure("worker: against plain Faust, mix", "times", 31.0), "at least 30: met"),
        (Figure("core: mix", "event", 1.0), ""),
    ],
)
def test_a_target_is_met_or_not(figure: Figure, verdict: str) -> None:
    """Rates from below, times and sizes from above."""
    assert judged(figure) == verdict


def test_a_cost_is_shown_with_what_one_core_does_a_second() -> None:
    """Where that means something."""
    assert shown(Figure("x", "event", 8.0)) == ("8.00 µs an event", "125,000")
    assert shown(Figure("x", "bytes", 1_234.4)) == ("1,234 bytes", "")


def test_a_figure_of_a_busy_machine_is_marked() -> None:
    """With a dagger, and the dagger is explained."""
    busy = table([Figure("x", "ms", 1.0, quiet=False)])
    assert "| x † |" in busy
    assert "† taken while others used the machine" in busy
    assert "†" not in table([Figure("x", "ms", 1.0)])


def test_only_what_stands_between_the_markers_is_rewritten(tmp_path: Path) -> None:
    """The rest of the file is written by hand."""
    file = tmp_path / "README.md"
    file.write_text(MARKED)
    write([Figure("x", "ms", 1.0)], "the top", file)
    text = file.read_text()
    assert text.startswith("a\n<!-- figures: begin -->\n| figure |")
    assert "old" not in text
    assert text.endswith("<!-- profile: begin -->\n```\nthe top\n```\n<!-- profile: end -->\n")


def test_a_file_without_markers_is_refused(tmp_path: Path) -> None:
    """Nothing is written to a file that was not made for it."""
    file = tmp_path / "README.md"
    file.write_text("by hand")
    with pytest.raises(ValueError, match="figures: begin"):
        write([], "", file)
    assert file.read_text() == "by hand"


def test_the_readme_has_its_markers() -> None:
    """So that ``--save`` can rewrite it."""
    text = README.read_text()
    for name in ("figures", "profile"):
        assert text.count(f"<!-- {name}: begin -->") == text.count(f"<!-- {name}: end -->") == 1
