"""Snapshots as JSON, as tables and as OpenMetrics with timestamps."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console
from rich.table import Table

from streams.cli.figures import figure
from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from streams.core.kpi.values.value import Status, Value
from streams.publish.prometheus.escaping import label_value
from streams.publish.prometheus.metrics import Metric, catalogue_of
from streams.publish.prometheus.samples import Sampler

_Labels = tuple[tuple[str, str], ...]
_WIDTH = 200
_MARKS: Mapping[Status, str] = {"low_n": "~", "silent": "!"}


def write_json(snapshots: Iterable[Snapshot], _definition: Definition, output: TextIO) -> None:
    """One object, ``{"<t in ms>": snapshot, …}``, a line a snapshot."""
    before = "{"
    for snapshot in snapshots:
        output.write(f'{before}"{snapshot.t_ms}":{snapshot.json().decode()}')
        before = ",\n"
    output.write("{}\n" if before == "{" else "}\n")


def write_text(snapshots: Iterable[Snapshot], definition: Definition, output: TextIO) -> None:
    """A table an instant: a row a KPI, a column a window; ``~``: too few cases, ``!``: a silent source."""
    console = Console(file=output, width=_WIDTH, highlight=False, markup=False, emoji=False)
    names = [window.name for window in definition.windows]
    for snapshot in snapshots:
        when = datetime.fromtimestamp(snapshot.t_ms / 1000, tz=UTC).isoformat(timespec="milliseconds")
        table = Table(title=f"as of {when}", title_justify="left", pad_edge=False)
        table.add_column("KPI", no_wrap=True)
        for name in ("now", *names):
            table.add_column(name, justify="right", no_wrap=True)
        for kpi in dict.fromkeys(
            (*snapshot.now, *(k for values in snapshot.windows.values() for k in values))
        ):
            found = (snapshot.now, *(snapshot.windows.get(name, {}) for name in names))
            table.add_row(kpi, *(_cell(kpi, values.get(kpi)) for values in found))
        console.print(table)
        accounting = snapshot.accounting
        counted = sum(accounting.counted.values())
        ignored, malformed = sum(accounting.ignored.values()), sum(accounting.malformed.values())
        console.print(
            f"{accounting.received:,} records received: {counted:,} counted, {ignored:,} ignored, "
            f"{malformed:,} malformed\n"
        )


def _cell(kpi: str, value: Value | None) -> str:
    if value is None:
        return ""
    return f"{_MARKS.get(value.status, '')}{figure(kpi, value.value)}"


def write_openmetrics(snapshots: Iterable[Snapshot], definition: Definition, output: TextIO) -> None:
    """All samples with their timestamps: by metric family, in it by series, in it by time.

    Keeps every sample until the last snapshot is there: some 30 bytes each.
    """
    sampler = Sampler(definition)
    series: dict[str, dict[_Labels, bytearray]] = {}
    for snapshot in snapshots:
        at = f" {snapshot.t_ms // 1000}.{snapshot.t_ms % 1000:03d}\n"
        for sample in sampler.samples(snapshot):
            points = series.setdefault(sample.name, {}).setdefault(tuple(sample.labels.items()), bytearray())
            points += f"{sample.value!r}{at}".encode()
    for name, metric in catalogue_of(definition).items():
        if name in series:
            output.writelines(_family(metric, series[name]))
    output.write("# EOF\n")


def _family(metric: Metric, series: dict[_Labels, bytearray]) -> Iterator[str]:
    family = metric.name.removesuffix("_total" if metric.kind == "counter" else "_info")
    yield f"# HELP {family} {metric.help}\n# TYPE {family} {metric.kind}\n"
    if metric.unit:
        yield f"# UNIT {family} {metric.unit}\n"
    for labels, points in sorted((_text(labels), points) for labels, points in series.items()):
        name = f"{metric.name}{{{labels}}}" if labels else metric.name
        for point in points.decode().splitlines():
            yield f"{name} {point}\n"


def _text(labels: _Labels) -> str:
    return ",".join(f'{name}="{label_value(text)}"' for name, text in labels)
