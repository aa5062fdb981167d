"""The KPIs of customers' lives, in words."""

from streams.explain.entry import Entry

_COUNTED_TWICE = "A customer who leaves, returns and leaves again in the window counts twice."
_NO_START = "Undefined while nobody was active at the window's start."

LIFE = (
    Entry(
        "active_customers",
        "Active customers",
        "Who is a customer now: activated, and not gone by a cancellation that took effect.",
        "{B} + {N} + {R} - {C} - {E}",
        (
            "A trial does not make a customer active; its conversion does.",
            "Whoever cancelled for a later date is active until then.",
        ),
    ),
    Entry(
        "new_customers",
        "New customers",
        "First activations ever in the window.",
        "{N}",
        (
            "Whoever comes back after leaving is reactivated, never new.",
            "A customer who joined and left within the window is new, and churned, but not lost.",
        ),
    ),
    Entry(
        "reactivated_customers",
        "Reactivated customers",
        "Activations in the window after an earlier departure.",
        "{R}",
        ("A trial does not reactivate.",),
    ),
    Entry(
        "churned_customers",
        "Churned customers",
        "Departures in the window: cancellations that took effect while the customer was active.",
        "{C}",
        (
            _COUNTED_TWICE,
            "A cancellation for later counts when it takes effect, even if nothing else happens then.",
            "An erasure is no churn: it is counted apart, as E.",
        ),
    ),
    Entry(
        "lost_customers",
        "Lost customers",
        "Customers who were active at the window's start and are gone by churn at its end.",
        "{C0}",
        ("Whoever left and returned within the window is not lost.",),
    ),
    Entry(
        "churn_ratio",
        "Churn ratio",
        "The part of the customers at the window's start who were lost.",
        "{C0} / {B}",
        (
            _NO_START,
            "Customers who joined in the window count neither above nor below the line.",
        ),
    ),
    Entry(
        "churn_ratio.standard",
        "Churn ratio, standard formula",
        "The same by the standard formula, published where the definition makes another one the headline.",
        "{C0} / {B}",
        (_NO_START,),
    ),
    Entry(
        "churn_ratio.simple",
        "Churn ratio, simple formula",
        "Departures for each customer at the window's start.",
        "{C} / {B}",
        (_NO_START, _COUNTED_TWICE, "It may exceed 1, and has no interval then."),
    ),
    Entry(
        "churn_ratio.stripe",
        "Churn ratio, with newcomers",
        "Departures for each customer there was at the start or came new.",
        "{C} / ({B} + {N})",
        ("Undefined while B + N is 0.", _COUNTED_TWICE),
    ),
    Entry(
        "retention_ratio",
        "Retention ratio",
        "The part of the customers at the window's start who were not lost.",
        "({B} - {C0}) / {B}",
        (_NO_START, "New customers never enter."),
    ),
    Entry(
        "acquisition_ratio",
        "Acquisition ratio",
        "New customers, measured by those active now.",
        "{N} / {A}",
        ("Undefined while nobody is active now.", "It may exceed 1 if newcomers left again."),
    ),
    Entry(
        "growth_ratio",
        "Growth ratio",
        "Net change of the active customers, measured by those at the window's start.",
        "({N} + {R} - {C} - {E}) / {B}",
        (_NO_START, "It may be negative."),
    ),
    Entry(
        "long_term_ratio",
        "Long-term ratio",
        "The part of the active customers who have been active for 365 days or more without a break.",
        "{numerator} / {A}",
        ("A gauge of now: it has no window and is never low_n.",),
    ),
    Entry(
        "engaged_customers",
        "Engaged customers",
        "Distinct customers with a signup, purchase, survey or cancellation dated in the window.",
        "{n}",
        (
            "Trials and refunds count; so does a cancellation that was withdrawn.",
            "What a void withdrew does not.",
        ),
    ),
    *(
        Entry(
            f"customers_at_risk.{band}",
            f"Customers at risk: {band}",
            f"Active customers whose risk score is {bounds}; the three bands add up to the active customers.",
            "{n}",
            (
                "The score grows with silence, measured by the customer's own rhythm of orders.",
                "An NPS answer of 6 or less within 90 days, and a pending cancellation, raise it.",
                "Bands change by themselves as time passes.",
            ),
        )
        for band, bounds in (
            ("low", "below a third"),
            ("medium", "from a third to below two thirds"),
            ("high", "two thirds or more"),
        )
    ),
    Entry(
        "churn_spike_p",
        "Churn spike",
        "How likely so many churns are by chance, if nothing has changed since the 24 windows before.",
        "P(X >= {observed}) where {expected} are expected",
        (
            "No churn gives 1.",
            "Undefined while nobody was active in the window or in the 24 windows before it.",
            "Alert on a small p and a minimum of observed churns together.",
        ),
    ),
    Entry(
        "churn_spike_seasonal_p",
        "Churn spike, seasonal",
        "The same test against the same hours of other days.",
        "P(X >= {observed}) where {expected} are expected",
        (
            "1 h is compared with the 7 days before, 24 h with the same weekday of 4 weeks.",
            "No churn gives 1.",
        ),
    ),
)
