"""The text of docs/metrics.md: every metric of the catalogue, and how many series there can be.

Nothing is said here that the catalogue or the limits do not say.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from deploy.metrics.cardinality import series_bound
from streams.core.definition.definition import Definition
from streams.publish.prometheus.metrics import (
    ACCOUNT,
    ALARMS,
    COMPONENTS,
    DOCUMENT,
    INGEST,
    KPIS,
    PARTS,
    PROCESS,
    Metric,
)

PAGE = Path(__file__).parents[2] / "docs/metrics.md"
PARTITIONS = 4
"""Of the sources, unless set otherwise."""

_HEAD = """# Metrics

Everything that `/metrics` of a worker shows, made from the catalogue in
`streams/publish/prometheus/metrics.py` by `python -m deploy.metrics`. A metric that does not stand there
cannot be shown. What the figures mean is in
[contract.md](contract.md), sections 4 to 6.

Metrics with the prefix `crm_` are global values, equal on every worker: aggregate them with
`max without (instance)`, never with `sum`. An undefined or withheld value is an absent series, never 0.
Metrics with the prefix `kpi_streams_` are of one process, except lag and state of partitions, which every
worker tells of all of them.
"""

_SECTIONS = (
    ("KPIs", "Ratios from 0 to 1, times in seconds, money in major units of `currency`.", KPIS),
    (
        "Parts of KPIs",
        "`kpi` is the name in the snapshot, like `csat_ratio.5`; `window` may be `now`.",
        PARTS,
    ),
    ("Components", "Counts behind the KPIs of the whole.", COMPONENTS),
    ("Accounting", "`received = Σ crm_events_total`, on each worker and at all times.", ACCOUNT),
    (
        "Alarms",
        "A row of each stream that can say something, the whole with empty labels: [alarms.md](alarms.md).",
        ALARMS,
    ),
    ("Document and partitions", "As of the snapshot shown.", DOCUMENT),
    ("Process", "Of the worker that is scraped, since it started.", PROCESS),
    (
        "Ingest",
        "Of `kpi ingest`, beside those of a process: a record counts when what became of it is durable.",
        INGEST,
    ),
)

_CARDINALITY = """
## How many series

One worker shows at most {total:,} series with the default definition ({windows} windows; {values} named
values, `other` and `unknown` for each of 7 dimensions) and {partitions} partitions. No label ever holds a
customer, a record or free text: what is beyond `max_values` joins `other`. Fewer windows or a smaller
`max_values` lower the bound in proportion.

| of them | at most |
|---|---:|
"""


def page() -> str:
    """The page."""
    return "".join((_HEAD, *(part for section in _SECTIONS for part in _section(*section)), *_cardinality()))


def _section(title: str, says: str, metrics: Iterable[Metric]) -> Iterator[str]:
    yield f"\n## {title}\n\n{says}\n\n| metric | type | labels | unit | |\n|---|---|---|---|---|\n"
    for metric in metrics:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"| `{metric.name}` | {metric.kind} | {labels} | {metric.unit} | {metric.help} |\n"


def _cardinality() -> Iterator[str]:
    definition = Definition()
    bound = series_bound(definition, PARTITIONS)
    yield _CARDINALITY.format(
        total=sum(bound.values()),
        windows=len(definition.windows),
        values=definition.max_values,
        partitions=PARTITIONS,
    )
    for what, most in bound.items():
        yield f"| {what} | {most:,} |\n"
