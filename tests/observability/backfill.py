"""A past for Prometheus: a simulated history, counted by ``kpi replay``, as promtool reads it."""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from streams.core.definition.definition import DAY_MS
from streams.simulate import Business, SimRecord, to_line
from streams.simulate.bodies import rfc3339
from tests.observability.promql import Selector

END_MS = 1_776_211_200_000
"""The end of simulated time: the end of a day."""
TARGET = 'job="kpi-streams",instance="worker-1:8700"'
"""What a scrape puts to each series."""
FEWEST = "dimensions = []\nmax_values = 1\n"
"""Dimensions and named values of each: no condition of an alert asks for any."""
_KPI = re.compile(r'kpi="[^"]+"')
"""Of the parts of KPIs only those of the KPIs asked for."""
_OCCURRED = re.compile(rb'"occurred_at":"([^"]+)"')


def history(business: Business) -> Iterator[bytes]:
    """The lines of a replay file in which nothing is older than the business' first day.

    The customers that it had before come with signups of years ago, and a replay begins at the oldest event.
    """
    start = rfc3339(business.start_ms).encode()
    for record in business.history():
        yield to_line(record._replace(value=_not_before(record, start)))


def _not_before(record: SimRecord, start: bytes) -> bytes:
    return _OCCURRED.sub(lambda found: b'"occurred_at":"%b"' % max(found[1], start), record.value)


def replayed(events: Path, every: str, windows: str, asked: Iterable[Selector], into: Path) -> None:
    """Write what ``kpi replay`` says as OpenMetrics, as if one worker had been scraped.

    Args:
        events: a replay file.
        every: how far apart the instants are, like 5m.
        windows: names of windows.
        asked: other series are left out, because promtool reads the file once for every block.
        into: the file.
    """
    definition = into.with_suffix(".toml")
    definition.write_text(FEWEST)
    command = [sys.executable, "-m", "streams.cli.main", "replay", str(events), "--every", every]
    command += ["--windows", windows, "--format", "openmetrics", "--definition", str(definition)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as replay,
        into.open("w", encoding="utf-8") as file,
    ):
        assert replay.stdout is not None
        file.writelines(_scraped(replay.stdout, asked))
    assert replay.returncode == 0


def _scraped(lines: Iterable[str], asked: Iterable[Selector]) -> Iterator[str]:
    """The lines of the series asked for, with the labels of a scrape; and `up`, which a scrape adds."""
    families: dict[str, list[list[str]]] = {}
    for found in asked:
        families.setdefault(found.metric.removesuffix("_total"), []).append(_KPI.findall(found.text))
    wanted: list[list[str]] = []
    instants: dict[str, None] = {}
    for line in lines:
        if line.startswith("# "):
            wanted = families.get(line.split()[2], []) if len(line.split()) > 2 else []
            if wanted:
                yield line
        elif any(all(label in line for label in labels) for labels in wanted):
            instants[line.rsplit(" ", 1)[1]] = None
            yield _labelled(line)
    yield "# HELP up Whether the scrape succeeded.\n# TYPE up gauge\n"
    yield from (f"up{{{TARGET}}} 1 {instant}" for instant in instants)
    yield "# EOF\n"


def _labelled(line: str) -> str:
    """A sample with the labels of the target."""
    series, labelled, rest = line.partition("} ")
    if labelled:
        return f"{series},{TARGET}}} {rest}"
    name, _, rest = line.partition(" ")
    return f"{name}{{{TARGET}}} {rest}"


def days_before_end(days: int) -> int:
    """An instant in seconds."""
    return (END_MS - days * DAY_MS) // 1000
