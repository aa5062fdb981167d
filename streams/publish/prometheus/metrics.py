"""Every metric there is: name, type, labels, unit and help (docs/contract.md, section 10).

Rules: base units, ratios as 0..1, seconds; ``crm_`` says something of customers, ``kpi_streams_`` of this
process or of the pipeline, ``process_`` what every client library says of a process. Labels take few values:
windows, KPIs, partitions, and dimension values, which section 5 bounds. A sample whose name or labels do not
stand here is a programming error and raises.

Never holds a value: samples.py makes samples of the snapshot, the engine of its own counters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from streams.core.definition.definition import Definition
from streams.core.kpi.catalogue.registry import chosen, in_force
from streams.publish.prometheus.shown import HEADLINES, VARIANTS, Shown

Kind = Literal["gauge", "counter", "info", "summary", "histogram"]

WINDOW = ("window",)
DIMENSION = ("dimension", "value")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family, under the name that Prometheus shows."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """The OpenMetrics unit, which the name must end with: ratio, seconds, bytes or none."""
        last = self.name.rpartition("_")[2]
        return last if last in ("ratio", "seconds", "bytes") else ""


class Sample(NamedTuple):
    """One number to show."""

    name: str
    value: float
    labels: Mapping[str, str] = {}


def _families(how: Shown) -> tuple[Metric, Metric]:
    window = () if how.standing else WINDOW
    by = f"{how.help.removesuffix('.')}, by value of one dimension."
    return (
        Metric(how.metric, "gauge", how.help, (*window, *how.own_labels)),
        Metric(f"{how.metric}_by", "gauge", by, (*window, *DIMENSION, *how.own_labels)),
    )


KPIS = tuple(metric for how in (*HEADLINES.values(), *VARIANTS.values()) for metric in _families(how))

_OF_KPI = ("kpi", "window")

PARTS = (
    Metric("crm_kpi_low", "gauge", "Lower end of a KPI's 95 % interval.", _OF_KPI),
    Metric("crm_kpi_high", "gauge", "Upper end of a KPI's 95 % interval.", _OF_KPI),
    Metric("crm_kpi_n", "gauge", "What a KPI rests on: cases behind it.", _OF_KPI),
    Metric("crm_kpi_numerator", "gauge", "A KPI's numerator; money in minor units.", _OF_KPI),
    Metric("crm_kpi_denominator", "gauge", "A KPI's denominator.", _OF_KPI),
    Metric(
        "crm_kpi_status", "gauge", "1 for the status that a KPI has, 0 for the others.", (*_OF_KPI, "status")
    ),
)

COMPONENTS = (
    Metric("crm_customers_at_start", "gauge", "Customers active at the window's start.", WINDOW),
    Metric("crm_erased_customers", "gauge", "Customers erased while active.", WINDOW),
    Metric("crm_nps_responses", "gauge", "Votes behind the net promoter score.", (*WINDOW, "group")),
    Metric("crm_repeat_buyers", "gauge", "Buyers with two orders or more.", WINDOW),
    Metric("crm_base_currency_orders", "gauge", "Orders in the base currency.", WINDOW),
    Metric("crm_base_currency_refunds", "gauge", "Refunds in the base currency.", WINDOW),
    Metric("crm_purchases_left_out", "gauge", "Orders and refunds in other currencies, in no sum.", WINDOW),
    Metric("crm_customers_with_cost", "gauge", "New customers whose acquisition cost is known.", WINDOW),
    Metric("crm_churn_spike_expected", "gauge", "Churns expected by the windows before.", WINDOW),
    Metric(
        "crm_churn_spike_seasonal_expected",
        "gauge",
        "Churns expected by the same hours of other days.",
        WINDOW,
    ),
)

ACCOUNT = (
    Metric(
        "crm_events_total",
        "counter",
        "Records received, by what became of them.",
        ("event", "outcome", "reason"),
    ),
    Metric("crm_events_received_total", "counter", "Records received."),
    Metric("crm_events_parked", "gauge", "Counted events dated in the future, waiting for their time."),
    Metric("crm_events_not_active", "gauge", "Cancellations of customers who were not active."),
    Metric("crm_events_void_pending", "gauge", "Voids whose target is not there so far."),
    Metric("crm_events_late_beyond_retention", "gauge", "Counted events older than every pane."),
    Metric(
        "crm_event_lateness_seconds",
        "histogram",
        "How far late events were behind the newest of their kind.",
        ("event",),
    ),
    Metric("crm_window_corrections_total", "counter", "Late events that corrected a window.", WINDOW),
    Metric(
        "crm_dimension_values_folded",
        "gauge",
        "Different dimension values, and combinations, beyond the limits: joined to other.",
    ),
    Metric(
        "crm_dimension_values_refused_total",
        "counter",
        "Events whose value is free text, no name: it is told nowhere, they count as other.",
        ("dimension",),
    ),
)

DOCUMENT = (
    Metric("crm_newest_event_timestamp_seconds", "gauge", "Time of the newest counted event.", ("event",)),
    Metric(
        "crm_event_silence_limit_seconds",
        "gauge",
        "Age of the newest counted event from which on its source is silent; absent: off.",
        ("event",),
    ),
    Metric("crm_snapshot_timestamp_seconds", "gauge", "Evaluation time of the values shown."),
    Metric("crm_snapshot_computed_timestamp_seconds", "gauge", "Wall clock when the values were computed."),
    Metric("crm_dimensions_timestamp_seconds", "gauge", "Evaluation time of the values by dimension."),
    Metric(
        "crm_definition_info",
        "info",
        "What the numbers mean.",
        ("version", "hash", "tenant", "base_currency", "formula", "nps_basis"),
    ),
    Metric("kpi_streams_partition_lag", "gauge", "Records not yet applied, as last told.", ("partition",)),
    Metric(
        "kpi_streams_partition_state",
        "gauge",
        "1 for the state of a partition, 0 for the others.",
        ("partition", "state"),
    ),
)

_STREAM = ("alarm", *DIMENSION)

ALARMS = (
    Metric("crm_alarm_active", "gauge", "1 while a stream is in alarm, 0 while it is ordinary.", _STREAM),
    Metric(
        "crm_alarm_evidence_log10",
        "gauge",
        "Evidence that a stream is out of the ordinary, as a decimal logarithm.",
        _STREAM,
    ),
    Metric("crm_alarm_threshold_log10", "gauge", "Evidence from which on a stream is in alarm, likewise."),
    Metric("crm_alarm_observed", "gauge", "Counted in the window of a stream that says most.", _STREAM),
    Metric("crm_alarm_expected", "gauge", "What the four weeks before say of that window.", _STREAM),
    Metric(
        "crm_alarm_tolerance_ratio",
        "gauge",
        "How many times the expected is ordinary still; downwards: how many times less.",
        _STREAM,
    ),
    Metric(
        "crm_alarm_started_timestamp_seconds",
        "gauge",
        "Begin of the episode of a stream in alarm; 0 while it is ordinary.",
        _STREAM,
    ),
    Metric("crm_alarm_streams", "gauge", "Streams of an alarm by status.", ("alarm", "status")),
    Metric("crm_alarms_timestamp_seconds", "gauge", "Instant up to which alarms have counted."),
)

PROCESS = (
    Metric(
        "kpi_streams_build_info",
        "info",
        "What runs here; core: compiled or interpreted.",
        ("version", "core", "python"),
    ),
    Metric("process_cpu_seconds_total", "counter", "Processor time of the process."),
    Metric("process_resident_memory_bytes", "gauge", "Memory of the process that is in RAM."),
    Metric("process_virtual_memory_bytes", "gauge", "Memory that the process has reserved."),
    Metric("process_start_time_seconds", "gauge", "When the process started, since the epoch."),
    Metric("process_open_fds", "gauge", "Open file descriptors."),
    Metric("process_max_fds", "gauge", "How many file descriptors may be open."),
    Metric("kpi_streams_redis_up", "gauge", "1 while the last write to Redis succeeded."),
    Metric("kpi_streams_redis_foreign", "gauge", "1 while another deployment writes the tenant in Redis."),
    Metric("kpi_streams_redis_writes_total", "counter", "Snapshots written to Redis."),
    Metric("kpi_streams_redis_failures_total", "counter", "Writes to Redis that failed."),
    Metric("kpi_streams_redis_skipped_total", "counter", "Writes that found a newer snapshot in Redis."),
    Metric("kpi_streams_snapshots_total", "counter", "Snapshots computed by this process."),
    Metric("kpi_streams_snapshot_seconds_total", "counter", "Time spent computing snapshots."),
    Metric(
        "kpi_streams_totals_refused_total",
        "counter",
        "Totals of partitions with another definition, or of another version.",
    ),
    Metric("kpi_streams_board_pages", "gauge", "Pages of the live board that are open here."),
    Metric("kpi_streams_http_connections", "gauge", "HTTP connections that are open."),
    Metric(
        "kpi_streams_http_connections_closed_total",
        "counter",
        "HTTP connections ended because no request came, no answer was taken, or there was no room.",
    ),
    Metric("kpi_streams_board_pages_dropped_total", "counter", "Pages cut off because they did not keep up."),
    Metric("kpi_streams_partitions_owned", "gauge", "Partitions that this worker owns."),
    Metric("kpi_streams_partitions_live", "gauge", "Partitions owned and live."),
    Metric("kpi_streams_records_total", "counter", "Records applied by this worker.", ("topic",)),
    Metric("kpi_streams_batches_total", "counter", "Batches by what became of them.", ("outcome",)),
    Metric("kpi_streams_flushes_total", "counter", "Commits of a partition's state.", ("outcome",)),
    Metric("kpi_streams_flush_seconds_total", "counter", "Time spent committing."),
    Metric(
        "kpi_streams_flush_latest_seconds",
        "summary",
        "Duration of the latest commits, by quantile.",
        ("quantile",),
    ),
    Metric(
        "kpi_streams_owned_lag", "gauge", "Records not yet applied by the partition's owner.", ("partition",)
    ),
    Metric("kpi_streams_recovered_records_total", "counter", "Changelog records read in recoveries."),
    Metric("kpi_streams_log_lines_suppressed_total", "counter", "Lines of the Kafka client held back."),
    Metric(
        "kpi_streams_commit_age_seconds", "gauge", "Time since a partition's last commit.", ("partition",)
    ),
    Metric("kpi_streams_recoveries_total", "counter", "Partitions recovered from the changelog."),
    Metric(
        "kpi_streams_recovery_seconds", "gauge", "How long a partition's last recovery took.", ("partition",)
    ),
    Metric(
        "kpi_streams_offsets_left_out",
        "gauge",
        "Offsets of the sources that could not be read and were left out by kpi topics skip.",
        ("partition",),
    ),
    Metric("kpi_streams_rebalances_total", "counter", "Assignments of partitions to this worker."),
    Metric(
        "kpi_streams_dead_letters_total", "counter", "Malformed records written to the dead-letter topic."
    ),
    Metric("kpi_streams_dead_letters_shortened_total", "counter", "Dead letters too large to go whole."),
    Metric(
        "kpi_streams_malformed_fields_total",
        "counter",
        "Dead letters of this worker by the field they are malformed in, none for the record as a whole.",
        ("topic", "field"),
    ),
)

INGEST = (
    Metric(
        "kpi_streams_ingest_records_total",
        "counter",
        "Foreign records, by what became of them.",
        ("topic", "outcome", "reason"),
    ),
    Metric("kpi_streams_ingest_events_total", "counter", "Events made of foreign records.", ("event",)),
    Metric(
        "kpi_streams_ingest_left_out_total",
        "counter",
        "Elements of lists that the mapping leaves out.",
        ("topic",),
    ),
    Metric(
        "kpi_streams_ingest_field_absent",
        "gauge",
        "1 for a field of the mapping that none of the records has that were looked at.",
        ("source", "field"),
    ),
    Metric(
        "kpi_streams_ingest_http_requests_total",
        "counter",
        "Requests that brought records, by the status of the answer.",
        ("status",),
    ),
    Metric(
        "kpi_streams_ingest_registry_up",
        "gauge",
        "0 while a schema is needed that the registry does not tell, for want of an answer.",
    ),
    Metric(
        "kpi_streams_ingest_lag",
        "gauge",
        "Foreign records whose outcome is not written so far.",
        ("topic", "partition"),
    ),
    Metric(
        "kpi_streams_ingest_waiting_seconds",
        "gauge",
        "Time since a partition's last transaction while records wait, else 0.",
        ("topic", "partition"),
    ),
)

CATALOGUE = {m.name: m for m in (*KPIS, *PARTS, *COMPONENTS, *ACCOUNT, *DOCUMENT, *ALARMS, *PROCESS, *INGEST)}
"""Every metric by name, in the order in which they are shown."""


def catalogue_of(definition: Definition) -> dict[str, Metric]:
    """The same, the help of what a definition may choose in the words of what it chose."""
    told = (in_force(kpi, definition) for kpi in chosen(definition))
    families = (_families(replace(HEADLINES[kpi.name], help=kpi.help)) for kpi in told)
    return CATALOGUE | {metric.name: metric for family in families for metric in family}
