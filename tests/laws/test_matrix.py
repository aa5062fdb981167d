"""The core's acceptance test: arrival orders x clocks x restarts x partitions, every number recounted.

A failing case names its seed and its way; both are all it takes to run it again.
"""

from random import Random

import pytest

from streams.core.customer.record import ROOM
from streams.core.definition.definition import HOUR_MS
from tests.histories import CHURNY, NOW_MS, STEADY, history, seeded, shuffle
from tests.laws.driver import CLOCKS, KEEPING, Way, drive
from tests.laws.judging import Recounted
from tests.support.chance import FIRST, examples

HISTORIES = 60
"""How many histories; each is driven in two orders by every clock."""
ORDERS = 2
SHOWN = 6


def instant(rng: Random) -> int:
    """A final t: at a full hour, a millisecond beside it, or anywhere near."""
    choices = (0, 0, 1, -1, rng.randint(-HOUR_MS, 2 * HOUR_MS), 18 * HOUR_MS + 17)
    return NOW_MS + rng.choice(choices)


@pytest.mark.hypothesis
@pytest.mark.parametrize("seed", range(FIRST, FIRST + examples(HISTORIES)))
def test_totals_are_those_of_the_recount(seed: int) -> None:
    """Whatever the order of arrival, the clock meanwhile, the restarts and the number of partitions."""
    rng = seeded(seed)
    records = history(rng, mix=STEADY if seed % 2 else CHURNY, events=rng.randint(1, 120))
    t = instant(rng)
    expected = Recounted(records, t, KEEPING)
    for order in range(ORDERS):
        arriving = shuffle(rng, records) if order else records
        for clock in CLOCKS:
            way = Way(
                clock=clock,
                partitions=rng.choice((1, 1, 3)),
                restart=rng.choice((0, 0.3)),
                flush=rng.choice((0, 0.3)),
                batch=rng.choice((1, 5, 40)),
                room=rng.choice((ROOM, 64, 200)),
                promise=rng.random() < 0.3,
            )
            found = expected.differences(drive(arriving, t, way, rng, KEEPING))
            assert not found, "\n".join((f"seed {seed}, order {order}, {way}:", *found[:SHOWN]))
