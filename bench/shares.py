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
from streams.engine.garbage import calm_collector

_EVERY_S = 0.002
_LIFE = "churn, acquisition, retention, growth, profiles"
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
        (
            "customer/life",
            "partition/paths/signup_cancellation",
            "partition/paths/newcomer",
            "partition/paths/returning",
            "customer/derive",
            "partition/plain",
            "partition/paths/profile_move",
        ),
        _LIFE,
    ),
    "partition/paths/survey": _SURVEYS,
    **dict.fromkeys(("customer/risk", "kpi/early_warning", "partition/sweep/risk_ranking"), _RISK),
    **dict.fromkeys(
        ("decoding/decoder", "decoding/fast", "decoding/strict", "decoding/fields", "decoding/memo"), _READING
    ),
    **dict.fromkeys(("decoding/money", "decoding/timestamps"), _READING),
    **dict.fromkeys(
        ("customer/identity", "customer/memory", "partition/parking", "partition/receipt"), _ONCE
    ),
    **dict.fromkeys(
        (
            "customer/record",
            "customer/blocks",
            "customer/history",
            "customer/index",
            "partition/store/timers",
            "counting/sealed_sums",
        ),
        _RECORDS,
    ),
    "partition/state": _REST,
}
BY_FUNCTION: Mapping[tuple[str, str], str] = {
    ("counting/purchases", "count_purchase"): _ORDERS,
    **dict.fromkeys(
        (
            ("partition/paths/purchase", "apply"),
            ("partition/paths/late_purchase", "_apply"),
            ("partition/plain", "_emit_orders"),
        ),
        _ORDERS,
    ),
    ("partition/paths/profile_move", "_move_purchases"): _ORDERS,
    **dict.fromkeys(
        (
            ("partition/paths/purchase", "_chain"),
            ("partition/paths/neighbours", "chain"),
            ("counting/contributions", "emit_engaged"),
        ),
        _LOYALTY,
    ),
    **dict.fromkeys(
        (("counting/purchases", "count_pair"), ("counting/event_changes", "pair_changes")), _LOYALTY
    ),
    **dict.fromkeys(
        (("counting/purchases", "count_newest"), ("partition/paths/signup_cancellation", "_engage")), _LOYALTY
    ),
    **dict.fromkeys(
        (
            ("counting/contributions", "emit_orders"),
            ("counting/contributions", "emit_life"),
            ("counting/contributions", "emit_gone"),
        ),
        _LIFE,
    ),
    **dict.fromkeys(
        (("counting/contributions", "emit_surveys"), ("counting/contributions", "latest_votes")), _SURVEYS
    ),
    ("partition/paths/profile_move", "_move_surveys"): _SURVEYS,
    **dict.fromkeys((("counting/event_changes", "survey_changes"), ("customer/record", "vote")), _SURVEYS),
    **dict.fromkeys(
        (
            ("partition/paths/purchase", "_stand"),
            ("partition/paths/neighbours", "_count_latest"),
            ("customer/derive", "_stand"),
        ),
        _RISK,
    ),
    **dict.fromkeys(
        (
            ("partition/store/customers", "stand"),
            ("partition/store/customers", "shift_band"),
            ("partition/paths/profile_move", "_move_standing"),
        ),
        _RISK,
    ),
    **dict.fromkeys((("customer/record", "seems_known"), ("customer/record", "note")), _ONCE),
    **dict.fromkeys((("partition/receipt", "judge"), ("customer/memory", "known")), _ONCE),
    **dict.fromkeys(
        (
            ("partition/store/customers", "get"),
            ("partition/store/customers", "drain"),
            ("partition/store/customers", "schedule"),
        ),
        _RECORDS,
    ),
}


def module_of(file: str) -> str:
    """A module of the core by its room and name, like ``customer/life``; of another one its name."""
    return PurePath(file).with_suffix("").as_posix().rpartition("streams/core/")[2]


def group_of(frame: FrameType | None) -> str:
    """The group that a moment belongs to."""
    while frame is not None:
        module, function = module_of(frame.f_code.co_filename), frame.f_code.co_name
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
