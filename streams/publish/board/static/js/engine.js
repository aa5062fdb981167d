// Where every record went, and how the engine is: both are told even while no value is.

import { byId, el, setAttribute, setChildren, setText } from "./dom.js";
import { count, span, words } from "./format.js";
import { table } from "./rows.js";
import { say } from "./words.js";

const MOST_ROWS = 8;
const sum = (counts) => Object.values(counts ?? {}).reduce((total, n) => total + n, 0);
/** A part that scrolls instead of growing with what it lists. */
const bounded = (part) => el("div", { class: "bounded" }, part);
const fact = (name, text, status) =>
  el("tr", { "data-status": status }, el("th", { scope: "row" }, name), el("td", {}, text));

/** Whether every received record is in exactly one class. */
export function balance(accounting) {
  const counted = sum(accounting.counted);
  const ignored = sum(accounting.ignored);
  const malformed = sum(accounting.malformed);
  return { received: accounting.received, counted, ignored, malformed, holds: accounting.received === counted + ignored + malformed };
}

export function accounting(view) {
  const host = byId("account-body");
  if (!view.accounting) return setChildren(host, [el("p", { class: "note" }, say("unknown"))]);
  const { received, counted, ignored, malformed, holds } = balance(view.accounting);
  const term = (n, name) => el("span", { class: "term" }, el("b", { "data-term": name }, count(n)), ` ${say(`account.${name}`)}`);
  const identity = el(
    "p",
    { class: "identity", "data-holds": String(holds) },
    term(received, "received"), el("span", {}, "="), term(counted, "counted"), el("span", {}, "+"),
    term(ignored, "ignored"), el("span", {}, "+"), term(malformed, "malformed"),
    el("strong", {}, say(holds ? "account.balances" : "account.unbalanced")),
  );
  const { not_active, parked, void_pending, late_beyond_retention } = view.accounting;
  const gauges = { parked, void_pending, not_active, late_beyond_retention };
  const rows = [
    ...Object.entries(view.accounting.counted).map(([kind, n]) => fact(say("account.kind", { what: say("account.counted"), name: kind }), count(n))),
    ...reasons("ignored", view.accounting.ignored),
    ...reasons("malformed", view.accounting.malformed),
    ...reasons("free_text", view.accounting.refused_values),
    ...Object.entries(gauges).filter(([, n]) => n).map(([name, n]) => fact(say(`account.${name}`), count(n))),
  ];
  setChildren(host, [identity, customers(view), bounded(table(say("account.reasons"), rows))].filter(Boolean));
}

function reasons(kind, counts) {
  const listed = Object.entries(counts ?? {}).filter(([, n]) => n).sort((a, b) => b[1] - a[1]);
  const rest = listed.slice(3).reduce((total, [, n]) => total + n, 0);
  const rows = listed.slice(0, 3).map(([reason, n]) => fact(say("account.kind", { what: say(`account.${kind}`), name: words(reason) }), count(n)));
  return rest ? [...rows, fact(say("account.kind", { what: say(`account.${kind}`), name: say("account.others") }), count(rest))] : rows;
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
  const terms = { start, gained, back, churned, erased: counts.erased_customers, active };
  const said = Object.fromEntries(Object.entries(terms).map(([name, n]) => [name, count(n)]));
  const text = say("account.customers", { window: view.window, ...said });
  return el("p", { class: "note", "data-holds": String(holds) }, `${text} ${holds ? "✓" : "✗"}`);
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
  if (!view.partitions) return setChildren(host, [el("p", { class: "note" }, view.reasons.join("; ") || say("unknown"))]);
  const { all, live, lag, commits } = facts(view);
  const rows = [
    fact(say("engine.live"), say("engine.of", { n: live, all: all.length }), live === all.length ? "ok" : "bad"),
    fact(say("engine.lag"), lag === null ? say("engine.not_known") : say("engine.records", { n: count(lag) })),
    fact(say("engine.as_of"), say("engine.ago", { age: span(view.now - view.t) }), view.condition === "ok" ? "ok" : "bad"),
    fact(say("engine.commit"), commits.length ? say("engine.at_most", { s: Math.max(...commits).toFixed(1) }) : say("engine.owns_none")),
  ];
  const { redis_up: redis, dead_letters: dead } = view.process;
  if (redis !== undefined) rows.push(fact(say("engine.redis"), say(redis ? "engine.written" : "engine.unwritten"), redis ? "ok" : "bad"));
  if (dead !== undefined) rows.push(fact(say("engine.dead"), count(dead)));
  for (const [kind, ms] of Object.entries(view.newestEvent)) rows.push(fact(say("engine.newest", { kind }), say("engine.ago", { age: span(view.now - ms) })));
  setChildren(host, [bounded(table(say("panel.engine"), rows)), partitions(view)]);
}

/** Partitions, those in trouble first; many healthy ones are only counted. */
function partitions(view) {
  const listed = Object.entries(view.partitions).sort(([a, one], [b, two]) => (one.state === "ok") - (two.state === "ok") || a - b);
  const rows = listed.slice(0, MOST_ROWS).map(([number, { state, lag }]) => {
    const age = view.process.commit_age_s?.[number];
    const cells = [say(`partition.${state}`), lag === null ? "–" : count(lag), age === undefined ? say("engine.other") : say("engine.seconds_ago", { s: age.toFixed(1) })];
    return el("tr", { "data-partition": number, "data-status": state === "ok" ? "ok" : "bad" }, el("th", { scope: "row" }, number), ...cells.map((text) => el("td", {}, text)));
  });
  const more = listed.length - rows.length;
  const heads = ["partition", "state", "lag", "last_commit"].map((key) => el("th", { scope: "col" }, say(`engine.${key}`)));
  const made = el("table", { class: "grid" }, el("caption", { class: "hidden" }, say("engine.partitions")), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
  if (more > 0) made.append(el("tfoot", {}, el("tr", {}, el("td", { colspan: "4" }, say("engine.more", { n: count(more) })))));
  return made;
}

/** All of it in one line, for the wall. */
export function summary(view) {
  const node = byId("summary");
  if (!view.accounting) return setText(node, "");
  const { received, holds } = balance(view.accounting);
  const { all, live, lag } = facts(view);
  const said = [
    say("summary.live", { n: live, all: all.length }),
    lag === null ? say("summary.lag_unknown") : say("summary.lag", { n: count(lag) }),
    say(holds ? "summary.accounted" : "summary.unaccounted", { n: count(received) }),
    say("summary.age", { age: span(view.now - view.t) }),
  ];
  setText(node, said.join("  ·  "));
  setAttribute(node, "data-status", holds && live === all.length ? "ok" : "bad");
}
