"""A definition file: TOML text to a Definition.

Rules: a key that is not there has the documented default; durations are text (``24h``). Every mistake is a
DefinitionError of one line that names the file, the key, the value and what is allowed. Opens no file: that
is the business of ``streams.definitions``.
"""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from streams.core.definition.alarms import Alarm
from streams.core.definition.definition import (
    SILENCE_KINDS,
    Definition,
    DefinitionError,
    Tier,
    parse_duration,
)
from streams.core.kpi.catalogue.registry import SAMPLED

Reader = Callable[[str, object], Any]
"""(key, value in the file) -> value of the field; raises DefinitionError."""

_TWICE: Final = re.compile(r"Cannot overwrite a value \(at line (\d+), column \d+\)")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MIN_N_KPIS: Final = tuple(dict.fromkeys(name for kpi in SAMPLED for name in (kpi.partition(".")[0], kpi)))


def parse_definition(text: str, name: str) -> Definition:
    """Read the text of a definition file.

    Args:
        text: TOML.
        name: how messages call the file.

    Raises:
        DefinitionError: no TOML, an unknown key, a wrong value, or choices that do not fit together.
    """
    try:
        return _definition(tomllib.loads(f"{text}\n"))
    except tomllib.TOMLDecodeError as mistake:
        raise DefinitionError(f"{name}: {_no_toml(text, str(mistake))}") from None
    except RecursionError:
        raise DefinitionError(f"{name}: arrays or tables too deep within each other") from None
    except DefinitionError as mistake:
        raise DefinitionError(f"{name}: {mistake}") from None
    except ValueError:  # of tomllib's own: what Python's int or date does not take
        raise DefinitionError(f"{name}: no TOML: a number or a date that is out of range") from None


def _no_toml(text: str, mistake: str) -> str:
    """What is wrong with the text, and for a key that is there twice its line."""
    place = _TWICE.fullmatch(mistake)
    if place is None:
        return f"no TOML: {mistake}"
    number = int(place[1])
    line = text.split("\n")[number - 1].strip()
    return f"line {number}: {line}: the key is there already"


def _definition(table: Mapping[str, object]) -> Definition:
    choices: dict[str, Any] = {}
    for key, value in table.items():
        if key in _FORMER_KEYS:
            raise DefinitionError(f"{key}: {_FORMER_KEYS[key]}")
        if key not in _KEYS:
            raise DefinitionError(f"{key}: unknown key: allowed are {', '.join(_KEYS)}")
        field, read = _KEYS[key]
        choices[field] = read(key, value)
    return Definition(**choices)


def _wrong(key: str, value: object, allowed: str) -> DefinitionError:
    return DefinitionError(f"{key}: {json.dumps(value, default=str)}: allowed is {allowed}")


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(key, value, "text in quotes")
    return value


