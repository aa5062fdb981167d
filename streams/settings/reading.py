"""From an environment to Settings: parsed by what the table declares, then held together (fitting.py).

A secret may stand in a file: ``KPI_SECRET_FILE`` names it, its text without the last line break is the value.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from streams.core.definition.definition import DefinitionError, parse_duration
from streams.hosts import is_host
from streams.quoting import quoted
from streams.settings.declare import FILE, PREFIX, SettingsError, allowed
from streams.settings.fitting import check
from streams.settings.table import Settings

_LONGEST_FILE = 65_536
_A_FILE = f"the name of a file of at most {_LONGEST_FILE} bytes of UTF-8 text"
_NOUGHT = re.compile(r"0+(ms|[smhd])")
_NUMBER = re.compile(r"-?[0-9]+")
_KNOWN: Final[dict[str, Field[Any]]] = {
    item.name: item for item in fields(Settings) if item.name != "unknown"
}


def read(environ: Mapping[str, str]) -> Settings:
    """The settings of an environment; what it does not name has its default.

    Opens the files that hold secrets, and nothing else.

    Raises:
        SettingsError: a wrong value, or values that do not go together.
    """
    values: dict[str, Any] = {}
    given_as: dict[str, str] = {}
    unknown = []
    for key, given in sorted(environ.items()):
        if not key.startswith(PREFIX):
            continue
        name = key.removeprefix(PREFIX).lower()
        item = _KNOWN.get(name)
        held = _KNOWN.get(name.removesuffix(FILE.lower()))
        if item is not None:
            values[name], given_as[name] = _parse(item, name, given), name
        elif held is not None and held.metadata.get("secret"):
            if (beside := PREFIX + held.name.upper()) in environ:
                raise SettingsError(name, f"{beside} is set, too", "one of the two, not both")
            values[held.name], given_as[held.name] = _parse(held, name, _content(name, given)), name
        else:
            unknown.append(key)
    settings = Settings(**values, unknown=tuple(unknown))
    check(settings, given_as)
    return settings


def nearest(key: str) -> str | None:
    """The key that an unknown one was perhaps meant to be."""
    near = get_close_matches(key, (PREFIX + name.upper() for name in _KNOWN), 1)
    return near[0] if near else None


def _content(name: str, given: str) -> str:
    """The text of a file that holds a secret."""
    if not given:
        raise SettingsError(name, "empty", _A_FILE)
    try:
        with Path(given).open("rb") as file:
            content = file.read(_LONGEST_FILE + 1)
        if len(content) > _LONGEST_FILE:
            raise SettingsError(name, f"{quoted(given)} is longer", _A_FILE)
        return content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise SettingsError(name, f"{quoted(given)} is no UTF-8 text", _A_FILE) from None
    except (OSError, ValueError) as error:
        if isinstance(error, SettingsError):
            raise
        why = getattr(error, "strerror", None) or error
        raise SettingsError(name, f"{quoted(given)} cannot be read ({why})", _A_FILE) from None


def _parse(item: Field[Any], name: str, given: str) -> object:
    """One value of the type its field has, given under a name: its own, or that of its file."""
    hidden = bool(item.metadata.get("secret"))
    shown = "it" if hidden else quoted(given)
    try:
        given.encode()
    except UnicodeEncodeError:
        raise SettingsError(name, f"{shown} is no UTF-8 text", allowed(item)) from None
    if "\0" in given:
        raise SettingsError(name, f"{shown} has a NUL in it", allowed(item))
    if hidden:
        return given
    given = given.strip()
    parsers: dict[object, Callable[[Field[Any], str], object]] = {
        bool: _switch,
        int: _duration if item.metadata.get("duration") else _whole,
        tuple[str, ...]: _addresses,
        Path: lambda _item, path: Path(path),
    }
    parser = _choice if get_origin(item.type) is Literal else parsers.get(item.type)
    if parser is None:
        return given
    if not given and item.type is not Path:
        raise SettingsError(name, "empty", allowed(item))
    return parser(item, given)


def _switch(item: Field[Any], given: str) -> bool:
    if given.lower() not in {"true", "false"}:
        raise _wrong(item, given, "is neither")
    return given.lower() == "true"


def _whole(item: Field[Any], given: str) -> int:
    low, high = item.metadata["low"], item.metadata["high"]
    if not _NUMBER.fullmatch(given):
        raise _wrong(item, given, "is no whole number")
    negative, digits = given.startswith("-"), given.removeprefix("-").lstrip("0") or "0"
    if not negative and (len(digits) > len(str(high)) or int(digits) > high):
        raise _wrong(item, given, "is too great")
    if negative or int(digits) < low:
        raise _wrong(item, given, "is too small")
    return int(digits)


def _choice(item: Field[Any], given: str) -> str:
    if given not in get_args(item.type):
        raise _wrong(item, given, "is none of them")
    return given


def _duration(item: Field[Any], given: str) -> int:
    try:
        ms = parse_duration(given)
    except DefinitionError:
        how = "is too short" if _NOUGHT.fullmatch(given) else "is no duration"
        raise _wrong(item, given, how) from None
    if ms < item.metadata["low"]:
        raise _wrong(item, given, "is too short")
    return ms


def _addresses(item: Field[Any], given: str) -> tuple[str, ...]:
    addresses = tuple(part.strip() for part in given.split(",") if part.strip())
    for address in addresses or (given,):
        if not _is_address(address):
            raise _wrong(item, address, "is no host:port")
    return addresses


def _is_address(given: str) -> bool:
    host, _, port = given.rpartition(":")
    return is_host(host) and port.isascii() and port.isdigit() and 0 < int(port[:6]) < 1 << 16


def _wrong(item: Field[Any], given: str, how: str) -> SettingsError:
    return SettingsError(item.name, f"{quoted(given)} {how}", allowed(item))
