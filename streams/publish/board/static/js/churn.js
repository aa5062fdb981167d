// Where churn comes from and why: dimension values ranked by how many more churned than expected, or, in windows
// that have no expectation, by how many churned; reasons ranked by how many.

import { withheld } from "./condition.js";
import { byId, el, radios, setChildren, setText } from "./dom.js";
import { count, score, span, words } from "./format.js";
import { say } from "./words.js";

const RISKY = 5;

/** The churns of a dimension's values in a window, the most remarkable first. */
export function ranked(listed, window) {
  const rows = Object.entries(listed ?? {}).flatMap(([value, periods]) => {
    const kpis = periods[window];
    if (!kpis) return [];
    const spike = kpis.churn_spike_p;
    const observed = spike ? spike.observed : kpis.churned_customers.n;
    const expected = spike?.expected ?? null;
    const customers = kpis.churn_ratio?.denominator ?? 0;
    return [{ value, observed, expected, customers, excess: expected === null ? null : observed - expected }];
  });
  return rows
    .sort((a, b) => (b.excess ?? b.observed) - (a.excess ?? a.observed) || b.observed - a.observed);
}

const telling = (row) => row.observed > 0 || row.expected >= 0.05;

/** Where the customers of high risk are. */
function atRisk(listed) {
  return Object.entries(listed ?? {})
    .map(([value, periods]) => ({ value, observed: periods.now["customers_at_risk.high"].n, expected: null, excess: null }))
    .filter((row) => row.observed)
    .sort((a, b) => b.observed - a.observed)
    .slice(0, RISKY);
}

function bar(row, most, total) {
  const filled = el("span", { class: "fill" });
  filled.style.width = `${(100 * row.observed) / most}%`;
  const track = el("span", { class: "track", "aria-hidden": "true" }, filled);
  if (row.expected !== null) {
    const tick = el("span", { class: "expected" });
    tick.style.left = `${(100 * row.expected) / most}%`;
    track.append(tick);
  }
  const beside = row.expected === null ? `${Math.round((100 * row.observed) / (total || 1))} %` : say("bar.expected", { n: score(row.expected) });
  const hot = row.excess !== null && row.excess >= 3 && row.observed >= 2 * row.expected;
  return el(
    "li",
    { "data-value": row.value, "data-hot": String(hot) },
    el("span", { class: "label", title: row.value }, words(row.value)),
    track,
    el("span", { class: "figures" }, el("b", {}, count(row.observed)), ` ${beside}`),
  );
}

function list(host, rows) {
  const most = Math.max(1, ...rows.map((row) => Math.max(row.observed, row.expected ?? 0)));
  const total = rows.reduce((sum, row) => sum + row.observed, 0);
  setChildren(host, rows.map((row) => bar(row, most, total)));
}

export class Churn {
  constructor(prefs, changed) {
    this.prefs = prefs;
    this.choose = (dimension, first) => {
      prefs.set({ by: dimension === first ? null : dimension });
      changed();
    };
  }

  show(view) {
    const { by, setup } = view;
    const [first] = setup.dimensions;
    const choose = (dimension) => this.choose(dimension, first);
    radios(byId("breakdown"), "breakdown", setup.dimensions.map((name) => [name, words(name)]), by, choose);
    byId("where-part").hidden = byId("risk-part").hidden = !by;
    const held = withheld(view.condition) || (view.dimensionsHeld ? say("withheld.stale") : "");
    const where = held ? [] : ranked(view.dimensions?.[by], view.window);
    const why = held ? [] : ranked(view.dimensions?.reason, view.window);
    const none = say("churn.nobody", { window: view.window });
    const how = where.some((row) => row.expected !== null)
      ? say("churn.mark")
      : say("churn.share");
    const age = view.dimensionsT ? ` · ${say("value.age", { age: span(view.now - view.dimensionsT) })}` : "";
    byId("where-note").classList.toggle("held", Boolean(held) || !where.some(telling));
    byId("why-note").classList.toggle("held", Boolean(held) || !why.some(telling));
    setText(byId("where-note"), held || (where.some(telling) ? how + age : none));
    setText(byId("why-note"), held || (why.some(telling) ? say("churn.reasons") + age : none));
    list(byId("where"), where.filter(telling));
    list(byId("why"), why.filter(telling));
    list(byId("risk-where"), held ? [] : atRisk(view.dimensions?.[by]));
    setText(byId("risk-by"), say("risk.by", { dimension: words(by ?? "") }));
  }
}
