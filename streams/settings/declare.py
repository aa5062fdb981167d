"""How a setting is declared: its default, and what a reader and the reference must know of it.

Rules: one declaration a setting, from which values are parsed, messages made and docs/settings.md written.
The value of a secret is never repeated, neither in a message nor in ``repr``.
"""

from collections.abc import Mapping
from dataclasses import Field, field
from typing import Any, Final, Literal, get_args, get_origin

from streams.core.definition.definition import duration_text, parse_duration

PREFIX: Final = "KPI_"
FILE: Final = "_FILE"
"""What is added to a secret's key for the name of a file that holds it."""


Reader = Literal["worker", "publisher", "ingest", "commands"]
INGEST: Final[tuple[Reader, ...]] = ("ingest",)
READING: Final[tuple[Reader, ...]] = ("worker", "ingest")
"""Whoever is a member of a consumer group."""
SHOWING: Final[tuple[Reader, ...]] = ("worker", "publisher")
"""Whoever publishes."""
SERVING: Final[tuple[Reader, ...]] = ("worker", "publisher", "ingest")
"""Whoever serves HTTP."""
ALL: Final[tuple[Reader, ...]] = ("worker", "publisher", "ingest", "commands")


class SettingsError(ValueError):
    """A setting that cannot be used.

    Args:
        name: its key without the prefix, in any case.
        wrong: what is wrong, like "not set" or "'0' is too small"; nothing of a secret.
        must: what it must be.
    """

    def __init__(self, name: str, wrong: str, must: str) -> None:
        self.key = PREFIX + name.upper()
        super().__init__(f"{self.key}: {wrong}; it must be {must}")


def _setting(default: object, says: str, readers: tuple[Reader, ...], **more: object) -> Any:  # noqa: ANN401
    secret = bool(more.get("secret"))
    return field(
        default=default,
        repr=not secret,
        metadata={"says": " ".join(says.split()), "readers": readers, **more},
    )


def text(default: str, says: str, readers: tuple[Reader, ...] = ALL, *, example: str = "") -> str:
    """Any text; where the default is not empty it may not be."""
    made: str = _setting(default, says, readers, example=example)
    return made


def secret_text(says: str, readers: tuple[Reader, ...] = ALL, *, default: str = "", least: int = 1) -> str:
    """A text that is never shown; may be given as the name of a file, by the key with ``_FILE``."""
    made: str = _setting(default, says, readers, secret=True, least=least)
    return made


def choice(default: str, says: str, readers: tuple[Reader, ...] = ALL) -> Any:  # noqa: ANN401 - a Literal
    """One of the words of the field's type."""
    return _setting(default, says, readers)


def duration(default: str, says: str, readers: tuple[Reader, ...] = ALL, *, least: str) -> int:
    """A duration like 500ms, 10s or 5m, kept in ms."""
    made: int = _setting(parse_duration(default), says, readers, duration=True, low=parse_duration(least))
    return made


def whole(default: int, says: str, readers: tuple[Reader, ...] = ALL, *, low: int, high: int) -> int:
    """A whole number within bounds."""
    made: int = _setting(default, says, readers, low=low, high=high)
    return made


def switch(says: str, readers: tuple[Reader, ...] = ALL, *, default: bool = False) -> bool:
    """Either true or false."""
    made: bool = _setting(default, says, readers)
    return made


def other(default: Any, says: str, readers: tuple[Reader, ...] = ALL, *, example: str = "") -> Any:  # noqa: ANN401
    """A setting of a type of its own: addresses, a path."""
    return _setting(default, says, readers, example=example)


def allowed(item: Field[Any]) -> str:
    """What a setting may be, in words."""
    told: Mapping[str, Any] = item.metadata
    if get_origin(item.type) is Literal:
        words = "one of " + ", ".join(get_args(item.type))
    elif told.get("duration"):
        words = f"a duration of at least {duration_text(told['low'])}, like 500ms, 10s or 5m"
    elif item.type is bool:
        words = "true or false"
    elif item.type is int:
        words = f"a whole number from {told['low']} to {told['high']}"
    elif item.type == tuple[str, ...]:
        words = "host:port, several separated by commas"
    elif told.get("least", 0) > 1:
        words = f"a long random text of at least {told['least']} characters, the same on every worker"
    else:
        words = "some text"
    return words
