"""What is counted, as exact integers: per window and standing (contract sections 4 and 5).

Every function takes the lives that belong to a group and knows nothing about groups. Nothing is
divided here.
"""

from collections.abc import Iterable, Sequence

from streams.core.definition.definition import Definition, Window
from tests.recount.event import DAY_MS, HOUR_MS, Event
from tests.recount.life import Life
from tests.recount.risk import band

Counts = dict[str, int]
Span = tuple[int, int]
"""``(after, up to]`` in ms."""

YEAR_MS = 365 * DAY_MS
BASELINE_WINDOWS = 25
SEASONAL_SHIFTS_MS = {
    HOUR_MS: [days * DAY_MS for days in range(1, 8)],
    DAY_MS: [days * DAY_MS for days in (7, 14, 21, 28)],
}
SATISFIED = {3: 3, 4: 3, 5: 4, 7: 6, 10: 9}


def span(t_ms: int, window: Window, definition: Definition) -> Span:
    """The window at t."""
    return definition.floor_edge(t_ms, window.ms), t_ms


def in_span(events: Iterable[Event], within: Span) -> list[Event]:
    """The events dated in a span."""
    return [e for e in events if within[0] < e.at_ms <= within[1]]


def window_counts(lives: Sequence[Life], t_ms: int, window: Window, definition: Definition) -> Counts:
    """Everything counted in one window, for the lives of a group."""
    within = span(t_ms, window, definition)
    surveys = [in_span(life.person.of_kind("survey"), within) for life in lives]
    return {
        **life_counts(lives, within),
        **order_counts(lives, within, definition),
        **_previous_buyers(lives, t_ms, window, definition),
        "engaged": sum(bool(in_span(life.person.events, within)) for life in lives),
        **survey_counts(surveys),
        **_spike_counts(lives, t_ms, window, definition),
    }


def gauges(lives: Sequence[Life], t_ms: int) -> Counts:
    """Standing numbers as of t."""
    active = [life for life in lives if life.active_since() is not None]
    bands = [band(life, t_ms) for life in active]
    since = [life.active_since() or 0 for life in active]
    return {
        "active": len(active),
        "long_term": sum(t_ms - ms >= YEAR_MS for ms in since),
        **{name: bands.count(name) for name in ("low", "medium", "high")},
    }


def life_counts(lives: Sequence[Life], within: Span) -> Counts:
    """Transitions in a span, customers lost over it, and the cost of its new customers."""
    happened = [tr for life in lives for tr in life.within(*within)]
    known = [tr.cost_minor for tr in happened if tr.what == "new" and tr.cost_minor is not None]
    return {
        **{
            what: sum(tr.what == what for tr in happened)
            for what in ("new", "reactivated", "churned", "erased")
        },
        "lost": sum(is_lost(life, within) for life in lives),
        "cost": sum(known),
        "with_cost": len(known),
    }


def is_lost(life: Life, within: Span) -> bool:
    """Active at the start, not active at the end, and the last thing that happened between is a churn."""
    happened = life.within(*within)
    return life.active_at(within[0]) and bool(happened) and happened[-1].what == "churned"


def order_counts(lives: Sequence[Life], within: Span, definition: Definition) -> Counts:
    """Orders, buyers and money in a span."""
    bought = [in_span(life.person.of_kind("purchase"), within) for life in lives]
    purchases = [e for own in bought for e in own]
    base = [e for e in purchases if e.currency == definition.base_currency]
    orders_each = [sum(e.is_order for e in own) for own in bought]
    return {
        "orders": sum(orders_each),
        "orders_base": sum(e.is_order for e in base),
        "refunds_base": sum(not e.is_order for e in base),
        "revenue": sum(e.amount_minor for e in base),
        "left_out": len(purchases) - len(base),
        "buyers": sum(n >= 1 for n in orders_each),
        "repeat_buyers": sum(n >= 2 for n in orders_each),
    }


def _previous_buyers(lives: Sequence[Life], t_ms: int, window: Window, definition: Definition) -> Counts:
    if not definition.has_purchase_retention(window):
        return {"prev_buyers": 0, "retained_buyers": 0}
    now = span(t_ms, window, definition)
    before = definition.floor_edge(t_ms, 2 * window.ms), now[0]
    orders = [[e for e in life.person.of_kind("purchase") if e.is_order] for life in lives]
    previous = [own for own in orders if in_span(own, before)]
    return {
        "prev_buyers": len(previous),
        "retained_buyers": sum(bool(in_span(own, now)) for own in previous),
    }


def survey_counts(by_person: Sequence[Sequence[Event]]) -> Counts:
    """Answers of a span, the list of each person in order of (time, id, source)."""
    nps = [[e.score for e in own if e.survey == "nps"] for own in by_person]
    answers = [e for own in by_person for e in own]
    csat = [e for e in answers if e.survey == "csat"]
    counts = {
        **_votes("nps", [score for own in nps for score in own]),
        **_votes("latest", [own[-1] for own in nps if own]),
    }
    for scale, satisfied in SATISFIED.items():
        scores = [e.score for e in csat if e.scale == scale]
        counts |= _sums(f"csat{scale}", scores)
        counts[f"csat{scale}_satisfied"] = sum(score >= satisfied for score in scores)
    for name, scale in (("ces", 7), ("ces5", 5)):
        counts |= _sums(name, [e.score for e in answers if e.survey == "ces" and e.scale == scale])
    return counts


def _votes(name: str, scores: Sequence[int]) -> Counts:
    return {
        f"{name}_p": sum(score >= 9 for score in scores),
        f"{name}_passive": sum(7 <= score <= 8 for score in scores),
        f"{name}_d": sum(score <= 6 for score in scores),
    }


def _sums(name: str, scores: Sequence[int]) -> Counts:
    return {
        f"{name}_n": len(scores),
        f"{name}_sum": sum(scores),
        f"{name}_squares": sum(s * s for s in scores),
    }


def has_seasonal(window: Window, definition: Definition) -> bool:
    """Whether a window is compared with the same hours of other days: as far as panes are kept for them."""
    return bool(definition.seasonal_shifts_ms(window))


def baseline_spans(t_ms: int, window: Window, definition: Definition) -> list[Span]:
    """What a window is compared with: the 24 windows before it, where they are kept; else nothing."""
    if not definition.has_baseline(window):
        return []
    before = definition.floor_edge(t_ms, BASELINE_WINDOWS * window.ms)
    return [(before, definition.floor_edge(t_ms, window.ms))]


def _spike_counts(lives: Sequence[Life], t_ms: int, window: Window, definition: Definition) -> Counts:
    start, end = span(t_ms, window, definition)
    baseline, seasons = baseline_spans(t_ms, window, definition), []
    if has_seasonal(window, definition):
        shifts = SEASONAL_SHIFTS_MS[window.ms]
        seasons = [(_hour(start - shift), _hour(end - shift)) for shift in shifts]
    return {
        "exposure_ms": _exposure_ms(lives, [(start, end)]),
        "base_churned": _churned(lives, baseline),
        "base_exposure_ms": _exposure_ms(lives, baseline),
        "seasonal_churned": _churned(lives, seasons),
        "seasonal_exposure_ms": _exposure_ms(lives, seasons),
    }


def _hour(ms: int) -> int:
    return ms // HOUR_MS * HOUR_MS


def _churned(lives: Sequence[Life], spans: Iterable[Span]) -> int:
    return sum(tr.what == "churned" for s in spans for life in lives for tr in life.within(*s))


def _exposure_ms(lives: Sequence[Life], spans: Iterable[Span]) -> int:
    return sum(life.exposure_ms(*s) for s in spans for life in lives)
