"""Alarms: what is out of the ordinary, by how much, and how near the rest is to it."""

from deploy.grafana.boards.board import Board, Row
from deploy.grafana.boards.panels import (
    AMBER,
    NUMBER,
    RED,
    SCORE,
    SECONDS,
    Panel,
    Query,
    Say,
    curves,
    number,
    rows,
)
from deploy.grafana.boards.queries import whole

_STREAM = "{{alarm}} {{dimension}} {{value}}"
_HIDE = ("instance", "job", "__name__")


def alarms() -> Board:
    """The dashboard."""
    return Board(
        "kpi-alarms",
        "Alarms",
        "Counts that are out of the ordinary; annotations from begin to end of each episode.",
        [Row("Now", _now()), Row("Over time", _over_time())],
        annotated=f"{whole('crm_alarm_active')} == 1",
    )


def _now() -> list[Panel]:
    active = Say("In alarm", "Streams; one cause is mostly seen by several.", NUMBER, "ChurnSpike")
    learning = Say(
        "Learning", "Streams with less than five weeks of history: they say nothing.", NUMBER, "AlarmActive"
    )
    age = Say("Counted up to", "How long ago; some five minutes when all is well.", SECONDS, "KpisStale")
    listed = Say(
        "Streams in alarm",
        "With the decimal logarithm of their evidence, the greatest first.",
        SCORE,
        "ChurnSpike",
    )
    count = f"sum by (job) ({whole('crm_alarm_streams', status='%s')})"
    in_alarm = f"{whole('crm_alarm_evidence_log10')} and {whole('crm_alarm_active')} == 1"
    return [
        number(active, count % "alarm", steps=[(1, RED)]),
        number(learning, count % "learning"),
        number(age, f"time() - {whole('crm_alarms_timestamp_seconds')}", steps=[(900, AMBER)]),
        rows(listed, Query(in_alarm), hide=_HIDE, width=12),
    ]


def _over_time() -> list[Panel]:
    evidence = Say(
        "Evidence, and from where on it is an alarm",
        "As decimal logarithms, the five streams with most; an ordinary one is about 0 or below.",
        SCORE,
        "ChurnSpike",
    )
    counts = Say(
        "Observed against expected, of the whole",
        "In the window that says most, which may be another one at the next instant.",
        NUMBER,
        "ChurnSpike",
    )
    tolerance = Say(
        "Tolerance, of the whole",
        "How many times the expected is ordinary still: it grows with how much days differ.",
        SCORE,
        "AlarmActive",
    )
    of_whole = {"dimension": ""}
    return [
        curves(
            evidence,
            Query(f"topk(5, {whole('crm_alarm_evidence_log10')})", _STREAM),
            Query(whole("crm_alarm_threshold_log10"), "threshold"),
            width=24,
        ),
        curves(
            counts,
            Query(whole("crm_alarm_observed", **of_whole), "{{alarm}}, observed"),
            Query(whole("crm_alarm_expected", **of_whole), "{{alarm}}, expected"),
        ),
        curves(tolerance, Query(whole("crm_alarm_tolerance_ratio", **of_whole), "{{alarm}}")),
    ]
