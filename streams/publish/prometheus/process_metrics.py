"""The process' own samples: processor time, memory, descriptors, start, and what is built into it.

Rules: Prometheus' own collector reads them, under the names that every client library gives them; where the
system does not tell (no /proc), they are absent.
"""

from collections.abc import Iterator

from prometheus_client.process_collector import ProcessCollector

from streams.build import build
from streams.publish.prometheus.metrics import CATALOGUE, Sample


class ProcessSamples:
    """Reads them at every call."""

    def __init__(self) -> None:
        self._collector = ProcessCollector(registry=None)
        self._build = Sample("kpi_streams_build_info", 1, build()._asdict())

    def __call__(self) -> Iterator[Sample]:
        """The samples of this moment."""
        yield self._build
        for family in self._collector.collect():
            for sample in family.samples:
                if sample.name in CATALOGUE:
                    yield Sample(sample.name, sample.value)
