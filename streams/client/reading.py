"""One KPI as read from Redis, and what may be concluded from it.

Rules: a reading is in exactly one state, in the precedence
recovering > stale > undefined > silent > low_n > fresh;
absent where nothing is published. Age is the reader's clock minus the ``t`` of the value: a clock
that is d seconds fast makes values d seconds older than they are, a slow one hides up to d seconds of age,
and a negative age says that it is slow. A stale value is never shown, whoever found it stale.

Pure: no I/O, no clock; both readers and their tests share this file.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from streams.client.errors import (
    AbsentError,
    LowSampleError,
    NotFreshError,
    RecoveringError,
    SilentError,
    StaleError,
    UndefinedError,
)
from streams.redis_contract.layout import (
    EXTRAS,
    HEADER,
    PARTS,
    VARIANT,
    Keys,
    Number,
    Place,
    kpis,
    read_number,
)


class State(enum.StrEnum):
    """What may be concluded from a reading."""

    FRESH = "fresh"
    """The value is current and stands on enough cases."""
    STALE = "stale"
    SILENT = "silent"
    """The value is current, and a source it is made of has brought nothing for too long."""
    LOW_N = "low_n"
    UNDEFINED = "undefined"
    RECOVERING = "recovering"
    ABSENT = "absent"


_STATES = {
    "ok": State.FRESH,
    "low_n": State.LOW_N,
    "silent": State.SILENT,
    "undefined": State.UNDEFINED,
    "stale": State.STALE,
    "recovering": State.RECOVERING,
}

_ERRORS: dict[State, type[NotFreshError]] = {
    State.STALE: StaleError,
    State.LOW_N: LowSampleError,
    State.SILENT: SilentError,
    State.UNDEFINED: UndefinedError,
    State.RECOVERING: RecoveringError,
    State.ABSENT: AbsentError,
}

_REASONS = {
    State.FRESH: "is fresh",
    State.STALE: "is stale",
    State.LOW_N: "stands on too few cases",
    State.SILENT: "is made of events that have stopped coming",
    State.UNDEFINED: "is undefined (nothing to divide by)",
    State.RECOVERING: "is recovering",
    State.ABSENT: "is published by nobody",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One KPI at one place. Money: ``value`` in major units, ``numerator`` in minor units."""

    kpi: str
    place: Place
    state: State
    value: Number | None = None
    """None unless the state is fresh, low_n or silent."""
    numerator: Number | None = None
    denominator: Number | None = None
    n: Number | None = None
    low: Number | None = None
    high: Number | None = None
    """``low`` to ``high``: the 95 % interval, where the KPI has one."""
    status: str = ""
    """As published; empty when absent. The state also knows the age."""
    t_ms: int | None = None
    """Evaluation time of the value (ms since the epoch)."""
    age_s: float | None = None
    start: int | None = None
    end: int | None = None
    """The window is ``(start, end]`` (ms since the epoch); None under ``now``."""
    definition_version: str = ""
    variant: str = ""
    """Where the definition has a choice: the formula of ``churn_ratio``, the basis of ``nps_score``."""
    parts: Mapping[str, Number] = field(default_factory=dict)
    """Further parts, where the KPI has them: ``promoters``, ``with_cost``, …."""

    def require(self) -> Number:
        """The value, if it is fresh.

        Raises:
            StaleError, SilentError, LowSampleError, UndefinedError, RecoveringError, AbsentError: it is not
                (all are NotFreshError).
        """
        if self.state is not State.FRESH or self.value is None:
            raise _ERRORS.get(self.state, UndefinedError)(self)
        return self.value

    def explain(self) -> str:
        """One line that says what is the matter with which value."""
        where = ":".join(part for part in (self.place.window, self.place.dimension, self.place.value) if part)
        age = "" if self.age_s is None else f", age {self.age_s:.1f} s"
        n = "" if self.n is None else f", n = {self.n}"
        return f"{self.kpi} ({where}) {_REASONS[self.state]}{age}{n}"


def fields_of(kpi: str) -> tuple[str, ...]:
    """The fields of a hash that a reading of the KPI is made of."""
    return (kpi, *(f"{kpi}:{part}" for part in (*PARTS, *EXTRAS, VARIANT)), *HEADER)


def read(
    kpi: str,
    place: Place,
    fields: Mapping[str, str | None],
    *,
    complete: bool,
    now_ms: int,
    max_age_ms: int,
) -> Reading:
    """Make a reading from fields of the place's hash; a field may be missing or None.

    Args:
        kpi: what was asked for.
        place: where.
        fields: what the hash holds of it.
        complete: whether the service has had values at all; if not, what is missing is to come.
        now_ms: the reader's clock.
        max_age_ms: from when on a value is stale.

    Raises:
        ValueError: a field cannot be what we wrote: something else writes these keys.
    """
    t = _int(fields.get("t"))
    status = fields.get(f"{kpi}:status") or ""
    if t is None or not status:
        return Reading(kpi, place, State.ABSENT if complete else State.RECOVERING)
    state = _state(status, late=now_ms - t > max_age_ms)
    shown = state in (State.FRESH, State.LOW_N, State.SILENT)
    return Reading(
        kpi,
        place,
        state,
        value=read_number(fields.get(kpi)) if shown else None,
        numerator=read_number(fields.get(f"{kpi}:numerator")),
        denominator=read_number(fields.get(f"{kpi}:denominator")),
        n=read_number(fields.get(f"{kpi}:n")),
        low=read_number(fields.get(f"{kpi}:low")) if shown else None,
        high=read_number(fields.get(f"{kpi}:high")) if shown else None,
        status=status,
        t_ms=t,
        age_s=(now_ms - t) / 1000,
        start=_int(fields.get("start")),
        end=_int(fields.get("end")),
        definition_version=fields.get("definition_version") or "",
        variant=fields.get(f"{kpi}:{VARIANT}") or "",
        parts=_extras(kpi, fields),
    )


def read_all(place: Place, fields: Mapping[str, str], *, now_ms: int, max_age_ms: int) -> dict[str, Reading]:
    """Readings of every KPI of one hash, by name."""
    return {
        kpi: read(kpi, place, fields, complete=True, now_ms=now_ms, max_age_ms=max_age_ms)
        for kpi in kpis(fields)
    }


def place_of(window: str, dimension: str | None, value: str | None) -> Place:
    """The place that a caller asks for; window ``now``: the standing numbers.

    Raises:
        ValueError: only one of dimension and value is given.
    """
    if (dimension is None) != (value is None):
        raise ValueError("dimension and value belong together: give both or none")
    return Place(window, dimension, value)


def _state(status: str, *, late: bool) -> State:
    state = _STATES.get(status)
    if state is None:
        raise ValueError(f"status {status!r} is none of {', '.join(_STATES)}")
    return State.STALE if late and state is not State.RECOVERING else state


def _extras(kpi: str, fields: Mapping[str, str | None]) -> dict[str, Number]:
    numbers = {part: read_number(fields.get(f"{kpi}:{part}")) for part in EXTRAS}
    return {part: number for part, number in numbers.items() if number is not None}


def _int(text: str | None) -> int | None:
    return int(text) if text else None


def sorted_places(keys: Keys, index: Iterable[str]) -> list[Place]:
    """The places that the members of the index stand for; members that are none of ours are left out."""
    places = [place for key in index if (place := keys.place(key))]
    return sorted(places, key=lambda place: (place.dimension or "", place.value or "", place.window))
