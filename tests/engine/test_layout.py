"""Two versions: the layout's fingerprint, and a changelog of the former format."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.core.definition.definition import _GONE, DAY_MS, Definition
from streams.core.partition.layout import describe, fingerprint
from streams.core.partition.state import PartitionState
from streams.core.partition.sweep.steps import finish
from streams.core.totals import OVERALL, Accounting, Totals
from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.timed import TimedRecord
from streams.engine.ownership import marker as changelog
from streams.engine.ownership.marker import Marker
from streams.engine.totals_topic.fingerprint import FINGERPRINT, LAYOUT
from streams.engine.totals_topic.group_records import HEADER_KEY, GroupWriter, TotalsHeader, encode_header
from streams.engine.totals_topic.reader import PartitionLog, Told
from streams.publish.merge.merger import Merger
from streams.publish.merge.partition_history import PartitionTotals
from streams.settings import Settings
from tests.laws.driver import IDENTITY
from tests.laws.judging import accounting_of, differences, named

GOLDEN = Path(__file__).parents[1] / "golden"
FORMER: dict[str, Any] = json.loads((GOLDEN / "former" / "partition.json").read_text())
COUNTED_UNDER = replace(Definition(), max_clock_skew_ms=100 * DAY_MS)
MOVED = """The layout of what is kept in the changelog or told in totals has moved.
That is no mistake by itself, but then:
(1) workers refuse every changelog written so far (exit code 33, the cure is kpi worker --rebuild), and
    publishers of one version refuse totals of the other: say so in CHANGELOG.md;
(2) if old records can still be read as they are, let engine/ownership/marker.py take the former fingerprint,
    and prove it with a dump as in tests/golden/former;
(3) write the new layout down:
python -c "from streams.engine.totals_topic.fingerprint import LAYOUT as layout
print(*layout, sep='\\n')" > tests/golden/layout.txt"""


def former(name: str) -> bytes:
    """Bytes of the former version's dump."""
    return base64.b64decode(FORMER[name])


def test_the_layout_is_the_one_written_down() -> None:
    """Every structure, in the order of its fields, with their types, and every code."""
    assert (GOLDEN / "layout.txt").read_text().splitlines() == LAYOUT, MOVED


class Kept(msgspec.Struct, array_like=True):
    """As it is."""

    at_ms: int
    score: int


class Swapped(msgspec.Struct, array_like=True):
    """The same fields in another order."""

    score: int
    at_ms: int


class Retyped(msgspec.Struct, array_like=True):
    """The same fields, one of another type."""

    at_ms: int
    score: int | None


def test_order_types_and_form_of_fields_move_the_fingerprint() -> None:
    """Whatever would be misread silently."""
    described = [describe(struct).partition(" ")[2] for struct in (Kept, Swapped, Retyped)]
    described.append(described[0].replace("array", "map"))
    assert len({fingerprint([line]) for line in described}) == 4


def expected() -> Marker:
    """What this version expects of a marker."""
    return changelog.blank(Settings(), COUNTED_UNDER, "fp")


