// Where every record went, and how the engine is: both are told even while no value is.

import { byId, el, setAttribute, setChildren, setText } from "./dom.js";
import { count, span, words } from "./format.js";
import { table } from "./rows.js";

const MOST_ROWS = 8;
const sum = (counts) => Object.values(counts ?? {}).reduce((total, n) => total + n, 0);
const fact = (name, text, status) =>
  el("tr", { "data-status": status }, el("th", { scope: "row" }, name), el("td", {}, text));

/** Whether every received record is in exactly one class. */
function balance(accounting) {
  const counted = sum(accounting.counted);
  const ignored = sum(accounting.ignored);
  const malformed = sum(accounting.malformed);
  return { received: accounting.received, counted, ignored, malformed, holds: accounting.received === counted + ignored + malformed };
}

export function accounting(view) {
  const host = byId("account-body");
  if (!view.accounting) return setChildren(host, [el("p", { class: "note" }, "Nothing known yet")]);
  const { received, counted, ignored, malformed, holds } = balance(view.accounting);
  const term = (n, name) => el("span", { class: "term" }, el("b", { "data-term": name }, count(n)), ` ${name}`);
  const identity = el(
    "p",
    { class: "identity", "data-holds": String(holds) },
    term(received, "received"), el("span", {}, "="), term(counted, "counted"), el("span", {}, "+"),
    term(ignored, "ignored"), el("span", {}, "+"), term(malformed, "malformed"),
    el("strong", {}, holds ? "✓ balances" : "✗ does not balance"),
  );
  const { not_active, parked, void_pending, late_beyond_retention } = view.accounting;
  const gauges = { "waiting for their time": parked, "voids without a target": void_pending, "cancellations of nobody active": not_active, "older than every window": late_beyond_retention };
  const rows = [
    ...Object.entries(view.accounting.counted).map(([kind, n]) => fact(`counted: ${kind}`, count(n))),
    ...reasons("ignored", view.accounting.ignored),
    ...reasons("malformed", view.accounting.malformed),
    ...reasons("free text, counted as other", view.accounting.refused_values),
    ...Object.entries(gauges).filter(([, n]) => n).map(([name, n]) => fact(name, count(n))),
  ];
  setChildren(host, [identity, customers(view), table("Records not counted, by reason", rows)].filter(Boolean));
}

function reasons(kind, counts) {
  const listed = Object.entries(counts ?? {}).filter(([, n]) => n).sort((a, b) => b[1] - a[1]);
  const rest = listed.slice(3).reduce((total, [, n]) => total + n, 0);
  const rows = listed.slice(0, 3).map(([reason, n]) => fact(`${kind}: ${words(reason)}`, count(n)));
  return rest ? [...rows, fact(`${kind}: other reasons`, count(rest))] : rows;
}

/** The customers of the window: those at its start and what became of them. */
function customers(view) {
  const counts = view.components?.[view.window];
  const flow = (kpi) => view.value(kpi)?.value;
  const active = flow("active_customers");
  if (!counts || active === null || active === undefined) return null;
  const start = counts.customers_at_start;
  const [gained, back, churned] = ["new_customers", "reactivated_customers", "churned_customers"].map(flow);
  const holds = active === start + gained + back - churned - counts.erased_customers;
  const said = `${count(start)} at the start + ${count(gained)} new + ${count(back)} back − ${count(churned)} churned − ${count(counts.erased_customers)} erased = ${count(active)} active`;
  return el("p", { class: "note", "data-holds": String(holds) }, `Customers in ${view.window}: ${said} ${holds ? "✓" : "✗"}`);
}

function facts(view) {
  const all = Object.values(view.partitions);
  const live = all.filter((one) => one.state === "ok").length;
  const lags = all.map((one) => one.lag).filter((lag) => lag !== null);
  const commits = Object.values(view.process.commit_age_s ?? {});
  return { all, live, lag: lags.length ? lags.reduce((a, b) => a + b, 0) : null, commits };
}

export function engine(view) {
  const host = byId("engine-body");
  if (!view.partitions) return setChildren(host, [el("p", { class: "note" }, view.reasons.join("; ") || "Nothing known yet")]);
  const { all, live, lag, commits } = facts(view);
  const rows = [
    fact("Partitions live", `${live} of ${all.length}`, live === all.length ? "ok" : "bad"),
    fact("Lag", lag === null ? "not known" : `${count(lag)} records`),
    fact("Values as of", `${span(view.now - view.t)} ago`, view.condition === "ok" ? "ok" : "bad"),
    fact("Last commit here", commits.length ? `${Math.max(...commits).toFixed(1)} s ago at most` : "owns no partition"),
  ];
  const { redis_up: redis, dead_letters: dead } = view.process;
  if (redis !== undefined) rows.push(fact("Redis", redis ? "written" : "cannot be written", redis ? "ok" : "bad"));
  if (dead !== undefined) rows.push(fact("Dead letters from here", count(dead)));
  for (const [kind, ms] of Object.entries(view.newestEvent)) rows.push(fact(`Newest ${kind}`, `${span(view.now - ms)} ago`));
  setChildren(host, [table("Engine", rows), partitions(view)]);
}

/** Partitions, those in trouble first; many healthy ones are only counted. */
function partitions(view) {
  const listed = Object.entries(view.partitions).sort(([a, one], [b, two]) => (one.state === "ok") - (two.state === "ok") || a - b);
  const rows = listed.slice(0, MOST_ROWS).map(([number, { state, lag }]) => {
    const age = view.process.commit_age_s?.[number];
    const cells = [state, lag === null ? "–" : count(lag), age === undefined ? "other worker" : `${age.toFixed(1)} s ago`];
    return el("tr", { "data-partition": number, "data-status": state === "ok" ? "ok" : "bad" }, el("th", { scope: "row" }, number), ...cells.map((text) => el("td", {}, text)));
  });
  const more = listed.length - rows.length;
  const heads = ["Partition", "State", "Lag", "Last commit"].map((text) => el("th", { scope: "col" }, text));
  const made = el("table", { class: "grid" }, el("caption", { class: "hidden" }, "Partitions"), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
  if (more > 0) made.append(el("tfoot", {}, el("tr", {}, el("td", { colspan: "4" }, `and ${count(more)} more`))));
  return made;
}

/** All of it in one line, for the wall. */
export function summary(view) {
  const node = byId("summary");
  if (!view.accounting) return setText(node, "");
  const { received, holds } = balance(view.accounting);
  const { all, live, lag } = facts(view);
  const said = [
    `${live} of ${all.length} partitions live`,
    lag === null ? "lag not known" : `lag ${count(lag)}`,
    `${count(received)} records ${holds ? "✓ accounted for" : "✗ not accounted for"}`,
    `values ${span(view.now - view.t)} old`,
  ];
  setText(node, said.join("  ·  "));
  setAttribute(node, "data-status", holds && live === all.length ? "ok" : "bad");
}
