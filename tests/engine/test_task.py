"""When a partition is live, what its clock follows, and which batches it takes."""

from streams.core.partition.sweep.steps import finish
from streams.engine.ownership.deadletter import MAX_RECORDS
from streams.engine.ownership.task import Admission
from tests.engine.owning import HOUR, Wall, evaluated, live, partition_task
from tests.engine.records import batch


def test_an_idle_partition_is_live_as_soon_as_the_ends_are_known() -> None:
    """No data at all: nothing to catch up with."""
    partition, state = partition_task(Wall(HOUR + 1_234))
    assert evaluated(partition) is None
    partition.seen_end("s", 0)
    assert evaluated(partition) is None
    partition.seen_end("p", 0)
    evaluation = evaluated(partition)
    assert evaluation is not None
    assert evaluation.overall.t == state.clock == HOUR + 1_000


def test_catching_up_the_clock_follows_the_newest_applied_record() -> None:
    """Not the wall clock, and never beyond it."""
    wall = Wall(HOUR)
    partition, state = partition_task(wall)
    partition.seen_end("s", 0)
    partition.seen_end("p", 10)
    partition.take("p", batch(0, 100, 200))
    assert not partition.live
    assert state.clock == 200
    partition.take("p", batch(2, HOUR + 5_000))
    assert state.clock == HOUR
    assert evaluated(partition) is None


def test_it_is_live_at_the_end_first_seen_and_not_at_later_ones() -> None:
    """Records that come meanwhile do not keep it catching up for ever."""
    partition, _ = partition_task(Wall(HOUR))
    partition.seen_end("s", 0)
    partition.seen_end("p", 2)
    partition.seen_end("p", 99)
    partition.take("p", batch(0, 100))
    partition.take("s", batch(0, 100))
    assert not partition.live
    partition.seen_end("s", 1)
    partition.take("p", batch(1, 200))
    partition.take("p", batch(2, 300, position=99))
    assert partition.live


def test_control_records_at_the_end_do_not_keep_it_behind() -> None:
    """A stretch of log without records for us still moves the position."""
    partition, _ = partition_task(Wall(HOUR))
    partition.seen_end("s", 0)
    partition.seen_end("p", 3)
    partition.take("p", batch(0, 100, 200))
    assert not partition.live
    assert partition.take("p", batch(2, position=3)) is Admission.TAKEN
    assert partition.live
    assert partition.offsets()["p"] == 3


def test_live_a_batch_is_applied_at_once_and_the_clock_goes_with_it_up_to_the_tick() -> None:
    """No alignment, no advance by records; a tick that is late finds the clock where it is asked for."""
    wall = Wall(HOUR)
    partition, state = live(wall)
    wall.now += 900
    partition.take("p", batch(0, wall.now))
    assert (state.received, state.clock) == (1, HOUR + 900)
    wall.now += 5
    partition.take("p", batch(1, wall.now + 700))
    assert (state.received, state.clock) == (2, HOUR + 900)
    wall.now += 4_000
    partition.take("p", batch(2, wall.now))
    assert (state.received, state.clock) == (3, HOUR + 1_000)
    found = evaluated(partition)
    assert found is not None
    assert found.overall.t == state.clock == HOUR + 4_000


def test_a_clock_between_two_ticks_is_no_instant_when_the_wall_clock_goes_back() -> None:
    """Totals are of the next tick, where all partitions have theirs."""
    wall = Wall(HOUR)
    partition, state = live(wall)
    wall.now += 900
    partition.take("p", batch(0, wall.now))
    wall.now -= 3_000
    found = evaluated(partition)
    assert found is not None
    assert found.overall.t == state.clock == HOUR + 1_000


def test_an_old_record_makes_it_catch_up_again_until_it_is_abreast() -> None:
    """31 s old and more to come: behind; once the known end is reached: live."""
    wall = Wall(HOUR)
    partition, _ = live(wall)
    partition.seen_end("p", 3)
    partition.take("p", batch(0, HOUR - 31_000))
    assert not partition.live
    assert evaluated(partition) is None
    partition.take("p", batch(1, HOUR - 31_000, HOUR - 1_000))
    assert partition.live


def test_one_old_record_alone_never_shows() -> None:
    """A stray record with an old timestamp, nothing behind it: still live at the tick."""
    wall = Wall(HOUR)
    partition, _ = live(wall)
    partition.seen_end("p", 1)
    partition.take("p", batch(0, 5))
    assert evaluated(partition) is not None


