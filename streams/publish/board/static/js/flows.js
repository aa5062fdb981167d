// What came and went in steps of time, as panes have it: all of the past is there at once, however new the service.
// Fetched when the page opens, when the window changes, and when a step is over; late events correct any step.

const RETRY_MS = 5_000;

export class Flows {
  #asked = null;
  #changed;
  window = null;
  t = [];
  series = {};
  step = 0;
  range = 0;
  end = null;

  /** `changed()` is called when there is something else to draw. */
  constructor(changed) {
    this.#changed = changed;
  }

  /** Loads the flows of a window as of `end`, unless they are here; again and again until it works. */
  async load(window, end) {
    const asked = `${window} ${end}`;
    if (!window || this.#asked === asked) return;
    this.#asked = asked;
    try {
      const answer = await fetch(`/api/flows?window=${encodeURIComponent(window)}`);
      if (!answer.ok) throw new Error(answer.statusText);
      const told = await answer.json();
      if (this.#asked === asked) this.#take(window, told);
    } catch {
      setTimeout(() => this.#asked === asked && this.#again(), RETRY_MS);
    }
  }

  #again() {
    const [window, end] = this.#asked.split(" ");
    this.#asked = null;
    void this.load(window, end);
  }

  #take(window, told) {
    Object.assign(this, { window, t: told.t, series: told.series, step: told.step_ms, range: told.range_ms });
    this.#changed();
  }

  /** Whether all of these KPIs are told by steps. */
  has(kpis) {
    return this.t.length > 0 && kpis.every((kpi) => kpi in this.series);
  }

  /** Times (s) and numbers to draw; the first step from where it begins. */
  columns(kpis) {
    if (!this.t.length) return [[], ...kpis.map(() => [])];
    const times = [this.t[0] - this.step, ...this.t].map((ms) => ms / 1000);
    return [times, ...kpis.map((kpi) => [this.series[kpi][0], ...this.series[kpi]])];
  }
}
