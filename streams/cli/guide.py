"""The guide to the KPIs under one definition, in Markdown: docs/kpis.md is the one of the default.

Rules: every text stands in the catalogue, every figure is a recount of its example; nothing is written here
by hand that could be wrong later.
"""

from collections.abc import Iterator

from streams.cli.figures import figure, interval
from streams.core.decoding.timestamps import TimestampReader
from streams.core.definition.definition import Definition, duration_text
from streams.core.kpi.catalogue.elsewhere import ELSEWHERE
from streams.core.kpi.catalogue.entry import Kpi
from streams.core.kpi.catalogue.registry import CHAPTERS, in_force
from streams.core.kpi.group_kpis import NOW
from streams.explain import example
from streams.explain.explanation import Document, Place, explain
from streams.explain.symbols import names
from streams.replay.recount import replay

_HEAD = """\
# The KPIs

Written by `kpi definition guide`; do not edit. The rules behind it stand in [contract.md](contract.md), which
`kpi files` writes.

Definition version {version}. Windows: {windows}. Base currency: {currency}. Headline formula of churn:
{formula}; basis of the headline NPS: {basis}. Fewer than {min_n} cases: status `low_n`, and `~` in tables.
Values older than {freshness}: withheld, status `stale`.
A source that brings nothing for longer than its limit: status `silent`, and `!` in tables. The limits:
{silence}.

Dimensions of customers: {dimensions}; of churns: reason, churn_type; of answers: touchpoint.

In formulas: **A** customers active now, **B** active at the window's start; in the window **N** new,
**R** reactivated, **C** churned, **E** erased while active, **C₀** lost; always A = B + N + R - C - E.

## The example

The figures below are those of a company with nine customers, as of {as_of}:

```
{story}```

`kpi explain KPI FILE` gives the same for your own events, `kpi explain KPI` for the live service.
"""


def guide(definition: Definition) -> str:
    """The guide as Markdown text."""
    (snapshot,) = replay(
        example.lines(), definition=definition, as_of=[TimestampReader().read(example.AS_OF)]
    )
    document = snapshot.document()
    parts = [
        _HEAD.format(
            version=definition.version,
            windows=", ".join(w.name for w in definition.windows),
            currency=definition.base_currency,
            formula=definition.formula,
            basis=definition.nps_basis,
            dimensions=", ".join(definition.dimensions) or "none",
            min_n=definition.min_n,
            freshness=duration_text(definition.freshness_limit_ms),
            silence=_silence(definition),
            as_of=example.AS_OF,
            story=example.STORY,
        )
    ]
    for chapter, entries in CHAPTERS.items():
        parts.append(f"## {chapter}\n")
        told = (in_force(entry.name, definition) for entry in entries)
        parts += ["\n".join(_entry(entry, document, definition)) + "\n" for entry in told]
    return "\n".join(parts).rstrip() + "\n"


def _silence(definition: Definition) -> str:
    limits = ((kind, "off" if ms is None else duration_text(ms)) for kind, ms in definition.silence)
    return ", ".join(f"{kind} {limit}" for kind, limit in limits)


def _entry(entry: Kpi, document: Document, definition: Definition) -> Iterator[str]:
    kpi = entry.name
    yield f"### `{kpi}`: {entry.title}"
    yield ""
    yield entry.meaning
    yield ""
    yield f"- Formula: `{entry.formula.format_map(names(entry))}`"
    where = _where(kpi, document)
    yield f"- Windows: {', '.join(where) if where else 'none under this definition'}"
    own = definition.min_n_of(kpi)
    if entry.sampled and own != definition.min_n:
        yield f"- `low_n` below {own}"
    yield from (f"- {edge}" for edge in entry.edges)
    if kpi in ELSEWHERE:
        yield f"- Elsewhere: {ELSEWHERE[kpi]}"
    if where:
        yield f"- Example, {_example(kpi, where[-1], document, definition)}"


def _where(kpi: str, document: Document) -> list[str]:
    """Where a KPI is published, the longest window last."""
    if kpi in document["now"]:
        return [NOW]
    return [name for name, values in document["windows"].items() if kpi in values]


def _example(kpi: str, window: str, document: Document, definition: Definition) -> str:
    longest = definition.windows[-1].name
    explained = explain(document, kpi, Place(longest if window == NOW else window), definition)
    value = explained.value
    result = "undefined" if value["value"] is None else figure(kpi, value["value"])
    between = interval(kpi, value["low"], value["high"])
    filled = explained.filled
    whole = f"`{filled} = {result}`" if filled != result else f"`{result}`"
    return f"{window}: {whole}{f', from {between}' if between else ''}"
