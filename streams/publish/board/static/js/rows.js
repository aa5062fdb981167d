// Rows of values as a table: name, number, and what is behind it. Used by every panel that lists KPIs.

import { el } from "./dom.js";
import { count } from "./format.js";
import { KPIS, badge, interval, meaning, number, reason } from "./kpis.js";
import { say } from "./words.js";

/** One KPI as a row; `more` is a further remark. */
export function row(view, kpi, more = "") {
  const value = view.value(kpi);
  if (!value) return null;
  const range = interval(kpi, value);
  const behind = [range && say("value.range", { range }), say("value.n", { n: count(value.n) }), more].filter(Boolean).join(" · ");
  const why = reason(kpi, value, view.setup.min_n);
  return el(
    "tr",
    { "data-kpi": kpi, "data-status": value.status },
    el("th", { scope: "row", title: meaning(kpi) }, KPIS[kpi].name, el("span", { class: "behind" }, behind)),
    el(
      "td",
      {},
      el("data", { value: String(value.value ?? "") }, number(kpi, value.value)),
      badge(value) && el("span", { class: "badge", title: why }, badge(value)),
      why && el("span", { class: "hidden" }, why),
    ),
  );
}

/** A table of rows; missing ones are left out. */
export function table(caption, rows) {
  return el("table", { class: "rows" }, el("caption", { class: "hidden" }, caption), el("tbody", {}, ...rows.filter(Boolean)));
}

/** A bar of parts of a whole, each with its name and count in words below it; or what `form` makes of its number. */
export function parts(label, listed, form = null) {
  const total = listed.reduce((sum, one) => sum + (one.n ?? 0), 0);
  const share = (n) => (total ? Math.round((100 * n) / total) : 0);
  const pieces = listed.map(({ key, n }) => {
    const piece = el("span", { class: "piece", "data-part": key });
    piece.style.flexGrow = String(n ?? 0);
    return piece;
  });
  const texts = listed.map(({ key, name, n }) =>
    el("li", { "data-part": key }, el("b", {}, n === null ? "–" : (form ?? count)(n)), ` ${name}`, n === null || form ? "" : el("span", { class: "behind" }, `${share(n)} %`)),
  );
  return [
    el("div", { class: "stack", "aria-hidden": "true" }, ...pieces),
    el("ul", { class: "parts", "aria-label": label }, ...texts),
  ];
}
