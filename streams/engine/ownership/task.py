"""One partition as its owner sees it: the state, where its source topics stand, and whether it is live.

Catching up, batches are aligned by record time and the clock follows the newest of them. Live, batches
are applied as they come and the clock follows the wall clock, never past the next tick: little is left to
do when that comes. It is live once every source position has reached the end of the log first seen since
the assignment, and catches up again while its oldest unapplied record is more than 30 s old
(docs/contract.md, section 2).

Synchronous: no await between changing the state and moving its offsets. It must never apply a record
twice, nor pass one over.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple, cast

from streams.core.events import Kind
from streams.core.partition.sweep.steps import Steps
from streams.core.totals import Totals
from streams.engine.kafka.fetch import Batch, CorruptBatchError, KafkaRecord
from streams.engine.kafka.timed import stamp
from streams.engine.ownership.align import Aligner
from streams.engine.ownership.deadletter import DeadLetters, letter
from streams.engine.ownership.task_state import Clock, TaskState

OLD_MS = 30_000
"""Age of the oldest unapplied record (by its Kafka timestamp) from which a partition is behind."""
_STEPS_A_TICK = 50
"""How often the clock moves from one tick to the next, at the most."""


class Admission(Enum):
    """What became of a batch."""

    TAKEN = auto()
    REPEATED = auto()
    """Nothing new in it: dropped."""
    GAP = auto()
    """Records before it are missing: refused."""


class Evaluation(NamedTuple):
    """The totals of one tick."""

    overall: Totals
    dimensions: Totals | None
    """All groups as of the last common dimension instant, when that has moved."""


class PartitionTask:
    """The running side of one partition.

    Args:
        number: the partition.
        kinds: source topic -> kind of event, in the order in which kinds are applied.
        state: its state, restored.
        clock: the wall clock.
        tick_ms: evaluation instants are multiples of it.
        dimension_ms: dimension totals are as of multiples of it.
    """

    def __init__(
        self,
        number: int,
        kinds: Mapping[str, Kind],
        state: TaskState,
        clock: Clock,
        *,
        tick_ms: int,
        dimension_ms: int,
    ) -> None:
        self.number = number
        self.state = state
        self.live = False
        self.received: dict[str, int] = {}
        """Topic -> offset up to which batches were taken, applied or waiting."""
        self.corrupt: dict[str, CorruptBatchError] = {}
        """Topic -> the batch behind which nothing can be read; not live from then on."""
        self.dead = DeadLetters()
        self.dimensions_t: int | None = None
        self._dimensions_at: int | None = None
        self.records = 0
        self.batches = 0
        self._kinds = kinds
        self._clock = clock
        self._tick_ms = tick_ms
        self._dimension_ms = dimension_ms
        self._waiting = Aligner(list(kinds))
        self._ends: dict[str, int] = {}
        self._targets: dict[str, int] = {}
        self._arrived: dict[str, int] = {}
        self._again = False
        self._paused = False
        self._next_t = -1
        """The clock goes no further before the next totals."""
        self._promised = -1
        """No totals will be asked for before: see TaskState.view."""

    # -- where it stands ------------------------------------------------------------------------------

    def start(self, offsets: Mapping[str, int]) -> None:
        """Begin at these offsets, with nothing waiting."""
        self.received = dict(offsets)
        self._waiting = Aligner(list(self._kinds))
        self.assigned()

    def assigned(self) -> None:
        """A new assignment: catch up to the ends seen from now on."""
        self.live = False
        self._again = False
        self._ends.clear()
        self._targets.clear()

    def rewind(self) -> None:
        """Forget what waits unapplied, so that it is read again."""
        self.received = self.offsets()
        self._waiting = Aligner(list(self._kinds))

    def offsets(self) -> dict[str, int]:
        """Topic -> offset of the next record to apply."""
        return {
            topic: received if (first := self._waiting.first(topic)) is None else first.offset
            for topic, received in self.received.items()
        }

    def seen_end(self, topic: str, end: int) -> None:
        """Take note of the end of a source log, as the broker tells it with a fetch."""
        self._ends[topic] = end
        self._targets.setdefault(topic, end)

    @property
    def lag(self) -> int:
        """Records (offsets) between the next to apply and the known ends of the source logs."""
        ends = self._ends
        return sum(max(0, ends.get(topic, 0) - offset) for topic, offset in self.offsets().items())

    def holds(self, topic: str) -> bool:
        """Whether fetching the topic should pause."""
        return self._waiting.full(topic) or not self.dead.room

    # -- records --------------------------------------------------------------------------------------

    def take(self, topic: str, batch: Batch) -> Admission:
        """Take the next batch of a topic and apply what may be applied."""
        expected = self.received[topic]
        if batch.corrupt is not None and batch.start <= expected:
            self.corrupt[topic] = batch.corrupt
            self.live = False
        if batch.position <= expected:
            return Admission.REPEATED
        if batch.start > expected:
            return Admission.GAP
        records = list(batch)  # a Batch is true even when it is empty
        if batch.start < expected:
            records = [record for record in batch if record.offset >= expected]
        wall = self._clock()
        if batch.untimed:
            records = stamp(records, wall)
        self.received[topic] = batch.position
        self.batches += 1
        if records:
            self._arrived[topic] = records[0].timestamp
            if self.live and records[0].timestamp < wall - OLD_MS:
                self._fall_behind()
            self._waiting.add(topic, records)
        self.proceed(wall)
        return Admission.TAKEN

    def proceed(self, wall: int | None = None) -> None:
        """Apply what waits as far as it may be: after a batch, a flush, or news of an end."""
        if self._paused:
            return
        wall = self._clock() if wall is None else wall
        self._apply_waiting(wall)
        if self._settle(wall):
            self._apply_waiting(wall)  # live, nothing waits for another topic any more

    def _apply_waiting(self, wall: int) -> None:
        while self.dead.room:
            taken = self._waiting.take(self._complete)
            if not taken:
                break
            self._move(wall, max(records[-1].timestamp for _, records in taken))
            self._apply(taken)

    def _move(self, wall: int, newest: int) -> None:
        """Move the clock before records are applied, of which the newest is so new."""
        if self.live:
            t = min(wall, self._next_t)
            if t - self.state.clock >= self._tick_ms // _STEPS_A_TICK:
                self.state.follow(t)
            return
        floor = wall - wall % self._tick_ms
        self._promised = max(self._promised, floor - floor % self._dimension_ms)
        self.state.view(self._promised)
        self.state.advance(min(floor, newest))

    def _apply(self, taken: list[tuple[str, list[KafkaRecord]]]) -> None:
        """Apply aligned records; what dead letters leave no room for waits again."""
        for topic, records in taken:
            room = self.dead.room
            if len(records) > room:
                self._waiting.put_back(topic, records[room:])
                records = records[:room]  # noqa: PLW2901
            refused = self.state.apply(self._kinds[topic], records) if records else ()
            for record, malformed in refused:
                self.dead.add(letter(topic, self.number, cast(KafkaRecord, record), malformed))
            self.records += len(records)

    # -- live or behind -------------------------------------------------------------------------------

    def _complete(self, topic: str) -> bool:
        """Whether nothing of the topic can follow soon that is older than what waits; live, never wait."""
        received = self.received[topic]
        return self.live or topic in self.corrupt or received >= self._ends.get(topic, received + 1)

    def _fall_behind(self) -> None:
        self.live = False
        self._again = True
        self._targets = dict(self._ends)

    def _settle(self, wall: int) -> bool:
        """Become live when every topic is where it must be; whether that happened just now."""
        if self.live or self.corrupt:
            return False
        self.live = all(self._reached(topic, wall) for topic in self._kinds)
        return self.live

    def _reached(self, topic: str, wall: int) -> bool:
        """Whether the position (of what is applied, whatever waits behind it) is where it must be."""
        first = self._waiting.first(topic)
        position = self.received[topic] if first is None else first.offset
        if position >= self._targets.get(topic, position + 1):
            return True
        oldest = self._arrived.get(topic, 0) if first is None else first.timestamp
        return self._again and oldest >= wall - OLD_MS

    def evaluating(self) -> Steps[Evaluation | None]:
        """Move the clock to the tick and total, in steps; nothing while not live.

        On the way to the tick batches are applied as ever, unless it takes as long as from one tick to the
        next: then they wait, or what comes in would outrun it. From there on until ``resume`` they wait, too:
        all that a flush writes is of one state.
        """
        self.proceed()
        if self.live:
            begun = self._clock()
            for _ in self.state.advancing(self._next_instant()):
                self._paused = self._clock() - begun >= self._tick_ms
                yield
            self._paused = False
        wall = self._clock()
        self.proceed(wall)
        self._paused = True
        if not self.live:
            return None
        t = self._instant(wall)
        if t < self._promised:
            return None  # the wall clock was set back while catching up: wait until it is there again
        common = t - t % self._dimension_ms
        dimensions = None
        if common >= max(self.state.clock, self._promised) and self._due(wall):
            self.state.advance(common)
            dimensions = yield from self.state.totalling(dimensions=True)
            self.dimensions_t = common
            self._dimensions_at = wall // self._dimension_ms
        self.state.advance(t)
        overall = yield from self.state.totalling(dimensions=False)
        self._next_t = t - t % self._tick_ms + self._tick_ms
        return Evaluation(overall, dimensions)

    def _next_instant(self) -> int:
        """The instant at which totals are asked for next, should nothing else happen."""
        wall = self._clock()
        t = self._instant(wall)
        common = t - t % self._dimension_ms
        return common if common >= self.state.clock and self._due(wall) else t

    def _instant(self, wall: int) -> int:
        """The t of this tick: never before what was counted already.

        When the clock was far ahead once, t stands until the time has come. It stands where there are
        dimension totals too, so that what arrives meanwhile gets into them.
        """
        t = max(wall - wall % self._tick_ms, self.state.clock + -self.state.clock % self._tick_ms)
        return t if t - wall <= self._dimension_ms else t + -t % self._dimension_ms

    def _due(self, wall: int) -> bool:
        """Whether the dimension totals of this interval of the wall clock are still to be made."""
        return wall // self._dimension_ms != self._dimensions_at

    def resume(self) -> None:
        """A flush has taken what it writes: go on."""
        self._paused = False
        self.proceed()
