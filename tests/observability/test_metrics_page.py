"""The catalogue is whole, docs/metrics.md is what it says, and the bound on series is one."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from deploy.metrics.cardinality import series_bound
from deploy.metrics.page import PAGE, page
from streams.core.definition.definition import SHARED_VALUES, Definition
from streams.core.events import KINDS
from streams.core.kpi.alarms import Alarms, StreamState
from streams.core.kpi.snapshot import Snapshot, build
from streams.core.kpi.values.value import Sweep
from streams.core.totals import LATENESS_MS, OVERALL, Group, Totals
from streams.engine.ownership.stats import Stats
from streams.publish.prometheus.metrics import CATALOGUE, PROCESS
from streams.publish.prometheus.samples import Sampler
from tests.observability.files import ROOT
from tests.publish import world

SMALL = replace(Definition(), max_values=3, window_names=("1h", "24h", "30d"))


def busy(definition: Definition, values: int) -> Snapshot:
    """A business with so many values in every dimension, and an answer to every question."""
    names = [*(f"v{number}" for number in range(values)), *SHARED_VALUES]
    groups: list[Group] = [OVERALL, *((d, name) for d in definition.all_dimensions for name in names)]
    vectors = {group: world.vector(definition, 1) for group in groups}
    totals = Totals(world.T0, vectors)
    totals.accounting.lateness = {kind: [1] * (len(LATENESS_MS) + 2) for kind in KINDS}
    totals.accounting.corrected = {window.name: 1 for window in definition.windows}
    sweep = Sweep(t_ms=world.T0, buyers=10, a_minor=5, b_minor=3, c_minor=2)
    sweeps = {
        (group, window.name): sweep
        for group in groups
        for window in definition.windows
        if definition.has_revenue_shares(window) and (group == OVERALL or group[0] in definition.dimensions)
    }
    partitions = {str(number): {"lag": 0, "state": "ok"} for number in range(4)}
    return build(
        totals,
        definition,
        computed_at_ms=world.T0,
        partitions=partitions,  # type: ignore[arg-type]
        sweeps=sweeps,
        alarms=Alarms(world.T0, 8.0, 1, tuple(streams(definition, names))),
    )


def streams(definition: Definition, names: list[str]) -> Iterator[StreamState]:
    """Of every alarm the whole and all that has a name, in alarm."""
    published = [*names[: definition.max_values], *SHARED_VALUES]
    for alarm in definition.watched:
        for dimension, value in [OVERALL, *((d, v) for d in alarm.dimensions or () for v in published)]:
            said = (alarm.name, alarm.measure, alarm.way, dimension, value)
            yield StreamState(*said, "alarm", 9.0, 20, 1.5, 900_000, 1.25, world.T0, 9.0)


def test_the_page_is_what_the_catalogue_says() -> None:
    """Run `python -m deploy.metrics` after a change."""
    assert PAGE.read_text() == page()
    assert all(f"`{name}`" in PAGE.read_text() for name in CATALOGUE)


def test_the_catalogue_has_what_the_process_says_and_nothing_else() -> None:
    """Every metric of the engine is made somewhere, and what is made somewhere is in it."""
    counted = Stats(records=Counter(t=1), batches=Counter(t=1), flushes=Counter(t=1))
    counted.flushed(0.1)
    made = {name for name, *_ in counted.samples()}
    for path in (ROOT / "streams").rglob("*.py"):
        made |= set(re.findall(r'(?:Sample\(|append\(\()\s*"(kpi_streams_\w+)"', path.read_text()))
    assert made == {name for name in CATALOGUE if name.startswith("kpi_streams_")}


@pytest.mark.parametrize("definition", [SMALL, Definition()], ids=["small", "default"])
def test_no_business_shows_more_series_than_the_bound(definition: Definition) -> None:
    """A business with everything comes close to it, and one with ten times the values no closer."""
    bound = series_bound(definition, partitions=4)
    most = sum(bound.values())
    shown = [
        len(list(Sampler(definition).samples(busy(definition, n)))) for n in (definition.max_values, 200)
    ]
    latest_of_other = 2 * len(definition.windows)  # withheld: whose votes are one customer's is not known
    assert shown[0] == shown[1] + latest_of_other
    process = len(PROCESS)
    assert 0.9 * most < shown[0] + process <= most


def test_the_bound_is_made_of_values_windows_and_partitions() -> None:
    """Twice the values are twice the series by value, to the shared ones."""
    one, two = (series_bound(replace(SMALL, max_values=n), 4)["KPIs by dimension value"] for n in (8, 18))
    assert two == 2 * one
