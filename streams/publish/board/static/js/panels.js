// The panels below the headline values: satisfaction, acquisition against churn, customers at risk, value, engagement.

import { withheld } from "./condition.js";
import { byId, el, setChildren } from "./dom.js";
import { count, percent, span, words } from "./format.js";
import { KPIS, badge, listed, meaning, number } from "./kpis.js";
import { parts, row, table } from "./rows.js";
import { counted, say } from "./words.js";

const note = (text) => el("p", { class: "note" }, text);

export function satisfaction(view) {
  const nps = view.value("nps_score");
  if (!nps) return setChildren(byId("nps-body"), [note(say("withheld.waiting"))]);
  const held = view.condition !== "ok";
  const votes = ["promoter", "passive", "detractor"].map((one) => {
    const n = held ? null : nps[`${one}s`];
    return { key: `${one}s`, name: counted(`votes.${one}s`, n), n };
  });
  const rows = listed("satisfaction").map((kpi) => row(view, kpi));
  setChildren(byId("nps-body"), [...parts(say("votes.label"), votes), table(say("panel.satisfaction"), rows)]);
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
      el("th", { scope: "row", class: "long", title: touchpoint }, words(touchpoint), el("span", { class: "behind" }, say("value.n", { n: count(nps.n) }))),
      el("td", {}, number("nps_score", nps.value), badge(nps) && el("span", { class: "badge" }, badge(nps))),
    ),
  );
  return [el("h3", {}, say("touchpoints")), table(say("touchpoints"), rows)];
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
  const bands = ["high", "medium", "low"].map((name) => ({ key: `risk-${name}`, name: say(`risk.${name}`), n: band(name) }));
  const shown = [...parts(say("risk.label"), bands), table(say("panel.risk"), listed("risk").map((kpi) => row(view, kpi)))];
  setChildren(byId("risk-body"), shown);
}

export function value(view) {
  setChildren(byId("value-body"), [table(say("panel.value"), rows(view, "value"))]);
  const share = (name) => view.value(`abc.${name}`)?.value ?? null;
  const classes = ["a", "b", "c"].map((name) => ({ key: `class-${name}`, name: say(`class.${name}`), n: share(name) }));
  const known = view.condition === "ok" && classes.some(({ n }) => n);
  const none = note(withheld(view.condition) || say("class.none", { windows: KPIS["abc.a"].windows.join(", ") }));
  setChildren(byId("classes-body"), known ? parts(say("class.label"), classes, percent) : [none]);
}

export function engagement(view) {
  setChildren(byId("engagement-body"), [table(say("panel.engagement"), rows(view, "engagement"))]);
}

const rows = (view, panel) => listed(panel).map((kpi) => row(view, kpi, remark(view, kpi)) ?? absent(view, kpi));

/** What some values say beside their number. */
function remark(view, kpi) {
  const found = view.value(kpi);
  if (found?.left_out) return say("remark.left_out", { n: count(found.left_out) });
  if (found?.with_cost !== undefined) return say("remark.with_cost", { n: count(found.with_cost) });
  if (found?.t !== undefined) return say("value.age", { age: span(view.now - found.t) });
  return "";
}

/** A KPI that the chosen window does not have: said, not hidden. */
function absent(view, kpi) {
  const { name, windows } = KPIS[kpi];
  if (windows.includes(view.window) || view.condition === "waiting") return null;
  const there = windows.length ? say("absent.only", { windows: windows.join(", ") }) : say("absent.nowhere");
  return el("tr", { "data-kpi": kpi, "data-status": "absent" }, el("th", { scope: "row", title: meaning(kpi) }, name), el("td", { class: "quiet" }, there));
}
