"""Who uses a KPI, and what others mean by its name: for the guide, and for nothing that is computed.

A sentence or two each; a KPI that is not here is known by the same name and meaning, or by none.
"""

from collections.abc import Mapping
from typing import Final

ELSEWHERE: Final[Mapping[str, str]] = {
    "churn_ratio.standard": (
        "What most mean by customer churn in CRM and subscription business. Others count every departure "
        "(simple), or divide by the mean of start and end: compare only what is counted alike."
    ),
    "churn_ratio.simple": (
        "Common in telecom reports: disconnections by the opening base. A monthly figure times twelve is no "
        "yearly one."
    ),
    "churn_ratio.stripe": (
        "Stripe's Billing divides so: newcomers could have left, too. It is lower than the standard formula "
        "where a business grows."
    ),
    "active_customers": (
        "Shops often call active who ordered within a year or so; here who has not left. With "
        "inactivity_churn the two come near each other."
    ),
    "new_customers": (
        "Marketing often counts signups or first orders of a campaign; here the first activation ever, "
        "whichever of both it is."
    ),
    "retention_ratio": (
        "The complement of standard churn. Product analytics means another thing by retention: who of those "
        "that came on a day is seen again on day n."
    ),
    "growth_ratio": "Net customer growth; Stripe and others show it of revenue, too.",
    "quick_ratio": (
        "Known from subscriptions (Mamoon Hamid) for recurring revenue, new and expanded by lost; 4 is "
        "called good there. Of customers it lacks what upgrades bring."
    ),
    "long_term_ratio": "Tenure share in telecom and banking; the year is a habit, not a standard.",
    "engaged_customers": (
        "Product analytics counts active users (DAU, MAU) by sessions; here by what a CRM hears of."
    ),
    "stickiness_ratio": (
        "DAU/MAU (30d) and DAU/WAU (7d) of product analytics. Some divide the mean of a month's days by the "
        "month; here it is the last 24 hours, which differ by the day of the week."
    ),
    "average_order_value": (
        "Shops call it AOV or ATV. Some leave refunds out, or shipping and tax: what amounts hold is the "
        "sender's choice."
    ),
    "revenue_per_buyer": "Shops call it revenue per customer; app business ARPPU.",
    "purchase_frequency": (
        "The F of RFM, and with AOV and buyers one of the three levers of revenue in a shop."
    ),
    "repurchase_ratio": (
        "Repeat purchase rate in shops. Some count customers with an earlier order at any time: then it "
        "grows with the age of the business."
    ),
    "purchase_retention_ratio": (
        "Repeat rate from period to period, as in cohort tables of shops; those follow buyers by the month "
        "of their first order."
    ),
    "acquisition_cost": (
        "CAC. What signups name is as complete as the sender makes it; finance divides all spending on "
        "sales and marketing by new customers."
    ),
    "lifetime_value": (
        "The simple CLV of subscriptions, ARPA by churn. Often multiplied by gross margin and shown before "
        "CAC; lifetime_value.discounted has both."
    ),
    "customer_equity": (
        "Blattberg and Deighton's term; marketing finance adds the value of customers yet to be won."
    ),
    "top20_revenue_ratio": (
        "Pareto's 80/20, as concentration of revenue; auditors ask for the share of the largest customers "
        "by name."
    ),
    "revenue_per_customer": (
        "Subscriptions and telecoms call it ARPU or ARPA, of a month as a rule. Some divide by paying users "
        "alone (ARPPU, near revenue_per_buyer), by the customers at the end, or by the mean of every day; "
        "where numbers move little these agree."
    ),
    "lifetime_value.discounted": (
        "Finance values customer bases so (Gupta, Lehmann and Stuart, 2004). Some discount year by year, "
        "margin * r / (1 + d - r) with a yearly retention r: their first payment comes a year later, so "
        "theirs is smaller. Dashboards of subscriptions often leave margin and discount out."
    ),
    "net_revenue_retention_ratio": (
        "NRR (NDR) and GRR of subscriptions, by recurring revenue of a year as a rule; of orders they move "
        "with the season. Some bound them by contract instead of by what was paid."
    ),
    "gross_revenue_retention_ratio": (
        "As for the net one: GRR of subscriptions, where it is often told of the contracts' value."
    ),
    "nps_score.latest": (
        "NPS (Reichheld, 2003; a mark of Bain, Satmetrix and him). Survey tools score every answer as a "
        "rule: whoever is asked often counts often there."
    ),
    "csat_ratio.5": "CSAT as top-two-box, which most tools show; others show the mean, here csat_mean.5.",
    "ces_mean": (
        "CES 2.0 (CEB, now Gartner): agreement from 1 to 7 that it was easy. The first version asked for "
        "effort from 1 to 5, and low was good; others show the share of 5 to 7."
    ),
    "abc.a": (
        "ABC analysis of customers; the cuts at 20 and 50 % of the buyers are a habit, others cut at 80 and "
        "95 % of the revenue."
    ),
    "churn_spike_p": (
        "A conditional test of two Poisson rates (Przyborowski and Wilenski, 1940), known from the "
        "monitoring of rare events."
    ),
}
