"""Two ``kpi dead-letters delete`` at once: wherever the one deletes while the other is under way.

The first has copied what stays, and is about to delete: from there on the second does not end it.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from streams.deadletters import deleting
from streams.deadletters.deleting import DeletingError, Part, delete, still_there
from streams.deadletters.letter import Place
from streams.deadletters.reading import LetterLog, opened
from streams.deadletters.wanted import Wanted
from streams.embedded import KafkaCluster
from streams.engine.exits import EngineError
from streams.engine.kafka.client import Client
from tests.cli.conftest import Kpi, kpi
from tests.cli.dead_letter_topic import Topic
from tests.support.eventually import patient

__all__ = ["kpi"]

LETTERS = 8
POINTS = ("planned", "checked", "copied", "done")
"""How far the second is when the first deletes: its copies may lie there, open or committed, or count."""
PAIRS = {
    "one after the other in the topic": (4, 6),
    "nothing to copy for the first": (0, 5),
    "nothing to copy for the second": (5, 0),
    "the same letter": (5, 5),
}


@pytest.fixture
def topic(kafka: KafkaCluster, kpi: Kpi) -> Topic:
    """A deployment with topics of its own."""
    return Topic(kafka, kpi)


def fill(topic: Topic) -> None:
    """Some letters, and nothing else."""
    topic("delete", "--all", "--yes")
    topic.put(*(topic.dead(b"k%d" % number, b"x") for number in range(LETTERS)))


@dataclass
class Two:
    """Two runs, and the point at which the second waits for the first to delete."""

    point: str
    first: LetterLog | None = None
    there: asyncio.Event = field(default_factory=asyncio.Event)
    deleted: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def reached(self, log: LetterLog, point: str) -> None:
        """Wait, if it is the second, and this is the point."""
        if log is not self.first and point == self.point:
            self.there.set()
            await self.deleted.wait()

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Have both of them wait for each other."""
        copy, unchanged, cut = deleting._copy, deleting._unchanged, deleting._cut

        async def copying(client: Client, log: LetterLog, *more: Any) -> None:  # noqa: ANN401 - passed on
            await self.reached(log, "planned")
            await copy(client, log, *more)
            await self.reached(log, "copied")

        async def checked(log: LetterLog, number: int, part: Part) -> None:
            await unchanged(log, number, part)
            await self.reached(log, "checked")

        async def cutting(admin: Any, log: LetterLog, *more: Any) -> None:  # noqa: ANN401 - passed on
            if log is self.first:
                self.ready.set()
                await self.there.wait()
            await cut(admin, log, *more)
            if log is self.first:
                self.deleted.set()

        for name, act in (("_copy", copying), ("_unchanged", checked), ("_cut", cutting)):
            patch.setattr(deleting, name, act)


async def run(topic: Topic, wanted: Wanted, two: Two, *, first: bool) -> list[Place] | str:
    """What a run says: letters that should be gone and are there, or why it left all as it was."""
    client, name = Client(topic.settings), topic.settings.topic_dead_letter
    try:
        async with opened(client, name) as log, opened(client, name, whole=True) as whole:
            if first:
                two.first = log
            done = await delete(client, log, wanted)
            if not first:
                two.there.set()
            there, open_ones = await still_there(log, whole, done, None)
            assert open_ones == 0
            return there
    except (DeletingError, EngineError) as error:
        return str(error)


async def both(topic: Topic, two: Two, *numbers: int) -> tuple[list[Place] | str, list[Place] | str]:
    """Start the second when the first has nothing left to do but to delete."""
    wanted = [Wanted(topic.settings.source_topics, customer=f"k{number}") for number in numbers]
    one = asyncio.create_task(run(topic, wanted[0], two, first=True))
    await asyncio.wait_for(two.ready.wait(), patient(30))
    other = asyncio.create_task(run(topic, wanted[1], two, first=False))
    return await asyncio.wait_for(asyncio.gather(one, other), patient(60))


@pytest.mark.parametrize("pair", PAIRS)
def test_nothing_that_both_keep_is_lost_or_doubled_and_each_says_what_it_did(
    topic: Topic, monkeypatch: pytest.MonkeyPatch, pair: str
) -> None:
    """A run that says nothing has deleted its letter; one that names places or an error is run again."""
    for point in POINTS:
        fill(topic)
        two = Two(point)
        with monkeypatch.context() as patch:
            two.watch(patch)
            said = asyncio.run(both(topic, two, *PAIRS[pair]))
        judge(topic, PAIRS[pair], said)


def judge(topic: Topic, numbers: tuple[int, int], said: tuple[list[Place] | str, ...]) -> None:
    """Hold what is there to what was said; then both are run again, one after the other."""
    there = Counter(key for key, _, _ in topic.there().elements())
    keys = [b"k%d" % number for number in range(LETTERS)]
    assert there - Counter(keys) == Counter()
    assert {key for key in keys if key not in there} <= {keys[number] for number in numbers}
    for number, told in zip(numbers, said, strict=True):
        if not told:
            assert keys[number] not in there, said
        elif isinstance(told, str):
            assert "run this again" in told
    for number in numbers:
        topic("delete", "--key", f"k{number}", "--yes")
    left = Counter(key for key, _, _ in topic.there().elements())
    assert left == Counter(keys) - Counter({keys[number]: 1 for number in numbers})


def test_a_letter_that_another_run_kept_is_told_with_its_place(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chosen by place or with a limit as well, where looking for the same once more would find nothing."""
    fill(topic)
    cut, others = deleting._cut, ["k7", "k6"]

    async def meanwhile(*args: Any) -> None:  # noqa: ANN401 - passed on
        monkeypatch.setattr(deleting, "_cut", cut)
        client, name = Client(topic.settings), topic.settings.topic_dead_letter
        async with opened(client, name) as log:
            await delete(client, log, Wanted(topic.settings.source_topics, customer=others.pop()))
        await cut(*args)

    (letter,) = topic.listed("--key", "k4")
    for chosen in (("--at", f"0:{letter['offset']}"), ("--reason", "not_json", "--limit", "1")):
        monkeypatch.setattr(deleting, "_cut", meanwhile)
        _, err = topic("delete", *chosen, "--yes", code=1)  # type: ignore[arg-type]
        assert "1 such letters are there: they came meanwhile, or another run" in err, err
