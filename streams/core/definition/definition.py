"""The definition: every choice that changes a published number, in one frozen, hashable value.

Two services with the same definition publish the same numbers from the same events. Where and how a
service runs (brokers, ports, ticks) is a setting, not a definition, and must never stand here.
See docs/contract.md, sections 2 to 5.
"""

import hashlib
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Final, Literal, get_args

import msgspec

from streams.core.definition.alarms import (
    DEFAULT_ALARMS,
    Alarm,
    days_of,
    dimensions_of,
    mistake_in_alarms,
    mistake_in_holidays,
)
from streams.core.definition.currencies import EXPONENTS
from streams.core.definition.dimensions import DEFAULT_DIMENSIONS, EVENT_DIMENSIONS, mistake_in
from streams.core.definition.labels import takes

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

UNITS_MS: Final = {"ms": 1, "s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_DURATION_DIGITS: Final = 12
SILENCE_KINDS: Final = ("signup", "purchase", "cancellation", "survey")
"""Kinds of events that can be expected to go on; voids and erasures come when they come."""
SHARED_VALUES: Final = ("unknown", "other")
"""Values every dimension has: no value given, and the values without a name of their own."""

MAX_WINDOWS: Final = 64
"""What a sweep finds of a group, all windows in one record, stays below what a topic takes."""
_MOST_WHOLE: Final = 10**15
_MOST: Final = {
    "max_values": 10_000,
    "max_values_inside": 1_000_000,
    "max_profiles": 1_000_000,
}
"""Greatest values: names that memory can hold."""
_MOST_AGE_MS: Final = 36_500 * DAY_MS
"""A hundred years."""

ALARM_RETENTION_MS: Final = 37 * DAY_MS
"""Least retention of a definition with alarms: five weeks, the day that is on, and one to spare."""
BASELINE_WINDOWS: Final = 25
"""``churn_spike_p`` compares a window with the 24 before it: together 25."""
SEASONAL_SHIFTS_MS: Final = {
    HOUR_MS: tuple(days * DAY_MS for days in range(1, 8)),
    DAY_MS: tuple(days * DAY_MS for days in (7, 14, 21, 28)),
}
"""Length of a window -> the shifts to the same hours of other days, for ``churn_spike_seasonal_p``."""

Side = Literal["counting", "publication", "name"]
SIDES: Final[dict[str, Side]] = {
    "version": "publication",
    "tenant": "name",
    "window_names": "counting",
    "tiers": "counting",
    "min_event_time_ms": "counting",
    "max_clock_skew_ms": "counting",
    "kept_for_ms": "counting",
    "implicit_signup": "counting",
    "purchase_reactivates": "counting",
    "inactivity_churn_ms": "counting",
    "recognition": "counting",
    "formula": "publication",
    "nps_basis": "publication",
    "base_currency": "counting",
    "gross_margin": "publication",
    "discount_rate": "publication",
    "min_n": "publication",
    "min_n_by_kpi": "publication",
    "freshness_limit_ms": "publication",
    "silence": "publication",
    "dimensions": "counting",
    "max_values": "publication",
    "max_values_inside": "counting",
    "max_profiles": "counting",
    "allow": "publication",
    "labels": "counting",
    "alarms": "publication",
    "holidays": "publication",
    "false_page_every_ms": "publication",
}
"""What a choice decides: what workers keep and add up (a change needs a recount), only what is made of it
(a change applies at once, and old and new publishers may run side by side), or nothing but a name."""

Recognition = Literal["effective_at", "cancelled_at"]
Formula = Literal["standard", "simple", "stripe"]
NpsBasis = Literal["latest", "responses"]
Labels = Literal["short", "allowed", "any"]
_CHOICES: Final = {"recognition": Recognition, "formula": Formula, "nps_basis": NpsBasis, "labels": Labels}


class DefinitionError(ValueError):
    """A definition that cannot be used; the message names the key, the value and what is allowed."""


def parse_duration(text: str, key: str = "duration") -> int:
    """Read ``30d``, ``24h``, ``5m``, ``10s`` or ``200ms`` as milliseconds.

    Raises:
        DefinitionError: not a positive whole number followed by a unit.
    """
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(number) :]
    whole = number.isascii() and number.isdigit() and len(number) <= _DURATION_DIGITS
    if unit not in UNITS_MS or not whole or int(number) == 0:
        raise DefinitionError(f"{key}: {text!r}: allowed is a whole number and ms, s, m, h or d, like 24h")
    return int(number) * UNITS_MS[unit]


