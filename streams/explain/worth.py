"""The KPIs of purchases and of money, in words."""

from streams.explain.entry import Entry

_BASE_ONLY = "Only the base currency counts; nothing is converted, and how much was left out is published."
_NO_BUYER = "Undefined while nobody ordered."
_REFUND = "A refund is no order and makes no buyer."
_SWEPT = "Live it comes from a background sweep and carries its own t; in a replay it is exact."
_NOT_BELOW = "A buyer's revenue is never taken below 0."

WORTH = (
    Entry(
        "orders",
        "Orders",
        "Purchases with an amount of 0 or more, in any currency.",
        "{n}",
        (_REFUND,),
    ),
    Entry(
        "buyers",
        "Buyers",
        "Distinct customers with an order in the window.",
        "{n}",
        (_REFUND,),
    ),
    Entry(
        "revenue",
        "Revenue",
        "The sum of all amounts in the base currency, refunds subtracted.",
        "{revenue}",
        (_BASE_ONLY, "It may be negative."),
    ),
    Entry(
        "average_order_value",
        "Average order value",
        "Revenue for each order in the base currency.",
        "{revenue} / {n}",
        ("Undefined without an order in the base currency.", _BASE_ONLY),
    ),
    Entry(
        "purchase_frequency",
        "Purchase frequency",
        "Orders for each buyer.",
        "{numerator} / {buyers}",
        (_NO_BUYER,),
    ),
    Entry(
        "repurchase_ratio",
        "Repurchase ratio",
        "The part of the buyers with two orders or more: loyalty.",
        "{numerator} / {buyers}",
        (_NO_BUYER, _REFUND),
    ),
    Entry(
        "purchase_retention_ratio",
        "Purchase retention ratio",
        "Of those who bought in the window before, the part that bought in this one.",
        "{numerator} / {denominator}",
        ("Undefined while nobody bought in the window before.",),
    ),
    Entry(
        "acquisition_cost",
        "Acquisition cost",
        "What the new customers of the window cost, for each of them.",
        "{cost} / {N}",
        (
            "The cost is that of the latest signup with one, trials included, up to the activation.",
            "Undefined while no cost is known; who has none counts as 0, with_cost says how many have one.",
        ),
    ),
    Entry(
        "lifetime_value",
        "Lifetime value",
        "Yearly revenue of an active customer, divided by yearly churn, less the acquisition cost.",
        "{revenue} * {B} / ((({A} + {B}) / 2) * {C0}) - {cost_each}",
        (
            "Revenue, not margin; it may be negative.",
            "Undefined while nobody was lost, nobody was active at the start, or the cost is undefined.",
        ),
    ),
    Entry(
        "customer_equity",
        "Customer equity",
        "The lifetime value of all active customers.",
        "{lifetime} * {A}",
        ("Undefined where the lifetime value is.",),
    ),
    Entry(
        "top20_revenue_ratio",
        "Revenue of the best 20 %",
        "The part of the revenue that comes from the best fifth of the buyers, rounded up.",
        "{money} / {money_of_all}",
        (_NOT_BELOW, _SWEPT),
    ),
    *(
        Entry(
            f"abc.{name}",
            f"ABC: class {name.upper()}",
            f"The part of the revenue that comes from {whom} of the buyers.",
            "{money} / {money_of_all}",
            (_NOT_BELOW, _SWEPT),
        )
        for name, whom in (("a", "the best 20 %"), ("b", "the next 30 %"), ("c", "the remaining half"))
    ),
)
