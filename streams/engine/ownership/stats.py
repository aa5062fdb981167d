"""What the engine counts about itself, as samples for the exposition (prefix ``kpi_streams_``).

Plain counters changed by the engine's own tasks, read at scrape time. Names and labels are those of the
catalogue in streams/publish/prometheus/metrics.py. Never a registry, never anything of a customer.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streams.engine.ownership.deadletter import DeadLetter

Sample = tuple[str, Mapping[str, str], float]
"""Name, labels, value."""

_KEPT = 1_024


@dataclass(slots=True)
class Stats:
    """Counters since the process started."""

    records: Counter[str] = field(default_factory=Counter)
    """Applied or waiting to be, by topic."""
    batches: Counter[str] = field(default_factory=Counter)
    """By outcome: taken, repeated, gap (refused, read again), dropped (not ready)."""
    flushes: Counter[str] = field(default_factory=Counter)
    """By outcome: committed, failed."""
    malformed_fields: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Dead letters by topic and by the field they are malformed in; those that are so as a whole in none."""
    dead_letters: int = 0
    dead_letters_shortened: int = 0
    recoveries: int = 0
    recovered_records: int = 0
    rebalances: int = 0
    log_suppressed: int = 0
    flush_seconds_total: float = 0.0
    _latest: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def flushed(self, seconds: float) -> None:
        """Count a commit and how long it took."""
        self.flushes["committed"] += 1
        self.flush_seconds_total += seconds
        self._latest.append(seconds)

    def dead(self, letters: Sequence[DeadLetter]) -> None:
        """Count what went to the dead-letter topic."""
        self.dead_letters += len(letters)
        for letter in letters:
            self.dead_letters_shortened += letter.shortened
            if letter.field:
                self.malformed_fields[letter.topic, letter.field] += 1

    def flush_quantile(self, q: float) -> float | None:
        """A quantile of the latest commits, in seconds."""
        latest = sorted(self._latest)
        return latest[min(len(latest) - 1, int(q * len(latest)))] if latest else None

    def samples(self) -> list[Sample]:
        """The counters as samples."""
        samples: list[Sample] = []
        for name, label, counter in (
            ("records", "topic", self.records),
            ("batches", "outcome", self.batches),
            ("flushes", "outcome", self.flushes),
        ):
            samples += [(f"kpi_streams_{name}_total", {label: key}, n) for key, n in sorted(counter.items())]
        for (topic, where), n in sorted(self.malformed_fields.items()):
            labels = {"topic": topic, "field": where}
            samples.append(("kpi_streams_malformed_fields_total", labels, n))
        for name, value in (
            ("flush_seconds", self.flush_seconds_total),
            ("recoveries", self.recoveries),
            ("recovered_records", self.recovered_records),
            ("rebalances", self.rebalances),
            ("dead_letters", self.dead_letters),
            ("dead_letters_shortened", self.dead_letters_shortened),
            ("log_lines_suppressed", self.log_suppressed),
        ):
            samples.append((f"kpi_streams_{name}_total", {}, value))
        for quantile in (0.5, 0.99):
            seconds = self.flush_quantile(quantile)
            if seconds is not None:
                samples.append(("kpi_streams_flush_latest_seconds", {"quantile": str(quantile)}, seconds))
        return samples
