// What was seen of the last 24 hours at one-minute steps: fetched when the page opens or the window changes, then continued with
// what arrives. A missing number stays a gap; nothing is drawn across it.

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const NEAR_MS = 90_000;
const RETRY_MS = 5_000;

const minute = (ms) => Math.floor(ms / MINUTE_MS);

export class History {
  #asked = null;
  #changed;
  window = null;
  range = DAY_MS;
  t = [];
  series = {};

  /** `changed()` is called when there is something else to draw. */
  constructor(changed) {
    this.#changed = changed;
  }

  /** Loads the curves of a window, again and again until it works or another one is wanted. */
  async load(window) {
    this.#asked = window;
    try {
      const answer = await fetch(`/api/history?window=${encodeURIComponent(window)}`);
      if (!answer.ok) throw new Error(answer.statusText);
      const known = await answer.json();
      if (this.#asked === window) this.#take(known);
    } catch {
      setTimeout(() => this.#asked === window && this.window !== window && this.load(window), RETRY_MS);
    }
  }

  #take(known) {
    Object.assign(this, { window: known.window, t: known.t, series: known.series });
    this.#changed();
  }

  /** Takes the values of an event, if they open a minute; `read(kpi)` gives one or null. */
  see(window, t, read) {
    if (window !== this.window || minute(t) <= minute(this.t.at(-1) ?? 0)) return;
    this.t.push(t);
    for (const [kpi, numbers] of Object.entries(this.series)) numbers.push(read(kpi));
    while (this.t[0] < t - DAY_MS) {
      this.t.shift();
      for (const numbers of Object.values(this.series)) numbers.shift();
    }
    this.#changed();
  }

  /** A KPI's value as of about `t`; null where it is not known. */
  at(kpi, t) {
    let best = -1;
    for (let i = this.t.length - 1; i >= 0 && this.t[i] >= t - NEAR_MS; i -= 1) {
      if (Math.abs(this.t[i] - t) <= NEAR_MS && (best < 0 || Math.abs(this.t[i] - t) < Math.abs(this.t[best] - t))) best = i;
    }
    return best < 0 ? null : (this.series[kpi]?.[best] ?? null);
  }

  /** Times (s) and numbers to draw, with an explicit gap where minutes are missing. */
  columns(kpis) {
    const times = [];
    const rows = kpis.map(() => []);
    this.t.forEach((t, i) => {
      if (i && t - this.t[i - 1] > 2 * MINUTE_MS) {
        times.push((this.t[i - 1] + MINUTE_MS) / 1000);
        rows.forEach((row) => row.push(null));
      }
      times.push(t / 1000);
      kpis.forEach((kpi, k) => rows[k].push(this.series[kpi]?.[i] ?? null));
    });
    return [times, ...rows];
  }
}
