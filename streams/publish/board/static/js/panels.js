// The panels below the headline values: satisfaction, acquisition against churn, customers at risk, value.

import { byId, el, setChildren } from "./dom.js";
import { count, span, words } from "./format.js";
import { KPIS, badge, listed, meaning, number } from "./kpis.js";
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
  const rows = listed("satisfaction").map((kpi) => row(view, kpi));
  setChildren(byId("nps-body"), [...parts("Votes behind the NPS", votes), table("Satisfaction", rows)]);
  setChildren(byId("touchpoints"), touchpoints(view));
}

function touchpoints(view) {
  const places = Object.entries(view.dimensions?.touchpoint ?? {}).flatMap(([touchpoint, periods]) => {
    const nps = periods[view.window]?.nps_score;
    return nps?.n ? [{ touchpoint, nps: view.judged(nps) }] : [];
  });
  if (!places.length) return [];
  places.sort((a, b) => b.nps.n - a.nps.n);
  const rows = places.slice(0, 5).map(({ touchpoint, nps }) =>
    el(
      "tr",
      { "data-touchpoint": touchpoint, "data-status": nps.status },
      el("th", { scope: "row" }, words(touchpoint), el("span", { class: "behind" }, `n ${count(nps.n)}`)),
      el("td", {}, number("nps_score", nps.value), badge(nps) && el("span", { class: "badge" }, badge(nps))),
    ),
  );
  return [el("h3", {}, "NPS by touchpoint"), table("NPS by touchpoint", rows)];
}

export function flows(view) {
  const rows = listed("flows").map((kpi) => {
    const value = view.value(kpi);
    if (!value) return null;
    const said = badge(value);
    return el(
      "div",
      { "data-kpi": kpi, "data-status": value.status },
      el("dt", { title: meaning(kpi) }, KPIS[kpi].name),
      el("dd", {}, el("data", { value: String(value.value ?? "") }, number(kpi, value.value)), said && el("span", { class: "badge" }, said)),
    );
  });
  setChildren(byId("flows-body"), [el("dl", { class: "figures-row" }, ...rows.filter(Boolean))]);
}

export function risk(view) {
  const band = (name) => view.value(`customers_at_risk.${name}`)?.value ?? null;
  const bands = ["high", "medium", "low"].map((name) => ({ key: `risk-${name}`, name: `${name} risk`, n: band(name) }));
  const shown = [...parts("Active customers by risk", bands), table("Standing customers", listed("risk").map((kpi) => row(view, kpi)))];
  setChildren(byId("risk-body"), shown);
}

export function value(view) {
  const rows = listed("value").map((kpi) => row(view, kpi, remark(view, kpi)) ?? absent(view, kpi));
  setChildren(byId("value-body"), [table("Value", rows)]);
}

/** What some values say beside their number. */
function remark(view, kpi) {
  const found = view.value(kpi);
  if (found?.left_out) return `${count(found.left_out)} in other currencies left out`;
  if (found?.with_cost !== undefined) return `cost known of ${count(found.with_cost)}`;
  if (found?.t !== undefined) return `${span(view.now - found.t)} old`;
  return "";
}

/** A KPI that the chosen window does not have: said, not hidden. */
function absent(view, kpi) {
  const { name, windows } = KPIS[kpi];
  if (windows.includes(view.window) || view.condition === "waiting") return null;
  const there = windows.length ? `only in ${windows.join(", ")}` : "in no window of this definition";
  return el("tr", { "data-kpi": kpi, "data-status": "absent" }, el("th", { scope: "row", title: meaning(kpi) }, name), el("td", { class: "quiet" }, there));
}
