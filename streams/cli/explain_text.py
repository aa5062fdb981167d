"""An explanation as text: the formula, its numbers, where it comes from, what was left out, how old it is."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from streams.cli.figures import figure, interval
from streams.core.definition.definition import duration_text
from streams.explain.explanation import Document, Explanation, Share

_BESIDE = ("not_active", "parked", "void_pending", "late_beyond_retention")


def lines(explained: Explanation) -> Iterator[str]:
    """The explanation, line by line."""
    kpi, value = explained.kpi, explained.value
    yield f"{explained.title} ({kpi}), {explained.place}, as of {_instant(explained.document['t'])}"
    yield explained.meaning
    yield ""
    yield f"    {explained.formula}"
    yield f"  = {explained.filled}"
    yield f"  = {_figure(kpi, value)}"
    yield ""
    between = interval(kpi, value["low"], value["high"])
    if between:
        yield f"95 % interval  {between}"
    yield f"n              {value['n']:,}"
    yield f"status         {value['status']}{_limit(explained)}"
    for kind, limit_ms in explained.silent.items():
        since = _age(explained.document["t"] - explained.document["newest_event"][kind])
        yield f"silent         no {kind} for {since}, expected within {duration_text(limit_ms)}"
    yield from _extras(value)
    bounds = explained.document["bounds"].get(explained.place.window)
    if bounds is not None:
        yield f"window         after {_instant(bounds['start'])}, up to {_instant(bounds['end'])}"
    if explained.life is not None:
        yield f"customers      {explained.life}"
    if explained.whole is not None:
        yield f"of the whole   {_figure(kpi, explained.whole)}, n {explained.whole['n']:,}"
    yield from _shares(explained)
    yield from _drivers(explained)
    yield from _left_out(explained.document["accounting"])
    yield from _ages(explained.document)


def _limit(explained: Explanation) -> str:
    """What the definition asks for where a value falls short of it."""
    if explained.value["status"] == "low_n":
        return f", fewer than {explained.definition.min_n_of(explained.kpi):,}"
    if explained.value["status"] == "stale":
        return f", older than {duration_text(explained.definition.freshness_limit_ms)}"
    return ""


def _figure(kpi: str, value: Mapping[str, Any]) -> str:
    return f"undefined ({value['status']})" if value["value"] is None else figure(kpi, value["value"])


def _extras(value: Mapping[str, Any]) -> Iterator[str]:
    known = ("value", "numerator", "denominator", "n", "low", "high", "status")
    for name, number in value.items():
        if name not in known and number is not None:
            text = (
                _instant(number)
                if name == "t"
                else f"{number:,.6g}"
                if isinstance(number, float)
                else f"{number:,}"
            )
            yield f"{name:<14} {text}"


def _shares(explained: Explanation) -> Iterator[str]:
    if explained.shares:
        yield "contribute most"
    whole = explained.value["numerator"]
    for dimension, shares in explained.shares.items():
        yield f"  {dimension:<12} " + ", ".join(_share(explained.kpi, share, whole) for share in shares)


def _share(kpi: str, share: Share, whole: int | None) -> str:
    part = f"{100 * share.part / whole:.0f} %" if whole else f"{share.part:,}"
    if share.own["denominator"] is None:
        return f"{share.value} {part}"
    return f"{share.value} {part} ({_figure(kpi, share.own)})"


def _drivers(explained: Explanation) -> Iterator[str]:
    if explained.drivers:
        yield "churned more than expected"
    for dimension, drivers in explained.drivers.items():
        told = (f"{d['value']} {d['observed']:,} (expected {d['expected']:,.1f})" for d in drivers)
        yield f"  {dimension:<12} " + ", ".join(told)


def _left_out(accounting: Mapping[str, Any]) -> Iterator[str]:
    yield f"records        {accounting['received']:,} received, {accounting['counted']:,} counted"
    yield f"ignored        {_listed(accounting['ignored'])}"
    yield f"malformed      {_listed(accounting['malformed'])}"
    beside = [f"{accounting[name]:,} {name}" for name in _BESIDE if accounting[name]]
    if beside:
        yield f"counted, but   {', '.join(beside)}"
    if refused := accounting.get("refused_values"):
        yield f"free text      {_listed(refused)}: counted as other; list values to keep in [allow]"
    if late := accounting.get("late"):
        yield f"late           {_listed(late['events'])}; corrected windows: {_listed(late['corrected'])}"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in counts.items() if n) or "none"


def _ages(document: Document) -> Iterator[str]:
    newest = document["newest_event"]
    if not newest:
        yield "newest event   there is none"
        return
    kind = max(newest, key=lambda name: newest[name])
    yield f"newest event   {kind}, {_age(document['t'] - newest[kind])} before"
    others = [f"{name} {_age(document['t'] - ms)}" for name, ms in newest.items() if name != kind]
    if others:
        yield f"  of others    {', '.join(others)}"


def _age(ms: int) -> str:
    for unit in (86_400_000, 3_600_000, 60_000, 1_000):
        if ms >= 2 * unit:
            return duration_text(ms // unit * unit)
    return f"{ms} ms"


def _instant(ms: int) -> str:
    at = datetime.fromtimestamp(ms // 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{at}{f'.{ms % 1000:03}' if ms % 1000 else ''}Z"
