"""The risk score of a customer, in exact fractions, and its band (contract section 4)."""

from fractions import Fraction

from tests.recount.event import DAY_MS
from tests.recount.life import Life

FRESH_ANSWER_MS = 90 * DAY_MS
PRIOR_GAP_MS = 30 * DAY_MS
LOW = Fraction(1, 3)
MEDIUM = Fraction(2, 3)


def score(life: Life, t_ms: int) -> Fraction:
    """From 0 (safe) to 1: long silence, a recent detractor's vote and a pending cancellation add up."""
    orders = [e.at_ms for e in life.person.of_kind("purchase") if e.is_order]
    answers = [e for e in life.person.of_kind("survey") if e.survey == "nps"]
    silence = _silence(orders, t_ms) if orders else Fraction(0)
    detractor = bool(answers) and answers[-1].score <= 6 and t_ms - answers[-1].at_ms < FRESH_ANSWER_MS
    unhappy = Fraction(1, 2) if detractor else Fraction(0)
    leaving = Fraction(9, 10) if life.cancellation_pending else Fraction(0)
    return 1 - (1 - silence) * (1 - unhappy) * (1 - leaving)


def _silence(orders_ms: list[int], t_ms: int) -> Fraction:
    first, last = orders_ms[0], orders_ms[-1]
    gap = max(Fraction(DAY_MS), Fraction(PRIOR_GAP_MS + last - first, len(orders_ms)))
    gaps_silent = Fraction(t_ms - last) / gap
    return min(Fraction(1), max(Fraction(0), (gaps_silent - 1) / 2))


def band(life: Life, t_ms: int) -> str:
    """The band of a score: low, medium or high."""
    value = score(life, t_ms)
    if value < LOW:
        return "low"
    return "medium" if value < MEDIUM else "high"
