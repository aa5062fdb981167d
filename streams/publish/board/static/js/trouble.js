// What is wrong, first of all: a line each with what it means and what to do, the worst first. And what to do in the
// first hours, while there is little to show.

import { byId, el, setAttribute, setChildren } from "./dom.js";
import { balance } from "./engine.js";
import { count, span, words } from "./format.js";
import { TILES } from "./kpis.js";
import { say } from "./words.js";

const FEW = ["undefined", "low_n"];

const item = (key, parts = {}) => ({ key, title: say(`trouble.${key}`, parts), help: say(`trouble.${key}.help`, parts) });

/** What is broken: somebody has to look. */
function broken(view, open) {
  const found = [];
  if (!open) found.push(item("lost"));
  if (view.condition === "stale") found.push(item("stale", { age: span(view.now - view.t) }));
  const partitions = Object.entries(view.partitions ?? {}).filter(([, { state }]) => state !== "ok");
  if (partitions.length) {
    const named = partitions.slice(0, 4).map(([number, { state }]) => `${number} (${say(`partition.${state}`)})`).join(", ");
    found.push(item("partitions", { n: count(partitions.length), all: count(Object.keys(view.partitions).length), named }));
  }
  if (view.accounting && !balance(view.accounting).holds) found.push(item("accounting"));
  if (view.process.redis_up === 0) found.push(item("redis"));
  return found;
}

/** What has stopped coming. */
function silent(view) {
  const limits = Object.entries(view.setup?.silence_ms ?? {});
  return limits.flatMap(([kind, limit]) => {
    const age = view.now - (view.newestEvent[kind] ?? Infinity);
    return view.condition === "ok" && age > limit ? [item("silent", { kind: words(kind), age: span(age) })] : [];
  });
}

/** The first hours: nothing, or little even in the longest window. */
function first(view) {
  if (view.condition !== "ok" || !view.accounting) return [];
  if (!view.accounting.received) return [item("nothing")];
  const [window, values] = Object.entries(view.windows).at(-1) ?? ["", {}];
  const sampled = TILES.filter((kpi) => values[kpi]);
  const few = sampled.filter((kpi) => FEW.includes(values[kpi].status));
  const little = few.length > sampled.length / 2;
  return little ? [item("little", { n: count(view.accounting.received), window })] : [];
}

/** Shows it; returns what the status line is to say instead of being well, or "". */
export function trouble(view, open) {
  const wrong = view.condition === "waiting" ? [] : broken(view, open);
  const listed = [...wrong, ...silent(view), ...first(view)];
  const host = byId("trouble");
  host.hidden = !listed.length;
  setAttribute(host, "data-kind", wrong.length ? "wrong" : "hint");
  setChildren(byId("trouble-list"), listed.map(({ key, title, help }) => el("li", { "data-trouble": key }, el("b", {}, title), " ", el("span", {}, help))));
  return wrong[0]?.title ?? "";
}