def duration_text(ms: int) -> str:
    """Milliseconds as the shortest text that parse_duration reads: ``7d``, ``90s``."""
    unit = next(unit for unit in reversed(UNITS_MS) if ms % UNITS_MS[unit] == 0)
    return f"{ms // UNITS_MS[unit]}{unit}"


@dataclass(frozen=True, slots=True)
class Tier:
    """Panes of one width: kept up to ``age_ms`` old (plus one pane)."""

    width_ms: int
    age_ms: int


@dataclass(frozen=True, slots=True)
class Window:
    """A rolling window: ``name`` as published (``24h``), its length and the width of its edge panes."""

    name: str
    ms: int
    res_ms: int
    """Width of the finest panes kept at the window's age: the window's start is floored to it."""


@dataclass(frozen=True, slots=True)
class Definition:
    """Everything that decides what the numbers mean. Defaults are the documented ones.

    Raises:
        DefinitionError: a choice that is not allowed, or choices that do not fit together.
    """

    version: str = "1"
    tenant: str = "default"
    window_names: tuple[str, ...] = ("5m", "1h", "24h", "7d", "30d")
    tiers: tuple[Tier, ...] = (
        Tier(10 * SECOND_MS, 2 * HOUR_MS),
        Tier(5 * MINUTE_MS, 2 * DAY_MS),
        Tier(HOUR_MS, 92 * DAY_MS),
    )
    min_event_time_ms: int = 315_532_800_000
    max_clock_skew_ms: int = 5 * MINUTE_MS
    kept_for_ms: int = 35 * DAY_MS
    """How long after an event purchases and answers dated like it are taken in any order."""
    implicit_signup: bool = True
    purchase_reactivates: bool = True
    inactivity_churn_ms: int | None = None
    recognition: Recognition = "effective_at"
    formula: Formula = "standard"
    nps_basis: NpsBasis = "latest"
    base_currency: str = "USD"
    gross_margin: float = 1.0
    """The part of the revenue that is left when what was sold is paid for (``lifetime_value.discounted``)."""
    discount_rate: float = 0.1
    """What money loses in value in a year, likewise."""
    min_n: int = 30
    min_n_by_kpi: tuple[tuple[str, int], ...] = ()
    """KPI name -> its own ``min_n``; a name without a variant speaks for its variants too."""
    freshness_limit_ms: int = 10 * SECOND_MS
    silence: tuple[tuple[str, int | None], ...] = (
        ("signup", DAY_MS),
        ("purchase", DAY_MS),
        ("cancellation", 7 * DAY_MS),
        ("survey", 7 * DAY_MS),
    )
    """Kind of event -> age of its newest one from which on the source is silent; None: never."""
    dimensions: tuple[str, ...] = DEFAULT_DIMENSIONS
    """The attributes of signups by which customers are told apart (dimensions.py)."""
    max_values: int = 20
    max_values_inside: int = 1_000
    max_profiles: int = 10_000
    allow: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Per dimension the values that always keep their own name."""
    labels: Labels = "short"
    """Which texts may be a value of a dimension (labels.py)."""
    alarms: tuple[Alarm, ...] = DEFAULT_ALARMS
    """What is watched (alarms.py)."""
    holidays: tuple[str, ...] = ()
    """Dates on which little happens, like 2026-12-25."""
    false_page_every_ms: int = 3_650 * DAY_MS
    """Expected time between two false alarms over all streams, while all is ordinary."""
    windows: tuple[Window, ...] = field(init=False)
    """The windows of ``window_names``, shortest first."""

    def __post_init__(self) -> None:
        self._check_choices()
        self._check_limits()
        self._check_tiers()
        if self.kept_for_ms > self.retention_ms and self.kept_for_ms != _DEFAULTS["kept_for_ms"]:
            kept, most = duration_text(self.kept_for_ms), duration_text(self.retention_ms)
            raise DefinitionError(f"kept_for: {kept}: allowed is at most {most}, which panes are kept for")
        self._check_allow()
        self._check_alarms()
        windows = tuple(self._window(name) for name in self.window_names)
        if len(windows) > MAX_WINDOWS:
            raise DefinitionError(f"windows: {len(windows)} of them: allowed are {MAX_WINDOWS} or fewer")
        if not windows or len({w.ms for w in windows}) != len(windows):
            names = ", ".join(self.window_names)
            raise DefinitionError(f"windows: {names!r}: allowed are one or more, of different lengths")
        object.__setattr__(self, "windows", tuple(sorted(windows, key=lambda w: w.ms)))

    def _check_choices(self) -> None:
        for key, allowed in _CHOICES.items():
            if getattr(self, key) not in get_args(allowed):
                choices = ", ".join(get_args(allowed))
                raise DefinitionError(f"{key}: {getattr(self, key)!r}: allowed are {choices}")
        if self.base_currency not in EXPONENTS:
            raise DefinitionError(
                f"base_currency: {self.base_currency!r}: allowed is an ISO 4217 code, like USD"
            )
        if tuple(kind for kind, _ in self.silence) != SILENCE_KINDS:
            raise DefinitionError(
                f"silence: allowed are {', '.join(SILENCE_KINDS)}, each once, in this order"
            )
        mistake = mistake_in(self.dimensions)
        if mistake:
            raise DefinitionError(f"dimensions: {mistake}")
        mistake = mistake_in_alarms(self.alarms, self.dimensions) or mistake_in_holidays(self.holidays)
        if mistake:
            raise DefinitionError(mistake)
        for key in ("version", "tenant"):
            if not getattr(self, key):
                raise DefinitionError(f"{key}: '': allowed is any text that is not empty")

    def _check_limits(self) -> None:
        for key, share in (("gross_margin", self.gross_margin), ("discount_rate", self.discount_rate)):
            if not 0 <= share <= 1:
                raise DefinitionError(f"{key}: {share}: allowed is a number from 0 to 1")
        least = {
            "min_event_time": (self.min_event_time_ms, 0),
            "max_clock_skew": (self.max_clock_skew_ms, 0),
            "kept_for": (self.kept_for_ms, 1),
            "inactivity_churn": (1 if self.inactivity_churn_ms is None else self.inactivity_churn_ms, 1),
            "min_n": (self.min_n, 0),
            "freshness_limit": (self.freshness_limit_ms, 1),
            "max_values": (self.max_values, 1),
            "max_values_inside": (self.max_values_inside, self.max_values),
            "max_profiles": (self.max_profiles, 1),
            "false_page_every": (self.false_page_every_ms, DAY_MS),
            **{f"min_n_by_kpi.{kpi}": (n, 0) for kpi, n in self.min_n_by_kpi},
            **{f"silence.{kind}": (ms, 1) for kind, ms in self.silence if ms is not None},
        }
        for key, (value, lowest) in least.items():
            greatest = _MOST.get(key, _MOST_WHOLE)
            if value < lowest:
                raise DefinitionError(f"{key}: {value}: allowed is {lowest} or more")
            if value > greatest:
                raise DefinitionError(f"{key}: {value}: allowed is {greatest} or less")

    def _check_tiers(self) -> None:
        if not self.tiers or min(self.tiers[0].width_ms, self.tiers[0].age_ms) <= 0:
            raise DefinitionError("tiers: allowed are one or more, of a width and an age above 0")
        if self.tiers[-1].age_ms > _MOST_AGE_MS:
            raise DefinitionError(
                f"tiers: age {duration_text(self.tiers[-1].age_ms)}: allowed is 36500d or less"
            )
        for finer, coarser in zip(self.tiers, self.tiers[1:], strict=False):
            if coarser.width_ms <= finer.width_ms or coarser.width_ms % finer.width_ms:
                widths = f"{duration_text(coarser.width_ms)} after {duration_text(finer.width_ms)}"
                raise DefinitionError(f"tiers: width {widths}: allowed is a multiple of the one before")
            if coarser.age_ms <= finer.age_ms:
                ages = f"{duration_text(coarser.age_ms)} after {duration_text(finer.age_ms)}"
                raise DefinitionError(f"tiers: age {ages}: allowed is a greater one than before")

    def _check_allow(self) -> None:
        if len({dimension for dimension, _ in self.allow}) != len(self.allow):
            raise DefinitionError("allow: a dimension stands there twice: allowed is once")
        for dimension, values in self.allow:
            key = f"allow.{dimension}"
            if dimension not in self.all_dimensions:
                known = ", ".join(self.all_dimensions)
                raise DefinitionError(f"{key}: unknown dimension: allowed are {known}")
            if len(values) > self.max_values:
                raise DefinitionError(
                    f"{key}: {len(values)} values: allowed are max_values = {self.max_values}"
                )
            for i, value in enumerate(values):
                if not value or value in SHARED_VALUES or value in values[:i]:
                    rule = f"each value once, not empty, not {' or '.join(SHARED_VALUES)}"
                    raise DefinitionError(f"{key}: {value!r}: allowed is {rule}")

    def _check_alarms(self) -> None:
        if self.alarms and self.alarms != DEFAULT_ALARMS and self.retention_ms < ALARM_RETENTION_MS:
            raise DefinitionError(
                f"alarm: panes are kept for {duration_text(self.retention_ms)}: "
                f"allowed from {duration_text(ALARM_RETENTION_MS)} on"
            )

    def _window(self, name: str) -> Window:
        ms = parse_duration(name, "windows")
        if ms > self.retention_ms:
            kept = duration_text(self.retention_ms)
            raise DefinitionError(f"windows: {name}: allowed is at most {kept}, which panes are kept for")
        res = self.res_ms(ms)
        if ms % res:
            raise DefinitionError(
                f"windows: {name}: allowed is a multiple of {duration_text(res)}, its panes"
            )
        return Window(name, ms, res)

    @property
    def all_dimensions(self) -> tuple[str, ...]:
        """Every dimension: those of customers, then those of events."""
        return (*self.dimensions, *EVENT_DIMENSIONS)

    @property
    def watched(self) -> tuple[Alarm, ...]:
        """The alarms, each with its dimensions; none where too little of the past is kept for any."""
        if self.retention_ms < ALARM_RETENTION_MS:
            return ()
        return tuple(
            replace(alarm, dimensions=dimensions_of(alarm.measure, self.dimensions))
            if alarm.dimensions is None
            else alarm
            for alarm in self.alarms
        )

    @property
    def most_streams(self) -> int:
        """How many streams there can be at the most: what the bound on false alarms is shared among."""
        each = self.max_values + len(SHARED_VALUES)
        return sum(1 + each * len(alarm.dimensions or ()) for alarm in self.watched)

    @property
    def holiday_days(self) -> frozenset[int]:
        """The holidays as days since the epoch."""
        return days_of(self.holidays)

    @property
    def retention_ms(self) -> int:
        """Age up to which panes are kept."""
        return self.tiers[-1].age_ms

    @property
    def reach_ms(self) -> int:
        """Age beyond which an event is older than the oldest pane, whatever the instant."""
        return self.retention_ms + self.tiers[-1].width_ms

    @property
    def in_time_ms(self) -> int:
        """``kept_for``; with a shorter retention than its default, that."""
        return min(self.kept_for_ms, self.retention_ms)

    def res_ms(self, age_ms: int) -> int:
        """Width of the finest pane kept for an age; the coarsest beyond retention."""
        for tier in self.tiers:
            if age_ms <= tier.age_ms:
                return tier.width_ms
        return self.tiers[-1].width_ms

    def floor_edge(self, t_ms: int, age_ms: int) -> int:
        """The pane boundary at or before ``t - age``: where a window of that age starts."""
        res = self.res_ms(age_ms)
        return (t_ms - age_ms) // res * res

    def has_purchase_retention(self, window: Window) -> bool:
        """Whether ``purchase_retention_ratio`` exists for a window (contract section 4)."""
        double = 2 * window.ms
        return window.ms >= DAY_MS and double <= self.retention_ms and self.res_ms(double) == window.res_ms

    def has_baseline(self, window: Window) -> bool:
        """Whether ``churn_spike_p`` exists for a window: 25 windows fit into retention."""
        return BASELINE_WINDOWS * window.ms <= self.retention_ms

    def seasonal_shifts_ms(self, window: Window) -> tuple[int, ...]:
        """The shifts ``churn_spike_seasonal_p`` compares a window with; empty where it does not exist.

        It exists where the contract names shifts, retention reaches behind the furthest shifted window, and
        hours are whole panes there.
        """
        shifts = SEASONAL_SHIFTS_MS.get(window.ms, ())
        reach = max(shifts, default=0) + window.ms + HOUR_MS
        return shifts if reach <= self.retention_ms and HOUR_MS % self.res_ms(reach) == 0 else ()

    def has_lifetime_value(self, window: Window) -> bool:
        """Whether ``lifetime_value`` and ``customer_equity`` exist for a window: a week or more."""
        return window.ms >= 7 * DAY_MS

    def has_revenue_shares(self, window: Window) -> bool:
        """Whether ``top20_revenue_ratio`` and the ABC shares exist for a window: a day or more."""
        return window.ms >= DAY_MS

    def before_and_start(self, t_ms: int, window: Window) -> tuple[int, int]:
        """Where the window before a window begins, and where it ends: at the start of that."""
        return self.floor_edge(t_ms, 2 * window.ms), self.floor_edge(t_ms, window.ms)

    def min_n_of(self, kpi: str) -> int:
        """The smallest n at which a KPI is not ``low_n``: its own, its family's or the general one."""
        own = dict(self.min_n_by_kpi)
        return own.get(kpi, own.get(kpi.partition(".")[0], self.min_n))

    @property
    def hash(self) -> str:
        """Sixteen hex digits over every choice: equal exactly when the numbers mean the same.

        The tenant is a name and no choice: it is left out.
        """
        return self._hash_of("counting", "publication", None)

    @property
    def counting_hash(self) -> str:
        """The same over the choices that decide what workers keep and add up: state and totals carry it."""
        return self._hash_of("counting")

    @property
    def admitted(self) -> tuple[tuple[str, str], ...]:
        """The allowed values that ``labels`` alone would not take: they decide what workers tell apart."""
        return tuple(
            (dimension, value)
            for dimension, values in sorted(self.allow)
            for value in sorted(values)
            if not takes(self.labels, {}, dimension, value)
        )

    def _hash_of(self, *sides: Side | None) -> str:
        choices = {key: value for key, value in asdict(self).items() if SIDES.get(key) in sides}
        for key in _LATER:
            if getattr(self, key) == _DEFAULTS[key]:
                choices.pop(key, None)
        for key, former in _FORMERLY.items():
            choices[former] = choices.pop(key)
        choices |= _GONE
        if sides == ("counting",) and self.admitted:
            choices["admitted"] = self.admitted
        return hashlib.blake2b(msgspec.json.encode(choices, order="deterministic"), digest_size=8).hexdigest()


_LATER: Final = (
    *("silence", "labels", "dimensions", "kept_for_ms"),
    *("alarms", "holidays", "false_page_every_ms"),
    *("gross_margin", "discount_rate"),
)
"""Choices that the first version did not have: left at their default, a definition keeps the hash it had."""
_FORMERLY: Final = {"max_profiles": "max_cohorts"}
"""Choices of what is counted that the first version called otherwise: the hash stays."""
_GONE: Final = {"kept_events": 64, "kept_life_events": 256}
"""Choices that the first version had, as it made them: who left them so keeps the hash, too."""
_DEFAULTS: Final = {choice.name: choice.default for choice in fields(Definition)}
