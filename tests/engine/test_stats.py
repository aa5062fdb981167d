"""Every engine sample is a metric of the catalogue, with its labels."""

from streams.engine.stats import Stats
from streams.publish.catalogue import CATALOGUE


def test_samples_are_catalogued() -> None:
    """Name and labels of each."""
    stats = Stats()
    stats.records["p"] += 5
    stats.batches["taken"] += 1
    for seconds in (0.1, 0.2, 0.3):
        stats.flushed(seconds)
    samples = stats.samples()
    for name, labels, _ in samples:
        assert set(CATALOGUE[name].labels) == set(labels), name
    values = {(name, *labels.values()): value for name, labels, value in samples}
    assert values["kpi_streams_flush_latest_seconds", "0.99"] == 0.3
    assert values["kpi_streams_flush_latest_seconds", "0.5"] == 0.2
    assert values["kpi_streams_flushes_total", "committed"] == 3
