// The larger drawings of all pages. Which KPIs a drawing has is said where they are declared; those that panes tell
// by steps come from there, the others from the minutes that were seen.

import { byId, setText } from "./dom.js";
import { span } from "./format.js";
import { drawn, line } from "./kpis.js";
import { Plot } from "./plot.js";
import { say } from "./words.js";

const FLOORS = { churn: { floor: 0.0001 }, flows: { floor: 4, steps: true }, nps: {}, revenue: { floor: 1 }, orders: { floor: 4, steps: true } };
const MINUTE_MS = 60_000;

export class Plots {
  #plots = Object.entries(FLOORS).map(([name, options]) => [name, new Plot(byId(`${name}-plot`), drawn(name).map(line), options), options]);

  get all() {
    return this.#plots.map(([, plot]) => plot);
  }

  draw(history, flows) {
    for (const [name, plot, { steps }] of this.#plots) {
      const source = steps ? flows : history;
      plot.draw(source.columns(drawn(name)), source.range);
      setText(byId(`${name}-span`), this.#said(source, steps));
    }
  }

  /** What is drawn: its range and steps; or since when, where less is known. */
  #said(source, steps) {
    if (source.t.length < 2) return say(steps ? "plot.no_steps" : "plot.no_minutes");
    const known = source.t.at(-1) - source.t[0] + (steps ? source.step : MINUTE_MS);
    const shown = span(Math.min(known, source.range));
    return say(steps ? "plot.steps" : "plot.minutes", { span: shown, step: steps ? say(`step.${source.step}`) : "" });
  }
}
