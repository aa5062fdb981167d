"""Records no decoder may accept: one of every sort of docs/contract.md, section 1.

Each is a good record with one thing wrong, so that a decoder that forgets one check accepts it.
"""

from random import Random

from streams.simulate.bodies import rfc3339

_GOOD = {
    "signup": {"plan": '"pro"', "segment": '"smb"'},
    "purchase": {"amount": "12.50", "currency": '"USD"'},
    "cancellation": {"reason": '"price"', "churn_type": '"voluntary"'},
    "survey": {"survey": '"nps"', "score": "9"},
    "void": {"voids_event_id": '"p1"'},
    "erase": {},
}

_WRONG: tuple[tuple[str, dict[str, str | None]], ...] = (
    ("purchase", {"amount": '"NaN"'}),
    ("purchase", {"amount": "1e400"}),
    ("purchase", {"amount": "1000000000000000.00"}),
    ("purchase", {"amount": "true"}),
    ("purchase", {"amount": None}),
    ("purchase", {"currency": '"XQZ"'}),
    ("purchase", {"currency": None}),
    ("purchase", {"event_id": '""'}),
    ("purchase", {"event_id": f'"{"x" * 129}"'}),
    ("purchase", {"event_id": "17"}),
    ("purchase", {"items": "[" * 300 + "]" * 300}),
    ("purchase", {"event_id": '"\\ud800"'}),
    ("purchase", {"customer_id": None}),
    ("purchase", {"customer_id": '"somebody-else"'}),
    ("purchase", {"occurred_at": None}),
    ("purchase", {"occurred_at": "true"}),
    ("purchase", {"occurred_at": "1767182400000.0"}),
    ("purchase", {"occurred_at": '"1767182400000"'}),
    ("purchase", {"occurred_at": "1767182400"}),
    ("purchase", {"occurred_at": '"2026-01-01"'}),
    ("purchase", {"occurred_at": '"2026-01-01T00:00:00"'}),
    ("purchase", {"occurred_at": '"9999-12-31T23:59:59Z"'}),
    ("purchase", {"occurred_at": "253402300800000"}),
    ("signup", {"trial": '"yes"'}),
    ("signup", {"plan": "3"}),
    ("signup", {"segment": f'"{"s" * 257}"'}),
    ("signup", {"acquisition_cost": '"Infinity"'}),
    ("cancellation", {"churn_type": '"bored"'}),
    ("cancellation", {"effective_at": '"tomorrow"'}),
    ("survey", {"score": "9.0"}),
    ("survey", {"score": '"9"'}),
    ("survey", {"score": "true"}),
    ("survey", {"score": "11"}),
    ("survey", {"score": "-1"}),
    ("survey", {"survey": '"mood"'}),
    ("survey", {"survey": '"csat"', "scale_max": "6"}),
    ("survey", {"survey": '"ces"', "score": "0"}),
    ("void", {"voids_event_id": None}),
    ("erase", {"source": "5"}),
)

_BYTES = (
    b"",
    b"order 17 for 12.50",
    b"[]",
    b'"purchase"',
    b"null",
    b'{"event_id":"p1","customer',
    b'{"event_id":"\xff"}',
)

SORTS = len(_WRONG) + len(_BYTES)
"""How many different sorts there are."""


def malformed(sort: int, event_id: str, customer: str, at: int) -> tuple[str, bytes]:
    """The sort's kind of event and its bytes; ``sort`` in ``range(SORTS)``."""
    if sort >= len(_WRONG):
        return "purchase", _BYTES[sort - len(_WRONG)]
    kind, wrong = _WRONG[sort]
    fields: dict[str, str | None] = {
        "event_id": f'"{event_id}"',
        "source": '"shop"',
        "customer_id": f'"{customer}"',
        "occurred_at": f'"{rfc3339(at)}"',
        **_GOOD[kind],
        **wrong,
    }
    body = ",".join(f'"{name}":{text}' for name, text in fields.items() if text is not None)
    return kind, f"{{{body}}}".encode()


def any_malformed(rng: Random, event_id: str, customer: str, at: int) -> tuple[str, bytes]:
    """One of all sorts, by chance."""
    return malformed(int(rng.random() * SORTS), event_id, customer, at)
