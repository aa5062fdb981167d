"""Sealing: sums stand for what is not kept, and nothing counted changes (docs/contract.md, section 2).

Histories here arrive in the order of their times, voids reach only what is still kept, and no two purchases
or surveys of a customer share an instant: this is what "within kept history" means when little is kept.
"""

from collections import defaultdict
from dataclasses import replace
from random import Random

import pytest

from streams.core.definition.definition import DAY_MS, Definition
from tests.histories import ALL, CHURNY, NOW_MS, STEADY, history, seeded
from tests.laws.driver import CLOCKS, Way, drive
from tests.laws.judging import Recounted
from tests.recount import classify
from tests.spoiling import Record

HISTORIES = 10
RULES = {
    "default": {},
    "quiet customers leave": {"inactivity_churn_ms": 12 * DAY_MS},
    "purchases never activate": {"implicit_signup": False, "purchase_reactivates": False},
    "long windows": {"window_names": ("24h", "46d", "92d")},
    "thirty windows": {"window_names": tuple(f"{days}d" for days in range(3, 33))},
}


def within_kept_history(rng: Random, kept: int, **options: object) -> list[Record]:
    """A history that arrives in order and never reaches behind what is kept."""
    records = history(
        rng,
        features=ALL - {"late", "ties", "duplicates", "malformed"},
        mix=rng.choice((STEADY, CHURNY)),
        **options,  # type: ignore[arg-type]
    )
    dated = [(r.event, record) for r, record in zip(classify(records), records, strict=True) if r.event]
    dated.sort(key=lambda pair: (pair[0].at_ms, pair[0].kind == "erase"))
    own: dict[str, list[tuple[str, str]]] = defaultdict(list)
    taken: set[tuple[str, int]] = set()
    signups: set[tuple[str, tuple[str, str]]] = set()
    out = []
    for event, record in dated:
        customer, mine = event.customer_id, own[event.customer_id]
        if event.kind in ("purchase", "survey"):
            if (customer, event.at_ms) in taken:
                continue
            taken.add((customer, event.at_ms))
            mine.append(event.identity)
        target = event.target_source, event.target_id
        if event.kind == "void" and (target in mine[:-kept] or (customer, target) in signups):
            continue
        if event.kind == "signup":
            signups.add((customer, event.identity))
        out.append(record)
    return out


@pytest.mark.parametrize("seed", range(HISTORIES))
@pytest.mark.parametrize("rules", RULES)
def test_sealed_events_count_like_kept_ones(rules: str, seed: int) -> None:
    """In every window and in the customer's profile, restarts included; only what is kept is withdrawn."""
    rng = seeded(seed)
    kept = rng.choice((1, 2, 3, 5))
    definition = replace(Definition(), kept_events=kept, **RULES[rules])  # type: ignore[arg-type]
    records = within_kept_history(rng, kept, events=rng.randint(20, 120), customers=rng.choice((1, 3)))
    expected = Recounted(records, NOW_MS, definition)
    for clock in CLOCKS:
        way = Way(clock=clock, restart=rng.choice((0, 0.3)), batch=5)
        found = expected.differences(drive(records, NOW_MS, way, rng, definition))
        assert not found, "\n".join((f"{rules}, seed {seed}, kept {kept}, {way}:", *found[:6]))
