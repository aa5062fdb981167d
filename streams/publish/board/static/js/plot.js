// Lines over some time, by uPlot. Colours come from the style sheet, so that both themes and the wall
// have theirs; every canvas says in words what it shows.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { el, setAttribute } from "./dom.js";
import { NONE, day, moment, timeOfDay } from "./format.js";
import { say } from "./words.js";

const probe = el("span", { class: "hidden", "aria-hidden": "true" });

/** A colour of the style sheet as a canvas wants it. */
function colour(name) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

const faint = (name) => colour(name).replace(/^rgb\((.*)\)$/, "rgba($1, 0.14)");
const font = () => `${getComputedStyle(document.documentElement).getPropertyValue("--plot-font").trim()} system-ui, sans-serif`;
const pixels = () => parseFloat(font());
const DAY_MS = 86_400_000;
const LITTLE = 12;
const LEAST_MS = 600_000;

export class Plot {
  #host;
  #lines;
  #options;
  #plot = null;
  #legend;
  #data = [[]];
  #range = DAY_MS;

  /**
   * @param host element to draw in
   * @param lines [{name, colour, form, step}]; step: the finest difference that form can say
   * @param options {spark, floor, steps}: without axes; least upper end of the scale; numbers of steps of time
   */
  constructor(host, lines, options = {}) {
    this.#host = host;
    this.#lines = lines;
    this.#options = options;
    this.#legend = el("p", { class: "legend", "aria-hidden": "true" });
    if (!options.spark) host.before(this.#legend);
    setAttribute(host, "role", "img");
    new ResizeObserver(() => this.#fit()).observe(host);
  }

  /** Draws columns: times in s, then the numbers of each line; over the last `range` ms. */
  draw(columns, range) {
    this.#data = columns;
    this.#range = range;
    if (this.#plot) this.#plot.setData(columns);
    else this.renew();
    this.#describe();
  }

  /** Makes the plot anew: theme or size of letters changed. */
  renew() {
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#configuration(), this.#data, this.#host);
    this.#tell(null);
  }

  #size() {
    return { width: Math.max(40, this.#host.clientWidth), height: Math.max(24, this.#host.clientHeight) };
  }

  #fit() {
    if (!this.#plot) return;
    const { width, height } = this.#size();
    if (width !== this.#plot.width || height !== this.#plot.height) this.#plot.setSize({ width, height });
  }

  #configuration() {
    const { spark } = this.#options;
    return {
      ...this.#size(),
      legend: { show: false },
      cursor: spark ? { show: false } : { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      padding: spark ? [3, 2, 3, 2] : [10, pixels() * 1.8, 0, 0],
      scales: { x: { range: () => this.#span() }, y: { range: (_, low, high) => this.#room(low, high) } },
      axes: spark ? [{ show: false }, { show: false }] : [this.#times(), this.#numbers()],
      series: [{}, ...this.#lines.map((line) => this.#series(line))],
      hooks: { setCursor: [(plot) => this.#tell(plot.cursor.idx)] },
    };
  }

  #series(line) {
    const fill = this.#options.spark || this.#lines.length === 1 ? faint(line.colour) : undefined;
    return { stroke: colour(line.colour), width: this.#options.spark ? 2 : 2.5, fill, points: { show: false }, spanGaps: false, ...this.#steps() };
  }

  /** Of a step what is drawn lies before its time: its end. */
  #steps() {
    return this.#options.steps ? { paths: uPlot.paths.stepped({ align: -1 }) } : {};
  }

  /** The time that is drawn (s): all of the range, or what is known where that is too little of it to be seen. */
  #span() {
    const [times] = this.#data;
    const end = times.at(-1) ?? Date.now() / 1000;
    const known = (end - (times[0] ?? end)) * 1000;
    const shown = known < this.#range / LITTLE ? Math.max(known * 1.05, LEAST_MS) : this.#range;
    return [end - shown / 1000, end];
  }

  #times() {
    const values = (_, splits, axis, space, distance) => splits.map((s) => label(s * 1000, distance));
    const below = { gap: pixels() * 0.8, size: pixels() * 2.2 }; // clear of the lowest number beside them
    return { stroke: colour("muted"), font: font(), grid: { show: false }, ticks: { show: false }, values, space: pixels() * 6, ...below };
  }

  #numbers() {
    const { form, step } = this.#lines[0];
    const values = (_, splits) => splits.map((one) => form(one));
    const size = (_, texts) => Math.max(3, ...(texts ?? []).map((text) => text.length)) * pixels() * 0.62 + 10;
    return { stroke: colour("muted"), font: font(), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, values, size, space: pixels() * 3, incrs: increments(step) };
  }

  /** The range of numbers: never a flat line at the edge, and from zero where the line is a count. */
  #room(low, high) {
    const { floor } = this.#options;
    if (low === null || high === null) return [0, floor ?? 1];
    if (floor !== undefined) return [Math.min(0, low), Math.max(high * 1.08, floor)];
    const room = (high - low || Math.abs(high) || 1) * 0.15;
    return [low - room, high + room];
  }

  /** The legend: names, and the numbers under the cursor. What holds now stands elsewhere, with its status. */
  #tell(place) {
    if (this.#options.spark) return;
    const [times, ...rows] = this.#data;
    const at = times[place ?? -1];
    const keys = this.#lines.map((line, k) => {
      const said = at === undefined ? "" : ` ${(rows[k][place] ?? null) === null ? NONE : line.form(rows[k][place])}`;
      return el("span", { class: "key", "data-colour": line.colour }, line.name + said);
    });
    this.#legend.replaceChildren(...keys, ...(at === undefined ? [] : [moment(at * 1000)]));
  }

  #describe() {
    const [times, ...rows] = this.#data;
    const parts = this.#lines.map((line, k) => {
      const known = (rows[k] ?? []).filter((one) => one !== null);
      if (!known.length) return say("plot.unknown", { name: line.name });
      const [low, high] = [Math.min(...known), Math.max(...known)].map(line.form);
      return say("plot.line", { name: line.name, low, high, last: line.form(known.at(-1)) });
    });
    const span = times.length ? `${say("plot.span", { from: moment(times[0] * 1000), to: moment(times.at(-1) * 1000) })} ` : "";
    setAttribute(this.#host, "aria-label", `${span}${parts.join("; ")}`);
    this.#tell(null);
  }
}

/** Distances between grid lines: none finer than what can be written at them, so that no label is rounded. */
function increments(step) {
  const times = Array.from({ length: 48 }, (_, k) => [1, 2, 2.5, 5][k % 4] * 10 ** Math.floor(k / 4));
  return times.filter(Number.isInteger).map((one) => Number((one * step).toPrecision(3)));
}

/** What stands at a grid line of time: a date where lines are days apart or a day begins. */
function label(ms, distance_s) {
  const date = new Date(ms);
  const begins = !date.getHours() && !date.getMinutes();
  return distance_s * 1000 >= DAY_MS || begins ? day(ms) : timeOfDay(ms, false);
}
