"""A counting state for tests of the engine: how often each customer was seen, by kind, and the amounts.

Records are ``b"<amount>"`` by customer key; a value that is no number is malformed. Just enough of a state
to hold the engine to: what it counts can be compared with what a source log holds.
"""

from collections.abc import Collection, Sequence

import msgspec

from streams.core.events import Malformed
from streams.core.kpi.swept import Swept
from streams.core.partition.sweep.steps import Steps
from streams.core.totals import OVERALL, Accounting, Group, Totals
from streams.engine.kafka.fetch import KafkaRecord

KINDS = ("signup", "purchase", "cancellation", "survey", "void", "erase")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class CountingState:
    """Counts by customer."""

    def __init__(self) -> None:
        self.clock = -1
        self.steps = 1
        self.customers: dict[bytes, list[int]] = {}
        self.received = 0
        self.malformed = 0
        self._changed: set[bytes] = set()
        self._view = -1
        self._written: tuple[int, int, int] | None = None

    def apply(self, kind: str, records: Sequence[KafkaRecord]) -> list[tuple[KafkaRecord, Malformed]]:
        """Count records of a kind."""
        malformed = []
        index = KINDS.index(kind)
        customers = self.customers
        changed = self._changed.add
        for record in records:
            key = record.key or b""
            try:
                amount = int(record.value or b"")
            except ValueError:
                malformed.append((record, Malformed("bad_money", "amount")))
                continue
            counts = customers.get(key)
            if counts is None:
                counts = customers[key] = [0] * (2 * len(KINDS))
            counts[index] += 1
            counts[index + len(KINDS)] += amount
            changed(key)
        self.received += len(records)
        self.malformed += len(malformed)
        return malformed

    def advance(self, t: int) -> None:
        """Move the clock."""
        self.clock = max(self.clock, t)

    follow = advance

    def view(self, t: int) -> None:
        """Hold the engine to its promise."""
        self._view = max(self._view, t)

    def advancing(self, t: int) -> Steps[None]:
        """In so many steps, of which the last one moves the clock."""
        for _ in range(self.steps):
            yield
        self.advance(t)

    def totalling(self, *, dimensions: bool = True) -> Steps[Totals]:
        """How many records each kind had, in the overall vector."""
        if self.clock < self._view:
            raise ValueError("totals were promised not to be asked for")
        totals = self.accounting_only()
        vector = [0] * (2 * len(KINDS))
        for counts in self.customers.values():
            vector = [a + b for a, b in zip(vector, counts, strict=True)]
        totals.groups[OVERALL] = vector
        if dimensions:
            totals.groups["plan", "any"] = vector
        yield
        return totals

    def sweeping(self, at_risk_limit: int) -> Steps[Swept]:
        """Nobody spends anything or is at risk."""
        assert at_risk_limit >= 0
        yield
        return Swept(self.clock, {}, ())

    def telling_series(self) -> Steps[list[tuple[Group, int, bytes | None]]]:
        """It counts nothing for alarms."""
        yield
        return []

    def erased(self, keys: Collection[bytes]) -> Collection[bytes]:
        """Nobody."""
        assert not keys
        return ()

    @property
    def values(self) -> Collection[Group]:
        """The one there is."""
        return (("plan", "any"),)

    def accounting_only(self) -> Totals:
        """Counters only."""
        counted = {"purchase": self.received - self.malformed}
        malformed = {"bad_money": self.malformed} if self.malformed else {}
        return Totals(self.clock, accounting=Accounting(self.received, counted, malformed=malformed))

    def draining(self) -> Steps[list[tuple[bytes, bytes | None]]]:
        """Changed customers."""
        changed, self._changed = self._changed, set()
        self._written = (self.clock, self.received, self.malformed)
        yield
        return [(b"c" + key, _encode(self.customers[key])) for key in changed]

    def header(self) -> bytes:
        """Clock and counters."""
        return _encode([self.clock, self.received, self.malformed])

    @property
    def unwritten(self) -> int:
        """Changed customers."""
        return len(self._changed)

    @property
    def dirty(self) -> bool:
        """Whether anything changed since the last drain."""
        return self._written != (self.clock, self.received, self.malformed)

    def restore(self, key: bytes, value: bytes | None) -> None:
        """Take a customer back."""
        if value is not None:
            self.customers[key[1:]] = _decode(value)

    def restored(self, header: bytes | None) -> None:
        """Take the counters back."""
        if header is not None:
            self.clock, self.received, self.malformed = _decode(header)
        self._written = (self.clock, self.received, self.malformed)
