"""What ``kpi ingest`` counts of itself, beside what every stage counts (engine/ownership/stats.py).

Records count when what became of them is durable, so that a restart counts none twice.
"""

from collections import Counter
from dataclasses import dataclass, field

from streams.engine.ownership.stats import Sample, Stats
from streams.foreign.pending import Pending


@dataclass(slots=True)
class ForeignStats:
    """Counters since the process started."""

    stage: Stats = field(default_factory=Stats)
    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Foreign records by topic, outcome and reason."""
    events: Counter[str] = field(default_factory=Counter)
    """Events written, by kind."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Elements of lists that the mapping leaves out, by topic."""

    def flushed(self, topic: str, pending: Pending, seconds: float) -> None:
        """Count a transaction, and how long it took."""
        self.stage.flushed(seconds)
        self.stage.dead(pending.dead)
        self.committed(topic, pending)

    def committed(self, topic: str, pending: Pending) -> None:
        """Count what became of records, now that it is durable."""
        self.stage.records[topic] += pending.records
        self.events.update(pending.kinds())
        if pending.mapped:
            self.outcomes[topic, "mapped", ""] += pending.mapped
        if pending.left_out:
            self.left_out[topic] += pending.left_out
        for (outcome, reason), count in pending.outcomes.items():
            self.outcomes[topic, outcome, reason] += count

    def samples(self) -> list[Sample]:
        """The counters as samples."""
        samples = self.stage.samples()
        for (topic, outcome, reason), count in sorted(self.outcomes.items()):
            labels = {"topic": topic, "outcome": outcome, "reason": reason}
            samples.append(("kpi_streams_ingest_records_total", labels, count))
        for kind, count in sorted(self.events.items()):
            samples.append(("kpi_streams_ingest_events_total", {"event": kind}, count))
        for topic, count in sorted(self.left_out.items()):
            samples.append(("kpi_streams_ingest_left_out_total", {"topic": topic}, count))
        return samples
