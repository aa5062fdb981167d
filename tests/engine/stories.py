"""Events for the protocol model: what a customer does next, in bytes, with the dirt of real traffic.

Receipt classes must not depend on the order between topics, which a restart changes: a repeat comes on the
topic of its first arrival, and an erase only when all before it is durable (the caller sees to that).
"""

import json
from random import Random

KINDS = ("signup", "purchase", "purchase", "purchase", "cancellation", "survey", "void")
_MINUTE_MS = 60_000
_LATEST_S = 30
_CHANCE_REPEAT, _CHANCE_MALFORMED = 0.12, 0.2

Sent = tuple[str, bytes, bytes]
"""Kind, key, value."""


class Story:
    """What was sent so far, for repeats and voids."""

    def __init__(self) -> None:
        self._sent: list[Sent] = []
        self._number = 0
        self._erased: dict[str, int] = {}

    def event(self, rng: Random, now: int) -> Sent:
        """The next record at ``now``: as a rule of now, else late, a little ahead, repeated or malformed."""
        chance = rng.random()
        if chance < _CHANCE_REPEAT and self._sent:
            return rng.choice(self._sent)
        customer = f"c{rng.randrange(4)}"
        kind = rng.choice(KINDS)
        if chance < _CHANCE_MALFORMED:
            return kind, customer.encode(), b'{"event_id": 17}'
        span = rng.choice([1_000, _MINUTE_MS, 60 * _MINUTE_MS, 50 * 24 * 60 * _MINUTE_MS])
        at = now - rng.randrange(span) + (rng.randrange(_LATEST_S * 1_000) if rng.random() < 0.1 else 0)
        at = max(at, self._erased.get(customer, 0) + 1)
        self._number += 1
        body = {"event_id": f"e{self._number}", "customer_id": customer, "occurred_at": at}
        sent = kind, customer.encode(), json.dumps(body | self._fields(rng, kind, at)).encode()
        self._sent.append(sent)
        return sent

    def erase(self, who: int, now: int) -> Sent:
        """Erase a customer as of now; nothing of theirs is repeated afterwards or dated before."""
        customer = f"c{who}"
        self._number += 1
        self._erased[customer] = now
        self._sent = [sent for sent in self._sent if sent[1] != customer.encode()]
        body = {"event_id": f"e{self._number}", "customer_id": customer, "occurred_at": now}
        return "erase", customer.encode(), json.dumps(body).encode()

    def _fields(self, rng: Random, kind: str, at: int) -> dict[str, object]:
        match kind:
            case "signup":
                fields: dict[str, object] = {"segment": rng.choice(["smb", "enterprise"])}
                return fields | {"acquisition_cost": rng.randrange(90), "trial": rng.random() < 0.2}
            case "purchase":
                return {"amount": rng.randrange(-20, 100), "currency": rng.choice(["USD", "USD", "EUR"])}
            case "cancellation":
                fields = {"reason": rng.choice(["price", "quality"])}
                return fields | (
                    {"effective_at": at + rng.randrange(_MINUTE_MS)} if rng.random() < 0.5 else {}
                )
            case "survey":
                return {"survey": "nps", "score": rng.randrange(11), "touchpoint": "checkout"}
        return {"voids_event_id": f"e{rng.randrange(max(1, self._number))}"}
