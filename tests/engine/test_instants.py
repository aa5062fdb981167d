"""As of which instants a partition is evaluated, whatever its wall clock does."""

from streams.core.totals import OVERALL
from tests.engine.owning import HOUR, Wall, evaluated, live, partition_task
from tests.engine.records import batch


def test_dimension_totals_hold_at_common_instants_even_when_a_tick_is_missed() -> None:
    """Multiples of the interval, whatever second the evaluation comes in."""
    wall = Wall(HOUR + 1_000)
    partition, _ = partition_task(wall)
    partition.seen_end("s", 0)
    partition.seen_end("p", 0)
    first = evaluated(partition)
    assert first is not None
    assert first.dimensions is not None
    assert first.dimensions.t == HOUR
    assert first.overall.t == HOUR + 1_000
    wall.now = HOUR + 3_000
    second = evaluated(partition)
    assert second is not None
    assert second.dimensions is None
    wall.now = HOUR + 6_700
    third = evaluated(partition)
    assert third is not None
    assert third.dimensions is not None
    assert third.dimensions.t == HOUR + 5_000
    assert third.overall.t == HOUR + 6_000


def test_the_clock_stands_while_the_wall_clock_is_behind_it() -> None:
    """Evaluation time never goes back."""
    wall = Wall(HOUR)
    partition, state = live(wall)
    wall.now -= 10_000
    evaluation = evaluated(partition)
    assert evaluation is not None
    assert evaluation.overall.t == state.clock == HOUR


def test_dimension_totals_go_on_while_the_clock_stands_in_the_future() -> None:
    """A clock ran ahead and was set right: what arrives meanwhile gets into the totals of that instant."""
    wall = Wall(HOUR)
    partition, _ = partition_task(wall)
    partition.seen_end("s", 0)
    partition.seen_end("p", 0)
    wall.now = HOUR + 601_000
    evaluated(partition)
    wall.now = HOUR + 1_000
    partition.take("p", batch(0, HOUR))
    ahead = evaluated(partition)
    assert ahead is not None
    assert ahead.dimensions is not None
    assert ahead.dimensions.t == ahead.overall.t == HOUR + 605_000
    assert ahead.dimensions.groups["plan", "any"] == ahead.overall.groups[OVERALL]
    assert any(ahead.overall.groups[OVERALL])
    wall.now = HOUR + 2_000
    between = evaluated(partition)
    assert between is not None
    assert between.dimensions is None
    wall.now = HOUR + 605_000
    there = evaluated(partition)
    assert there is not None
    assert there.dimensions is not None
    assert there.dimensions.t == there.overall.t == HOUR + 605_000


def test_a_wall_clock_set_back_while_catching_up_is_waited_for() -> None:
    """What was promised not to be asked for is not asked for."""
    wall = Wall(2 * HOUR)
    partition, _ = partition_task(wall)
    partition.seen_end("s", 0)
    partition.seen_end("p", 1)
    partition.take("p", batch(0, 100))
    wall.now = HOUR
    assert evaluated(partition) is None
    wall.now = 2 * HOUR + 1_000
    assert evaluated(partition) is not None
