"""Where two definitions differ, key by key, as a definition file writes them."""

from dataclasses import fields
from datetime import UTC, datetime

from streams.core.definition.alarms import Alarm, dimensions_of
from streams.core.definition.definition import SIDES, Definition, Side, Tier, duration_text
from streams.definitions.toml_file import key_of

Difference = tuple[str, str, str]
"""Key, value in the one, value in the other."""


def differences(one: Definition, other: Definition) -> list[Difference]:
    """Every key whose value differs; the tenant, which changes no number, is among them."""
    return [
        (key_of(field.name), _text(field.name, mine), _text(field.name, theirs))
        for field in fields(Definition)
        if field.init and (mine := getattr(one, field.name)) != (theirs := getattr(other, field.name))
    ]


def side_of(key: str) -> Side:
    """What the choice under a key of a definition file decides."""
    return next(side for field, side in SIDES.items() if key_of(field) == key)


def _text(field: str, value: object) -> str:
    if field == "min_event_time_ms" and isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, tz=UTC).isoformat().replace("+00:00", "Z")
    if field.endswith("_ms"):
        return duration_text(value) if isinstance(value, int) and value else "off" if value is None else "0"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(_item(field, item) for item in value) or "none"
    return str(value)


def _item(field: str, item: object) -> str:
    if isinstance(item, Tier):
        return f"{duration_text(item.width_ms)} up to {duration_text(item.age_ms)}"
    if isinstance(item, Alarm):
        return f"{item.name}: {item.measure} {item.way} in {_where(item)}"
    if isinstance(item, tuple):
        name, value = item
        if field == "silence":
            return f"{name} = {'off' if value is None else duration_text(value)}"
        return f"{name} = {', '.join(value) if isinstance(value, tuple) else value}"
    return str(item)


def _where(alarm: Alarm) -> str:
    if alarm.dimensions is not None:
        return ", ".join(alarm.dimensions) or "the whole"
    return " and ".join(dimensions_of(alarm.measure, ("every dimension",))) or "the whole"
