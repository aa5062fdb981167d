"""The recount against the golden cases, the contract's check values, and laws that must hold of it."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.definition.definition import Definition
from tests.golden.definition import DEFINITION
from tests.histories import CHURNY, NOW_MS, histories, history, seeded, shuffle
from tests.laws.driver import KEEPING
from tests.recount import OVERALL, classify, counts, document, recount
from tests.recount.document import lives_of
from tests.recount.receipt import Receipt
from tests.recount.statistics import adjusted_wald_nps, spike_p, wilson
from tests.spoiling import Record
from tests.support.chance import examples

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))
ANY_T = st.sampled_from((NOW_MS, NOW_MS - 1, NOW_MS + 1, NOW_MS - 123_456, NOW_MS - 8 * 86_400_000 + 7))


def differences(expected: Any, found: Any, at: str = "") -> list[str]:  # noqa: ANN401 - any JSON
    """Every place where what is expected is not found; floats may differ by 1e-9."""
    if isinstance(expected, dict) and expected:
        missing = [f"{at}/{key}: missing" for key in expected if key not in found]
        both = [key for key in expected if key in found]
        return missing + [d for key in both for d in differences(expected[key], found[key], f"{at}/{key}")]
    if isinstance(expected, float) and isinstance(found, float):
        same = abs(expected - found) <= 1e-9
    else:
        same = expected == found and type(expected) is type(found)
    return [] if same else [f"{at}: {found!r}, not {expected!r}"]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_recount_gives_every_figure_of_a_golden_case(path: Path) -> None:
    """All listed fields of all listed times."""
    case = json.loads(path.read_text())
    assert [
        line
        for t, expected in case["as_of"].items()
        for line in differences(expected, recount(case["records"], int(t), DEFINITION), t)
    ] == []


def test_all_golden_cases_are_there() -> None:
    """A case that is lost must not pass for a case that holds."""
    assert len(GOLDEN) == 27


def test_a_difference_is_found() -> None:
    """The comparison that the golden cases rest on sees wrong, missing and surplus parts."""
    expected = {"a": 1.0, "b": {}, "c": 2, "d": None}
    assert differences(expected, {"a": 1.0 + 1e-10, "b": {}, "c": 2, "d": None}) == []
    wrong = differences(expected, {"a": 1.1, "b": {"x": 1}, "c": 2.0})
    assert [line.split(":")[0] for line in wrong] == ["/d", "/a", "/b", "/c"]


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(0, 20, 0, 0.1611), (3, 200, 0.00511, 0.04317), (5, 10, 0.2366, 0.7634), (250, 1000, 0.22415, 0.27776)],
)
def test_wilson_gives_the_contracts_check_values(k: int, n: int, low: float, high: float) -> None:
    """As printed, to the digits that are printed."""
    assert wilson(k, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("p", "passive", "d", "low", "high"),
    [(60, 25, 15, 29.34, 58.04), (3, 1, 1, -29.78, 79.78), (1, 0, 0, -48.5, 98.5)],
)
def test_the_nps_interval_gives_the_contracts_check_values(
    p: int, passive: int, d: int, low: float, high: float
) -> None:
    """As printed, to the digits that are printed."""
    assert adjusted_wald_nps(p, d, p + passive + d) == pytest.approx((low, high), abs=5e-3)


@pytest.mark.parametrize(
    ("observed", "hours", "baseline", "baseline_hours", "p"),
    [
        *((3, 1, 24, 24, 0.0918), (5, 1, 24, 24, 0.00544), (12, 1, 120, 24, 0.00692), (1, 1, 0, 24, 0.04)),
        *((10, 1, 24, 24, 5.67e-7), (60, 24, 480, 576, 2.13e-12)),
    ],
)
def test_the_spike_test_gives_the_contracts_check_values(
    observed: int, hours: int, baseline: int, baseline_hours: int, p: float
) -> None:
    """As printed, to the digits that are printed."""
    assert spike_p(observed, hours, baseline, baseline_hours) == pytest.approx(p, rel=2e-3)


@given(histories(), ANY_T)
@settings(max_examples=examples(20))
def test_every_record_is_in_exactly_one_class(records: list[Record], t_ms: int) -> None:
    """Received = counted + ignored + malformed, as of any t."""
    found = recount(records, t_ms)["accounting"]
    assert sum(found["malformed"].values()) == found["malformed_total"]
    classed = found["counted"] + sum(found["ignored"].values()) + found["malformed_total"]
    assert found["received"] == classed


@given(histories(), ANY_T)
@settings(max_examples=examples(20))
def test_customers_add_up(records: list[Record], t_ms: int) -> None:
    """A = B + N + R - C - E in every window, the bands add up to A, and C0 is a part of B."""
    rules = Definition()
    lives = lives_of(classify(records), t_ms, rules)
    whole = counts(records, t_ms)[OVERALL]
    now = whole["now"]
    assert now["active"] == now["low"] + now["medium"] + now["high"]
    for window in rules.windows:
        at_start = sum(one.active_at(rules.floor_edge(t_ms, window.ms)) for one in lives)
        w = whole[window.name]
        assert now["active"] == at_start + w["new"] + w["reactivated"] - w["churned"] - w["erased"]
        assert w["lost"] <= min(at_start, w["churned"])


@given(histories(), ANY_T)
@settings(max_examples=examples(20))
def test_the_values_of_a_dimension_add_up_to_the_whole(records: list[Record], t_ms: int) -> None:
    """Every number of every profile dimension; churn by reason and churn type likewise."""
    found = counts(records, t_ms)
    for name, whole in found[OVERALL].items():
        for field, n in whole.items():
            for dimension in Definition().dimensions:
                assert sum(row[name][field] for (d, _), row in found.items() if d == dimension) == n
        for field in ("churned", "lost") if name != "now" else ():
            for dimension in ("reason", "churn_type"):
                assert (
                    sum(row[name][field] for (d, _), row in found.items() if d == dimension) == whole[field]
                )


@given(histories(), ANY_T, st.randoms(use_true_random=False))
@settings(max_examples=examples(20))
def test_another_order_of_arrival_changes_nothing(records: list[Record], t_ms: int, rng: Random) -> None:
    """No class of a record, and no figure."""
    receipts = classify(records, KEEPING)
    other = shuffle(rng, records)
    classes = {id(record): told(receipt) for record, receipt in zip(records, receipts, strict=True)}
    shuffled = classify(other, KEEPING)
    assert [classes[id(record)] for record in other] == [told(receipt) for receipt in shuffled]
    assert document(shuffled, t_ms, KEEPING) == document(receipts, t_ms, KEEPING)


def told(receipt: Receipt) -> Receipt:
    """A receipt without how far back a void reaches, which is a matter of what has arrived before it."""
    event = receipt.event
    return receipt if event is None else replace(receipt, event=replace(event, reaches_ms=0))


def test_the_snapshot_is_json() -> None:
    """It survives the way through JSON text unchanged, so it can be compared with what a sink holds."""
    found = recount(history(seeded(7), mix=CHURNY), NOW_MS)
    assert json.loads(json.dumps(found)) == found


def test_a_history_is_reproducible_and_shows_what_it_promises() -> None:
    """The same seed tells the same story; a few of them hold every class and every quantity."""
    assert history(seeded(5)) == history(seeded(5))
    whole = counts([], NOW_MS)[OVERALL]
    promised = {"counted", "duplicate", "erased", *whole["now"], *whole["24h"]}
    seen: set[str] = set()
    for seed in range(120):
        records = history(seeded(seed), mix=CHURNY)
        seen |= {receipt.reason or receipt.outcome for receipt in classify(records)}
        for row in counts(records, NOW_MS)[OVERALL].values():
            seen |= {name for name, n in row.items() if n}
        if promised <= seen:
            break
    assert promised <= seen
