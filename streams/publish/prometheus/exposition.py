"""The metrics page: the newest snapshot and the process' own numbers, in Prometheus text or OpenMetrics.

Rules: families come from the catalogue; the snapshot's part is rendered at its first scrape in each format
and then served as bytes, the process' part is rendered at every scrape. The client chooses the format.

Never: registers anything anywhere, keeps a gauge of its own, or shows a value that is not in the snapshot.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from streams.publish.prometheus.metrics import CATALOGUE, Metric, Sample, catalogue_of
from streams.publish.prometheus.samples import Sampler

_END = b"# EOF\n"
_SUFFIXES = {"counter": "_total", "info": "_info"}
"""What the name of a sample has after the name of its family."""
_OF_HISTOGRAM = ("_bucket", "_sum", "_count")
Encoder = Callable[[Collector], bytes]
Format = tuple[str, str]
"""Media type and way of escaping names: a handful of combinations, whatever clients ask for."""


class SampleCollector(Collector):
    """Families of samples, in the catalogue's order; a family without samples is left out.

    Args:
        samples: of any order.
        catalogue: by name; its help is shown.

    Raises (in `collect`):
        ValueError: a sample that the catalogue does not know like this.
    """

    def __init__(self, samples: Iterable[Sample], catalogue: Mapping[str, Metric] = CATALOGUE) -> None:
        self._samples, self._catalogue = samples, catalogue

    def collect(self) -> Iterator[Family]:
        """Group the samples by family."""
        by_name: dict[str, list[Sample]] = {}
        for sample in self._samples:
            by_name.setdefault(_family_of(sample.name), []).append(sample)
        for name, metric in self._catalogue.items():
            if samples := by_name.pop(name, None):
                yield _family(metric, samples)
        if by_name:
            raise ValueError(f"metrics that are not in the catalogue: {', '.join(sorted(by_name))}")


class Exposition:
    """Renders the metrics page; a Sink.

    Args:
        definition: what the numbers mean.
        process: gives the process' own samples, at every scrape.
    """

    def __init__(self, definition: Definition, process: Callable[[], Iterable[Sample]] = tuple) -> None:
        self._sampler = Sampler(definition)
        self._catalogue = catalogue_of(definition)
        self._process = process
        self._page = _Page(tuple, self._catalogue)

    async def start(self) -> None:
        """Nothing to open."""

    def publish(self, snapshot: Snapshot) -> None:
        """Show this snapshot from now on."""
        self._page = _Page(partial(self._sampler.samples, snapshot), self._catalogue)

    async def stop(self) -> None:
        """Nothing to close."""

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """The page and its content type.

        Args:
            accept: the Accept header; whatever it holds, one of the formats is chosen.
        """
        return _render(self._page, tuple(self._process()), accept)

    async def scrape(self, accept: str) -> tuple[bytes, str]:
        """The same without holding up the event loop: a new snapshot takes some 50 ms."""
        return await asyncio.to_thread(_render, self._page, tuple(self._process()), accept)


class _Page:
    """One snapshot's part of the page, rendered once in each format; threads may share it."""

    def __init__(self, samples: Callable[[], Iterable[Sample]], catalogue: Mapping[str, Metric]) -> None:
        self._samples, self._catalogue = samples, catalogue
        self._rendered: dict[Format, bytes] = {}
        self._lock = threading.Lock()

    def body(self, encode: Encoder, form: Format) -> bytes:
        """Without the end mark of OpenMetrics."""
        with self._lock:
            if form not in self._rendered:
                shown = SampleCollector(self._samples(), self._catalogue)
                self._rendered[form] = encode(shown).removesuffix(_END)
            return self._rendered[form]


def _render(page: _Page, process: Iterable[Sample], accept: str) -> tuple[bytes, str]:
    encode, content_type = _encoder(accept)
    kind, _, escaping = content_type.partition("escaping=")
    body = page.body(encode, (kind.partition(";")[0], escaping))
    return body + encode(SampleCollector(process)), content_type


def _encoder(accept: str) -> tuple[Encoder, str]:
    try:
        return choose_encoder(accept)
    except TypeError:  # a version that is no number
        return choose_encoder("")


def _family_of(name: str) -> str:
    """The catalogue's name of a sample."""
    for suffix in _OF_HISTOGRAM:
        metric = CATALOGUE.get(name.removesuffix(suffix))
        if name.endswith(suffix) and metric is not None and metric.kind == "histogram":
            return metric.name
    return name


def _family(metric: Metric, samples: list[Sample]) -> Family:
    suffix = _SUFFIXES.get(metric.kind, "")
    family = Family(metric.name.removesuffix(suffix), metric.help, metric.kind, metric.unit)
    for sample in samples:
        labels = (*metric.labels, "le") if sample.name == f"{metric.name}_bucket" else metric.labels
        if sample.labels.keys() != set(labels):
            raise ValueError(f"{sample.name} has the labels {labels}, not {tuple(sample.labels)}")
        family.add_sample(sample.name, dict(sample.labels), sample.value)
    return family
