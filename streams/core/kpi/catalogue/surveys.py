"""The KPIs of surveys."""

from collections.abc import Callable
from typing import Final

from streams.core.definition.definition import NpsBasis
from streams.core.kpi.catalogue.entry import ANSWERS, VOTES, Board, Family, Ground, Kpi, Scope
from streams.core.kpi.catalogue.panel import Panel
from streams.core.kpi.values.value import Value

_NO_ANSWER = "Undefined while there is no answer."
_SCALES = "Answers on different scales are never mixed: there is no overall figure."
_BOTH: Final[tuple[Scope, ...]] = ("customers", "answers")
_SATISFIED_ON: Final = {
    5: Board("CSAT (of 5)", "satisfaction", why="no answers", worse=-1, tile=8, curve=True, colour="nps"),
    **{scale: Board(f"CSAT (of {scale})", "satisfaction", why="no answers") for scale in (10, 3, 4, 7)},
}
_SCORE: Final = "Promoters (9, 10) less detractors (0 to 6), in points of all votes from -100 to 100"
_NPS_SAYS: Final = "From -100 to 100; mind its interval below."
_ANSWERED: Final = Panel(
    "satisfaction",
    "CSAT and CES",
    6,
    "Answers",
    "What the values above rest on; few answers say little.",
    width=8,
)
_TWO: Final = "The interval needs two answers."
_OTHERS: Final = Panel(
    "satisfaction",
    "CSAT and CES",
    7,
    "CSAT on other scales",
    "Share of satisfied answers: 3 of 3, 3 and 4 of 4, 6 and 7 of 7.",
    width=8,
)


def _interval(row: str, place: int, title: str, says: str, window: str = "$window") -> Panel:
    return Panel("satisfaction", row, place, title, says, "interval", width=8, window=window)


_BY_BASIS: Final = Family(
    "crm_nps_score_variant",
    "Net promoter score by basis.",
    "basis",
    panels=(
        Panel("satisfaction", "NPS", 4, "By basis", "Latest vote of each customer; all responses.", width=8),
    ),
)
_SATISFIED: Final = Family(
    "crm_csat_ratio",
    "Share of satisfied answers by scale.",
    "scale",
    panels=(
        Panel(
            "satisfaction",
            "CSAT and CES",
            5,
            "CSAT by touchpoint",
            "Share of satisfied answers, by touchpoint and scale.",
            width=8,
            legend="{{value}}, of {{scale}}",
            by="touchpoint",
        ),
    ),
)
_SATISFACTION: Final = Family(
    "crm_csat_mean",
    "Mean satisfaction by scale.",
    "scale",
    panels=(
        Panel(
            "satisfaction",
            "CSAT and CES",
            4,
            "Mean satisfaction",
            "By scale; scales are never mixed.",
            width=8,
            legend="of {{scale}}",
        ),
    ),
)
_BY_SCALE: Final = Family(
    "crm_ces_mean_variant",
    "Mean customer effort score on other scales than 1 to 7.",
    "scale",
    panels=(
        Panel(
            "satisfaction",
            "CSAT and CES",
            8,
            "Effort on other scales",
            "Mean of 1 (hard) to 5 (easy).",
            width=8,
            legend="of {{scale}}",
        ),
    ),
)


def _score(name: str, basis: NpsBasis | None = None) -> Callable[[Ground], Value]:
    """A score by a basis; None: by the definition's."""

    def compute(g: Ground) -> Value:
        votes = VOTES[basis or g.definition.nps_basis]
        return g.build.nps(name, g.flows[f"{votes}_p"], g.flows[f"{votes}_passive"], g.flows[f"{votes}_d"])

    return compute


def _mean(name: str, answers: str, scale: tuple[int, int]) -> Callable[[Ground], Value]:
    n, total, squares = (f"{answers}_{part}" for part in ("n", "sum", "squares"))
    return lambda g: g.build.mean(name, g.flows[n], g.flows[total], g.flows[squares], scale)


def _satisfied(name: str, answers: str) -> Callable[[Ground], Value]:
    return lambda g: g.build.ratio(name, g.flows[f"{answers}_satisfied"], g.flows[f"{answers}_n"])


def _says(scores: str) -> str:
    return f"Share of answers {scores}, with interval."


def _satisfaction(scale: int, satisfied: str, panel: Panel) -> tuple[Kpi, Kpi]:
    """The part of the satisfied on a scale, and the mean."""
    return (
        Kpi(
            name=f"csat_ratio.{scale}",
            title=f"Customer satisfaction, 1 to {scale}",
            meaning=f"The part of the answers that are {satisfied}.",
            formula="{numerator} / {n}",
            calls={"numerator": "satisfied", "n": "answers"},
            edges=(_NO_ANSWER, _SCALES),
            unit="ratio",
            rests_on=ANSWERS,
            scopes=_BOTH,
            compute=_satisfied(f"csat_ratio.{scale}", f"csat{scale}"),
            sampled=True,
            family=_SATISFIED,
            board=_SATISFIED_ON[scale],
            panels=(panel, _ANSWERED.line(f"csat_ratio.{scale}", part="n")),
        ),
        Kpi(
            name=f"csat_mean.{scale}",
            title=f"Mean satisfaction, 1 to {scale}",
            meaning="The mean of the answers.",
            formula="{numerator} / {n}",
            calls={"numerator": "Σ scores", "n": "answers"},
            edges=(_NO_ANSWER, _TWO),
            unit="number",
            rests_on=ANSWERS,
            scopes=_BOTH,
            compute=_mean(f"csat_mean.{scale}", f"csat{scale}", (1, scale)),
            sampled=True,
            family=_SATISFACTION,
        ),
    )


