"""How Hypothesis runs here, and where chance begins: one profile for all tests.

Rules: without more said, the same examples every time, so that a run means the same as the one before. With
``LAWS_SEED`` in the environment (`make laws` sets it) every law draws other examples, the same for the same
seed, and histories told by a seed of their own begin there; ``LAWS_EXAMPLES`` then says how many examples
each law has. Nothing has a deadline: a busy machine proves nothing wrong.

Never: read the clock or the machine's entropy here; who runs the tests says the seed.

This is a pytest plugin, loaded by tests/conftest.py.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

SEED = os.environ.get("LAWS_SEED")
FIRST = 0 if SEED is None else int(SEED)
"""The first seed of histories that are told by one."""

settings.register_profile(
    "tests",
    derandomize=SEED is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("tests")


def examples(number: int) -> int:
    """Return how many examples a law has that usually has ``number``."""
    return number if SEED is None else int(os.environ.get("LAWS_EXAMPLES", number))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have Hypothesis begin at the seed."""
    if SEED is not None:
        config.option.hypothesis_seed = SEED


def pytest_report_header() -> str | None:
    """Say how to run the same again."""
    return None if SEED is None else f'laws: make laws ARGS="--seed {SEED}" draws these examples again'
