"""The engine: lag, commits, recovery, accounting, dead letters, publishing."""

from deploy.grafana.boards.board import Board, Row
from deploy.grafana.boards.panels import (
    AMBER,
    NUMBER,
    RATE,
    RATIO,
    RED,
    SECONDS,
    Panel,
    Query,
    Say,
    curves,
    number,
    rows,
)
from deploy.grafana.boards.queries import rate, whole

_SHARE = "job:crm_events_malformed:increase10m / job:crm_events_received:increase10m"


def engine() -> Board:
    """The dashboard."""
    return Board(
        "kpi-engine",
        "Engine",
        "Whether the service keeps up, commits, recovers and accounts for every record.",
        [
            Row("Keeping up", _keeping_up()),
            Row("Commits and recovery", _commits()),
            Row("Accounting", _accounting()),
            Row("Lateness", _lateness()),
            Row("Publishing", _publishing()),
        ],
    )


def _keeping_up() -> list[Panel]:
    age = Say(
        "Age of the values", "Beyond the freshness limit (10 s) they are withheld.", SECONDS, "KpisStale"
    )
    lag = Say("Records waiting", "Over all partitions.", NUMBER, "LagHigh")
    workers = Say("Workers", "That answer Prometheus.", NUMBER, "WorkerMissing")
    live = Say(
        "Partitions live", "Owned, recovered and counting; together all there are.", NUMBER, "RecoveryTooLong"
    )
    applied = Say("Records applied", "A second, by topic.", RATE, "LagHigh")
    waiting = Say("Lag", "Records waiting, by partition, as last told.", NUMBER, "LagHigh")
    owned = Say("Lag at the owner", "The same as its owner sees it now.", NUMBER, "LagHigh")
    states = Say(
        "Partitions not ok", "Recovering, silent or refused; 0 when all is well.", NUMBER, "RecoveryTooLong"
    )
    return [
        number(age, "job:crm_snapshot_age_seconds:min", steps=[(10, AMBER), (60, RED)], width=6),
        number(lag, "job:kpi_streams_partition_lag:sum", steps=[(1_000, AMBER), (100_000, RED)], width=6),
        number(workers, 'sum by (job) (up{job="kpi-streams"})', width=6),
        number(live, "sum by (job) (kpi_streams_partitions_live)", width=6),
        curves(applied, Query(rate("kpi_streams_records_total", "topic"), "{{topic}}"), stacked=True),
        curves(waiting, Query(whole("kpi_streams_partition_lag"), "partition {{partition}}")),
        curves(owned, Query("max by (partition) (kpi_streams_owned_lag)", "partition {{partition}}")),
        curves(
            states,
            Query(
                'sum by (state) (max without (instance) (kpi_streams_partition_state{state!="ok"}))',
                "{{state}}",
            ),
        ),
    ]


def _commits() -> list[Panel]:
    commits = Say("Commits", "A second, by outcome; failed is never good.", RATE, "KpisStale")
    age = Say("Age of the last commit", "By partition; a tick when all is well.", SECONDS, "KpisStale")
    took = Say("Duration of commits", "Of the latest, by quantile and worker.", SECONDS, "LagHigh")
    batches = Say(
        "Batches", "By what became of them; gaps and repeats come with rebalances.", RATE, "LagHigh"
    )
    recovery = Say("Last recovery", "How long it took, by partition.", SECONDS, "RecoveryTooLong")
    shifts = Say("Rebalances and recoveries", "Since the workers started.", NUMBER, "WorkerMissing")
    return [
        curves(commits, Query(rate("kpi_streams_flushes_total", "outcome"), "{{outcome}}"), width=8),
        curves(
            age,
            Query("min by (partition) (kpi_streams_commit_age_seconds)", "partition {{partition}}"),
            width=8,
        ),
        curves(took, Query("kpi_streams_flush_latest_seconds", "{{instance}}, {{quantile}}"), width=8),
        curves(batches, Query(rate("kpi_streams_batches_total", "outcome"), "{{outcome}}"), width=8),
        curves(
            recovery,
            Query("max by (partition) (kpi_streams_recovery_seconds)", "partition {{partition}}"),
            width=8,
        ),
        curves(
            shifts,
            Query("sum by (job) (kpi_streams_rebalances_total)", "rebalances"),
            Query("sum by (job) (kpi_streams_recoveries_total)", "recoveries"),
            Query("sum by (job) (kpi_streams_recovered_records_total)", "records recovered"),
            width=8,
        ),
    ]


