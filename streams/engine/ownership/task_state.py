"""What the engine asks of a partition's state; streams.core.partition.state.PartitionState provides it.

The engine moves bytes, offsets and time. It never looks into the state, and the state never sees Kafka.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from streams.core.decoding.decoder import Record
from streams.core.events import Kind, Malformed
from streams.core.kpi.swept import Swept
from streams.core.partition.sweep.steps import Steps
from streams.core.totals import Group, Totals
from streams.engine.kafka.fetch import KafkaRecord

Clock = Callable[[], int]
"""The wall clock in ms since the epoch, injected."""


class TaskState(Protocol):
    """The customers, panes and clock of one partition. Pure and synchronous."""

    @property
    def clock(self) -> int:
        """Evaluation time in ms; -1 before the first advance; never goes back."""

    def apply(self, kind: Kind, records: Sequence[KafkaRecord], /) -> Sequence[tuple[Record, Malformed]]:
        """Class and apply records of one kind, in order; the malformed ones come back with why they are."""

    def advance(self, t: int, /) -> None:
        """Move the clock; ignored when it is already there."""

    def follow(self, t: int, /) -> None:
        """Move the clock, unless that takes long: then it stays where it is until ``advancing``."""

    def advancing(self, t: int, /) -> Steps[None]:
        """The same in steps, between which anything may happen."""

    def view(self, t: int, /) -> None:
        """Promise not to ask for group totals before ``t``."""

    def totalling(self, *, dimensions: bool = True) -> Steps[Totals]:
        """Totals at the clock, without dimensions of the whole alone. Nothing may change between steps."""

    def sweeping(self, at_risk_limit: int, /) -> Steps[Swept]:
        """Revenue in buckets and who is most at risk; between steps anything may happen."""

    def telling_series(self) -> Steps[list[tuple[Group, int, bytes | None]]]:
        """Counts for alarms that nobody was told of, by group and day. Nothing may change between steps."""

    def erased(self, keys: Collection[bytes], /) -> Collection[bytes]:
        """Which of these customers were erased since the last drain."""

    @property
    def values(self) -> Collection[Group]:
        """The dimension values that it has a group for, whether anybody is in it or not."""

    def accounting_only(self) -> Totals:
        """Counters and newest event times without groups; may be asked for at any clock."""

    def draining(self) -> Steps[list[tuple[bytes, bytes | None]]]:
        """Changed records since the last drain; None deletes. Nothing may change between steps."""

    def header(self) -> bytes:
        """What the marker keeps of the state."""

    @property
    def unwritten(self) -> int:
        """About how many customers the next drain writes."""

    @property
    def dirty(self) -> bool:
        """Whether a drain would change anything."""

    def restore(self, key: bytes, value: bytes | None, /) -> None:
        """Take one changelog record back, in log order."""

    def restored(self, header: bytes | None, /) -> None:
        """Rebuild what is derived, after the last record; None: nothing was ever written."""


NewTaskState = Callable[[int], TaskState]
"""The empty state of a partition, by its number."""
