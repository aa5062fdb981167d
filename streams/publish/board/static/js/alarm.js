// Says that churn has spiked, and where it comes from. A spike is one that chance does not explain, against the
// windows before and, where there is such a comparison, against the same hours of other days, with enough
// churned customers behind it. The same whichever window is being looked at; of the day by the limits of the alert
// ChurnElevated. It is a hint: it looks all the time, so it is wrong now and then. While an alarm of the definition is
// on, that is told instead: alarms are what pages.

import { byId, setText } from "./dom.js";
import { count, decimal, score, span, timeOfDay, words } from "./format.js";
import { ranked } from "./churn.js";
import { say } from "./words.js";

/** Window -> the limits of its alert; the first that is beyond them is told. */
const LIMITS = {
  "1h": { chance: 1e-5, seasonal: 1e-3, least: 10, times: 2 },
  "24h": { chance: 1e-5, seasonal: 1e-3, least: 30, times: 1.3 },
};
const REMARKABLE = 0.15;
const PRIOR = 5;

/** The first window that has a spike: {window, spike}; null if there is none. */
function spikeOf(windows) {
  for (const [window, limits] of Object.entries(LIMITS)) {
    const spike = windows[window]?.churn_spike_p;
    const seasonal = windows[window]?.churn_spike_seasonal_p;
    const unlikely = (spike?.value ?? 1) < limits.chance && (seasonal?.value ?? 0) < limits.seasonal;
    const many = spike?.observed >= limits.least && spike.observed >= limits.times * (spike.expected ?? Infinity);
    if (unlikely && many) return { window, spike };
  }
  return null;
}

/**
 * The dimension value whose part of the churned most exceeds its part of the expected. Where little is expected at
 * all, its parts are chance: they count beside those of the customers, as if PRIOR more had been expected.
 */
function origin(named, dimensions, window) {
  const candidates = named.flatMap((dimension) => {
    const rows = ranked(dimensions?.[dimension], window).filter((row) => row.expected !== null);
    const observed = rows.reduce((sum, row) => sum + row.observed, 0);
    const expected = rows.reduce((sum, row) => sum + row.expected, 0);
    const customers = rows.reduce((sum, row) => sum + row.customers, 0);
    const fair = (row) => (row.expected + (PRIOR * row.customers) / customers) / (expected + PRIOR);
    return rows.map((row) => ({
      dimension,
      ...row,
      total: observed,
      lift: observed && customers ? row.observed / observed - fair(row) : 0,
    }));
  });
  const best = candidates.sort((a, b) => b.lift - a.lift)[0];
  return best && best.lift >= REMARKABLE ? best : null;
}

function from(view, window) {
  const named = view.setup.dimensions;
  const place = origin(named, view.dimensions, window);
  const [reason] = ranked(view.dimensions?.reason, window);
  const where = place
    ? say("spike.from", {
        place: `${words(place.dimension)} ${words(place.value)}`,
        observed: count(place.observed),
        total: count(place.total),
        expected: score(place.expected),
      })
    : named.length && say("spike.spread", { dimensions: named.map(words).join(", ") });
  const why = reason && say("spike.reason", { reason: words(reason.value), n: count(reason.observed) });
  return [where, why].filter(Boolean).join(" ");
}

export class Alarm {
  #window = null;

  constructor(choose) {
    byId("alarm-show").addEventListener("click", () => choose(this.#window));
  }

  /** Returns what is to be announced about it: "" while there is nothing. */
  show(view) {
    if (view.condition === "ok" && view.alarms.length) return this.#tell(view.alarms);
    const found = view.condition === "ok" ? spikeOf(view.windows) : null;
    byId("alarm").hidden = !found;
    if (!found) return "";
    const { window, spike } = found;
    this.#window = window;
    setText(byId("alarm-title"), say("spike.title", { window }));
    setText(byId("alarm-text"), say("spike.text", { observed: count(spike.observed), expected: score(spike.expected), chance: said(spike.value) }));
    setText(byId("alarm-from"), from(view, window));
    setText(byId("alarm-show"), say("spike.show", { window }));
    byId("alarm-show").hidden = view.window === window;
    return `${say("spike.title", { window })}. ${from(view, window)}`;
  }

  /** Tells of the stream with most evidence, and names the others. */
  #tell([first, ...others]) {
    const title = say("alarm.title", { alarm: words(first.alarm) });
    const also = others.length ? ` ${say("alarm.also", { places: others.map(named).join(", ") })}` : "";
    setText(byId("alarm-title"), title);
    setText(
      byId("alarm-text"),
      say(`alarm.${first.direction}`, {
        observed: count(first.observed),
        measure: words(first.measure),
        span: span(first.window_ms),
        expected: score(first.expected),
        ratio: decimal(first.tolerance_ratio),
        since: timeOfDay(first.started, false),
      }),
    );
    setText(byId("alarm-from"), say("alarm.most", { place: named(first) }) + also);
    byId("alarm-show").hidden = true;
    byId("alarm").hidden = false;
    return `${title}. ${say("alarm.most", { place: named(first) })}`;
  }
}

const named = (stream) => (stream.dimension ? `${words(stream.dimension)} ${words(stream.value)}` : say("alarm.whole"));

function said(p) {
  if (p < 1e-9) return say("chance.tiny");
  return say("chance.one_in", { n: count(10 ** Math.floor(-Math.log10(p))) });
}
