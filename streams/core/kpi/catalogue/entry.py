"""The form in which a KPI is declared, and what it is computed from.

Rules: a KPI is computed from exact integers of one group at one t, never from another KPI's quotient; what is
divided is divided by build.py. A name with a dot is a variant: ``csat_ratio.5`` of the family ``csat_ratio``.
See docs/contract.md, section 4.
"""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Final, Literal, TypeAlias

from streams.core.definition.definition import DAY_MS, Definition, Formula, NpsBasis, Window
from streams.core.kpi.catalogue.panel import Panel
from streams.core.kpi.values.build import Builder
from streams.core.kpi.values.value import Sweep, Value

Counts: TypeAlias = Mapping[str, int]
"""Gauges or flows of a group's totals, by name."""

Kinds: TypeAlias = frozenset[str]
"""Kinds of events."""

PURCHASES: Final[Kinds] = frozenset({"purchase"})
ANSWERS: Final[Kinds] = frozenset({"survey"})
ARRIVALS: Final[Kinds] = frozenset({"signup", "purchase"})
LIFE: Final[Kinds] = ARRIVALS | {"cancellation"}
ALL: Final[Kinds] = LIFE | ANSWERS

Scope = Literal["customers", "answers", "cause", "now"]
"""Who has a KPI: the whole and values of customer dimensions in a window; touchpoints, too; reasons and churn
types, too; or the whole and customer dimensions as of now, without a window."""

Unit = Literal["count", "ratio", "money", "points", "number", "probability"]
"""How a value reads: a count; a part of 1; major units of the base currency; -100 to 100; a plain number; the
probability of chance."""

NOTHING_SWEPT: Final = Sweep(0, 0, 0, 0, 0)

VOTES: Final[Mapping[NpsBasis, str]] = {"latest": "latest", "responses": "nps"}
"""Basis of the score -> how its flows are called."""


class Ground:
    """What the KPIs of one group in one window, or now, are computed from.

    Args:
        flows: of the group in the window; empty for now.
        gauges: of the group now.
        definition: what the numbers mean.
        build: makes values.
        window: which; None: now.
        day: flows of the group in the window of 24 h; None: the definition has none.
        span_ms: how long it is at that t: it begins with a pane, up to one earlier than its length says.
        sweep: what a sweep over the buyers found; None: nothing yet.
        latest_known: whether the group's latest votes are known.
        whole: flows and gauges of the whole, where parts are measured by its customers.
    """

    __slots__ = (
        "build",
        "day",
        "definition",
        "flows",
        "gauges",
        "latest_known",
        "new",
        "span_ms",
        "start",
        "sweep",
        "swept",
        "window",
    )

    def __init__(
        self,
        flows: Counts,
        gauges: Counts,
        definition: Definition,
        build: Builder,
        window: Window | None = None,
        *,
        day: Counts | None = None,
        span_ms: int = 0,
        sweep: Sweep | None = None,
        latest_known: bool = True,
        whole: tuple[Counts, Counts] | None = None,
    ) -> None:
        self.flows, self.gauges = flows, gauges
        self.definition, self.build = definition, build
        self.window, self.span_ms, self.latest_known = window, span_ms, latest_known
        self.day = day
        self.swept, self.sweep = sweep is not None, sweep or NOTHING_SWEPT
        of_flows, of_gauges = whole or (flows, gauges)
        self.start, self.new = 0, 0
        if of_flows and of_gauges:
            self.start, self.new = customers_at_start(of_flows, of_gauges), of_flows["new"]

    def churn(self, formula: Formula) -> tuple[int, int]:
        """Numerator and denominator of a churn ratio."""
        if formula == "standard":
            return self.flows["lost"], self.start
        return self.flows["churned"], self.start + (self.new if formula == "stripe" else 0)


def window_of_a_day(definition: Definition) -> Window | None:
    """The window of 24 h, by which the longer ones are measured; None: the definition has none."""
    return next((window for window in definition.windows if window.ms == DAY_MS), None)


def customers_at_start(flows: Counts, gauges: Counts) -> int:
    """B, the active customers at the window's start, from those at its end and what happened in it."""
    return gauges["active"] - flows["new"] - flows["reactivated"] + flows["churned"] + flows["erased"]


@dataclass(frozen=True, slots=True)
class Family:
    """How variants are shown in Prometheus: one metric, and a label that tells them apart."""

    metric: str
    help: str
    label: str
    panels: tuple[Panel, ...] = ()
    """Where Grafana draws all of them together."""


@dataclass(frozen=True, slots=True)
class Board:
    """How the live page shows a KPI."""

    name: str
    panel: Literal["", "satisfaction", "flows", "risk", "value", "engagement"] = ""
    """The panel that lists it, in the order of the catalogue; empty: none."""
    _: KW_ONLY
    why: str = ""
    """Why it can be undefined."""
    worse: Literal[-1, 0, 1] = 0
    """Which direction is bad news: up, down, or neither."""
    tile: int = 0
    """Its place among the tiles; 0: it has none."""
    curve: bool = False
    """Whether it is remembered over the last day, for the curve of its tile."""
    plot: Literal["", "churn", "flows", "nps", "revenue", "orders"] = ""
    """The larger drawing that has its curve, too."""
    steps: Literal["", "active", "new", "churned", "orders"] = ""
    """What panes tell of it in steps of time (kpi/flows.py), so that its past is there at once."""
    colour: Literal["accent", "churn", "new", "nps", "money"] = "accent"
    by: tuple[Scope, ...] = ()
    """Whose dimension values are shown beside the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A KPI.

    ``formula`` names its quantities in braces; streams/explain/symbols.py gives them names and numbers.
    """

    name: str
    title: str
    meaning: str
    formula: str = ""
    """Empty only where ``chosen`` says whose it is."""
    formula_of_cause: str = ""
    """Of a reason or churn type, which has no customers of its own; empty: the same."""
    calls: Mapping[str, str] = field(default_factory=dict)
    """Symbols of the formula -> how this KPI calls them, where not as all do."""
    gives: Mapping[str, Literal["value", "numerator", "denominator"]] = field(default_factory=dict)
    """Symbols that formulas have from this KPI -> the part of it that they stand for."""
    edges: tuple[str, ...] = ()
    """What happens at the edges, a sentence each."""
    unit: Unit
    rests_on: Kinds
    """The kinds of events that it is made of."""
    compute: Callable[[Ground], Value]
    chosen: Callable[[Definition], str] | None = None
    """The variant that a definition makes this KPI: its title, meaning, formula and edges are told of it."""
    given: Callable[[Ground], bool] | None = None
    """Whether it is published there; None: wherever its scopes and sweeps allow."""
    swept: bool = False
    """Whether it comes of a sweep over the buyers, live at a time of its own."""
    scopes: tuple[Scope, ...] = ("customers",)
    sampled: bool = False
    """Whether it is ``low_n`` below its ``min_n``."""
    driven: bool = False
    """Whether churn beyond the expected explains it."""
    help: str = ""
    """Of its metric in Prometheus, whatever the definition; a variant has that of its family."""
    family: Family | None = None
    board: Board | None = None
    """How the live page shows it; None: not at all."""
    panels: tuple[Panel, ...] = ()
    """Where Grafana draws it, besides its family."""

    def published(self, ground: Ground) -> bool:
        """Whether a group has it on that ground."""
        return (ground.swept or not self.swept) and (self.given is None or self.given(ground))

    @property
    def standing(self) -> bool:
        """Whether it is a number of now, without a window."""
        return "now" in self.scopes

    @property
    def base(self) -> str:
        """Its name without the variant."""
        return self.name.partition(".")[0]
