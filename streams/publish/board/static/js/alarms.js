// The alarms of the definition: how the streams of each stand, and the greatest evidence of each over the last 24
// hours, against the line from which on it is an alarm. Below 1 evidence says nothing: it is drawn at the bottom.

import { withheld } from "./condition.js";
import { byId, el, setChildren, setText } from "./dom.js";
import { count, score, words } from "./format.js";
import { Plot } from "./plot.js";
import { table } from "./rows.js";
import { WATCHED } from "./watched.js";
import { say } from "./words.js";

const COLOURS = ["churn", "new", "nps", "money", "warn", "good"];
const STANDS = ["alarm", "ok", "learning", "stale"];
const form = (log10) => (log10 > 0 ? `10^${score(log10)}` : "≤ 1");
const line = (name, colour) => ({ name, colour, form, step: 0.1 });
const curve = (alarm) => `alarm:${alarm}`;

/** The greatest evidence of an alarm in an event, for the history; null where there is none. */
export const evidence = (values, series) => values.watched?.[series.slice(curve("").length)]?.evidence_log10 ?? null;

export const isCurve = (series) => series.startsWith(curve(""));

export class Alarms {
  #plot;

  constructor() {
    const lines = WATCHED.alarms.map((alarm, k) => line(words(alarm), COLOURS[k % COLOURS.length]));
    byId("alarms").hidden = !lines.length;
    this.#plot = new Plot(byId("alarms-plot"), [...lines, line(say("alarms.limit"), "muted")], { floor: WATCHED.threshold_log10 });
  }

  get plots() {
    return WATCHED.alarms.length ? [this.#plot] : [];
  }

  draw(history) {
    if (!WATCHED.alarms.length) return;
    const [times, ...rows] = history.columns(WATCHED.alarms.map(curve));
    const drawn = rows.map((row) => row.map((log10) => (log10 === null ? null : Math.max(0, log10))));
    this.#plot.draw([times, ...drawn, times.map(() => WATCHED.threshold_log10)], history.range);
  }

  show(view) {
    const held = withheld(view.condition) || (view.watched ? "" : say("alarms.learning"));
    byId("alarms-note").classList.toggle("held", Boolean(held));
    setText(byId("alarms-note"), held || say("alarms.note", { limit: form(WATCHED.threshold_log10) }));
    const rows = held ? [] : WATCHED.alarms.map((alarm) => this.#row(alarm, view.watched[alarm]));
    setChildren(byId("alarms-body"), [el("div", { class: "bounded" }, table(say("panel.alarms"), rows))]);
  }

  #row(alarm, told) {
    if (!told) return null;
    const stands = STANDS.filter((status) => told.streams[status]);
    const behind = stands.map((status) => say(`alarms.in_${status}`, { n: count(told.streams[status]) })).join(", ");
    const log10 = told.evidence_log10;
    return el(
      "tr",
      { "data-alarm": alarm, "data-status": told.streams.alarm ? "bad" : "ok" },
      el("th", { scope: "row" }, words(alarm), el("span", { class: "behind" }, behind)),
      el("td", {}, log10 === null ? "–" : form(log10), told.streams.alarm ? el("span", { class: "badge" }, say("alarms.badge")) : ""),
    );
  }
}
