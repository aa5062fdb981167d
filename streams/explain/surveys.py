"""The KPIs of surveys, in words."""

from streams.explain.entry import Entry

_NO_ANSWER = "Undefined while there is no answer."
_SCALES = "Answers on different scales are never mixed: there is no overall figure."

SURVEYS = (
    Entry(
        "nps_score",
        "Net promoter score",
        "Promoters (9, 10) less detractors (0 to 6), in points of all votes: from -100 to 100.",
        "100 * ({promoters} - {detractors}) / {n}",
        (
            _NO_ANSWER,
            "The definition says whether a customer's latest vote counts, or every answer.",
        ),
    ),
    Entry(
        "nps_score.latest",
        "Net promoter score, one vote a customer",
        "The score of the latest answer of each customer in the window.",
        "100 * ({promoters} - {detractors}) / {n}",
        (_NO_ANSWER, "An older answer that arrives later replaces nothing."),
    ),
    Entry(
        "nps_score.responses",
        "Net promoter score, every answer",
        "The score of all answers in the window.",
        "100 * ({promoters} - {detractors}) / {n}",
        (_NO_ANSWER,),
    ),
    *(
        entry
        for scale, satisfied in (("5", "4 or 5"), ("10", "9 or 10"))
        for entry in (
            Entry(
                f"csat_ratio.{scale}",
                f"Customer satisfaction, 1 to {scale}",
                f"The part of the answers that are {satisfied}.",
                "{numerator} / {n}",
                (_NO_ANSWER, _SCALES),
            ),
            Entry(
                f"csat_mean.{scale}",
                f"Mean satisfaction, 1 to {scale}",
                "The mean of the answers.",
                "{numerator} / {n}",
                (_NO_ANSWER, "The interval needs two answers."),
            ),
        )
    ),
    Entry(
        "ces_mean",
        "Mean customer effort, 1 to 7",
        "The mean of the answers to how easy it was.",
        "{numerator} / {n}",
        (_NO_ANSWER, "The interval needs two answers."),
    ),
)
