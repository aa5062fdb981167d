"""What a worker commits reaches readers of the totals topic: whole, live only when it is, from any owner."""

import asyncio
from collections.abc import Callable

from streams.core.totals import OVERALL
from streams.engine.totals_topic.reader import Told, TotalsReader
from tests.kafka.harness import Deployment, run
from tests.support.eventually import eventually_async

Deploy = Callable[..., Deployment]


def test_readers_are_told_the_totals_of_every_partition(deploy: Deploy) -> None:
    """Two readers, one from the start, one late, agree with what was sent, also after a change of owner."""
    deployment = deploy()

    async def test() -> None:
        await deployment.make_topics()
        early: dict[int, Told] = {}
        reading = [asyncio.create_task(reader(deployment, early).run())]
        await deployment.send(6_000)
        first = deployment.worker()
        await eventually_async(lambda: told(early, deployment), within=30)
        first.kill()
        await deployment.send(600, seed=2)
        deployment.worker()
        await eventually_async(lambda: told(early, deployment), within=30)
        late: dict[int, Told] = {}
        follower = reader(deployment, late)
        reading.append(asyncio.create_task(follower.run()))
        await eventually_async(lambda: told(late, deployment), within=10)
        assert follower.caught_up
        assert {one.header.epoch for one in late.values()} == {2}
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    run(test)


def reader(deployment: Deployment, newest: dict[int, Told]) -> TotalsReader:
    """A reader that keeps what each partition said last."""
    settings = deployment.settings

    def tell(one: Told) -> None:
        newest[one.partition] = one

    return TotalsReader(deployment.client, settings.topic_totals, settings.partitions, tell)


async def told(newest: dict[int, Told], deployment: Deployment) -> bool:
    """Whether the live totals, overall and by dimension, add up to everything that was sent."""
    expected = [sum(column) for column in zip(*deployment.expected.values(), strict=True)]
    parts = list(newest.values())
    if len(parts) < deployment.settings.partitions or not all(one.header.live for one in parts):
        return False
    overall = [one.overall.groups[OVERALL] for one in parts]
    by_plan = [one.dimensions.groups.get(("plan", "any"), []) for one in parts if one.dimensions is not None]
    return all(
        [sum(column) for column in zip(*vectors, strict=False)] == expected for vectors in (overall, by_plan)
    )
