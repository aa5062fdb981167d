"""How Hypothesis runs here: the same examples every time, and as slowly as they need.

A failing history is not shrunk, which would take minutes; add ``Phase.shrink`` to have that done.
"""

from hypothesis import HealthCheck, Phase, settings

law = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
"""The settings of a law; ``settings(law, max_examples=...)`` for another number of examples."""
