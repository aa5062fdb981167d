"""Silent sources: when a kind is silent, and that it changes nothing but the status of what rests on it."""

from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.definition.definition import DAY_MS, SILENCE_KINDS, Definition, DefinitionError
from streams.core.kpi.catalogue.registry import CATALOGUE
from streams.core.kpi.silence import silent_kinds
from streams.core.kpi.snapshot import Snapshot, build
from streams.core.kpi.values.value import Value
from tests.publish.world import T0, whole
from tests.recount.silence import made_of

DEFINITION = Definition()
LIMITS = st.none() | st.integers(1, 3)
AGES = st.dictionaries(st.sampled_from((*SILENCE_KINDS, "void", "erase")), st.integers(0, 4))


def snapshot(ages_ms: dict[str, int], size: int = 1) -> Snapshot:
    """A business whose newest events are so old; of size 0 nothing is counted."""
    totals = replace(
        whole(DEFINITION, T0, size), newest={kind: T0 - age_ms for kind, age_ms in ages_ms.items()}
    )
    return build(totals, DEFINITION, computed_at_ms=T0, partitions={})


def every_value(found: Snapshot) -> Iterator[tuple[str, str, Value]]:
    """(place, KPI, value) of the whole and of every dimension value."""
    places = [("", "", {**found.windows, "now": found.now}), *found.dimensions.rows()]
    for dimension, value, periods in places:
        for period, values in periods.items():
            for kpi, one in values.items():
                yield f"{dimension}:{value}:{period}", kpi, one


def test_every_kpi_says_what_it_rests_on() -> None:
    """A new one fails here until somebody has; the core's table and the recount's say the same."""
    for kpi in CATALOGUE:
        assert CATALOGUE[kpi].rests_on == made_of(kpi), kpi


@given(AGES, st.tuples(LIMITS, LIMITS, LIMITS, LIMITS))
def test_a_kind_is_silent_from_just_after_its_limit_on(
    ages_ms: dict[str, int], limits: tuple[int | None, ...]
) -> None:
    """Seen before, limited, and older; voids and erasures never."""
    limited = dict(zip(SILENCE_KINDS, limits, strict=True))
    definition = Definition(silence=tuple(limited.items()))
    silent = silent_kinds({kind: T0 - age_ms for kind, age_ms in ages_ms.items()}, definition, T0)
    for kind in (*SILENCE_KINDS, "void", "erase"):
        limit_ms = limited.get(kind)
        expected = limit_ms is not None and kind in ages_ms and ages_ms[kind] > limit_ms
        assert (kind in silent) == expected, kind


@given(st.sets(st.sampled_from(SILENCE_KINDS)), st.sampled_from((0, 1)))
def test_silence_changes_the_status_of_what_rests_on_it_and_nothing_else(silent: set[str], size: int) -> None:
    """Value, interval and parts stay, in every group; an undefined value stays undefined."""
    spoken = snapshot(dict.fromkeys(SILENCE_KINDS, 0), size)
    quiet = snapshot({kind: 8 * DAY_MS if kind in silent else 0 for kind in SILENCE_KINDS}, size)
    for (place, kpi, before), (_, _, after) in zip(every_value(spoken), every_value(quiet), strict=True):
        touched = before.status != "undefined" and not silent.isdisjoint(made_of(kpi))
        expected = msgspec.structs.replace(before, status="silent") if touched else before
        assert after == expected, (place, kpi)
    assert {value.status for *_, value in every_value(spoken)} == {"ok", "low_n" if size else "undefined"}


def test_stale_and_recovering_come_before_silent() -> None:
    """And when the service is well again, the source is as silent as it was."""
    quiet = snapshot({"purchase": 2 * DAY_MS})
    assert quiet.windows["24h"]["orders"].status == "silent"
    for condition in ("stale", "recovering"):
        withheld = quiet.with_condition(condition, computed_at_ms=T0 + 1)
        assert {value.status for *_, value in every_value(withheld)} == {condition}
        back = withheld.with_condition("ok", computed_at_ms=T0 + 2)
        assert list(every_value(back)) == list(every_value(quiet))


@pytest.mark.parametrize(
    "silence",
    [(), (("signup", 1),), tuple((kind, 1) for kind in reversed(SILENCE_KINDS)), (("void", 1),) * 4],
)
def test_a_definition_has_all_limits_in_one_order(silence: tuple[tuple[str, int | None], ...]) -> None:
    """So definitions that choose the same have the same hash."""
    with pytest.raises(DefinitionError, match="silence: allowed are signup, purchase, cancellation, survey"):
        Definition(silence=silence)