def test_a_new_assignment_means_catching_up_again() -> None:
    """To the ends seen from then on."""
    partition, _ = live(Wall(HOUR))
    partition.assigned()
    assert evaluated(partition) is None
    partition.seen_end("s", 0)
    partition.seen_end("p", 0)
    assert evaluated(partition) is not None


def test_batches_must_join() -> None:
    """What was taken is dropped, what overlaps is cut, what leaves a hole is refused."""
    partition, state = partition_task(Wall(HOUR))
    partition.seen_end("s", 0)
    partition.seen_end("p", 9)
    assert partition.take("p", batch(0, 1, 2, 3)) is Admission.TAKEN
    assert partition.take("p", batch(1, 2, 3)) is Admission.REPEATED
    assert partition.take("p", batch(1, 2, 3, 4)) is Admission.TAKEN
    assert state.received == 4
    assert partition.take("p", batch(5, 6)) is Admission.GAP
    assert partition.offsets()["p"] == 4


def test_waiting_records_are_not_passed_by_the_committed_offsets() -> None:
    """A crash now must read them again."""
    partition, _ = partition_task(Wall(HOUR))
    partition.seen_end("s", 5)
    partition.seen_end("p", 5)
    partition.take("p", batch(0, 10, 20))
    assert partition.received["p"] == 2
    assert partition.offsets()["p"] == 0


def test_records_without_a_timestamp_are_dated_on_arrival() -> None:
    """They get the wall clock's time."""
    partition, state = partition_task(Wall(HOUR))
    partition.seen_end("s", 0)
    partition.seen_end("p", 5)
    untimed = batch(0, -1)
    untimed.untimed = True
    partition.take("p", untimed)
    assert state.clock == HOUR


def test_dead_letters_pause_the_sources_until_they_are_flushed() -> None:
    """Exactly what a flush takes is applied; the rest waits, and goes on afterwards."""
    partition, state = partition_task(Wall(HOUR))
    partition.seen_end("s", 0)
    partition.seen_end("p", MAX_RECORDS + 50)
    partition.take("p", batch(0, *[100] * (MAX_RECORDS + 50), value=b"bad"))
    assert len(partition.dead) == MAX_RECORDS
    assert partition.holds("p")
    assert partition.holds("s")
    assert partition.offsets()["p"] == MAX_RECORDS
    assert len(partition.dead.drain()) == MAX_RECORDS
    partition.proceed()
    assert state.malformed == MAX_RECORDS + 50
    assert not partition.holds("p")


def test_while_a_flush_collects_what_it_writes_batches_wait() -> None:
    """From the evaluation on; the offsets stay those of what was counted, and nothing is lost."""
    wall = Wall(HOUR)
    partition, state = partition_task(wall)
    partition.seen_end("s", 0)
    partition.seen_end("p", 0)
    assert finish(partition.evaluating()) is not None
    assert partition.take("p", batch(0, HOUR)) is Admission.TAKEN
    partition.seen_end("p", 1)
    partition.proceed()
    assert (state.received, partition.offsets()["p"], partition.received["p"]) == (0, 0, 1)
    partition.resume()
    assert (state.received, partition.offsets()["p"]) == (1, 1)


def test_on_the_way_to_the_tick_batches_are_applied() -> None:
    """Between two steps of the clock."""
    wall = Wall(HOUR)
    partition, state = live(wall)
    wall.now += 1_000
    steps = partition.evaluating()
    next(steps)
    partition.take("p", batch(0, HOUR + 500))
    assert state.received == 1
    found = finish(steps)
    assert found is not None
    assert found.overall.t == HOUR + 1_000
    assert found.overall.accounting.received == 1


def test_a_tick_that_takes_too_long_is_not_outrun_by_what_comes_in() -> None:
    """From one tick's time on batches wait until it is there; then they are applied."""
    wall = Wall(HOUR)
    partition, state = live(wall)
    wall.now += 1_000
    state.steps = 3
    steps = partition.evaluating()
    next(steps)
    partition.take("p", batch(0, HOUR + 500))
    assert state.received == 1
    wall.now += 1_000
    next(steps)
    partition.take("p", batch(1, HOUR + 600))
    assert (state.received, partition.offsets()["p"]) == (1, 1)
    found = finish(steps)
    assert found is not None
    assert (state.received, found.overall.accounting.received) == (2, 2)


def test_one_that_falls_behind_on_the_way_to_the_tick_tells_no_totals() -> None:
    """It catches up first."""
    wall = Wall(HOUR)
    partition, _ = live(wall)
    wall.now += 1_000
    partition.seen_end("p", 3)
    steps = partition.evaluating()
    next(steps)
    partition.take("p", batch(0, HOUR - 31_000))
    assert finish(steps) is None
