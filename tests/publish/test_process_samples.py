"""What a worker says of its own process."""

import os
import platform
import time

from prometheus_client.parser import text_string_to_metric_families

from streams.core.definition.definition import Definition
from streams.publish.prometheus.exposition import Exposition
from streams.publish.prometheus.process_metrics import ProcessSamples


def shown() -> dict[str, tuple[dict[str, str], float]]:
    """Return the samples of a page by name, with their labels."""
    body, _ = Exposition(Definition(), ProcessSamples()).render()
    families = text_string_to_metric_families(body.decode())
    return {sample.name: (sample.labels, sample.value) for family in families for sample in family.samples}


def test_the_page_says_what_is_built_in() -> None:
    """Version, form of the core and Python, as the log's first line does."""
    labels, value = shown()["kpi_streams_build_info"]
    assert value == 1
    assert labels["python"] == platform.python_version()
    assert labels["core"] == "interpreted"
    assert labels["version"]


def test_the_page_has_the_usual_process_metrics() -> None:
    """As every client library names them, with values of this very process."""
    page = shown()
    open_fds = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a list is what is counted
    assert abs(page["process_open_fds"][1] - open_fds) < 10
    assert page["process_resident_memory_bytes"][1] > 10e6
    assert (
        0 < page["process_cpu_seconds_total"][1] < time.time() - page["process_start_time_seconds"][1] + 3_600
    )
