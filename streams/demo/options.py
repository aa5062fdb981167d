"""What a demo is made of."""

from dataclasses import dataclass, field
from pathlib import Path

from streams.core.definition.definition import HOUR_MS, MINUTE_MS, SECOND_MS, Definition
from streams.simulate.days import Days
from streams.simulate.market import MONTH_MS, MONTHLY_CHURN, SEGMENTS

SPIKE_SEGMENT = "smb"
SPIKE_AFTER_MS = 30 * SECOND_MS
"""The churn spike begins so long after the history's end."""
SPIKE_CHURNS_A_MINUTE = 20.0
SPIKE_SHARE_A_MINUTE = 0.02
"""The spike takes so many customers of the segment a minute, but at most this share of them."""
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
    unlike: Days = field(default_factory=Days)
    """How days differ."""
    observability: bool = False
    """With Prometheus and Alertmanager, which must be installed."""
    definition: Definition = field(default_factory=Definition)
    definition_file: Path | None = None
    """Where the definition stands; None: it is the documented default."""

    @property
    def spike_factor(self) -> float:
        """How much more often than in nature the spike's segment leaves."""
        people = self.customers * SEGMENTS.share(SPIKE_SEGMENT)
        natural = people * MONTHLY_CHURN[SPIKE_SEGMENT] * MINUTE_MS / MONTH_MS
        return 1.0 + min(SPIKE_CHURNS_A_MINUTE, SPIKE_SHARE_A_MINUTE * people) / natural
