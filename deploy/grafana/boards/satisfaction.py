"""Satisfaction: NPS, CSAT and CES, each with its interval and the answers behind it."""

from deploy.grafana.boards.board import Board, Row
from deploy.grafana.boards.panels import (
    NUMBER,
    RATIO,
    SCORE,
    Panel,
    Query,
    Say,
    curves,
    number,
    with_interval,
)
from deploy.grafana.boards.queries import by_value, part, windowed

_WEEK, _MONTH = "7d", "30d"


def satisfaction() -> Board:
    """The dashboard."""
    return Board(
        "kpi-satisfaction",
        "Satisfaction",
        "Net promoter score, satisfaction and effort, with intervals and numbers of answers.",
        [Row("NPS", _nps()), Row("CSAT and CES", _scores())],
        windowed=True,
    )


def _interval(say: Say, metric: str, kpi: str, window: str = "$window", **labels: str) -> Panel:
    """A value of a window, with its interval."""
    low, high = part("low", kpi, window), part("high", kpi, window)
    return with_interval(say, windowed(metric, window, **labels), low, high, width=8)


def _nps() -> list[Panel]:
    score = Say("NPS", "Of the window chosen.", SCORE, "NpsDrop")
    votes = Say("Votes", "One a customer, the latest, unless defined otherwise.", NUMBER, "NpsDrop")
    groups = Say("Promoters, passives, detractors", "Votes of 9 and 10, 7 and 8, 0 to 6.", NUMBER, "NpsDrop")
    basis = Say("By basis", "Latest vote of each customer; all responses.", SCORE, "NpsDrop")
    week = Say("NPS of 7 days", "A ticket: its upper end below the month's lower end.", SCORE, "NpsDrop")
    month = Say("NPS of 30 days", "What the week is compared with.", SCORE, "NpsDrop")
    places = Say("NPS by touchpoint", "The latest vote within the touchpoint.", SCORE, "NpsDrop")
    return [
        number(score, windowed("crm_nps_score"), width=4),
        number(votes, part("n", "nps_score"), width=4),
        curves(groups, Query(windowed("crm_nps_responses"), "{{group}}"), width=8, stacked=True),
        curves(basis, Query(windowed("crm_nps_score_variant"), "{{basis}}"), width=8),
        _interval(week, "crm_nps_score", "nps_score", _WEEK),
        _interval(month, "crm_nps_score", "nps_score", _MONTH),
        curves(places, Query(by_value("crm_nps_score_by", "touchpoint"), "{{value}}"), width=8),
    ]


def _scores() -> list[Panel]:
    five = Say("CSAT of 5", "Share of answers 4 and 5, with interval.", RATIO, "NpsDrop")
    ten = Say("CSAT of 10", "Share of answers 9 and 10, with interval.", RATIO, "NpsDrop")
    effort = Say("Effort", "Mean of 1 (hard) to 7 (easy), with interval.", SCORE, "NpsDrop")
    means = Say("Mean satisfaction", "By scale; scales are never mixed.", SCORE, "NpsDrop")
    places = Say(
        "CSAT by touchpoint", "Share of satisfied answers, by touchpoint and scale.", RATIO, "NpsDrop"
    )
    answers = Say("Answers", "What the values above rest on; few answers say little.", NUMBER, "NpsDrop")
    kpis = ("nps_score", "csat_ratio.5", "csat_ratio.10", "ces_mean")
    return [
        _interval(five, "crm_csat_ratio", "csat_ratio.5", scale="5"),
        _interval(ten, "crm_csat_ratio", "csat_ratio.10", scale="10"),
        _interval(effort, "crm_ces_mean", "ces_mean"),
        curves(means, Query(windowed("crm_csat_mean"), "of {{scale}}"), width=8),
        curves(
            places, Query(by_value("crm_csat_ratio_by", "touchpoint"), "{{value}}, of {{scale}}"), width=8
        ),
        curves(answers, *(Query(part("n", kpi), kpi) for kpi in kpis), width=8),
    ]
