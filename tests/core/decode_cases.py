"""Good and bad records of every kind, as members to change in one good record of it."""

import json
from typing import Any

from streams.core.events import Cancellation, Erase, Event, Kind, Purchase, Signup, Survey, Void

AT = 1_772_366_400_000
ENVELOPE = {"event_id": "e1", "source": "shop", "customer_id": "c1", "occurred_at": AT}
COMMON = ("e1", "shop", "c1", AT)
NO_ATTRIBUTES = (None, None, None, None)
FIELDS: dict[Kind, dict[str, Any]] = {
    "signup": {},
    "purchase": {"amount": "12.34", "currency": "USD"},
    "cancellation": {},
    "survey": {"survey": "nps", "score": 9},
    "void": {"voids_event_id": "e0"},
    "erase": {},
}
LONG_ID, LONG_TEXT = "é" * 129, "é" * 257
NO_TIMES: list[object] = [float(AT), True, [], {}]
NO_INTEGERS: list[object] = [9.0, "9", True, [9]]


def value_of(kind: Kind, **changes: object) -> bytes:
    """A good record of the kind with some members changed."""
    return json.dumps({**ENVELOPE, **FIELDS[kind], **changes}).encode()


GOOD: list[tuple[Kind, dict[str, Any], Event]] = [
    ("signup", {}, Signup(*COMMON, NO_ATTRIBUTES)),
    (
        "signup",
        {
            "plan": "pro",
            "segment": "smb",
            "channel": "ads",
            "region": "eu",
            "acquisition_cost": 1.005,
            "trial": True,
        },
        Signup(*COMMON, attributes=("smb", "pro", "ads", "eu"), cost_minor=100, trial=True),
    ),
    (
        "signup",
        {
            "plan": "",
            "segment": None,
            "acquisition_cost": None,
            "trial": None,
            "source": None,
            "unknown": [{}],
        },
        Signup("e1", "", "c1", AT, NO_ATTRIBUTES),
    ),
    ("purchase", {}, Purchase(*COMMON, amount_minor=1234, currency="USD")),
    ("purchase", {"amount": -5, "currency": "JPY"}, Purchase(*COMMON, amount_minor=-5, currency="JPY")),
    ("cancellation", {}, Cancellation(*COMMON)),
    (
        "cancellation",
        {"effective_at": "9999-12-31T23:59:59.999Z", "reason": "price", "churn_type": "involuntary"},
        Cancellation(*COMMON, effective_ms=253_402_300_799_999, reason="price", churn_type="involuntary"),
    ),
    (
        "cancellation",
        {"effective_at": AT - 1, "reason": "", "churn_type": ""},
        Cancellation(*COMMON, effective_ms=AT - 1),
    ),
    ("survey", {"score": 0}, Survey(*COMMON, survey="nps", score=0, scale=10)),
    ("survey", {"scale_max": 10, "score": 10}, Survey(*COMMON, survey="nps", score=10, scale=10)),
    ("survey", {"survey": "csat", "score": 5}, Survey(*COMMON, survey="csat", score=5, scale=5)),
    (
        "survey",
        {"survey": "csat", "score": 6, "scale_max": 10, "touchpoint": "web", "comment": "never kept"},
        Survey(*COMMON, survey="csat", score=6, scale=10, touchpoint="web"),
    ),
    *[
        (
            "survey",
            {"survey": survey, "score": score, "scale_max": scale},
            Survey(*COMMON, survey=survey, score=score, scale=scale),
        )
        for survey, scales in (("csat", (3, 4, 5, 7, 10)), ("ces", (5, 7)))
        for scale in scales
        for score in (1, scale)
    ],
    ("survey", {"comment": LONG_TEXT * 40, "score": 10}, Survey(*COMMON, survey="nps", score=10, scale=10)),
    (
        "survey",
        {"survey": "ces", "score": 7, "scale_max": 7, "touchpoint": ""},
        Survey(*COMMON, survey="ces", score=7, scale=7),
    ),
    ("void", {}, Void(*COMMON, target_id="e0", target_source="shop")),
    ("void", {"voids_source": "crm"}, Void(*COMMON, target_id="e0", target_source="crm")),
    ("void", {"voids_source": ""}, Void(*COMMON, target_id="e0", target_source="shop")),
    ("erase", {}, Erase(*COMMON)),
]

