"""How Hypothesis runs here: the same examples every time, and as slowly as they need."""

from hypothesis import HealthCheck, settings

law = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
"""The settings of a law; ``settings(law, max_examples=...)`` for another number of examples."""
