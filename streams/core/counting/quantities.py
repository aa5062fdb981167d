"""What the cells of each family of panes count, by position in their vectors.

Three families keep vectors short and updates cheap: life (transitions), orders (purchases, and engagement),
surveys. Distinct customers are counted by the pane of their latest (or second-latest) event, which makes
them sums like everything else.
"""

from typing import Final

from streams.core.definition.definition import Definition, Window

# life
NEW: Final = 0
REACTIVATED: Final = 1
CHURNED: Final = 2
ERASED: Final = 3
GONE: Final = 4
DELTA_MS: Final = 5
COST: Final = 6
WITH_COST: Final = 7
LIFE_WIDTH: Final = 8
# GONE: +1 at each activation, -1 at each churn, of customers who are gone by churn as of t: active before
# minus active after gives those lost. DELTA_MS: change of the active count times its instant (exposure).

# orders
ORDERS: Final = 0
ORDERS_BASE: Final = 1
REFUNDS_BASE: Final = 2
REVENUE: Final = 3
LEFT_OUT: Final = 4
BUYERS: Final = 5
REPEAT: Final = 6
ENGAGED: Final = 7
PAIRS: Final = 8
# BUYERS, REPEAT, ENGAGED: customers by the pane of their last order, second-last order, newest event.
# From PAIRS on, two per window that has purchase retention: PAIRS + 2i counts an order whose next one is
# at least the window later (at the earlier one), PAIRS + 2i + 1 one whose previous one is (at the later one).

# surveys
NPS: Final = 0  # promoters, passives, detractors of all answers
LATEST: Final = 3  # the same of each customer's latest answer
CSAT5: Final = 6  # answers, satisfied, sum, sum of squares
CSAT10: Final = 10
CES: Final = 14  # answers, sum, sum of squares; on the scale to 7
CSAT3: Final = 17  # as CSAT5
CSAT4: Final = 21
CSAT7: Final = 25
CES5: Final = 29  # as CES
SURVEYS_WIDTH: Final = 32

LIFE_FAMILY: Final = 0
ORDERS_FAMILY: Final = 1
SURVEYS_FAMILY: Final = 2

_PROMOTER: Final = 9
_PASSIVE: Final = 7


def pair_windows(definition: Definition) -> tuple[Window, ...]:
    """The windows that have purchase retention, shortest first."""
    return tuple(w for w in definition.windows if definition.has_purchase_retention(w))


def nps_class(score: int) -> int:
    """0 promoter, 1 passive, 2 detractor."""
    if score >= _PROMOTER:
        return 0
    return 1 if score >= _PASSIVE else 2
