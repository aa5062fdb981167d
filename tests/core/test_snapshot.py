"""The snapshot: its document, what it withholds, and that it never changes."""

import json
import math
from dataclasses import FrozenInstanceError
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.definition.definition import Definition
from streams.core.kpi.breakdown import build_breakdown
from streams.core.kpi.snapshot import Partitions, Snapshot, build, build_accounting_only
from streams.core.kpi.values.value import Condition
from streams.core.totals import OVERALL, Accounting, Totals, flows, vector_length
from tests.core.kpi_cases import DEFINITION, flows_of, vector_of

T = 1_772_366_400_000
LENGTH = vector_length(DEFINITION)
PARTITIONS: Partitions = {"10": {"lag": None, "state": "ok"}, "2": {"lag": 7, "state": "ok"}}
FLOWS = {"30d": flows_of(new=2, churned=1, lost=1, latest_p=1, exposure_ms=1, revenue=10**21)}


def totals() -> Totals:
    """A business of three customers, and 13 records."""
    vector = vector_of(DEFINITION, FLOWS, active=3, low=2, high=1)
    counted = Accounting(
        received=13,
        counted={"signup": 8, "purchase": 2},
        ignored={"sealed": 0, "erased": 1, "duplicate": 1},
        malformed={"not_json": 1},
        parked=1,
    )
    newest = {"survey": T - 1, "purchase": T}
    groups = {OVERALL: vector, ("segment", "smb"): vector}
    return Totals(T, groups, counted, newest)


def snapshot(condition: Condition = "ok") -> Snapshot:
    """The snapshot of these totals."""
    return build(totals(), DEFINITION, computed_at_ms=T + 5, partitions=PARTITIONS, condition=condition)


def every_value(document: dict[str, Any]) -> list[dict[str, Any]]:
    """All values of a document."""
    periods = [*document["windows"].values(), document["now"]]
    for listed in document["dimensions"].values():
        for kpis in listed.values():
            periods += kpis.values()
    return [value for kpis in periods for value in kpis.values()]


def test_the_document_has_the_contracts_form() -> None:
    """Section 8, key by key."""
    document = snapshot().document()
    assert list(document) == [
        "schema",
        "definition_version",
        "definition_hash",
        "variants",
        "tenant",
        "t",
        "computed_at",
        "windows",
        "newest_event",
        "now",
        "dimensions",
        "dimensions_t",
        "drivers",
        "bounds",
        "accounting",
        "partitions",
    ]
    assert document["schema"] == "kpi-snapshot/1"
    assert document["definition_version"] == "1"
    assert document["definition_hash"] == DEFINITION.hash
    assert document["variants"] == {"churn_ratio": "standard", "nps_score": "latest"}
    assert (document["t"], document["computed_at"], document["dimensions_t"]) == (T, T + 5, T)
    assert document["newest_event"] == {"purchase": T, "survey": T - 1}
    assert document["bounds"]["5m"] == {"start": T - 300_000, "end": T}  # type: ignore[index]
    assert document["partitions"] == {"2": {"lag": 7, "state": "ok"}, "10": {"lag": None, "state": "ok"}}


def test_a_value_in_the_document_has_its_seven_fields_then_its_parts() -> None:
    """In one flat object."""
    windows: Any = snapshot().document()["windows"]
    assert list(windows["30d"]["nps_score"].items()) == [
        ("value", 100.0),
        ("numerator", 1),
        ("denominator", 1),
        ("n", 1),
        ("low", pytest.approx(-48.49865, abs=1e-4)),
        ("high", pytest.approx(98.49865, abs=1e-4)),
        ("status", "low_n"),
        ("promoters", 1),
        ("passives", 0),
        ("detractors", 0),
    ]


def test_the_accounting_adds_up_and_leaves_out_reasons_that_never_happened() -> None:
    """Section 6: received = counted + ignored + malformed."""
    assert snapshot().document()["accounting"] == {
        "received": 13,
        "counted": 10,
        "ignored": {"duplicate": 1, "erased": 1},
        "malformed": {"not_json": 1},
        "malformed_total": 1,
        "not_active": 0,
        "parked": 1,
        "void_pending": 0,
        "late_beyond_retention": 0,
    }


@pytest.mark.parametrize("condition", ["ok", "stale", "recovering"])
def test_the_json_is_the_document_in_the_same_order(condition: Condition) -> None:
    """Made once from cached parts, but byte by byte the same; 10**21 minor units keep all their digits."""
    made = snapshot(condition)
    again = json.loads(made.json())
    assert again == made.document()
    assert json.dumps(again) == json.dumps(made.document())
    assert again["windows"]["30d"]["revenue"]["numerator"] == 10**21


def test_the_same_totals_give_the_same_bytes() -> None:
    """Whatever the order of groups and reasons."""
    one, other = totals(), totals()
    other.groups = dict(reversed(other.groups.items()))
    other.accounting.ignored = dict(reversed(other.accounting.ignored.items()))
    other.newest = dict(reversed(other.newest.items()))
    made = [build(t, DEFINITION, computed_at_ms=T, partitions={}).json() for t in (one, other)]
    assert made[0] == made[1]


