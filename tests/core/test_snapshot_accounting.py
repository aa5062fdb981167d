"""The accounting in the snapshot document: what only a live service has stands there when there is some."""

from typing import Any

import msgspec

from streams.core.definition.definition import HOUR_MS, Definition
from streams.core.kpi.snapshot import build
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import Driven


def accounting(*ages_ms: int) -> dict[str, Any]:
    """What the document of a partition at T accounts for, after orders of such ages."""
    one = Driven(Definition())
    one.state.advance(T)
    one.take(record("purchase", "a", T - age_ms) for age_ms in ages_ms)
    document = build(one.state.totals(), Definition(), computed_at_ms=T, partitions={}).json()
    told: dict[str, Any] = msgspec.json.decode(document)["accounting"]
    return told


def test_late_events_and_what_they_corrected_are_told() -> None:
    """By kind, and by window."""
    late = accounting(0, 2 * HOUR_MS)["late"]
    assert late["events"] == {"purchase": 1}
    assert late["corrected"]["24h"] == 1
    assert "1h" not in late["corrected"] or late["corrected"]["1h"] == 0


def test_nothing_is_told_of_late_events_where_there_were_none() -> None:
    """As in every replay."""
    assert "late" not in accounting(HOUR_MS, 0)
