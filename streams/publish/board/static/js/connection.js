// The stream of events. A browser gives up for good after some errors and does not notice a dead network, so
// the page watches by itself: without a word for SILENT_MS the connection counts as lost and is made anew.

const SILENT_MS = 4_000;
const RETRY_MS = 1_000;
const EVENTS = ["hello", "values", "dimensions", "beat"];

export class Connection {
  #source = null;
  #heardAt = 0;
  #take;
  open = false;

  /** `take(event, data)` gets what the server says. */
  constructor(take) {
    this.#take = take;
    this.#connect();
    setInterval(() => this.#watch(), RETRY_MS);
  }

  #connect() {
    this.#source?.close();
    this.#heardAt = performance.now();
    const source = new EventSource("/api/events");
    for (const event of EVENTS) source.addEventListener(event, (message) => this.#heard(event, message));
    source.addEventListener("error", () => {
      this.open = false;
    });
    this.#source = source;
  }

  #heard(event, message) {
    this.open = true;
    this.#heardAt = performance.now();
    this.#take(event, JSON.parse(message.data));
  }

  #watch() {
    const closed = this.#source.readyState === EventSource.CLOSED;
    if (closed || performance.now() - this.#heardAt > SILENT_MS) {
      this.open = false;
      this.#connect();
    }
  }
}
