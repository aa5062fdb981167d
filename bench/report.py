"""The figures as tables, on the terminal and between the markers of bench/README.md."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure, judged, shown

README = Path(__file__).with_name("README.md")
QUIET_LOAD = 1.5
"""One-minute load up to which a machine counts as quiet; the benchmark itself makes 1."""
_WIDTH = 48


def load() -> float:
    """The machine's load of the last minute."""
    return os.getloadavg()[0]


def line(figure: Figure) -> str:
    """A figure on the terminal."""
    value, rate = shown(figure)
    busy = "" if figure.quiet else "  (machine was busy)"
    return f"{figure.name:<{_WIDTH}} {value:>22} {rate:>10}  {judged(figure)}{busy}"


def table(figures: Sequence[Figure]) -> str:
    """All figures as a Markdown table, with the machine they were taken on."""
    rows = ["| figure | cost | a second and core | target |", "|---|---:|---:|---|"]
    for figure in figures:
        value, rate = shown(figure)
        rows.append(f"| {figure.name}{'' if figure.quiet else ' †'} | {value} | {rate} | {judged(figure)} |")
    if not all(figure.quiet for figure in figures):
        rows += ["", "† taken while others used the machine: too dear by an unknown share, take it anew."]
    return "\n".join([*rows, "", f"Taken on: {_machine()}."])


def write(figures: Sequence[Figure], profile: str, file: Path = README) -> None:
    """Put the tables between the markers of the file.

    Raises:
        ValueError: a marker is missing.
    """
    text = _between(file.read_text(), "figures", table(figures))
    file.write_text(_between(text, "profile", f"```\n{profile}\n```"))


def _between(text: str, name: str, content: str) -> str:
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    head, _, rest = text.partition(begin)
    _, found, tail = rest.partition(end)
    if not found:
        raise ValueError(f"{begin} … {end} is not there")
    return f"{head}{begin}\n{content}\n{end}{tail}"


def _machine() -> str:
    names = [row.partition(":")[2].strip() for row in _cpuinfo() if row.startswith("model name")]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} cores of {names[0] if names else platform.machine()}, {python}"


def _cpuinfo() -> list[str]:
    file = Path("/proc/cpuinfo")
    return file.read_text().splitlines() if file.exists() else []
