"""The names by which customers are told apart: which a definition may choose, and which are the events' own.

Rules (docs/contract.md, section 5): a customer dimension is an attribute of signups; the definition names up
to eight. No name means two things: that of a field of an event, a column of an opening balance or a label is
taken. The order of the names is that of every profile (customer/groups.py) and of the document.
"""

import re
from typing import Final

DEFAULT_DIMENSIONS: Final = ("segment", "plan", "channel", "region")
EVENT_DIMENSIONS: Final = ("reason", "churn_type", "touchpoint")
"""Those of cancellations and surveys, whatever the definition says."""
REASON: Final = "reason"
UNWATCHED: Final = ("churn_type", "touchpoint")
"""Those of them that no alarm watches."""
MAX_DIMENSIONS: Final = 8
NAME: Final = "[a-z][a-z0-9_]{0,39}"

TAKEN: Final = {
    "a dimension of events": " ".join(EVENT_DIMENSIONS),
    "a field of events": "event_id source customer_id occurred_at acquisition_cost trial amount currency"
    " effective_at survey score scale_max comment voids_event_id voids_source",
    "a column of opening balances": "id since last_purchase_at last_purchase_amount last_purchase_currency"
    " last_purchase_id last_purchase_source",
    "a label of published metrics": "alarm band base_currency basis class core dimension event field formula"
    " group hash kpi le nps_basis outcome partition python quantile scale state status tenant topic value"
    " version window",
}
"""What a name is already -> the names; tests hold them to events, columns and metrics."""


def mistake_in(dimensions: tuple[str, ...]) -> str | None:
    """What is wrong with the names a definition chose, with what is allowed; None: nothing."""
    if len(dimensions) > MAX_DIMENSIONS:
        return f"{len(dimensions)} of them: allowed are {MAX_DIMENSIONS} or fewer"
    for i, name in enumerate(dimensions):
        if not re.fullmatch(NAME, name):
            return f"{name!r}: allowed are a to z, 0 to 9 and _, a letter first, at most 40 in all"
        if name in dimensions[:i]:
            return f"{name!r} stands there twice: allowed is once"
        for what, names in TAKEN.items():
            if name in names.split():
                return f"{name!r}: is {what} already: allowed is another name"
    return None
