"""The in-order paths are held to the general path: the same numbers, and the same record, byte for byte."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.customer.record import ROOM, unpack
from streams.core.definition.definition import DAY_MS, Definition
from streams.core.partition.paths.dispatch import Paths
from streams.core.partition.paths.purchase import PurchasePath
from tests.histories import CHURNY, NOW_MS, STEADY, Mix, histories
from tests.laws.driver import CLOCKS, KEEPING, Driven, Way, drive
from tests.laws.judging import same
from tests.laws.lawful import law
from tests.spoiling import Record
from tests.support.chance import examples

BUYERS = Mix(signup=0.6, purchase=30, cancellation=2, survey=6, void=0.05, erase=0.02)
"""Customers who mostly buy, as customers mostly do: what the in-order paths are for."""
ROOMS = (ROOM, 96, 200)
DEFINITIONS = (
    Definition(),
    KEEPING,
    replace(Definition(), kept_for_ms=3 * DAY_MS),
    replace(Definition(), inactivity_churn_ms=9 * DAY_MS),
    replace(Definition(), implicit_signup=False, purchase_reactivates=False),
)


def driven(records: list[Record], way: Way, seed: int, definition: Definition) -> Driven:
    """One partition, all of it written."""
    one = drive(records, NOW_MS, way, Random(seed), definition)[0]  # noqa: S311 - draws a way, no secret
    one.flush()
    return one


def without_due(log: dict[bytes, bytes]) -> dict[bytes, object]:
    """The records, customers without the header's first field: when they change next by themselves."""
    return {key: value[8:] if key[:1] in b"AC" else value for key, value in log.items()}


def never_late(fast: dict[bytes, bytes], general: dict[bytes, bytes]) -> bool:
    """Whether every record wakes as early as the general path found, or earlier."""
    dues = [(unpack(fast[key]).due, unpack(general[key]).due) for key in fast if key[:1] in b"AC"]
    return all(not derived or 0 < mine <= derived for mine, derived in dues)


@settings(law, max_examples=examples(30))
@given(
    histories(mixes=(STEADY, CHURNY, BUYERS, BUYERS), max_events=80),
    st.sampled_from(CLOCKS),
    st.integers(0, 1 << 30),
    st.sampled_from(DEFINITIONS),
    st.sampled_from(ROOMS),
)
def test_all_paths_lead_to_the_same_record(
    records: list[Record], clock: str, seed: int, definition: Definition, room: int
) -> None:
    """Totals, accounting and changelog; a record may wake too early, never too late."""
    way = Way(clock=clock, flush=0.1, restart=0.02, room=room)
    fast = driven(records, way, seed, definition)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PurchasePath, "fits", lambda *_: False)
        patched.setattr(Paths, "_take", lambda *_: False)
        general = driven(records, way, seed, definition)
    assert same(fast.state.totals(), general.state.totals())
    assert without_due(fast.log) == without_due(general.log)
    assert never_late(fast.log, general.log)
