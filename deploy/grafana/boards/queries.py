"""PromQL for the dashboards, as text.

Rules: KPIs and what else a snapshot says are equal on every replica, so `whole` takes the greatest and never
a sum; what a process counts of itself is its own, so it is added, or shown by instance. Metric names are held
to the catalogue by the tests.
"""

OF_WINDOW = "$window"
"""The window chosen on the dashboard."""


def selector(metric: str, **labels: str) -> str:
    """A metric with its labels, each equal to a value."""
    pairs = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{metric}{{{pairs}}}" if pairs else metric


def whole(metric: str, **labels: str) -> str:
    """A global value, whichever replica shows it."""
    return f"max without (instance) ({selector(metric, **labels)})"


def windowed(metric: str, window: str = OF_WINDOW, **labels: str) -> str:
    """A global value of one window."""
    return whole(metric, window=window, **labels)


def by_value(metric: str, dimension: str, window: str = OF_WINDOW, **labels: str) -> str:
    """A global value by value of a dimension."""
    return windowed(metric, window, dimension=dimension, **labels)


def part(name: str, kpi: str, window: str = OF_WINDOW) -> str:
    """A part of a KPI: low, high, n, numerator or denominator."""
    return windowed(f"crm_kpi_{name}", window, kpi=kpi)


def rate(metric: str, by: str = "job") -> str:
    """What all processes together count a second."""
    return f"sum by ({by}) (rate({metric}[$__rate_interval]))"