@pytest.mark.parametrize("condition", ["stale", "recovering"])
def test_nothing_but_parts_is_shown_while_stale_or_recovering(condition: Condition) -> None:
    """In every window, now, and every dimension value; numerators, denominators, n and t stay."""
    shown = snapshot().document()
    withheld = snapshot(condition).document()
    assert {(v["value"], v["low"], v["high"], v["status"]) for v in every_value(withheld)} == {
        (None, None, None, condition)
    }
    gone = ("value", "low", "high", "status")
    for before, after in zip(every_value(shown), every_value(withheld), strict=True):
        assert {k: v for k, v in before.items() if k not in gone} == {
            k: v for k, v in after.items() if k not in gone
        }
    assert withheld["t"] == T


def test_values_come_back_when_the_condition_passes() -> None:
    """Restated from what was measured, through any number of conditions, without computing anew."""
    first = snapshot()
    path: tuple[Condition, ...] = ("stale", "recovering", "recovering", "ok")
    states = first
    for seconds, condition in enumerate(path):
        states = states.with_condition(condition, computed_at_ms=T + 1_000 * seconds)
        assert (states.condition, states.computed_at_ms) == (condition, T + 1_000 * seconds)
    assert states.windows is first.windows
    assert states.dimensions is first.dimensions


def test_a_value_under_no_condition_is_shown_as_it_is() -> None:
    """Its own status stays."""
    value = snapshot().windows["30d"]["nps_score"]
    assert value.under("ok") is value


def test_a_restated_snapshot_can_tell_new_partition_states() -> None:
    """The old ones stay where none are given."""
    lost: Partitions = {"0": {"lag": 1, "state": "recovering"}}
    restated = snapshot().with_condition("recovering", computed_at_ms=T + 9, partitions=lost)
    assert restated.partitions == lost
    assert restated.with_condition("stale", computed_at_ms=T + 10).partitions == lost


def test_an_earlier_breakdown_is_published_with_its_own_time() -> None:
    """Dimension values may be some seconds older than the whole."""
    earlier = totals()
    earlier.t = T - 3_000
    dimensions = build_breakdown(earlier, DEFINITION)
    made = build(totals(), DEFINITION, computed_at_ms=T, partitions={}, dimensions=dimensions)
    document = json.loads(made.json())
    assert (document["t"], document["dimensions_t"]) == (T, T - 3_000)
    assert made.dimensions is dimensions


def test_the_first_catch_up_shows_only_accounting_and_partitions() -> None:
    """No value is made up."""
    counted = totals().accounting
    made = build_accounting_only(
        counted, DEFINITION, t_ms=T, computed_at_ms=T + 1, partitions={"0": {"lag": 5, "state": "recovering"}}
    )
    document = json.loads(made.json())
    assert made.condition == "recovering"
    assert document["accounting"]["received"] == 13
    assert document["partitions"] == {"0": {"lag": 5, "state": "recovering"}}
    for part in ("windows", "now", "dimensions", "bounds", "newest_event"):
        assert document[part] == {}, part


def test_a_snapshot_does_not_change_when_its_totals_do() -> None:
    """Its accounting and times are its own."""
    source = totals()
    made = build(source, DEFINITION, computed_at_ms=T, partitions={})
    before = made.json()
    source.accounting.received += 1
    source.accounting.ignored["erased"] += 1
    source.newest["purchase"] += 1
    source.groups[OVERALL][0] += 1
    assert made.json() == before


def test_a_snapshot_cannot_be_changed() -> None:
    """Neither it nor its values."""
    made = snapshot()
    with pytest.raises(FrozenInstanceError):
        made.t_ms = 0  # type: ignore[misc]
    with pytest.raises(AttributeError):
        made.now["active_customers"].value = 0  # type: ignore[misc]


def test_the_whole_without_any_customer_is_0_or_undefined() -> None:
    """Totals without a group: nothing ever happened."""
    made = build(Totals(T), DEFINITION, computed_at_ms=T, partitions={})
    assert made.now["active_customers"].value == 0
    assert made.windows["30d"]["churn_ratio"].status == "undefined"
    assert made.document()["dimensions"] == {dimension: {} for dimension in Definition().all_dimensions}


def test_components_are_there_for_every_window() -> None:
    """Not in the document, for sinks that export them."""
    made = snapshot()
    assert made.components["30d"]["customers_at_start"] == 2
    assert made.components["5m"]["customers_at_start"] == 3
    assert "components" not in made.document()


@given(st.lists(st.integers(0, 10**9), min_size=LENGTH, max_size=LENGTH))
def test_no_totals_whatever_give_anything_but_numbers(vector: list[int]) -> None:
    """Not even impossible ones: never NaN, never infinite, never an error."""
    made = build(Totals(T, {OVERALL: _with_squares(vector)}), DEFINITION, computed_at_ms=T, partitions={})
    for kpi, value in [item for kpis in made.windows.values() for item in kpis.items()]:
        floats = [part for part in msgspec.structs.astuple(value) if isinstance(part, float)]
        assert all(map(math.isfinite, floats)), kpi


def _with_squares(vector: list[int]) -> list[int]:
    """The same with more customers than ever left, and squares that are large enough for their sums."""
    active, long_term, *_ = vector
    windows = {w.name: flows(vector, DEFINITION, w) for w in DEFINITION.windows}
    for counts in windows.values():
        for answers in ("csat5", "csat10", "ces", "csat3", "csat4", "csat7", "ces5"):
            counts[f"{answers}_squares"] += counts[f"{answers}_sum"] ** 2
    return vector_of(DEFINITION, windows, active=active + 10**13, long_term=long_term)
