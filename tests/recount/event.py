"""What a record says, as one flat value for all kinds; fields another kind owns keep their defaults."""

from dataclasses import dataclass

KINDS = ("signup", "purchase", "cancellation", "survey", "void", "erase")
TOPICS = {f"crm.customer.{kind}.v1": kind for kind in KINDS}
DAY_MS = 86_400_000
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Event:
    """One decoded event; times in ms since the epoch, money in minor units."""

    kind: str
    event_id: str
    source: str
    customer_id: str
    at_ms: int
    attributes: tuple[tuple[str, str | None], ...] = ()
    """Of a signup: a value, or none, for each dimension of the definition."""
    cost_minor: int | None = None
    trial: bool = False
    amount_minor: int = 0
    currency: str = ""
    effective_ms: int | None = None
    reason: str | None = None
    churn_type: str | None = None
    survey: str = ""
    score: int = 0
    scale: int = 0
    touchpoint: str | None = None
    target_id: str = ""
    target_source: str = ""
    reaches_ms: int = 0
    """Of a void: it does not reach purchases and surveys dated before."""

    @property
    def identity(self) -> tuple[str, str]:
        """What makes it one event among those of its customer: (source, event_id)."""
        return self.source, self.event_id

    @property
    def order(self) -> tuple[int, str, str]:
        """(time, id, source): decides which of several is the latest."""
        return self.at_ms, self.event_id, self.source

    @property
    def is_order(self) -> bool:
        """A purchase that is no refund."""
        return self.kind == "purchase" and self.amount_minor >= 0
