"""How a random history is told: times that hit edges, and events of every kind with every kind of content."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from tests.spoiling import Record, spoiled

Value = dict[str, Any]
Identity = tuple[str, str]
"""(source, event_id)."""

SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000
SKEW_MS = 5 * MINUTE_MS
WIDTHS_MS = (10 * SECOND_MS, 5 * MINUTE_MS, HOUR_MS)
EDGE_AGES_MS = (
    *(5 * MINUTE_MS, HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS),  # windows
    *(2 * DAY_MS, 14 * DAY_MS, 60 * DAY_MS),  # the windows before them
    *(125 * MINUTE_MS, 25 * HOUR_MS, 25 * DAY_MS),  # baselines
    *(7 * DAY_MS + HOUR_MS, 14 * DAY_MS, 28 * DAY_MS, 29 * DAY_MS),  # the same hours of other days
    90 * DAY_MS,  # a vote too old to matter
)
ZONES = (None, None, None, UTC, timezone(timedelta(hours=-3, minutes=-30)))

SEGMENTS = (None, "", "smb", "ent", "mid", "other", "unknown", "call +49 170 1234567")
PLANS = (None, "free", "pro", "Größe XL")
CHANNELS = (None, "ads", "web", "partner")
REGIONS = (None, "emea", "apac")
REASONS = (None, "", "price", "service", "other", "unknown", "Alice Smith moved to Berlin")
CHURN_TYPES = (None, "", "voluntary", "involuntary")
TOUCHPOINTS = (None, "", "app", "complaint", "other")
SOURCES = ("", "", "crm", "shop")
SURVEYS = (
    ("nps", 0, 10, None),
    ("nps", 0, 10, 10),
    ("csat", 1, 5, None),
    ("csat", 1, 10, 10),
    ("ces", 1, 7, 7),
    ("csat", 1, 3, 3),
    ("csat", 1, 4, 4),
    ("csat", 1, 7, 7),
    ("ces", 1, 5, 5),
)
ORDERS: tuple[Any, ...] = ("10.00", "0", "-0.001", "10.005", "10.015", 12, 19.99, "90000.00", "0.004", 1e2)
REFUNDS: tuple[Any, ...] = ("-3.00", -1, "-10.005", -0.5)
COSTS = ("30.00", "0.5", 7, 0, None)


def occurs(kind: str, features: frozenset[str]) -> bool:
    """Whether a kind of event occurs in a history of these features."""
    return kind not in ("survey", "void", "erase") or f"{kind}s" in features


@dataclass
class Story:
    """A history being told: event after event, with what was told before at hand."""

    rng: Random
    start_ms: int
    end_ms: int
    now_ms: int
    features: frozenset[str]
    dated: list[tuple[int, Record]] = field(default_factory=list)
    spoilt: list[tuple[int, Record]] = field(default_factory=list)
    ids: dict[str, list[Identity]] = field(default_factory=lambda: defaultdict(list))

    def has(self, feature: str, p: float = 1.0) -> bool:
        """Whether a feature is on and chance wants it now."""
        return feature in self.features and self.rng.random() < p

    def arrivals(self) -> list[Record]:
        """The records in order of time, but some of them late."""
        ordered = [record for _, record in sorted(self.dated + self.spoilt, key=lambda pair: pair[0])]
        for _ in ordered if self.has("late", 0.8) else ():
            if self.rng.random() < 0.2:
                late = ordered.pop(self.rng.randrange(len(ordered)))
                ordered.insert(self.rng.randint(0, len(ordered)), late)
        return ordered

    def moment(self) -> int:
        """A time: recent ones are likelier; often a tie, a pane's or window's edge, or 1 ms beside it."""
        rng = self.rng
        if self.dated and self.has("ties", 0.2):
            return max(self.start_ms, rng.choice(self.dated)[0])
        if self.has("future", 0.05):
            return min(self.end_ms, self.now_ms + rng.choice((1, SECOND_MS, MINUTE_MS, HOUR_MS)))
        longest = max(1, self.now_ms - self.start_ms)
        ms = self.now_ms - rng.choice((rng.randint(0, longest), int(longest ** rng.random()) - 1))
        if self.has("edges", 0.5):
            width = rng.choice(WIDTHS_MS)
            ms = rng.choice((ms, self.now_ms - rng.choice(EDGE_AGES_MS)))
            ms = ms // width * width + rng.choice((-1, 0, 0, 1))
        return max(self.start_ms, min(ms, self.end_ms))

    def opening(self, customer: str) -> None:
        """A signup before most of what follows, perhaps a year ago."""
        ms = self.start_ms + self.rng.randint(0, max(1, (self.now_ms - self.start_ms) // 2))
        if self.has("long_term", 0.4):
            ms = self.now_ms - 365 * DAY_MS + self.rng.choice((-30 * DAY_MS, -1, 0, 1, 30 * DAY_MS))
        self.put("signup", customer, ms, {**self.signup(), "trial": False})

    def add(self, kind: str, customer: str) -> None:
        """An event, sometimes with a second arrival, and a malformed record now and then."""
        ms = self.moment()
        fields: dict[str, Callable[[], Value]] = {
            "signup": self.signup,
            "purchase": self.purchase,
            "cancellation": lambda: self.cancellation(customer, ms),
            "survey": self.survey,
            "void": lambda: self.void(customer),
            "erase": dict,
        }
        self.put(kind, customer, ms, fields[kind]())
        if self.has("duplicates", 0.08):
            again = self.rng.choice([kind for kind in fields if occurs(kind, self.features)])
            self.put(again, customer, self.moment(), fields[again](), self.rng.choice(self.ids[customer]))
        if self.has("malformed", 0.08):
            ms, good = self.rng.choice(self.dated)
            self.spoilt.append((ms, self.rng.choice(list(spoiled(good)))[1]))

    def put(self, kind: str, customer: str, ms: int, fields: Value, identity: Identity | None = None) -> None:
        """One record; its timestamp is at most the allowed skew before the event."""
        pick = self.rng.choice
        source, event_id = identity or (pick(SOURCES), f"{pick('abÄ')}{len(self.dated)}")
        self.ids[customer].append((source, event_id))
        value = {"event_id": event_id, "customer_id": customer, "occurred_at": self.written(ms), **fields}
        if source or pick((True, False)):
            value["source"] = source
        topic, key = f"crm.customer.{kind}.v1", pick((customer, customer, None))
        timestamp = ms + pick((0, 0, 7, MINUTE_MS, -SKEW_MS))
        self.dated.append((ms, {"topic": topic, "key": key, "timestamp": timestamp, "value": value}))

    def written(self, ms: int) -> int | str:
        """The same instant in one of the allowed forms."""
        zone = self.rng.choice(ZONES)
        if zone is None:
            return ms
        seconds, rest = divmod(ms, 1_000)
        text = datetime.fromtimestamp(seconds, zone).isoformat()
        digits = f"{rest:03}{self.rng.choice(('', '9', '999999'))}"
        return f"{text[:19]}.{digits}{text[19:].replace('+00:00', 'Z')}"

    def signup(self) -> Value:
        """Attributes, cost and trial."""
        pick = self.rng.choice
        value: Value = {"trial": True} if self.has("trials", 0.3) else {}
        if self.has("profiles"):
            value |= {"segment": pick(SEGMENTS), "plan": pick(PLANS)}
            value |= {"channel": pick(CHANNELS), "region": pick(REGIONS)}
        if self.has("costs", 0.4):
            value["acquisition_cost"] = pick(COSTS)
        return value

    def purchase(self) -> Value:
        """An order or a refund, mostly in the base currency."""
        amount = self.rng.choice(REFUNDS if self.has("refunds", 0.2) else ORDERS)
        currency = self.rng.choice(("JPY", "KWD", "EUR")) if self.has("currencies", 0.2) else "USD"
        return {"amount": amount, "currency": currency}

    def cancellation(self, customer: str, ms: int) -> Value:
        """Immediate, scheduled or backdated; a scheduled one is sometimes withdrawn by a signup."""
        pick = self.rng.choice
        value: Value = {"reason": pick(REASONS), "churn_type": pick(CHURN_TYPES)}
        if self.has("scheduled", 0.5):
            delay = pick((-DAY_MS, 0, 1, MINUTE_MS, HOUR_MS, DAY_MS, 20 * DAY_MS))
            effect = pick((ms + delay, ms + delay, self.moment(), self.now_ms, self.now_ms + 1))
            value["effective_at"] = self.written(effect)
            if effect > ms and pick((True, False)):
                back = min(self.end_ms, pick((effect, effect, ms + 1, (ms + effect) // 2, effect + 1)))
                self.put("signup", customer, back, self.signup())
        return value

    def survey(self) -> Value:
        """An answer of any kind and scale."""
        pick = self.rng.choice
        survey, low, high, scale = pick(SURVEYS)
        value = {"survey": survey, "score": self.rng.randint(low, high), "touchpoint": pick(TOUCHPOINTS)}
        return value if scale is None else {**value, "scale_max": scale}

    def void(self, customer: str) -> Value:
        """Aimed at an event that is there or still to come, at a void, at nothing, or past the source."""
        source, event_id = self.rng.choice(
            [*self.ids[customer], ("", "nothing"), ("crm", f"a{len(self.dated)}")]
        )
        value = {"voids_event_id": event_id}
        if source or self.rng.random() < 0.5:
            value["voids_source"] = self.rng.choice((source, source, source, "elsewhere"))
        return value
