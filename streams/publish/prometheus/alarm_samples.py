"""The samples of alarms: one row a stream that can say something, and how many streams are in which status.

Rules: a stream that learns or is stale has no row of its own, so nothing can be concluded from an old one.
"""

from collections import Counter
from collections.abc import Iterator

from streams.core.kpi.alarms import STATUSES, Alarms, StreamState
from streams.publish.prometheus.metrics import Sample


def alarm_samples(alarms: Alarms | None) -> Iterator[Sample]:
    """Everything that is shown of alarms; nothing while nothing is known of any."""
    if alarms is None:
        return
    yield Sample("crm_alarms_timestamp_seconds", alarms.t_ms / 1000)
    yield Sample("crm_alarm_threshold_log10", alarms.threshold_log10)
    counts = Counter((stream.alarm, stream.status) for stream in alarms.streams)
    for alarm in dict.fromkeys(stream.alarm for stream in alarms.streams):
        for status in STATUSES:
            yield Sample("crm_alarm_streams", counts[alarm, status], {"alarm": alarm, "status": status})
    for stream in alarms.streams:
        if stream.status in {"ok", "alarm"}:
            yield from _rows(stream)


def _rows(stream: StreamState) -> Iterator[Sample]:
    labels = {"alarm": stream.alarm, "dimension": stream.dimension, "value": stream.value}
    yield Sample("crm_alarm_active", int(stream.status == "alarm"), labels)
    for name, number in (
        ("evidence_log10", stream.evidence_log10),
        ("observed", stream.observed),
        ("expected", stream.expected),
        ("tolerance_ratio", stream.tolerance_ratio),
        ("started_timestamp_seconds", (stream.started or 0) / 1000),
    ):
        if number is not None:
            yield Sample(f"crm_alarm_{name}", number, labels)