SURVEYS: Final = (
    Kpi(
        name="nps_score",
        title="Net promoter score",
        meaning="How many recommend us less how many warn of us, on the basis of the definition.",
        unit="points",
        rests_on=ANSWERS,
        scopes=_BOTH,
        given=lambda g: g.latest_known or g.definition.nps_basis != "latest",
        compute=_score("nps_score"),
        chosen=lambda definition: definition.nps_basis,
        sampled=True,
        help="Net promoter score, -100 to 100, on the basis that crm_definition_info names.",
        board=Board(
            "NPS",
            "satisfaction",
            why="no answers",
            worse=-1,
            tile=4,
            curve=True,
            plot="nps",
            colour="nps",
            by=("answers",),
        ),
        panels=(
            Panel("overview", "Business", 4, "Net promoter score", _NPS_SAYS, "number", alert="NpsDrop"),
            Panel(
                "overview",
                "Over time",
                3,
                "Net promoter score",
                "With its 95 % interval.",
                "interval",
                alert="NpsDrop",
            ),
            Panel("satisfaction", "NPS", 1, "NPS", "Of the window chosen.", "number"),
            Panel(
                "satisfaction",
                "NPS",
                2,
                "Votes",
                "One a customer, the latest, unless defined otherwise.",
                "number",
                part="n",
            ),
            _interval(
                "NPS", 5, "NPS of 7 days", "A ticket: its upper end below the month's lower end.", "7d"
            ),
            _interval("NPS", 6, "NPS of 30 days", "What the week is compared with.", "30d"),
            Panel(
                "satisfaction",
                "NPS",
                7,
                "NPS by touchpoint",
                "The latest vote within the touchpoint.",
                width=8,
                by="touchpoint",
            ),
            _ANSWERED.line("nps_score", part="n"),
        ),
    ),
    Kpi(
        name="nps_score.latest",
        title="Net promoter score, one vote a customer",
        meaning=f"{_SCORE}, of the latest answer of each customer in the window.",
        formula="100 * ({promoters} - {detractors}) / {n}",
        calls={"n": "votes"},
        edges=(
            _NO_ANSWER,
            "An older answer that arrives later replaces nothing.",
            "Absent for the touchpoint other where it joins votes of several touchpoints.",
        ),
        unit="points",
        rests_on=ANSWERS,
        scopes=_BOTH,
        given=lambda g: g.latest_known,
        compute=_score("nps_score.latest", "latest"),
        sampled=True,
        family=_BY_BASIS,
    ),
    Kpi(
        name="nps_score.responses",
        title="Net promoter score, every answer",
        meaning=f"{_SCORE}, of every answer in the window.",
        formula="100 * ({promoters} - {detractors}) / {n}",
        calls={"n": "votes"},
        edges=(_NO_ANSWER,),
        unit="points",
        rests_on=ANSWERS,
        scopes=_BOTH,
        compute=_score("nps_score.responses", "responses"),
        sampled=True,
        family=_BY_BASIS,
    ),
    *(
        kpi
        for scale, satisfied, panel in (
            (5, "4 or 5", _interval("CSAT and CES", 1, "CSAT of 5", _says("4 and 5"))),
            (10, "9 or 10", _interval("CSAT and CES", 2, "CSAT of 10", _says("9 and 10"))),
            (3, "3", _OTHERS.line("of 3")),
            (4, "3 or 4", _OTHERS.line("of 4")),
            (7, "6 or 7", _OTHERS.line("of 7")),
        )
        for kpi in _satisfaction(scale, satisfied, panel)
    ),
    Kpi(
        name="ces_mean",
        title="Mean customer effort, 1 to 7",
        meaning="The mean of the answers to how easy it was.",
        formula="{numerator} / {n}",
        calls={"numerator": "Σ scores", "n": "answers"},
        edges=(_NO_ANSWER, _TWO),
        unit="number",
        rests_on=ANSWERS,
        scopes=_BOTH,
        compute=_mean("ces_mean", "ces", (1, 7)),
        sampled=True,
        help="Mean customer effort score, 1 to 7.",
        board=Board("Customer effort (1 to 7)", "satisfaction", why="no answers"),
        panels=(
            _interval("CSAT and CES", 3, "Effort", "Mean of 1 (hard) to 7 (easy), with interval."),
            _ANSWERED.line("ces_mean", part="n"),
        ),
    ),
    Kpi(
        name="ces_mean.5",
        title="Mean customer effort, 1 to 5",
        meaning="The mean of the answers to how easy it was, on the scale to 5.",
        formula="{numerator} / {n}",
        calls={"numerator": "Σ scores", "n": "answers"},
        edges=(_NO_ANSWER, _SCALES, _TWO),
        unit="number",
        rests_on=ANSWERS,
        scopes=_BOTH,
        compute=_mean("ces_mean.5", "ces5", (1, 5)),
        sampled=True,
        family=_BY_SCALE,
        board=Board("Customer effort (1 to 5)", "satisfaction", why="no answers"),
        panels=(_ANSWERED.line("ces_mean.5", part="n"),),
    ),
)
