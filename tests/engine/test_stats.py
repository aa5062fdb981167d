"""Every engine sample is a metric of the catalogue, with its labels."""

from streams.core.events import Malformed
from streams.engine.ownership.deadletter import letter
from streams.engine.ownership.stats import Stats
from streams.publish.prometheus.metrics import CATALOGUE
from tests.engine.records import record


def test_samples_are_catalogued() -> None:
    """Name and labels of each."""
    stats = Stats()
    stats.records["p"] += 5
    stats.batches["taken"] += 1
    for seconds in (0.1, 0.2, 0.3):
        stats.flushed(seconds)
    stats.dead([letter("p", 0, record(0, 0), Malformed("bad_money", "amount"))] * 2)
    stats.dead([letter("p", 0, record(0, 0), Malformed("not_json"))])
    samples = stats.samples()
    for name, labels, _ in samples:
        assert set(CATALOGUE[name].labels) == set(labels), name
    values = {(name, *labels.values()): value for name, labels, value in samples}
    assert values["kpi_streams_flush_latest_seconds", "0.99"] == 0.3
    assert values["kpi_streams_flush_latest_seconds", "0.5"] == 0.2
    assert values["kpi_streams_flushes_total", "committed"] == 3
    assert values["kpi_streams_malformed_fields_total", "p", "amount"] == 2
    assert values["kpi_streams_dead_letters_total",] == 3
    assert sum(name == "kpi_streams_malformed_fields_total" for name, *_ in values) == 1
