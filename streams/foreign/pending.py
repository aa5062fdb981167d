"""What waits for the next transaction of one foreign partition: events, dead letters, and counts."""

from collections import Counter
from dataclasses import dataclass, field

from streams.engine.ownership.deadletter import DeadLetter
from streams.mapping import CanonicalEvent

MAX_EVENTS = 20_000
MAX_BYTES = 16 << 20
_OVERHEAD = 128
"""About what a record costs beside its value."""

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
    mapped: int = 0
    """Those of them that gave events."""
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The others, by outcome and reason."""
    left_out: int = 0
    """Elements of lists that the mapping leaves out."""
    full: bool = False
    """Whether it is time to write."""
    _size: int = 0
    _count: int = 0

    def add_event(self, target: Target, event: CanonicalEvent) -> None:
        """Let an event wait."""
        waiting = self.events.get(target)
        if waiting is None:
            waiting = self.events[target] = []
        waiting.append(event)
        self._add(len(event.value))

    def add_letter(self, letter: DeadLetter) -> None:
        """Let a dead letter wait."""
        self.dead.append(letter)
        self._add(letter.size)

    def kinds(self) -> Counter[str]:
        """Events by kind."""
        found: Counter[str] = Counter()
        for events in self.events.values():
            found[events[0].kind] += len(events)
        return found

    def _add(self, size: int) -> None:
        self._count += 1
        self._size += size + _OVERHEAD
        self.full = self._count >= MAX_EVENTS or self._size >= MAX_BYTES
