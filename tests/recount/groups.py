"""Dimensions: what belongs to which group, which values keep a name, counts by group (contract section 5).

A group is (dimension, value), the whole is ("", ""). Values are told apart without limit here; folding
to the published ones is a renaming, given as a function.
"""

from collections.abc import Callable, Iterable, Sequence

from streams.core.definition.definition import Definition, Window
from tests.recount.counting import (
    Counts,
    baseline_spans,
    gauges,
    in_span,
    is_lost,
    order_counts,
    span,
    survey_counts,
    window_counts,
)
from tests.recount.event import Event
from tests.recount.life import Life

Group = tuple[str, str]
OVERALL: Group = ("", "")
UNKNOWN = "unknown"
OTHER = "other"
INACTIVE = "inactive"
CHURN_DIMENSIONS = ("reason", "churn_type")
Rename = Callable[[str], str]
GroupCounts = dict[str, Counts]
"""``now`` and each window by name -> counts."""

ANSWERS = (
    *("nps_p", "nps_passive", "nps_d", "ces_n", "ces5_n"),
    *("csat3_n", "csat4_n", "csat5_n", "csat7_n", "csat10_n"),
)
"""What there is of answers in the counts of a window."""


def same(value: str) -> str:
    """The renaming that folds nothing."""
    return value


def profile_value(life: Life, dimension: str) -> str:
    """The value of a person's latest signup; unknown if absent or without a signup."""
    signups = life.person.of_kind("signup")
    value = dict(signups[-1].attributes)[dimension] if signups else None
    return value or UNKNOWN


def by_profile(lives: Iterable[Life], dimension: str, rename: Rename = same) -> dict[str, list[Life]]:
    """The lives of each value of a profile dimension."""
    found: dict[str, list[Life]] = {}
    for life in lives:
        found.setdefault(rename(profile_value(life, dimension)), []).append(life)
    return found


def group_counts(lives: Sequence[Life], t_ms: int, definition: Definition) -> GroupCounts:
    """The counts of some lives: gauges and every window."""
    windows = {w.name: window_counts(lives, t_ms, w, definition) for w in definition.windows}
    return {"now": gauges(lives, t_ms), **windows}


def churn_counts(
    lives: Sequence[Life], t_ms: int, definition: Definition, dimension: str, rename: Rename = same
) -> dict[str, GroupCounts]:
    """Churned and lost customers by the value that the churn carries, and the churns before them."""
    found: dict[str, GroupCounts] = {}
    for window in definition.windows:
        within = span(t_ms, window, definition)
        for life in lives:
            churns = [tr for tr in life.within(*within) if tr.what == "churned"]
            for churn in churns:
                row = found.setdefault(rename(getattr(churn, dimension)), _empty(definition))[window.name]
                row["churned"] += 1
                row["lost"] += churn is churns[-1] and is_lost(life, within)
            for before in baseline_spans(t_ms, window, definition):
                for churn in (tr for tr in life.within(*before) if tr.what == "churned"):
                    name = rename(getattr(churn, dimension))
                    found.setdefault(name, _empty(definition))[window.name]["base_churned"] += 1
    return found


def touchpoint_counts(
    lives: Sequence[Life], t_ms: int, definition: Definition, rename: Rename = same
) -> dict[str, GroupCounts]:
    """Survey counts by touchpoint; the latest vote is the latest within the touchpoint."""
    surveys = [life.person.of_kind("survey") for life in lives]

    def value(e: Event) -> str:
        return rename(e.touchpoint or UNKNOWN)

    found: dict[str, GroupCounts] = {}
    for name in {value(e) for own in surveys for e in own}:
        found[name] = _empty(definition)
        for window in definition.windows:
            within = span(t_ms, window, definition)
            mine = [[e for e in in_span(own, within) if value(e) == name] for own in surveys]
            found[name][window.name] |= survey_counts(mine)
    return found


def mixed_votes(lives: Sequence[Life], t_ms: int, definition: Definition, rename: Rename) -> set[str]:
    """The windows in which NPS answers of several touchpoints are ``other``: not one vote a customer."""
    found = set()
    for window in definition.windows:
        within = span(t_ms, window, definition)
        answers = [e for life in lives for e in in_span(life.person.of_kind("survey"), within)]
        names = {e.touchpoint or UNKNOWN for e in answers if e.survey == "nps"}
        if sum(rename(name) == OTHER for name in names) > 1:
            found.add(window.name)
    return found


def net_revenue(lives: Sequence[Life], t_ms: int, window: Window, definition: Definition) -> list[int]:
    """What each buyer of a window spent in it, in minor units of the base currency."""
    each = [order_counts([life], span(t_ms, window, definition), definition) for life in lives]
    return [own["revenue"] for own in each if own["buyers"]]


def paid_twice(
    lives: Sequence[Life], t_ms: int, window: Window, definition: Definition
) -> list[tuple[int, int]]:
    """What each customer paid in the window before a window, and in it; minor units, refunds subtracted."""
    now = span(t_ms, window, definition)
    before = definition.floor_edge(t_ms, 2 * window.ms), now[0]
    return [
        (
            order_counts([life], before, definition)["revenue"],
            order_counts([life], now, definition)["revenue"],
        )
        for life in lives
    ]


def named_values(lives: Sequence[Life], t_ms: int, dimension: str, definition: Definition) -> set[str]:
    """The values that have their name: the allow-list, then those that hold most, up to ``max_values``.

    ``unknown`` and ``inactive`` are our own words and take no place.
    """
    allowed = dict(definition.allow).get(dimension, ())
    longest = definition.windows[-1].name
    weights: dict[str, int] = {}
    for value, row in _rows(lives, t_ms, definition, dimension).items():
        if value not in (UNKNOWN, OTHER, INACTIVE, *allowed) and anything(row):
            answers = [row[longest][name] for name in ANSWERS] if dimension == "touchpoint" else []
            weights[value] = row["now"]["active"] + row[longest]["churned"] * (not answers) + sum(answers)
    ranked = [*allowed, *sorted(weights, key=lambda value: (-weights[value], value))]
    own_words = {UNKNOWN, INACTIVE} if dimension == "churn_type" else {UNKNOWN}
    return {*ranked[: definition.max_values], *own_words}


def _rows(lives: Sequence[Life], t_ms: int, definition: Definition, dimension: str) -> dict[str, GroupCounts]:
    """The counts of every value of a dimension, none folded."""
    if dimension in definition.dimensions:
        own = by_profile(lives, dimension)
        return {value: group_counts(mine, t_ms, definition) for value, mine in own.items()}
    if dimension in CHURN_DIMENSIONS:
        return churn_counts(lives, t_ms, definition, dimension)
    return touchpoint_counts(lives, t_ms, definition)


def counts(lives: Sequence[Life], t_ms: int, definition: Definition) -> dict[Group, GroupCounts]:
    """The counts of the whole and of every value of every dimension that has any."""
    found = {OVERALL: group_counts(lives, t_ms, definition)}
    for dimension in (*definition.dimensions, *CHURN_DIMENSIONS, "touchpoint"):
        for value, row in _rows(lives, t_ms, definition, dimension).items():
            found[dimension, value] = row
    return {group: row for group, row in found.items() if group == OVERALL or anything(row)}


def anything(row: GroupCounts) -> bool:
    """Whether any number of a group is not zero."""
    return any(any(numbers.values()) for numbers in row.values())


def _empty(definition: Definition) -> GroupCounts:
    zero = {"now": gauges([], 0)}
    return zero | {w.name: window_counts([], 0, w, definition) for w in definition.windows}