def _whole(key: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(key, value, "a whole number")
    return value


def _share(key: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise _wrong(key, value, "a number from 0 to 1")
    return float(value)


def _switch(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(key, value, "true or false")
    return value


def _duration(key: str, value: object) -> int:
    if not isinstance(value, str):
        raise _wrong(key, value, 'a duration in quotes, like "24h"')
    return parse_duration(value, key)


def _duration_or_off(key: str, value: object) -> int | None:
    return None if value == "off" else _duration(key, value)


def _instant(key: str, value: object) -> int:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise _wrong(key, value, "a date and time with an offset, like 1980-01-01T00:00:00Z")
    return (value - _EPOCH) // timedelta(milliseconds=1)


def _texts(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _wrong(key, value, "a list of texts in quotes")
    return tuple(_text(key, item) for item in value)


def _table(key: str, value: object, allowed: tuple[str, ...]) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _wrong(key, value, f"a table [{key}]")
    for name in value:
        if name not in allowed:
            raise DefinitionError(f"{key}.{name}: unknown key: allowed are {', '.join(allowed)}")
    return value


def _min_n_by_kpi(key: str, value: object) -> tuple[tuple[str, int], ...]:
    table = _table(key, value, _MIN_N_KPIS)
    return tuple((kpi, _whole(f"{key}.{kpi}", n)) for kpi, n in sorted(table.items()))


def _silence(key: str, value: object) -> tuple[tuple[str, int | None], ...]:
    """All four limits; a kind that is not in the table has the documented one."""
    table = _table(key, value, SILENCE_KINDS)
    return tuple(
        (kind, _duration_or_off(f"{key}.{kind}", table[kind]) if kind in table else limit_ms)
        for kind, limit_ms in Definition().silence
    )


def _allow(key: str, value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise _wrong(key, value, f"a table [{key}]")
    return tuple(
        (dimension, _texts(f"{key}.{dimension}", listed)) for dimension, listed in sorted(value.items())
    )


def _tiers(key: str, value: object) -> tuple[Tier, ...]:
    if not isinstance(value, list):
        raise _wrong(key, value, f"one [[{key}]] a pane width")
    return tuple(_tier(f"{key}[{i}]", item) for i, item in enumerate(value))


def _tier(key: str, value: object) -> Tier:
    table = _table(key, value, ("width", "age"))
    width, age = (_duration(f"{key}.{name}", table.get(name)) for name in ("width", "age"))
    return Tier(width, age)


def _alarms(key: str, value: object) -> tuple[Alarm, ...]:
    if not isinstance(value, list):
        raise _wrong(key, value, f"one [[{key}]] an alarm")
    return tuple(_alarm(f"{key}[{i}]", item) for i, item in enumerate(value))


def _alarm(key: str, value: object) -> Alarm:
    table = _table(key, value, ("name", "measure", "direction", "dimensions"))
    name, measure, way = (_text(f"{key}.{of}", table.get(of)) for of in ("name", "measure", "direction"))
    dimensions = table.get("dimensions")
    named = None if dimensions is None else _texts(f"{key}.dimensions", dimensions)
    return Alarm(name, measure, way, named)  # type: ignore[arg-type] # the definition judges it


def _dates(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _wrong(key, value, "a list of dates, like [2026-12-25]")
    return tuple(sorted(_date(key, item) for item in value))


def _date(key: str, value: object) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _wrong(key, value, "a date without quotes, like 2026-12-25")
    return value.isoformat()


_READERS: Final[dict[str, Reader]] = {
    "version": _text,
    "tenant": _text,
    "window_names": _texts,
    "tiers": _tiers,
    "min_event_time_ms": _instant,
    "max_clock_skew_ms": _duration,
    "kept_for_ms": _duration,
    "implicit_signup": _switch,
    "purchase_reactivates": _switch,
    "inactivity_churn_ms": _duration_or_off,
    "recognition": _text,
    "formula": _text,
    "nps_basis": _text,
    "base_currency": _text,
    "gross_margin": _share,
    "discount_rate": _share,
    "min_n": _whole,
    "min_n_by_kpi": _min_n_by_kpi,
    "freshness_limit_ms": _duration,
    "silence": _silence,
    "dimensions": _texts,
    "max_values": _whole,
    "max_values_inside": _whole,
    "max_profiles": _whole,
    "allow": _allow,
    "labels": _text,
    "alarms": _alarms,
    "holidays": _dates,
    "false_page_every_ms": _duration,
}
_NAMES: Final = {"window_names": "windows", "alarms": "alarm"}
_FORMER_KEYS: Final = {
    "max_cohorts": "is called max_profiles now, and means the same",
    "kept_events": "is gone: there may be any number; how late one may come is kept_for",
    "kept_life_events": "is gone: there may be any number",
}


def key_of(field: str) -> str:
    """How a definition file calls a field of the definition."""
    return _NAMES.get(field, field.removesuffix("_ms"))


_KEYS: Final[dict[str, tuple[str, Reader]]] = {
    key_of(field.name): (field.name, _READERS[field.name]) for field in fields(Definition) if field.init
}
"""Key in the file -> field of the definition, and how it is read."""
