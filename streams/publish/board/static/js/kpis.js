// What each KPI is called on the page, how its number reads, and why it can be undefined.

import * as format from "./format.js";

const RATIO = { form: format.percent, unit: "pt", scale: 100 };
const COUNT = { form: format.count, unit: "", scale: 1, countable: true };
const SCORE = { form: format.score, unit: "pt", scale: 1 };
const MEAN = { form: format.decimal, unit: "", scale: 1 };

const NOBODY_AT_START = "nobody was a customer at the window's start";

let moneyForm = format.decimal;
const MONEY = { form: (number) => moneyForm(number), unit: "%", relative: true };

export function useCurrency(currency) {
  moneyForm = format.money(currency);
}

export const KPIS = {
  active_customers: { name: "Active customers", ...COUNT },
  churn_ratio: { name: "Churn", why: NOBODY_AT_START, worse: 1, ...RATIO },
  new_customers: { name: "New customers", ...COUNT },
  retention_ratio: { name: "Retention", why: NOBODY_AT_START, worse: -1, ...RATIO },
  nps_score: { name: "NPS", why: "no answers", worse: -1, ...SCORE },
  "csat_ratio.5": { name: "CSAT (of 5)", why: "no answers", worse: -1, ...RATIO },
  "csat_ratio.10": { name: "CSAT (of 10)", why: "no answers", ...RATIO },
  ces_mean: { name: "Customer effort (1 to 7)", why: "no answers", ...MEAN },
  revenue: { name: "Revenue", worse: -1, ...MONEY },
  repurchase_ratio: { name: "Bought again", why: "no buyers", worse: -1, ...RATIO },
  purchase_retention_ratio: { name: "Buyers who came back", why: "no buyers in the window before", ...RATIO },
  average_order_value: { name: "Average order", why: "no orders", ...MONEY },
  purchase_frequency: { name: "Orders per buyer", why: "no buyers", ...MEAN },
  orders: { name: "Orders", ...COUNT },
  buyers: { name: "Buyers", ...COUNT },
  acquisition_cost: { name: "Cost of a new customer", why: "no cost is known", ...MONEY },
  lifetime_value: { name: "Lifetime value", why: "nobody was lost, or no cost is known", ...MONEY },
  customer_equity: { name: "Customer equity", why: "no lifetime value", ...MONEY },
  top20_revenue_ratio: { name: "Revenue from the best 20 %", why: "no revenue", ...RATIO },
  acquisition_ratio: { name: "Acquisition", why: "no customers", ...RATIO },
  growth_ratio: { name: "Growth", why: NOBODY_AT_START, ...RATIO },
  reactivated_customers: { name: "Came back", ...COUNT },
  churned_customers: { name: "Churned", ...COUNT },
  lost_customers: { name: "Lost", ...COUNT },
  long_term_ratio: { name: "Customers for a year or more", why: "no customers", ...RATIO },
};

export const TILES = [
  "active_customers",
  "churn_ratio",
  "new_customers",
  "nps_score",
  "revenue",
  "retention_ratio",
  "repurchase_ratio",
  "csat_ratio.5",
];

export const STANDING = new Set(["active_customers", "long_term_ratio"]);

export const number = (kpi, value) => (value === null || value === undefined ? format.NONE : KPIS[kpi].form(value));

/** The 95 % interval as text; empty where there is none. */
export function interval(kpi, value) {
  if (value?.low === null || value?.low === undefined) return "";
  const [low, high] = [value.low, value.high].map(KPIS[kpi].form);
  return `${low.replace(/ %$/, "")} to ${high}`;
}

/** What the badge beside a value says; empty for ok. */
export function badge(value) {
  const said = { undefined: "undefined", low_n: "few", stale: "stale", recovering: "recovering" };
  return said[value?.status] ?? "";
}

/** Why a value is missing or not to be trusted, in words. */
export function reason(kpi, value, minN) {
  if (value.status === "undefined") return `Undefined: ${KPIS[kpi].why ?? "nothing to divide by"}`;
  if (value.status === "low_n") return `Too few to rely on: ${format.count(value.n)} of at least ${minN[kpi] ?? "?"}`;
  if (value.status === "stale") return "Stale: no current value";
  if (value.status === "recovering") return "Recovering: no value yet";
  return "";
}

/** How a value moved against an earlier one, like "+0.31 pt"; null where one of them is missing. */
export function change(kpi, value, before) {
  if (value === null || before === null || value === undefined || before === undefined) return null;
  const { unit, scale, relative, countable } = KPIS[kpi];
  if (relative && before === 0) return null;
  const moved = relative ? ((value - before) / Math.abs(before)) * 100 : (value - before) * scale;
  const size = Math.abs(moved);
  const text = countable ? format.count(size) : (size < 10 ? format.decimal : format.score)(size);
  const none = Number(text.replaceAll(",", "")) === 0;
  return { direction: none ? 0 : Math.sign(moved), text: `${text}${unit && ` ${unit}`}` };
}
