"""The KPIs of surveys."""

from collections.abc import Callable
from typing import Final

from streams.core.definition.definition import NpsBasis
from streams.core.kpi.catalogue.entry import ANSWERS, VOTES, Board, Family, Ground, Kpi, Scope
from streams.core.kpi.values.value import Value

_NO_ANSWER = "Undefined while there is no answer."
_SCALES = "Answers on different scales are never mixed: there is no overall figure."
_BOTH: Final[tuple[Scope, ...]] = ("customers", "answers")
_SATISFIED_ON: Final = {
    5: Board("CSAT (of 5)", why="no answers", worse=-1, tile=8, curve=True),
    10: Board("CSAT (of 10)", why="no answers"),
}
_BY_BASIS: Final = Family("crm_nps_score_variant", "Net promoter score by basis.", "basis")
_SATISFIED: Final = Family("crm_csat_ratio", "Share of satisfied answers by scale.", "scale")
_SATISFACTION: Final = Family("crm_csat_mean", "Mean satisfaction by scale.", "scale")


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


SURVEYS: Final = (
    Kpi(
        name="nps_score",
        title="Net promoter score",
        meaning="Promoters (9, 10) less detractors (0 to 6), in points of all votes: from -100 to 100.",
        formula="100 * ({promoters} - {detractors}) / {n}",
        edges=(
            _NO_ANSWER,
            "The definition says whether a customer's latest vote counts, or every answer.",
        ),
        unit="points",
        rests_on=ANSWERS,
        scopes=_BOTH,
        given=lambda g: g.latest_known or g.definition.nps_basis != "latest",
        compute=_score("nps_score"),
        sampled=True,
        help="Net promoter score, -100 to 100, on the basis that crm_definition_info names.",
        board=Board("NPS", why="no answers", worse=-1, tile=4, curve=True),
    ),
    Kpi(
        name="nps_score.latest",
        title="Net promoter score, one vote a customer",
        meaning="The score of the latest answer of each customer in the window.",
        formula="100 * ({promoters} - {detractors}) / {n}",
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
        meaning="The score of all answers in the window.",
        formula="100 * ({promoters} - {detractors}) / {n}",
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
        for scale, satisfied in ((5, "4 or 5"), (10, "9 or 10"))
        for kpi in (
            Kpi(
                name=f"csat_ratio.{scale}",
                title=f"Customer satisfaction, 1 to {scale}",
                meaning=f"The part of the answers that are {satisfied}.",
                formula="{numerator} / {n}",
                edges=(_NO_ANSWER, _SCALES),
                unit="ratio",
                rests_on=ANSWERS,
                scopes=_BOTH,
                compute=_satisfied(f"csat_ratio.{scale}", f"csat{scale}"),
                sampled=True,
                family=_SATISFIED,
                board=_SATISFIED_ON[scale],
            ),
            Kpi(
                name=f"csat_mean.{scale}",
                title=f"Mean satisfaction, 1 to {scale}",
                meaning="The mean of the answers.",
                formula="{numerator} / {n}",
                edges=(_NO_ANSWER, "The interval needs two answers."),
                unit="number",
                rests_on=ANSWERS,
                scopes=_BOTH,
                compute=_mean(f"csat_mean.{scale}", f"csat{scale}", (1, scale)),
                sampled=True,
                family=_SATISFACTION,
            ),
        )
    ),
    Kpi(
        name="ces_mean",
        title="Mean customer effort, 1 to 7",
        meaning="The mean of the answers to how easy it was.",
        formula="{numerator} / {n}",
        edges=(_NO_ANSWER, "The interval needs two answers."),
        unit="number",
        rests_on=ANSWERS,
        scopes=_BOTH,
        compute=_mean("ces_mean", "ces", (1, 7)),
        sampled=True,
        help="Mean customer effort score, 1 to 7.",
        board=Board("Customer effort (1 to 7)", why="no answers"),
    ),
)