def test_a_changelog_of_the_former_format_is_read_and_carried_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers, sealed sums, voids, groups, parked events: as the former version would have gone on.

    It was written with ``kept_events = 3``, a choice that there is no more.
    """
    monkeypatch.setitem(_GONE, "kept_events", 3)
    marker = changelog.decode(0, former("marker"))
    changelog.check_identity(0, marker, expected())
    state = PartitionState(COUNTED_UNDER, IDENTITY)
    log = {base64.b64decode(key): base64.b64decode(value) for key, value in FORMER["log"].items()}
    for key, value in log.items():
        state.restore(key, value)
    state.restored(marker.header)
    assert state.dirty
    drained = dict(state.drain())
    parked = [key for key in log if key.startswith(b"P")]
    assert parked
    assert all(drained[key] is None for key in parked)
    names = [key for key in log if key.startswith(b"F")]
    assert names
    assert all(drained[key] is None for key in names)
    state.advance(FORMER["as_of"]["t"])
    found = state.totals()
    groups = {tuple(key.split("\t")): vector for key, vector in FORMER["as_of"]["groups"].items()}
    before = named(groups, COUNTED_UNDER, FORMER["as_of"]["flows"].split())
    assert differences(named(found.groups, COUNTED_UNDER), before) == []
    assert any(row["30d"].get("csat5_n") for row in before.values())
    assert accounting_of(found.accounting) == FORMER["as_of"]["accounting"]


@pytest.mark.parametrize("layout", ["bd2c97f704755737", "0702da657a21c2f9"])
def test_a_layout_without_some_kind_of_chunks_is_taken_over(layout: str) -> None:
    """Its records hold their signups and cancellations, or voids, themselves, and say what they said."""
    former_layout = msgspec.structs.replace(expected(), layout=layout)
    changelog.check_identity(0, changelog.decode(0, changelog.encode(former_layout)), expected())


def test_a_changelog_of_another_layout_is_refused() -> None:
    """Exit code 33, with the cure."""
    foreign = msgspec.structs.replace(expected(), layout="0123456789abcdef")
    with pytest.raises(EngineError, match=r"another version .layout 0123456789abcdef.*--rebuild") as refused:
        changelog.check_identity(0, changelog.decode(0, changelog.encode(foreign)), expected())
    assert refused.value.code == ExitCode.FORMAT_CHANGED


def take(log: PartitionLog, pairs: list[tuple[bytes, bytes | None]]) -> list[Told]:
    """What a log tells of these records."""
    told = [log.take(TimedRecord(0, 0, key, value, [])) for key, value in pairs]
    return [one for one in told if one is not None]


def flush(epoch: int, t: int, layout: str) -> list[tuple[bytes, bytes | None]]:
    """A flush of a live partition of one version."""
    whole = Totals(t, {OVERALL: [0] * 200, ("plan", "pro"): [1] * 200})
    writer = GroupWriter(epoch)
    pairs = [
        *finish(writer.changing(whole, dimensions=True)),
        *finish(writer.changing(whole, dimensions=False)),
    ]
    counted_under = Definition().counting_hash
    header = TotalsHeader(epoch, t, True, t, t, counted_under, 0, Accounting(), {}, layout=layout)
    return [*pairs, (HEADER_KEY, encode_header(header))]


def offer(merger: Merger, told: Told, now_ms: int) -> None:
    """What the service makes of it."""
    header = told.header
    part = (told.partition, header.live, header.lag, told.overall, told.dimensions, header.definition_hash)
    merger.offer(PartitionTotals(*part, now_ms, told.swept))


@pytest.mark.parametrize(
    "foreign",
    [
        [(b"g:plan\0pro", b"\x91\xa1?"), *flush(2, 6_000, "0123456789abcdef")],
        [(b"r", b"?"), (b"g:\xff", b"?"), (HEADER_KEY, b"no header at all")],
        [*flush(2, 6_000, "")],
        [(base64.b64decode(key), base64.b64decode(value)) for key, value in FORMER["totals_topic"]],
    ],
    ids=["another layout", "unreadable", "no fingerprint", "the former version"],
)
def test_totals_of_another_version_are_refused_and_said_to_be(
    foreign: list[tuple[bytes, bytes | None]], caplog: pytest.LogCaptureFixture
) -> None:
    """The partition stands as refused, and one line says why; an owner of this version cures it."""
    log, merger = PartitionLog(0), Merger(Definition(), 1)
    offer(merger, take(log, flush(1, 5_000, FINGERPRINT))[0], 5_000)
    assert merger.states(5_500) == {0: "ok"}
    for told in take(log, [*foreign, *foreign]):
        offer(merger, told, 6_000)
    assert merger.states(6_500) == {0: "refused"}
    assert merger.refused == 2
    assert [r.getMessage().partition(":")[0] for r in caplog.records] == ["partition 0"]
    assert "its owner is of another version" in caplog.text
    late = 10**13
    offer(merger, take(log, flush(3, late, FINGERPRINT))[0], late)
    assert merger.states(late) == {0: "ok"}
