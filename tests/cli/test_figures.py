"""How values are written for people."""

import pytest

from streams.cli.figures import Trend, figure, interval


@pytest.mark.parametrize(
    ("kpi", "value", "text"),
    [
        ("churn_ratio", 0.0231, "2.31 %"),
        ("csat_ratio.5", 1.0, "100.00 %"),
        ("abc.a", 0.5436, "54.36 %"),
        ("revenue", 1234.5, "1,234.50"),
        ("nps_score", 45.0, "+45.0"),
        ("nps_score.latest", -9.96, "-10.0"),
        ("churn_spike_p", 5.67e-7, "5.7e-07"),
        ("churn_spike_p", 0.0918, "0.092"),
        ("churn_spike_p", 0.0, "0.000"),
        ("orders", 12345, "12,345"),
        ("ces_mean", 5.25, "5.25"),
        ("purchase_frequency", 1.5, "1.50"),
        ("churn_ratio", None, "-"),
    ],
)
def test_a_figure_says_its_unit(kpi: str, value: float | None, text: str) -> None:
    """Percent, money, points, probabilities, counts; undefined is a dash and never 0."""
    assert figure(kpi, value) == text


def test_an_interval_has_one_unit() -> None:
    """And is empty where the KPI has none."""
    assert interval("churn_ratio", 0.22415, 0.27776) == "22.41 … 27.78 %"
    assert interval("orders", None, None) == ""


def test_a_trend_shows_direction_and_shape() -> None:
    """The newest value to the right; nothing known, nothing shown; a withheld value leaves it as it is."""
    trend = Trend()
    assert str(trend) == ""
    trend.add(2)
    trend.add(None)
    assert str(trend) == "→ ▁"
    trend.add(4)
    assert str(trend) == "↗ ▁█"
    trend.add(1)
    assert str(trend) == "↘ ▃█▁"
    for _ in range(40):
        trend.add(3)
    assert str(trend) == "→ " + 16 * "▁"
