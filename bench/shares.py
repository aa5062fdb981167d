"""What each group of KPIs costs: a sampled profile of the core on the mix, told apart by function.

A sample belongs to the group of the innermost function that has one; panes and cells, which all groups
share, to whoever called them. Reading, duplicates, records at rest cost the same whatever is counted.
"""

import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from types import FrameType

from bench.core import Core
from bench.figures import Figure
from bench.load import mix
from streams.collector import calm_collector

_EVERY_S = 0.002
_LIFE = "churn, acquisition, retention, growth, cohorts"
_ORDERS = "orders, revenue, average order value"
_LOYALTY = "buyers, repurchase, purchase retention, engaged"
_SURVEYS = "NPS, CSAT, CES"
_RISK = "customers at risk, long-term"
_READING = "reading and checking"
_ONCE = "identity, duplicates, parking"
_RECORDS = "records, timers, changelog"
_REST = "classes, accounting, everything else"
GROUPS = (_LIFE, _ORDERS, _LOYALTY, _SURVEYS, _RISK, _READING, _ONCE, _RECORDS, _REST)

BY_MODULE: Mapping[str, str] = {
    **dict.fromkeys(
        ("life", "life_path", "newcomer_path", "return_path", "derive", "plain", "moving"), _LIFE
    ),
    "survey_path": _SURVEYS,
    **dict.fromkeys(("risk", "early_warning"), _RISK),
    **dict.fromkeys(("decode", "decode_fast", "decode_strict", "decode_fields", "decode_memo"), _READING),
    **dict.fromkeys(("money", "timestamps"), _READING),
    **dict.fromkeys(("identity", "parking"), _ONCE),
    **dict.fromkeys(("customer", "timers", "keeping", "sealing"), _RECORDS),
    "partition": _REST,
}
BY_FUNCTION: Mapping[tuple[str, str], str] = {
    **dict.fromkeys((("counting", "count_purchase"), ("changes", "purchase_changes")), _ORDERS),
    **dict.fromkeys((("purchase_path", "apply"), ("late_path", "apply"), ("plain", "_emit_orders")), _ORDERS),
    ("moving", "_move_purchases"): _ORDERS,
    **dict.fromkeys(
        (("purchase_path", "_chain"), ("late_path", "_chain"), ("cells", "emit_engaged")), _LOYALTY
    ),
    **dict.fromkeys((("counting", "count_pair"), ("changes", "pair_changes")), _LOYALTY),
    **dict.fromkeys((("counting", "count_newest"), ("life_path", "_engage")), _LOYALTY),
    **dict.fromkeys((("cells", "emit_orders"), ("cells", "emit_life"), ("cells", "emit_gone")), _LIFE),
    **dict.fromkeys((("cells", "emit_surveys"), ("cells", "latest_votes")), _SURVEYS),
    ("moving", "_move_surveys"): _SURVEYS,
    **dict.fromkeys((("changes", "survey_changes"), ("derive", "latest_vote")), _SURVEYS),
    **dict.fromkeys((("purchase_path", "_stand"), ("late_path", "_stand"), ("derive", "_stand")), _RISK),
    **dict.fromkeys(
        (("customers", "stand"), ("customers", "shift_band"), ("moving", "_move_standing")), _RISK
    ),
    **dict.fromkeys((("customer", "seems_known"), ("customer", "note")), _ONCE),
    **dict.fromkeys((("intake", "_is_known"), ("intake", "_holds")), _ONCE),
    **dict.fromkeys((("customers", "get"), ("customers", "drain"), ("customers", "schedule")), _RECORDS),
}


def group_of(frame: FrameType | None) -> str:
    """The group that a moment belongs to."""
    while frame is not None:
        module, function = PurePath(frame.f_code.co_filename).stem, frame.f_code.co_name
        group = BY_FUNCTION.get((module, function)) or BY_MODULE.get(module)
        if group is not None:
            return group
        frame = frame.f_back
    return _REST


def measure(*, quick: bool) -> Iterator[Figure]:
    """Processor time by group, as a share of all of it."""
    batches = list(mix(20_000 if quick else 400_000))
    begin = len(batches) // 5
    core = Core()
    core.run(batches[:begin])
    calm_collector()
    samples: Counter[str] = Counter()

    def note(_: int, frame: FrameType | None) -> None:
        samples[group_of(frame)] += 1

    before = signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, _EVERY_S, _EVERY_S)
    try:
        since = time.process_time()
        events = core.run(batches[begin:])
        spent = time.process_time() - since
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    for group in GROUPS:
        share = samples[group] / max(1, samples.total())
        yield Figure(f"share: {group}", "event", share * spent / events * 1e6)
