// The headline values: number, status, trend, interval, n and age of each, and its curve.

import { el, setAttribute, setText } from "./dom.js";
import { count, span } from "./format.js";
import { KPIS, TILES, badge, change, interval, line, meaning, number, reason } from "./kpis.js";
import { Plot } from "./plot.js";
import { say } from "./words.js";

const ARROWS = { "-1": "▼ −", 1: "▲ +" };

class Tile {
  constructor(kpi) {
    const id = `tile-${kpi.replace(".", "-")}`;
    this.kpi = kpi;
    this.value = el("data", { class: "number" });
    this.badge = el("span", { class: "badge" });
    this.trend = el("p", { class: "trend" });
    this.range = el("span", { class: "range" });
    this.n = el("span", { class: "n" });
    this.age = el("span", { class: "age" });
    this.note = el("p", { class: "why" });
    const spark = el("div", { class: "spark" });
    this.root = el(
      "article",
      { class: "tile", "aria-labelledby": id, "data-kpi": kpi },
      el("div", { class: "between" }, el("h2", { id, title: meaning(kpi) }, KPIS[kpi].name), this.badge),
      el("p", { class: "value" }, this.value),
      this.trend,
      this.note,
      spark,
      el("p", { class: "meta" }, this.range, this.n, this.age),
    );
    this.plot = new Plot(spark, [line(kpi)], { spark: true });
  }

  show(view) {
    const { kpi } = this;
    const value = view.value(kpi);
    setAttribute(this.root, "data-status", value?.status ?? "waiting");
    setText(this.value, number(kpi, value?.value));
    setAttribute(this.value, "value", String(value?.value ?? ""));
    setText(this.badge, badge(value));
    setText(this.note, value ? reason(kpi, value, view.setup.min_n) : "");
    this.#move(view, value);
    const range = interval(kpi, value);
    setText(this.range, range && say("value.range", { range }));
    setText(this.n, value ? say("value.n", { n: count(value.n) }) : "");
    setText(this.age, value ? say("value.age", { age: span(view.now - view.t) }) : "");
  }

  #move(view, value) {
    const back = view.lookback;
    const moved = value && change(this.kpi, value.value, view.history.at(this.kpi, view.t - back));
    if (!moved) {
      setText(this.trend, value?.value === null || !value ? "" : say("trend.none", { span: span(back) }));
      setAttribute(this.trend, "data-mood", "none");
      return;
    }
    const mood = { 0: "none", 1: "worse", "-1": "better" }[moved.direction * (KPIS[this.kpi].worse ?? 0)];
    const text = moved.direction ? `${ARROWS[moved.direction]}${moved.text}` : say("trend.unchanged");
    setText(this.trend, say("trend.moved", { text, span: span(back) }));
    setAttribute(this.trend, "data-mood", mood);
  }
}

export class Tiles {
  constructor(host) {
    this.tiles = TILES.map((kpi) => new Tile(kpi));
    host.append(...this.tiles.map((tile) => tile.root));
  }

  get plots() {
    return this.tiles.map((tile) => tile.plot);
  }

  show(view) {
    for (const tile of this.tiles) tile.show(view);
  }

  /** Curves of the past: by steps of time where panes tell them, else of the minutes that were seen. */
  draw(history, flows) {
    for (const { kpi, plot } of this.tiles) {
      const source = flows.has([kpi]) ? flows : history;
      plot.draw(source.columns([kpi]), source.range);
    }
  }
}
