// The panels below the headline values: satisfaction, acquisition against churn, customers at risk, value.

import { byId, el, setChildren } from "./dom.js";
import { count, span, words } from "./format.js";
import { KPIS, badge, number } from "./kpis.js";
import { parts, row, table } from "./rows.js";

const note = (text) => el("p", { class: "note" }, text);

export function satisfaction(view) {
  const nps = view.value("nps_score");
  if (!nps) return setChildren(byId("nps-body"), [note("No values yet")]);
  const held = view.condition !== "ok";
  const votes = ["promoter", "passive", "detractor"].map((one) => {
    const n = held ? null : nps[`${one}s`];
    return { key: `${one}s`, name: n === 1 ? one : `${one}s`, n };
  });
  const rows = ["nps_score", "csat_ratio.5", "csat_ratio.10", "ces_mean"].map((kpi) => row(view, kpi));
  setChildren(byId("nps-body"), [...parts("Votes behind the NPS", votes), table("Satisfaction", rows)]);
  setChildren(byId("touchpoints"), touchpoints(view));
}

function touchpoints(view) {
  const listed = Object.entries(view.dimensions?.touchpoint ?? {}).flatMap(([touchpoint, periods]) => {
    const nps = periods[view.window]?.nps_score;
    return nps?.n ? [{ touchpoint, nps: view.judged(nps) }] : [];
  });
  if (!listed.length) return [];
  listed.sort((a, b) => b.nps.n - a.nps.n);
  const rows = listed.slice(0, 5).map(({ touchpoint, nps }) =>
    el(
      "tr",
      { "data-touchpoint": touchpoint, "data-status": nps.status },
      el("th", { scope: "row" }, words(touchpoint), el("span", { class: "behind" }, `n ${count(nps.n)}`)),
      el("td", {}, number("nps_score", nps.value), badge(nps) && el("span", { class: "badge" }, badge(nps))),
    ),
  );
  return [el("h3", {}, "NPS by touchpoint"), table("NPS by touchpoint", rows)];
}

const FLOWS = ["new_customers", "reactivated_customers", "churned_customers", "lost_customers", "acquisition_ratio", "growth_ratio"];

export function flows(view) {
  const rows = FLOWS.map((kpi) => {
    const value = view.value(kpi);
    if (!value) return null;
    const said = badge(value);
    return el(
      "div",
      { "data-kpi": kpi, "data-status": value.status },
      el("dt", {}, KPIS[kpi].name),
      el("dd", {}, el("data", { value: String(value.value ?? "") }, number(kpi, value.value)), said && el("span", { class: "badge" }, said)),
    );
  });
  setChildren(byId("flows-body"), [el("dl", { class: "figures-row" }, ...rows.filter(Boolean))]);
}

export function risk(view) {
  const band = (name) => view.value(`customers_at_risk.${name}`)?.value ?? null;
  const listed = ["high", "medium", "low"].map((name) => ({ key: `risk-${name}`, name: `${name} risk`, n: band(name) }));
  const shown = [...parts("Active customers by risk", listed), table("Standing customers", [row(view, "long_term_ratio")])];
  setChildren(byId("risk-body"), shown);
}

const WORTH = [
  "revenue",
  "orders",
  "buyers",
  "average_order_value",
  "purchase_frequency",
  "repurchase_ratio",
  "purchase_retention_ratio",
  "acquisition_cost",
  "lifetime_value",
  "customer_equity",
  "top20_revenue_ratio",
];

const ELSEWHERE = {
  purchase_retention_ratio: "windows of 24 h or more",
  lifetime_value: "windows of 7 d or more",
  customer_equity: "windows of 7 d or more",
};

export function value(view) {
  const rows = WORTH.map((kpi) => row(view, kpi, remark(view, kpi)) ?? absent(view, kpi));
  setChildren(byId("value-body"), [table("Value", rows)]);
}

function remark(view, kpi) {
  const found = view.value(kpi);
  if (kpi === "revenue" && found?.left_out) return `${count(found.left_out)} in other currencies left out`;
  if (kpi === "acquisition_cost" && found) return `cost known of ${count(found.with_cost)}`;
  if (kpi === "top20_revenue_ratio" && found) return `${span(view.now - found.t)} old`;
  return "";
}

/** A KPI that the chosen window does not have: said, not hidden. */
function absent(view, kpi) {
  if (!ELSEWHERE[kpi] || view.condition === "waiting") return null;
  return el("tr", { "data-kpi": kpi, "data-status": "absent" }, el("th", { scope: "row" }, KPIS[kpi].name), el("td", { class: "quiet" }, ELSEWHERE[kpi]));
}
