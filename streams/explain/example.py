"""The small company of the guide's examples: its events, and as of when they are counted.

A subscription business with nine customers, told so that every KPI has a value by hand.
"""

import json
from collections.abc import Iterator

AS_OF = "2026-04-15T00:00:00Z"
STORY = """\
         2025          2026-03-16 = start of 30d           2026-04-14   04-15 = as of
ada      signup ..........|...order.............order...survey |.........|   long-standing
ben      signup ..........|..order..........survey(3).......................X left at 18:00
cleo     signup ..........|......order, refund.....survey(10)..|.........|
dan                       |.signup........order, answers.......|.........|   new, cost 30
eve                       |................signup...survey(8)..|.........|   new, cost 50
finn     signup ..... left|...............back.......order in EUR........|   reactivated
gus      signup ..........|.left.......back....................|.........|   left and returned
hal      signup ..........|....................................|.........|   will leave on 05-01
ida      signup ..........|............left....................|.........|   lost
"""
_TOLD: tuple[tuple[str, str, str, dict[str, str | int]], ...] = (
    ("signup", "ada", "2025-01-10", {"segment": "smb", "channel": "ads"}),
    ("signup", "finn", "2025-03-01", {"segment": "mid"}),
    ("signup", "ben", "2025-06-01", {"segment": "enterprise"}),
    ("signup", "gus", "2025-12-01", {"segment": "smb"}),
    ("signup", "ida", "2025-12-05", {"segment": "smb"}),
    ("cancellation", "finn", "2026-01-10", {"reason": "price"}),
    ("signup", "cleo", "2026-02-01", {"segment": "smb"}),
    ("signup", "hal", "2026-02-15", {"segment": "mid"}),
    ("purchase", "ada", "2026-02-20", {"amount": "40.00", "currency": "USD"}),
    ("purchase", "ben", "2026-03-01", {"amount": "20.00", "currency": "USD"}),
    ("cancellation", "gus", "2026-03-18", {"reason": "service", "churn_type": "voluntary"}),
    ("signup", "dan", "2026-03-20", {"segment": "smb", "channel": "ads", "acquisition_cost": "30.00"}),
    ("purchase", "ada", "2026-03-20T12:00", {"amount": "50.00", "currency": "USD"}),
    ("purchase", "ben", "2026-03-22", {"amount": "20.00", "currency": "USD"}),
    ("purchase", "cleo", "2026-03-25", {"amount": "100.00", "currency": "USD"}),
    ("purchase", "cleo", "2026-03-28", {"amount": "-30.00", "currency": "USD"}),
    ("signup", "gus", "2026-03-30", {"segment": "smb"}),
    ("cancellation", "ida", "2026-04-01", {"reason": "price", "churn_type": "voluntary"}),
    ("survey", "ben", "2026-04-01T09:00", {"survey": "nps", "score": 3}),
    ("purchase", "dan", "2026-04-02", {"amount": "25.00", "currency": "USD"}),
    ("signup", "finn", "2026-04-03", {"segment": "mid"}),
    ("survey", "dan", "2026-04-03T10:00", {"survey": "csat", "score": 2}),
    ("signup", "eve", "2026-04-05", {"segment": "mid", "acquisition_cost": "50.00"}),
    ("survey", "cleo", "2026-04-06", {"survey": "csat", "score": 5}),
    ("survey", "dan", "2026-04-06T11:00", {"survey": "csat", "score": 9, "scale_max": 10}),
    ("survey", "eve", "2026-04-07", {"survey": "ces", "score": 6}),
    ("survey", "cleo", "2026-04-08", {"survey": "nps", "score": 10}),
    ("survey", "eve", "2026-04-09", {"survey": "nps", "score": 8}),
    ("purchase", "ada", "2026-04-10", {"amount": "60.00", "currency": "USD"}),
    ("cancellation", "hal", "2026-04-10T15:00", {"effective_at": "2026-05-01T00:00:00Z", "reason": "price"}),
    ("survey", "ada", "2026-04-11", {"survey": "nps", "score": 9}),
    ("purchase", "finn", "2026-04-12", {"amount": "15.00", "currency": "EUR"}),
    ("cancellation", "ben", "2026-04-14T18:00", {"reason": "price", "churn_type": "voluntary"}),
)


def lines() -> Iterator[bytes]:
    """The story as a replay file."""
    for number, (kind, customer, at, fields) in enumerate(_TOLD):
        occurred_at = f"{at if 'T' in at else at + 'T00:00'}:00Z"
        value: dict[str, str | int] = {
            "event_id": f"e{number}",
            "customer_id": customer,
            "occurred_at": occurred_at,
        }
        value |= fields
        record = {"topic": f"crm.customer.{kind}.v1", "key": customer, "value": value}
        yield json.dumps(record).encode()