def _accounting() -> list[Panel]:
    gap = Say("Unaccounted", "Received but in no class, by worker: always 0.", NUMBER, "AccountingBroken")
    share = Say("Malformed", "Share of the records of 10 minutes.", RATIO, "DeadLetterRate")
    classes = Say("Records", "A second, by what became of them.", RATE, "AccountingBroken")
    bad = Say("Malformed records", "By kind and reason, since the beginning.", NUMBER, "DeadLetterRate")
    held = Say(
        "Held and odd",
        "Parked, late, without a target, not active; parts of counted.",
        NUMBER,
        "AccountingBroken",
    )
    letters = Say(
        "Dead letters", "Written a second; shortened: too large for their value.", RATE, "DeadLetterRate"
    )
    outcomes = "sum by (outcome) (max without (instance) (rate(crm_events_total[$__rate_interval])))"
    return [
        number(gap, "max by (job) (abs(instance:crm_events_unaccounted:records))", steps=[(1, RED)], width=6),
        number(share, _SHARE, steps=[(0.001, AMBER), (0.01, RED)], width=6),
        curves(classes, Query(outcomes, "{{outcome}}"), width=12),
        rows(bad, Query(whole("crm_events_total", outcome="malformed")), hide=["outcome"]),
        curves(
            held,
            Query(whole("crm_events_parked"), "parked"),
            Query(whole("crm_events_void_pending"), "voids without target"),
            Query(whole("crm_events_not_active"), "cancelled while not active"),
            Query(whole("crm_events_late_beyond_retention"), "late beyond retention"),
            Query(whole("crm_dimension_values_folded"), "dimension values folded"),
            width=8,
        ),
        curves(
            letters,
            Query(rate("kpi_streams_dead_letters_total"), "written"),
            Query(rate("kpi_streams_dead_letters_shortened_total"), "shortened"),
            width=8,
        ),
    ]


def _lateness() -> list[Panel]:
    behind = Say(
        "How late late events are", "Behind the newest of their kind; 95 % are not later.", SECONDS, "LagHigh"
    )
    corrected = Say("Windows corrected", "Late events that changed a window, a second.", RATE, "LagHigh")
    quantile = f"histogram_quantile(0.95, {whole('crm_event_lateness_seconds_bucket')})"
    changed = "max without (instance) (rate(crm_window_corrections_total[$__rate_interval]))"
    return [curves(behind, Query(quantile, "{{event}}")), curves(corrected, Query(changed, "{{window}}"))]


def _publishing() -> list[Panel]:
    redis = Say("Redis", "Workers whose last write succeeded.", NUMBER, "RedisWriteFailing")
    writes = Say("Writes to Redis", "A second; skipped: another worker was first.", RATE, "RedisWriteFailing")
    effort = Say("Time for a snapshot", "Mean of the snapshots computed.", SECONDS, "KpisStale")
    odd = Say(
        "Never good",
        "Totals refused, log lines held back.",
        NUMBER,
        "RecoveryTooLong",
    )
    boards = Say("Live boards", "Open pages; cut off: they did not keep up.", NUMBER, "LagHigh")
    spent = f"{rate('kpi_streams_snapshot_seconds_total')} / {rate('kpi_streams_snapshots_total')}"
    return [
        number(redis, "sum by (job) (kpi_streams_redis_up)", width=4),
        curves(
            writes,
            Query(rate("kpi_streams_redis_writes_total"), "written"),
            Query(rate("kpi_streams_redis_skipped_total"), "skipped"),
            Query(rate("kpi_streams_redis_failures_total"), "failed"),
            width=5,
        ),
        curves(effort, Query(spent, "seconds"), width=5),
        curves(
            odd,
            Query("sum by (job) (kpi_streams_totals_refused_total)", "totals refused"),
            Query("sum by (job) (kpi_streams_log_lines_suppressed_total)", "lines held back"),
            width=5,
        ),
        curves(
            boards,
            Query("sum by (job) (kpi_streams_board_pages)", "open"),
            Query("sum by (job) (kpi_streams_board_pages_dropped_total)", "cut off"),
            width=5,
        ),
    ]
