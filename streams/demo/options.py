"""What a demo is made of."""

from dataclasses import dataclass

from streams.core.definition import HOUR_MS, SECOND_MS

SPIKE_SEGMENT = "smb"
SPIKE_AFTER_MS = 30 * SECOND_MS
"""The churn spike begins so long after the history's end."""
SPIKE_FACTOR = 1_000.0
SPIKE_DURATION_MS = 24 * HOUR_MS
WORKERS = 2
FIRST_PORT = 8700


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """Size and pace of a demo."""

    customers: int = 20_000
    days: int = 60
    partitions: int = 4
    seed: int = 1
    rate: float = 100.0
    """Live records a second."""
