// The server's time as this page knows it. The page's own clock may be wrong by hours: only the difference to
// the server's counts. Events arrive late, never early, so the greatest difference seen lately is the truest.

const KEPT_MS = 60_000;

const local = () => performance.timeOrigin + performance.now();

export class ServerClock {
  #seen = [];

  /** Takes note of the server's time in an event that has just arrived. */
  told(serverMs) {
    const at = local();
    this.#seen.push({ at, offset: serverMs - at });
    this.#seen = this.#seen.filter((one) => at - one.at <= KEPT_MS);
  }

  /** The server's time now, in ms; NaN before it ever told. */
  now() {
    return this.#seen.length ? local() + Math.max(...this.#seen.map((one) => one.offset)) : NaN;
  }
}
