"""The background sweep of one partition: again and again while it is live, never in anybody's way.

Soon after a partition became live, then at growing intervals up to ``INTERVAL_S``. It takes a slice of the
loop and leaves it to others for ten times as long. What it found goes out with the next flush.
"""

import asyncio
from collections.abc import Callable

from streams.core.kpi.swept import Swept
from streams.engine.ownership.slices import in_slices
from streams.engine.ownership.task import PartitionTask

INTERVAL_S = 120.0
_FIRST_S = 5.0
_SLICE_S = 0.005
_PAUSE_S = 10 * _SLICE_S
_POLL_S = 0.5


class Sweeper:
    """Sweeps over one partition.

    Args:
        live: the running side of the partition while it is live.
        at_risk_limit: how many of those at risk to name.
    """

    def __init__(self, live: Callable[[], PartitionTask | None], at_risk_limit: int) -> None:
        self._live = live
        self._limit = at_risk_limit
        self._found: tuple[PartitionTask, Swept] | None = None

    async def run(self) -> None:
        """Sweep until cancelled."""
        wait_s = _FIRST_S
        while True:
            task = self._live()
            if task is None:
                wait_s = _FIRST_S
                await asyncio.sleep(_POLL_S)
                continue
            self._found = task, await in_slices(task.state.sweeping(self._limit), _SLICE_S, _PAUSE_S)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, INTERVAL_S)

    def take(self, task: PartitionTask) -> Swept | None:
        """What was found of this state since the last call."""
        found, self._found = self._found, None
        return found[1] if found is not None and found[0] is task else None
