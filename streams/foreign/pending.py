"""What waits for the next transaction of one foreign partition: events, dead letters, and counts."""

from collections import Counter
from dataclasses import dataclass, field

from streams.engine.ownership.deadletter import DeadLetter
from streams.mapping import CanonicalEvent

MAX_EVENTS = 20_000
MAX_BYTES = 16 << 20
_OVERHEAD = 64
"""About what a record costs beside its key and value."""

Target = tuple[str, int]
"""Source topic and partition."""


@dataclass
class Pending:
    """Everything that one transaction writes."""

    upto: int
    """Offset of the next record of the foreign partition."""
    events: dict[Target, list[CanonicalEvent]] = field(default_factory=dict)
    dead: list[DeadLetter] = field(default_factory=list)
    records: int = 0
    """Foreign records that were looked at."""
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Foreign records by outcome and reason."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Events by kind."""
    left_out: int = 0
    """Elements of lists that the mapping leaves out."""
    size: int = 0
    count: int = 0

    def add_event(self, target: Target, event: CanonicalEvent) -> None:
        """Let an event wait."""
        self.events.setdefault(target, []).append(event)
        self.kinds[event.kind] += 1
        self.count += 1
        self.size += len(event.key) + len(event.value) + _OVERHEAD

    def add_letter(self, letter: DeadLetter) -> None:
        """Let a dead letter wait."""
        self.dead.append(letter)
        self.count += 1
        self.size += letter.size + _OVERHEAD

    @property
    def full(self) -> bool:
        """Whether it is time to write."""
        return self.count >= MAX_EVENTS or self.size >= MAX_BYTES