BAD: list[tuple[Kind, dict[str, Any], str]] = [
    *[("erase", {name: None}, "missing_field") for name in ("event_id", "customer_id", "occurred_at")],
    *[("erase", {name: ""}, "empty_text") for name in ("event_id", "customer_id")],
    *[("erase", {name: 7}, "wrong_type") for name in ("event_id", "customer_id", "source")],
    *[("erase", {name: LONG_ID}, "too_long") for name in ("event_id", "customer_id", "source")],
    *[("erase", {"occurred_at": wrong}, "wrong_type") for wrong in NO_TIMES],
    *[
        ("erase", {"occurred_at": wrong}, "bad_time")
        for wrong in ("", str(AT), "2026-03-01", "2026-03-01T12:00:00")
    ],
    ("erase", {"occurred_at": AT // 1000}, "too_old"),
    ("erase", {"occurred_at": 315_532_799_999}, "too_old"),
    ("erase", {"occurred_at": 253_402_300_800_000}, "after_9999"),
    ("erase", {"occurred_at": "9999-12-31T23:59:59-00:01"}, "after_9999"),
    ("erase", {"occurred_at": AT + 300_001}, "in_future"),
    *[("signup", {name: LONG_TEXT}, "too_long") for name in ("plan", "segment", "channel", "region")],
    *[("signup", {name: 7}, "wrong_type") for name in ("plan", "segment", "channel", "region", "trial")],
    ("signup", {"trial": "true"}, "wrong_type"),
    ("signup", {"acquisition_cost": "1e2"}, "bad_money"),
    ("signup", {"acquisition_cost": ""}, "bad_money"),
    ("signup", {"acquisition_cost": [1]}, "wrong_type"),
    ("signup", {"acquisition_cost": "-0.001"}, "bad_money"),
    ("signup", {"acquisition_cost": -12}, "bad_money"),
    ("signup", {"acquisition_cost": -1e-9}, "bad_money"),
    ("purchase", {"amount": None}, "missing_field"),
    ("purchase", {"amount": True}, "wrong_type"),
    ("purchase", {"amount": "1,5"}, "bad_money"),
    ("purchase", {"amount": 10**13}, "money_too_large"),
    ("purchase", {"currency": None}, "missing_field"),
    ("purchase", {"currency": 840}, "wrong_type"),
    *[("purchase", {"currency": code}, "unknown_currency") for code in ("", "usd", "US", "USDT", "XXX")],
    ("cancellation", {"effective_at": ""}, "bad_time"),
    ("cancellation", {"effective_at": 1.5}, "wrong_type"),
    ("cancellation", {"effective_at": 1}, "too_old"),
    ("cancellation", {"effective_at": 253_402_300_800_000}, "after_9999"),
    ("cancellation", {"reason": LONG_TEXT}, "too_long"),
    ("cancellation", {"churn_type": "inactive"}, "unknown_churn_type"),
    ("cancellation", {"churn_type": 1}, "wrong_type"),
    *[("survey", {"survey": name}, "unknown_survey") for name in ("", "NPS", "stars")],
    ("survey", {"survey": None}, "missing_field"),
    ("survey", {"survey": 1}, "wrong_type"),
    ("survey", {"score": None}, "missing_field"),
    *[("survey", {"score": wrong}, "wrong_type") for wrong in NO_INTEGERS],
    *[("survey", {"score": wrong}, "bad_score") for wrong in (-1, 11, 10**30)],
    *[("survey", {"survey": "csat", "score": wrong}, "bad_score") for wrong in (0, 6)],
    *[("survey", {"survey": "csat", "scale_max": 10, "score": wrong}, "bad_score") for wrong in (0, 11)],
    *[("survey", {"survey": "ces", "score": wrong}, "bad_score") for wrong in (0, 8)],
    *[("survey", {"scale_max": wrong}, "bad_scale") for wrong in (0, 5, 100)],
    *[
        ("survey", {"survey": survey, "scale_max": scale, "score": wrong}, "bad_score")
        for survey, scale in (("csat", 3), ("csat", 4), ("csat", 7), ("ces", 5))
        for wrong in (0, scale + 1)
    ],
    *[
        ("survey", {"survey": "csat", "scale_max": wrong, "score": 1}, "bad_scale")
        for wrong in (1, 2, 6, 8, 100)
    ],
    *[("survey", {"survey": "ces", "scale_max": wrong, "score": 1}, "bad_scale") for wrong in (3, 4, 6, 10)],
    *[("survey", {"scale_max": wrong}, "wrong_type") for wrong in (10.0, "10", True)],
    ("survey", {"touchpoint": LONG_TEXT}, "too_long"),
    ("survey", {"comment": ["a"]}, "wrong_type"),
    ("void", {"voids_event_id": None}, "missing_field"),
    ("void", {"voids_event_id": ""}, "empty_text"),
    ("void", {"voids_event_id": LONG_ID}, "too_long"),
    ("void", {"voids_source": LONG_ID}, "too_long"),
    ("void", {"voids_source": 1}, "wrong_type"),
]
