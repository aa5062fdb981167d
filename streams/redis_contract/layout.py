"""The layout in Redis (docs/contract.md, section 10): names of keys and fields, and how a number is written.

Rules: every key of a tenant carries the hash tag ``{tenant}``, so all of them live in one slot. A hash has a
field per KPI with its value, one per part of it (``churn_ratio:n``), and the fields of HEADER. No value is an
empty text; numbers are decimal text that reads back as the very same number.

Never does I/O and imports nothing but the standard library: the writer and every reader share this file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

NOW = "now"
"""Stands in the place of a window's name for the standing numbers."""

ALARM = "alarm"
"""Stands there in an entry of the history, of the greatest evidence of an alarm."""

PARTS = ("numerator", "denominator", "n", "low", "high", "status")
"""What is published beside each value, as ``kpi:part``."""

EXTRAS = ("promoters", "passives", "detractors", "observed", "expected", "with_cost", "left_out", "t")
"""Further parts that only some KPIs have, likewise as ``kpi:part``."""

VARIANT = "variant"
"""Of a KPI that a definition has a choice of, likewise: what it chose, a formula or a basis."""

HEADER = ("t", "computed_at", "start", "end", "definition_version")
"""Fields of a hash that speak for all its KPIs; start and end are empty under ``now``."""

Number = int | float


@dataclass(frozen=True, slots=True)
class Place:
    """Where values stand: a window (or ``now``), overall or of one value of one dimension."""

    window: str
    dimension: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """The Redis keys of one tenant."""

    tenant: str

    def __post_init__(self) -> None:
        if not self.tenant or set(self.tenant) & set("{}"):
            raise ValueError(f"tenant: {self.tenant!r} must be a text without braces and not empty")

    @property
    def prefix(self) -> str:
        """What every key of the tenant begins with."""
        return f"crm:{{{self.tenant}}}:"

    @property
    def snapshot(self) -> str:
        """String: the whole snapshot document as JSON."""
        return self.prefix + "snapshot"

    @property
    def index(self) -> str:
        """Set: the keys of all hashes there are."""
        return self.prefix + "index"

    @property
    def changes(self) -> str:
        """Channel: a message for every snapshot written."""
        return self.prefix + "changes"

    @property
    def history(self) -> str:
        """Stream: one entry a minute with the headline values."""
        return self.prefix + "history"

    @property
    def at_risk(self) -> str:
        """Sorted set: the customers most at risk, by keyed hash."""
        return self.prefix + "at-risk"

    @property
    def alarms(self) -> str:
        """String: the streams of all alarms as JSON; not there while nothing is known of any."""
        return self.prefix + "alarms"

    @property
    def version(self) -> str:
        """Hash: which snapshot stands here; the next write is compared to it.

        ``owner`` names the deployment that wrote it, the only one that may while this key lives.
        ``complete`` is 0 while there are no values yet; ``at_risk_t`` is the time of the set ``at_risk``,
        empty while it is not known.
        """
        return self.prefix + "version"

    def hash(self, place: Place) -> str:
        """The key of the hash of a place."""
        key = f"{self.prefix}kpi:{place.window}"
        return key if place.dimension is None else f"{key}:{place.dimension}:{place.value}"

    def place(self, key: str) -> Place | None:
        """The place whose hash a key is, or None where it is none of this tenant's."""
        begin = self.prefix + "kpi:"
        if not key.startswith(begin):
            return None
        window, *rest = key[len(begin) :].split(":", 2)
        if not rest:
            return Place(window)
        return Place(window, rest[0], rest[1]) if len(rest) > 1 else None


def write_number(number: Number | None) -> str:
    """A number as text, None as an empty one."""
    return "" if number is None else repr(number)


def read_number(text: str | None) -> Number | None:
    """The inverse of write_number; a field that is not there is None too.

    Raises:
        ValueError: the text is no number.
    """
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        return float(text)


def kpis(fields: Mapping[str, str]) -> Iterator[str]:
    """The names of the KPIs that a hash holds."""
    suffix = ":status"
    return (name.removesuffix(suffix) for name in fields if name.endswith(suffix))
