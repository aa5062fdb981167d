"""Names that a caller may have misspelt, held against what is published.

Rules: asked only where a value is absent. A window, dimension or KPI that is published by nobody while others
are is an error that names the nearest; what may come by itself (a value of a dimension, a KPI of the contract
or a dimension of the definition that has nothing yet) stays absent, and so does everything of a service that
is gone. The dimensions are a choice of the definition: the snapshot names them all.

Pure: no I/O; both readers share this file.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

import msgspec

from streams.client.errors import UnknownNameError
from streams.redis_contract.known import is_known
from streams.redis_contract.layout import NOW, Place, kpis

_MOST = 3
_LIKE = 0.5


class _Dimensions(msgspec.Struct):
    """Of a snapshot: all dimensions that there are, also those that have no values."""

    dimensions: dict[str, msgspec.Raw] = {}


def check_window(place: Place, published: Sequence[Place]) -> None:
    """Let a place pass if its window is known, or if nothing is published at all.

    Raises:
        UnknownNameError: they are not.
    """
    if not published:
        return
    windows = [*dict.fromkeys(at.window for at in published if at.window != NOW), NOW]
    if place.window not in windows:
        raise UnknownNameError(_told("window", place.window, windows, tell_all=True))


def is_new(place: Place, published: Sequence[Place]) -> bool:
    """Whether nobody publishes a place's dimension while others are published: the snapshot tells."""
    return bool(published and place.dimension and place.dimension not in {at.dimension for at in published})


def check_dimension(dimension: str | None, snapshot: str | bytes | None) -> None:
    """Let a dimension pass that the snapshot names, or any while there is none that names some.

    Raises:
        UnknownNameError: it names others.
    """
    known = list(msgspec.json.decode(snapshot, type=_Dimensions).dimensions) if snapshot else []
    if known and dimension is not None and dimension not in known:
        raise UnknownNameError(_told("dimension", dimension, known, tell_all=True))


def others(place: Place, published: Sequence[Place]) -> list[Place]:
    """The places to look for a KPI in: its own, one window of the whole, the standing numbers."""
    windows = [at for at in published if at.dimension is None and at.window != NOW]
    window = [at for at in windows if at.window == place.window] or windows[:1]
    return list(dict.fromkeys((place, *window, Place(NOW))))


def check_kpi(kpi: str, place: Place, fields: Mapping[Place, Iterable[str]]) -> None:
    """Let a KPI pass that is published, or may come to be.

    Args:
        kpi: what was asked for.
        place: where.
        fields: the names of the fields in the hashes of ``others``.

    Raises:
        UnknownNameError: there is none of that name, or it is never published there.
    """
    found = {at: set(kpis(dict.fromkeys(names, ""))) for at, names in fields.items()}
    everywhere = sorted(set().union(*found.values()))
    if not everywhere or kpi in found.get(place, ()):
        return
    if kpi in everywhere:
        if found.get(place):
            where = " and ".join(_where(at) for at, names in found.items() if kpi in names)
            raise UnknownNameError(f"{kpi} is published under {where}, not under {_where(place)}")
        return
    if not is_known(kpi):
        raise UnknownNameError(_told("KPI", kpi, everywhere, tell_all=False))


def _where(place: Place) -> str:
    return ":".join(part for part in (place.window, place.dimension, place.value) if part is not None)


def _told(what: str, name: str, known: Sequence[str], *, tell_all: bool) -> str:
    folded = {one.casefold(): one for one in reversed(known)}
    near = [folded[one] for one in get_close_matches(name.casefold(), folded, _MOST, _LIKE)]
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    listed = f": there are {', '.join(known)}" if tell_all else ""
    return f"no {what} {name!r} is published{listed}{hint}"
