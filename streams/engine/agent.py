"""The one Faust agent: every batch of every topic that is read goes through it, in order, one at a time."""

from collections.abc import Callable

import faust
from faust.types import TP

from streams.engine.kafka.fetch import Batch
from streams.engine.owner import Seeker

Handler = Callable[[TP, Batch, Seeker], None]


def declare(app: faust.App, topics: list[str], partitions: int, handle: Handler) -> None:
    """Declare the sources and the agent on a Faust app.

    Sources are not acknowledged: where to read on is kept with the state, not in the group.
    """
    sources = app.topic(*topics, key_type=bytes, value_type=bytes, partitions=partitions, acks=False)

    async def count(stream: faust.StreamT[Batch]) -> None:
        """Apply each batch; there is no await between changing the state and moving its offsets."""
        async for event in stream.events():
            handle(event.message.tp, event.value, app.consumer)

    app.agent(sources, name="streams.engine.count")(count)
